//! A running server as others see it: what `postmaster.pid` says, and whether it is true.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::folder::Folder;
use super::socket;

/// How far the system's notes on a process may lie from the process's own.
const CLOCKS_DIFFER_BY: u64 = 60;

/// A server that accepts connections.
#[derive(Debug, Clone)]
pub struct Running {
    pub pid: i32,
    socket_folder: PathBuf,
    port: u16,
    programs: Option<PathBuf>,
}

impl Running {
    /// The server on `folder`, if there is one that is ready.
    pub async fn find(folder: &Folder) -> io::Result<Option<Self>> {
        let cluster = folder.cluster();
        let Some(file) = PidFile::read(&cluster)? else {
            return Ok(None);
        };
        let (Some(socket_folder), State::Ready) = (file.socket_folder, file.state) else {
            return Ok(None);
        };
        // A file left behind by a crash also says "ready"; only a connection tells the truth.
        let path = socket::file(&socket_folder, file.port);
        let connected = timeout(Duration::from_secs(1), UnixStream::connect(path)).await;
        if !connected.is_ok_and(|it| it.is_ok()) {
            return Ok(None);
        }
        let programs = programs_folder(&cluster);
        Ok(Some(Self {
            pid: file.pid,
            socket_folder,
            port: file.port,
            programs,
        }))
    }

    pub fn url(&self) -> String {
        socket::url(&self.socket_folder, self.port)
    }

    /// The `psql` that belongs to the server, if it came with one; else the one in `PATH` will do.
    pub fn psql(&self) -> PathBuf {
        let beside = self.programs.as_ref().map(|folder| folder.join("psql"));
        beside
            .filter(|path| path.is_file())
            .unwrap_or_else(|| "psql".into())
    }

    /// Resolves when the server no longer runs.
    pub async fn gone(&self, folder: &Folder) {
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            // In another container its process is invisible, but its socket is not.
            if !is_alive(self.pid) && !matches!(Self::find(folder).await, Ok(Some(_))) {
                return;
            }
        }
    }
}

/// The file a server keeps in its cluster from before it is ready until it has ended.
#[derive(Debug)]
pub struct PidFile {
    pub pid: i32,
    pub state: State,
    /// When it was started, in seconds since 1970.
    started_at: Option<u64>,
    port: u16,
    socket_folder: Option<PathBuf>,
}

/// What a server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Perhaps recovering from a crash.
    Starting,
    Ready,
    Stopping,
    /// It has not come to say anything.
    Unknown,
}

impl State {
    fn named(word: Option<&str>) -> Self {
        match word {
            Some("starting") => Self::Starting,
            Some("ready") => Self::Ready,
            Some("stopping") => Self::Stopping,
            _ => Self::Unknown,
        }
    }
}

impl PidFile {
    pub fn read(cluster: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read_to_string(cluster.join("postmaster.pid")) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut lines = text.lines().map(str::trim);
        // A single user's session writes a negative one: to a signal, that is a whole group.
        let pid = lines.next().and_then(|line| line.parse().ok());
        let Some(pid) = pid.filter(|pid| *pid > 0) else {
            return Ok(None);
        };
        // Then the cluster's path, the time, the port, the socket's folder, the TCP address, a
        // key of shared memory, and at last the state.
        let started_at = lines.nth(1).and_then(|line| line.parse().ok());
        let port = lines
            .next()
            .and_then(|line| line.parse().ok())
            .unwrap_or(socket::PORT);
        let socket_folder = lines
            .next()
            .filter(|line| !line.is_empty())
            .map(PathBuf::from);
        let state = State::named(lines.nth(2));
        Ok(Some(Self {
            pid,
            state,
            started_at,
            port,
            socket_folder,
        }))
    }

    /// Whether the process it names is alive and is the server of `cluster`: after a crash of the
    /// whole machine or container the number can belong to anything, another PostgreSQL included.
    pub async fn names_a_server(&self, cluster: &Path) -> bool {
        let is_postgres = is_alive(self.pid)
            && asked(self.pid, "comm")
                .await
                .is_none_or(|name| name.contains("post"));
        if !is_postgres {
            return false;
        }
        match works_in(self.pid, cluster) {
            Some(it) => it,
            None => self.is_as_old_as_its_file().await,
        }
    }

    /// Whether the process began when its file says: a later one has only inherited the number.
    async fn is_as_old_as_its_file(&self) -> bool {
        let age = asked(self.pid, "etime").await;
        let age = age.as_deref().and_then(seconds);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        match (age, self.started_at, now) {
            (Some(age), Some(filed), Ok(now)) => {
                let now = now.as_secs();
                // Of one that began this instant, some versions of `ps` take an age below nothing
                // for a million years.
                let began = now.checked_sub(age).unwrap_or(now);
                began.abs_diff(filed) <= CLOCKS_DIFFER_BY
            }
            _ => true,
        }
    }
}

/// Whether a process works in `folder`, as a server does in its cluster. Nothing where the system
/// does not tell, or not us.
fn works_in(pid: i32, folder: &Path) -> Option<bool> {
    let its = fs::metadata(format!("/proc/{pid}/cwd")).ok()?;
    // In its container the folder may have another name.
    let same = |it: fs::Metadata| (it.dev(), it.ino()) == (its.dev(), its.ino());
    Some(fs::metadata(folder).is_ok_and(same))
}

/// The seconds in an age as `ps` writes it, `[[days-]hours:]minutes:seconds`.
fn seconds(age: &str) -> Option<u64> {
    let (days, time) = age.split_once('-').unwrap_or(("0", age));
    let in_time = time.split(':').try_fold(0, |sum: u64, part| {
        let part: u64 = part.parse().ok()?;
        Some(sum * 60 + part)
    });
    Some(days.parse::<u64>().ok()? * 86_400 + in_time?)
}

pub fn is_alive(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH) && !is_zombie(pid)
}

/// Ended, but nobody has taken note of it; in a container whose first process is no init, nobody
/// ever does.
fn is_zombie(pid: i32) -> bool {
    // The state follows the program's name, which may itself hold parentheses.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| {
            stat.rsplit_once(')')
                .map(|(_, rest)| rest.starts_with(" Z"))
        })
        .unwrap_or(false)
}

pub fn signal(pid: i32, signal: Signal) -> Result<(), Errno> {
    kill(Pid::from_raw(pid), signal)
}

/// What the system knows of a process: in `/proc` where that is, or else from `ps`.
async fn asked(pid: i32, what: &str) -> Option<String> {
    if let Ok(text) = fs::read_to_string(format!("/proc/{pid}/{what}")) {
        return Some(text);
    }
    let output = Command::new("ps")
        .args(["-o", &format!("{what}="), "-p"])
        .arg(pid.to_string())
        .output()
        .await;
    output
        .ok()
        .and_then(|it| String::from_utf8(it.stdout).ok())
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// `postmaster.opts` begins with the server's program, before its quoted arguments.
fn programs_folder(cluster: &Path) -> Option<PathBuf> {
    let line = fs::read_to_string(cluster.join("postmaster.opts")).ok()?;
    let program = line.split(" \"").next()?;
    Path::new(program.trim()).parent().map(Path::to_owned)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::env::temp_dir;
    use std::process::{self, Command};
    use std::thread::sleep;

    use super::*;

    #[test]
    fn a_process_that_ended_is_not_alive_even_if_nobody_took_note() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        assert!(is_alive(pid));

        child.kill().unwrap();
        while !is_zombie(pid) {
            sleep(Duration::from_millis(1));
        }

        assert!(!is_alive(pid));
        child.wait().unwrap();
    }

    fn file_of(pid: u32, started_at: u64) -> PidFile {
        PidFile {
            pid: pid.cast_signed(),
            state: State::Ready,
            started_at: Some(started_at),
            port: socket::PORT,
            socket_folder: None,
        }
    }

    #[tokio::test]
    async fn a_postgresql_that_works_elsewhere_is_not_the_one_of_the_file() {
        let folder = temp_dir().join(format!("regimen-elsewhere-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("postgres");
        std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
        let begin = |cwd: &Path| Command::new(&program).arg("60").current_dir(cwd).spawn();
        let (mut ours, mut theirs) = (begin(&folder).unwrap(), begin(Path::new("/")).unwrap());

        let is_ours = file_of(ours.id(), 0).names_a_server(&folder).await;
        let is_theirs = file_of(theirs.id(), 0).names_a_server(&folder).await;

        for child in [&mut ours, &mut theirs] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        fs::remove_dir_all(&folder).unwrap();
        assert!(is_ours, "the server of this cluster");
        assert!(!is_theirs, "another server with the number of ours");
    }

    #[tokio::test]
    async fn a_process_that_began_after_its_file_was_written_only_inherited_the_number() {
        if Command::new("ps").output().is_err() {
            return;
        }
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();

        let file = file_of(child.id(), now.as_secs());
        let older = file_of(child.id(), now.as_secs() - 3_600);

        assert!(file.is_as_old_as_its_file().await);
        assert!(!older.is_as_old_as_its_file().await);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn an_age_is_read_with_and_without_hours_and_days() {
        assert_eq!(seconds("00:07"), Some(7));
        assert_eq!(seconds("01:02:03"), Some(3_723));
        assert_eq!(seconds("2-01:02:03"), Some(176_523));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn the_number_of_a_single_users_session_is_not_signalled() {
        let folder = temp_dir().join(format!("regimen-single-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("postmaster.pid"), "-4711\n/data\n").unwrap();
        let read = PidFile::read(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert!(read.is_none(), "{read:?}");
    }
}
