//! A running server as others see it: what `postmaster.pid` says, and whether it is true.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::folder::Folder;
use super::socket;

/// A server that accepts connections.
#[derive(Debug, Clone)]
pub struct Running {
    pub pid: i32,
    /// The major version, such as `15`.
    pub version: String,
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
        let (Some(socket_folder), true) = (file.socket_folder, file.ready) else {
            return Ok(None);
        };
        // A file left behind by a crash also says "ready"; only a connection tells the truth.
        let path = socket::file(&socket_folder, file.port);
        let connected = timeout(Duration::from_secs(1), UnixStream::connect(path)).await;
        if !connected.is_ok_and(|it| it.is_ok()) {
            return Ok(None);
        }
        let version = fs::read_to_string(cluster.join("PG_VERSION"))?
            .trim()
            .to_owned();
        let programs = programs_folder(&cluster);
        Ok(Some(Self {
            pid: file.pid,
            version,
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
    port: u16,
    socket_folder: Option<PathBuf>,
    ready: bool,
}

impl PidFile {
    pub fn read(cluster: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read_to_string(cluster.join("postmaster.pid")) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut lines = text.lines().map(str::trim);
        let Some(pid) = lines.next().and_then(|line| line.parse().ok()) else {
            return Ok(None);
        };
        // Then the cluster's path, the time, the port, the socket's folder, the TCP address, a
        // key of shared memory, and at last the state.
        let port = lines
            .nth(2)
            .and_then(|line| line.parse().ok())
            .unwrap_or(socket::PORT);
        let socket_folder = lines
            .next()
            .filter(|line| !line.is_empty())
            .map(PathBuf::from);
        let ready = lines.nth(2) == Some("ready");
        Ok(Some(Self {
            pid,
            port,
            socket_folder,
            ready,
        }))
    }

    /// Whether the process it names is alive and may be a PostgreSQL server: after a crash of the
    /// whole machine or container the number can belong to anything.
    pub async fn names_a_server(&self) -> bool {
        is_alive(self.pid)
            && program_of(self.pid)
                .await
                .is_none_or(|name| name.contains("post"))
    }
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

async fn program_of(pid: i32) -> Option<String> {
    if let Ok(name) = fs::read_to_string(format!("/proc/{pid}/comm")) {
        return Some(name);
    }
    let output = Command::new("ps")
        .args(["-o", "comm=", "-p"])
        .arg(pid.to_string())
        .output()
        .await;
    output
        .ok()
        .and_then(|it| String::from_utf8(it.stdout).ok())
        .filter(|name| !name.is_empty())
}

/// `postmaster.opts` begins with the server's program, before its quoted arguments.
fn programs_folder(cluster: &Path) -> Option<PathBuf> {
    let line = fs::read_to_string(cluster.join("postmaster.opts")).ok()?;
    let program = line.split(" \"").next()?;
    Path::new(program.trim()).parent().map(Path::to_owned)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;
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
}
