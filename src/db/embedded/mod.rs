//! The private PostgreSQL that serves when no `DATABASE_URL` is given.
//!
//! [`Cluster::start`] joins or starts a server on a data folder; the server dies with its starter
//! unless it was [`Lifetime::Detached`]. Nothing here knows about the schema or opens a session:
//! the rest of the program gets a URL and treats it like any other.

mod account;
mod download;
mod error;
mod folder;
mod init;
mod launch;
mod postmaster;
mod programs;
mod run;
mod socket;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use tokio::time::{sleep, timeout};

pub use self::error::Error;
pub use self::folder::default_data_dir;
pub use self::postmaster::Running;

use self::account::Account;
use self::folder::{Folder, StartLock};
use self::launch::Tie;
use self::postmaster::PidFile;
use crate::config::Binaries;

/// How long a server may take to write everything down; then it is stopped at once, and will
/// recover from its write-ahead log at the next start.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// By then a server that keeps it running has noticed its end.
const BROUGHT_BACK_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub struct Options {
    /// Holds the cluster, its log and downloaded programs; made when missing.
    pub data_dir: PathBuf,
    pub binaries: Binaries,
}

/// When a server that we start is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// With this process, however that ends.
    WithUs,
    /// When [`stop_running`] or the machine stops it.
    Detached,
}

/// A server we may use, started here or by another process. Dropping it stops what was started
/// here [`Lifetime::WithUs`], without waiting.
#[derive(Debug)]
pub struct Cluster {
    folder: Folder,
    running: Running,
    /// How long its log was when we met it: what follows can tell why it ended.
    log_from: u64,
    started_here: bool,
    tie: Option<Tie>,
}

impl Cluster {
    /// Joins the live server on the data folder, or starts one, making the cluster when it is new.
    pub async fn start(options: &Options, lifetime: Lifetime) -> Result<Self, Error> {
        let account = Account::choose(&options.data_dir.join("postgres"))?;
        let folder = Folder::prepare(&options.data_dir, &account)?;
        if let Some(running) = find(&folder).await? {
            return Ok(Self::of(folder, running));
        }
        let lock = StartLock::take(&folder, &account).await?;
        if let Some(running) = find(&folder).await? {
            return Ok(Self::of(folder, running));
        }
        let made_by = folder.cluster_major(&account)?;
        let binaries = &options.binaries;
        let programs = programs::choose(binaries, made_by, &folder, &account, &lock).await?;
        if made_by.is_none() {
            init::create(&folder, &programs, &account, &lock).await?;
        }
        let started = launch::start(&folder, &programs, &account, lifetime).await?;
        let joined = Self::of(folder, started.running);
        Ok(Self {
            started_here: started.by_us,
            tie: started.tie,
            ..joined
        })
    }

    fn of(folder: Folder, running: Running) -> Self {
        let log_from = folder.log_length();
        Self {
            folder,
            running,
            log_from,
            started_here: false,
            tie: None,
        }
    }

    pub fn url(&self) -> String {
        self.running.url()
    }

    /// False when another process started the server.
    pub fn started_here(&self) -> bool {
        self.started_here
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.root()
    }

    /// Whether it still is the server that it was, and neither ended nor about to.
    pub async fn is_running(&mut self) -> bool {
        if let Some((child, _)) = &mut self.tie {
            return child.try_wait().is_ok_and(|ended| ended.is_none());
        }
        let found = Running::find(&self.folder).await;
        found.is_ok_and(|it| it.is_some_and(|it| it.pid == self.running.pid))
    }

    /// Whether it ends with this process.
    pub fn ends_with_us(&self) -> bool {
        self.tie.is_some()
    }

    /// Resolves, with the reason, when the server has ended although nobody here stopped it:
    /// [`start`](Self::start) then brings it back. May be dropped and called again.
    pub async fn exited(&mut self) -> Error {
        let how = if let Some((child, _)) = &mut self.tie {
            child.wait().await.map(launch::describe)
        } else {
            self.running.gone(&self.folder).await;
            Ok("its process is gone".to_owned())
        };
        let how = how.unwrap_or_else(|e| e.to_string());
        let reason = format!("{how}: {}", self.folder.log_tail(self.log_from));
        Error::Ended {
            log: self.folder.log(),
            reason,
        }
    }

    /// Stops the server if it was started here [`Lifetime::WithUs`], and waits for its end.
    pub async fn stop(mut self) -> Result<(), Error> {
        let Some((mut child, pipe)) = self.tie.take() else {
            return Ok(());
        };
        drop(pipe);
        if timeout(STOP_WITHIN, child.wait()).await.is_ok() {
            return Ok(());
        }
        stop_at_once(&self.folder, self.running.pid).await
    }
}

/// The server that runs on a data folder, without starting one.
pub async fn find_running(data_dir: &Path) -> Result<Option<Running>, Error> {
    match Folder::existing(data_dir) {
        Some(folder) => find(&folder).await,
        None => Ok(None),
    }
}

/// Stops whatever server runs on a data folder, and tells whether there was one. Fails if somebody
/// brings it back at once.
pub async fn stop_running(data_dir: &Path) -> Result<bool, Error> {
    let Some(folder) = Folder::existing(data_dir) else {
        return Ok(false);
    };
    let Some(file) = read_pid_file(&folder)? else {
        return Ok(false);
    };
    if !file.names_a_server(&folder.cluster()).await {
        return Ok(false);
    }
    send(file.pid, Signal::SIGINT)?;
    if !has_ended(&folder, file.pid, STOP_WITHIN).await {
        stop_at_once(&folder, file.pid).await?;
    }
    if is_brought_back(&folder).await {
        return Err(Error::KeptRunning {
            path: folder.root().to_owned(),
        });
    }
    Ok(true)
}

async fn is_brought_back(folder: &Folder) -> bool {
    let since = Instant::now();
    while since.elapsed() < BROUGHT_BACK_WITHIN {
        if StartLock::is_held(folder) || matches!(find(folder).await, Ok(Some(_))) {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    false
}

async fn find(folder: &Folder) -> Result<Option<Running>, Error> {
    Running::find(folder).await.map_err(unreadable(folder))
}

fn read_pid_file(folder: &Folder) -> Result<Option<PidFile>, Error> {
    PidFile::read(&folder.cluster()).map_err(unreadable(folder))
}

fn unreadable(folder: &Folder) -> impl FnOnce(std::io::Error) -> Error + use<> {
    Error::folder(&folder.cluster(), Account::ourselves().name())
}

async fn stop_at_once(folder: &Folder, pid: i32) -> Result<(), Error> {
    tracing::warn!(
        pid,
        "PostgreSQL takes too long to stop; it will recover at the next start"
    );
    send(pid, Signal::SIGQUIT)?;
    if has_ended(folder, pid, Duration::from_secs(10)).await {
        return Ok(());
    }
    Err(Error::NotStopped {
        pid,
        reason: "it does not react".to_owned(),
    })
}

fn send(pid: i32, signal: Signal) -> Result<(), Error> {
    match postmaster::signal(pid, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(e) => Err(Error::NotStopped {
            pid,
            reason: e.desc().to_owned(),
        }),
    }
}

/// A server takes its file away last of all; a killed one leaves it, but is no longer there.
async fn has_ended(folder: &Folder, pid: i32, patience: Duration) -> bool {
    let since = Instant::now();
    while since.elapsed() < patience {
        let filed = read_pid_file(folder)
            .ok()
            .flatten()
            .is_some_and(|file| file.pid == pid);
        if !filed || !postmaster::is_alive(pid) {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    false
}
