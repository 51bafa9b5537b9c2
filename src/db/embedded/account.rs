//! The operating system account PostgreSQL runs under: our own, or an unprivileged one when we
//! are root, because PostgreSQL refuses root.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::{Path, PathBuf};
use std::{env, ffi::OsStr};

use nix::unistd::{Gid, Uid, User};
use tokio::process::Command;

use super::Error;

/// Asked in this order when we are root and the cluster has no owner yet.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// All that PostgreSQL's programs inherit: secrets of ours and settings such as `PGPORT` stay out.
/// These are not settings of ours, but the system's own, and are passed on unread.
const INHERITED: [&str; 3] = ["PATH", "LD_LIBRARY_PATH", "LOCALE_ARCHIVE"];

#[derive(Debug, Clone)]
pub struct Account {
    uid: u32,
    gid: u32,
    name: String,
    /// We are root, and this is somebody else.
    switch: bool,
}

impl Account {
    /// Ourselves, or as root the owner of the cluster, or else the first unprivileged account.
    pub fn choose(cluster: &Path) -> Result<Self, Error> {
        let ours = Uid::effective();
        let owner = fs::metadata(cluster)
            .ok()
            .map(|folder| Uid::from_raw(folder.uid()));
        if !ours.is_root() {
            let account = Self::of(ours, false);
            return match owner {
                Some(owner) if owner != ours => Err(account.not_mine(cluster, owner)),
                _ => Ok(account),
            };
        }
        let unprivileged = || {
            let mut known = UNPRIVILEGED
                .iter()
                .filter_map(|name| User::from_name(name).ok()?);
            known
                .next()
                .map(|user| Self::of(user.uid, true))
                .ok_or(Error::NoAccount)
        };
        match owner {
            Some(owner) if owner.is_root() => Err(unprivileged()?.not_mine(cluster, owner)),
            Some(owner) => Ok(Self::of(owner, true)),
            None => unprivileged(),
        }
    }

    pub fn ourselves() -> Self {
        Self::of(Uid::effective(), false)
    }

    fn of(uid: Uid, switch: bool) -> Self {
        let user = User::from_uid(uid).ok().flatten();
        // An account without an entry must at least not keep root's group.
        let namesake = if switch {
            Gid::from_raw(uid.as_raw())
        } else {
            Gid::effective()
        };
        let gid = user.as_ref().map_or(namesake, |user| user.gid);
        let name = user.map_or_else(|| format!("user {uid}"), |user| user.name);
        Self {
            uid: uid.as_raw(),
            gid: gid.as_raw(),
            name,
            switch,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether PostgreSQL runs as somebody else than we do.
    pub fn is_another(&self) -> bool {
        self.switch
    }

    pub fn uid(&self) -> u32 {
        self.uid
    }

    fn not_mine(&self, path: &Path, owner: Uid) -> Error {
        let owner = Self::of(owner, false).name;
        Error::ForeignOwner {
            path: path.to_owned(),
            owner,
            user: self.name.clone(),
        }
    }

    /// The first folder on the way to `path`, itself included, that this account may not enter.
    pub fn barred_from(&self, path: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        let closed = |path: &&Path| {
            path.metadata()
                .is_ok_and(|it| it.is_dir() && !self.may_enter(&it))
        };
        way.into_iter()
            .filter(|_| self.switch)
            .find(closed)
            .map(Path::to_owned)
    }

    fn may_enter(&self, folder: &Metadata) -> bool {
        let bit = match folder {
            it if it.uid() == self.uid => 0o100,
            it if it.gid() == self.gid => 0o010,
            _ => 0o001,
        };
        folder.mode() & bit != 0
    }

    /// Hands over what root has just made; for everyone else it is theirs already.
    pub fn own(&self, path: &Path) -> io::Result<()> {
        if self.switch {
            lchown(path, Some(self.uid), Some(self.gid))
        } else {
            Ok(())
        }
    }

    /// Accepts `path` when it belongs to this account, after handing it over where root may.
    pub fn claim(&self, path: &Path) -> Result<(), Error> {
        let owner = |path| fs::symlink_metadata(path).map(|it| it.uid());
        let failed = || Error::folder(path, &self.name);
        if owner(path).map_err(failed())? == 0 {
            self.own(path).map_err(failed())?;
        }
        match owner(path).map_err(failed())? {
            uid if uid == self.uid => Ok(()),
            uid => Err(self.not_mine(path, Uid::from_raw(uid))),
        }
    }

    /// A program run as this account, with English messages and a nearly empty environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let inherited = INHERITED
            .iter()
            .filter_map(|name| Some((name, env::var_os(name)?)));
        command
            .env_clear()
            .envs(inherited)
            .env("LC_ALL", "C")
            .current_dir("/")
            .kill_on_drop(true);
        if self.switch {
            // Setting the uid as root also makes std drop root's supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }
}
