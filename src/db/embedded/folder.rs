//! The data folder: where each file in it lies, and the lock that serialises those who start a
//! server on it. Nothing here knows how to run PostgreSQL.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{env, fmt::Write, path};

use sha2::{Digest, Sha256};

use super::Error;
use super::account::Account;

/// A longer log is set aside at the next start.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;
/// Longer than any start, even one that downloads PostgreSQL.
const LOCK_PATIENCE: Duration = Duration::from_mins(15);

/// `.regimen` in the current folder, or a folder of its own in `/var/lib/regimen` when we are root
/// and the account PostgreSQL then runs under could not get there.
pub fn default_data_dir() -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let usual = here.join(".regimen");
    let barred = |account: Account| account.barred_from(&usual).is_some();
    if !Account::choose(&usual.join("postgres")).is_ok_and(barred) {
        return usual;
    }
    let name = here.file_name().unwrap_or_default().to_string_lossy();
    Path::new("/var/lib/regimen").join(format!("{name}-{}", short_hash(&here)))
}

/// Eight hexadecimal digits that tell folders apart.
pub fn short_hash(path: &Path) -> String {
    hex(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..4])
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder if it is there already; nothing is made.
    pub fn existing(root: &Path) -> Option<Self> {
        Some(Self {
            root: root.canonicalize().ok()?,
        })
    }

    /// Makes the folder where it is missing, and sees to it that `account` can reach it.
    pub fn prepare(root: &Path, account: &Account) -> Result<Self, Error> {
        let failed = |path: &Path| Error::folder(path, account.name());
        let root = path::absolute(root).map_err(failed(root))?;
        let barred = |path: &Path| match account.barred_from(path) {
            Some(folder) => Err(Error::ClosedFolder {
                folder,
                user: account.name().to_owned(),
            }),
            None => Ok(()),
        };
        barred(&root)?;
        let mut missing: Vec<&Path> = root.ancestors().take_while(|it| !it.exists()).collect();
        while let Some(folder) = missing.pop() {
            fs::create_dir(folder)
                .or_else(ignore_existing)
                .map_err(failed(folder))?;
            if account.is_another() {
                // Whatever our umask says, it has to pass.
                let open = Permissions::from_mode(0o755);
                fs::set_permissions(folder, open).map_err(failed(folder))?;
            }
        }
        let root = root.canonicalize().map_err(failed(&root))?;
        barred(&root)?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The cluster, what PostgreSQL calls its data directory.
    pub fn cluster(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// The cluster while it is being made.
    pub fn unfinished(&self) -> PathBuf {
        self.root.join("postgres.new")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// Downloaded programs.
    pub fn programs(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// The major version the cluster was made by, or nothing when there is no cluster yet.
    pub fn cluster_major(&self, account: &Account) -> Result<Option<u32>, Error> {
        let path = self.cluster();
        if fs::symlink_metadata(&path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
            return Ok(None);
        }
        let half_made = |missing| Error::HalfMade {
            path: path.clone(),
            missing,
        };
        let version = match fs::read_to_string(path.join("PG_VERSION")) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(Error::folder(&path, account.name())(e));
            }
            version => version.ok().and_then(|text| text.trim().parse().ok()),
        };
        let version = version.ok_or_else(|| half_made("PG_VERSION"))?;
        if !path.join("global/pg_control").is_file() {
            return Err(half_made("global/pg_control"));
        }
        Ok(Some(version))
    }

    /// Opens the log to append to, after setting a long one aside. Statements are quoted in it, so
    /// it is its owner's alone.
    pub fn open_log(&self, account: &Account) -> Result<File, Error> {
        let path = self.log();
        let open = || {
            if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_LIMIT) {
                fs::rename(&path, path.with_extension("log.1"))?;
            }
            let mut options = OpenOptions::new();
            let file = options.create(true).append(true).mode(0o600).open(&path)?;
            file.set_permissions(Permissions::from_mode(0o600))?;
            account.own(&path)?;
            Ok(file)
        };
        open().map_err(Error::folder(&path, account.name()))
    }

    pub fn log_length(&self) -> u64 {
        fs::metadata(self.log()).map_or(0, |log| log.len())
    }

    /// The last lines of the log, on one line, beginning no earlier than `from`.
    pub fn log_tail(&self, from: u64) -> String {
        let read = || {
            let mut log = File::open(self.log())?;
            let from = from.max(log.metadata()?.len().saturating_sub(4096));
            let mut bytes = Vec::new();
            log.seek(SeekFrom::Start(from))?;
            log.read_to_end(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        last_lines(&read().unwrap_or_default())
    }
}

/// The last few lines of a program's output, joined for one message.
pub fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match &lines[lines.len().saturating_sub(6)..] {
        [] => "it said nothing".to_owned(),
        last => last.join(" | "),
    }
}

fn ignore_existing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::AlreadyExists {
        Ok(())
    } else {
        Err(error)
    }
}

/// Held while looking at the folder and starting a server on it; let go when dropped, and by the
/// kernel when we are killed.
#[derive(Debug)]
pub struct StartLock(File);

impl StartLock {
    pub async fn take(folder: &Folder, account: &Account) -> Result<Self, Error> {
        let path = folder.root.join("start.lock");
        let failed = || Error::folder(&path, account.name());
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed())?;
        account.own(&path).map_err(failed())?;
        let (since, mut told) = (Instant::now(), false);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(e)) => return Err(failed()(e)),
                Err(TryLockError::WouldBlock) if since.elapsed() > LOCK_PATIENCE => {
                    return Err(Error::Busy {
                        path: folder.root.clone(),
                    });
                }
                Err(TryLockError::WouldBlock) => {}
            }
            if !told && since.elapsed() > Duration::from_secs(3) {
                tracing::info!("waiting for another process that starts PostgreSQL");
                told = true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether somebody starts a server right now.
    pub fn is_held(folder: &Folder) -> bool {
        let file = File::open(folder.root.join("start.lock"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The lock as a child's standard input: should we be killed, it stays taken until the child
    /// has ended too, so that nobody cleans up under its feet.
    pub fn as_stdin(&self) -> Stdio {
        self.0
            .try_clone()
            .map_or_else(|_| Stdio::null(), Stdio::from)
    }
}
