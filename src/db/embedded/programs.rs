//! Finding PostgreSQL's programs on this machine, and choosing the folder that fits a cluster.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::time::timeout;

use super::account::Account;
use super::folder::{Folder, StartLock};
use super::{Error, download};
use crate::config::Binaries;
use crate::db::OLDEST_POSTGRES;

/// A folder with `postgres` and `initdb` that have been seen to run.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
    /// Such as `15.14`.
    pub version: String,
    pub major: u32,
}

impl Programs {
    /// Asks the `postgres` in `folder` for its version.
    pub async fn inspect(folder: &Path, account: &Account) -> Option<Self> {
        let folder = real_folder(folder)?;
        let mut ask = account.command(folder.join("postgres"));
        let asked = ask.arg("--version").stdin(Stdio::null()).output();
        let answer = timeout(Duration::from_secs(10), asked).await.ok()?.ok()?;
        // `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`
        let answer = String::from_utf8(answer.stdout).ok()?;
        let version = answer.split_whitespace().nth(2)?.to_owned();
        let major = version
            .split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()?;
        Some(Self {
            folder,
            version,
            major,
        })
    }

    pub fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }
}

/// The programs for a cluster of major `wanted`, or for a new cluster the newest there are.
pub async fn choose(
    source: &Binaries,
    wanted: Option<u32>,
    folder: &Folder,
    account: &Account,
    lock: &StartLock,
) -> Result<Programs, Error> {
    let mut found = Vec::new();
    if let Binaries::Folder(named) = source {
        let programs = Programs::inspect(named, account).await;
        let (named, user) = (named.clone(), account.name().to_owned());
        found.push(programs.ok_or(Error::BadProgramFolder {
            folder: named,
            user,
        })?);
    }
    if matches!(source, Binaries::Auto | Binaries::Local) {
        survey(&mut found, well_known_folders(), wanted, account).await;
        if best(&found, wanted).is_none() {
            survey(
                &mut found,
                folder_of_pg_config(account).await,
                wanted,
                account,
            )
            .await;
        }
    }
    if let Some(programs) = best(&found, wanted) {
        return Ok(programs);
    }
    if matches!(source, Binaries::Auto | Binaries::Download) {
        let downloaded = matching(&folder.programs(), "postgres-", "bin");
        survey(&mut found, downloaded, wanted, account).await;
        if let Some(programs) = best(&found, wanted) {
            return Ok(programs);
        }
        if wanted.is_none_or(|major| major == download::MAJOR) {
            let fetched = download::fetch(folder, lock).await?;
            let programs = Programs::inspect(&fetched, account).await;
            return programs
                .ok_or_else(|| download::failed("its programs do not run on this system"));
        }
    }
    Err(nothing_fits(&found, wanted, folder))
}

/// Adds the programs in `folders`, and stops at the first that fits.
async fn survey(
    found: &mut Vec<Programs>,
    folders: impl IntoIterator<Item = PathBuf>,
    wanted: Option<u32>,
    account: &Account,
) {
    for folder in folders {
        if wanted.is_some() && best(found, wanted).is_some() {
            return;
        }
        let known = |real: &PathBuf| found.iter().any(|it| it.folder == *real);
        if let Some(folder) = real_folder(&folder).filter(|real| !known(real)) {
            found.extend(Programs::inspect(&folder, account).await);
        }
    }
}

/// Where `postgres` really lies, behind any symbolic link, if `initdb` lies there too.
fn real_folder(folder: &Path) -> Option<PathBuf> {
    let postgres = folder.join("postgres").canonicalize().ok()?;
    let real = postgres.parent()?;
    real.join("initdb").is_file().then(|| real.to_owned())
}

fn best(found: &[Programs], wanted: Option<u32>) -> Option<Programs> {
    let fits =
        |it: &&Programs| wanted.map_or(it.major >= OLDEST_POSTGRES, |major| it.major == major);
    // The first of equals, so that `PATH` goes before folders we merely know of.
    found
        .iter()
        .rev()
        .filter(fits)
        .max_by_key(|it| it.major)
        .cloned()
}

fn nothing_fits(found: &[Programs], wanted: Option<u32>, folder: &Folder) -> Error {
    let seen = found
        .iter()
        .map(|it| format!("{} in `{}`", it.version, it.folder.display()));
    let seen = seen.collect::<Vec<_>>().join(", ");
    let found = if seen.is_empty() {
        "none".to_owned()
    } else {
        seen
    };
    match wanted {
        Some(wanted) => Error::OtherMajor {
            path: folder.cluster(),
            wanted,
            found,
        },
        None => Error::NoPrograms { found },
    }
}

fn well_known_folders() -> Vec<PathBuf> {
    // No setting of ours: every program is looked for there, by us as by a shell.
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    for (parent, prefix, rest) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ] {
        folders.extend(matching(Path::new(parent), prefix, rest));
    }
    folders
}

/// The glob `parent/prefix*/rest`.
fn matching(parent: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let named = entries.filter(|it| it.file_name().to_string_lossy().starts_with(prefix));
    named.map(|it| it.path().join(rest)).collect()
}

async fn folder_of_pg_config(account: &Account) -> Option<PathBuf> {
    let mut ask = account.command("pg_config");
    let asked = ask.arg("--bindir").stdin(Stdio::null()).output();
    let answer = timeout(Duration::from_secs(10), asked).await.ok()?.ok()?;
    let folder = String::from_utf8(answer.stdout).ok()?;
    Some(folder.trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_no_postgresql_the_message_names_the_package_to_install() {
        let here = env::temp_dir();
        let folder = Folder::existing(&here).unwrap();
        let old = Programs {
            folder: "/opt/old/bin".into(),
            version: "14.2".to_owned(),
            major: 14,
        };
        let package = if cfg!(target_os = "macos") {
            "`brew install postgresql@17`"
        } else {
            "`apt-get install postgresql`"
        };

        for (found, seen) in [(vec![], "(none)"), (vec![old], "(14.2 in `/opt/old/bin`)")] {
            let message = nothing_fits(&found, None, &folder).to_string();
            for part in ["no PostgreSQL 15 or newer", seen, package, "`DATABASE_URL`"] {
                assert!(message.contains(part), "no `{part}` in: {message}");
            }
        }
    }
}
