//! Starting a server on a complete cluster, tied to our own life or not, and waiting until it is
//! ready.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::process::{Child, ChildStdin, Command};
use tokio::time::sleep;

use super::account::Account;
use super::folder::Folder;
use super::postmaster::{PidFile, Running, State};
use super::programs::Programs;
use super::{Error, Lifetime, socket};

/// Runs the server until it ends by itself, or until whoever holds the other end of our standard
/// input is gone, whatever way it went: then a reader, blocked on that pipe so far, asks the
/// server to shut down. It asks again each second, because a server ignores the signal in its
/// first moments.
const TIED: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(read -r _ <&3; while kill -INT "$server"; do sleep 1; done) >/dev/null 2>&1 &
reader=$!
exec 3<&-
wait "$server"
status=$?
kill "$reader" 2>/dev/null
exit "$status"
"#;

/// For a small machine. `fsync` stays on: this is somebody's training log.
const SETTINGS: [&str; 16] = [
    "listen_addresses=",
    "cluster_name=regimen",
    "shared_buffers=64MB",
    "max_connections=60",
    "jit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_logical_replication_workers=0",
    "max_wal_size=512MB",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_min_messages=warning",
    "log_checkpoints=off",
    // Details and hints quote what is in the rows.
    "log_error_verbosity=terse",
    "log_line_prefix=%m [%p] ",
    "lc_messages=C",
];

/// For a server that does not say that it is starting: one that recovers from a crash does, and may
/// take as long as it needs, because the next start would have to begin the recovery again.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How often a long wait is logged.
const STILL_WAITING: Duration = Duration::from_secs(10);
/// A server that was killed, or is still stopping, can be in the way for a moment.
const REMAINS_GO_WITHIN: Duration = Duration::from_secs(20);
const REMAINS: [&str; 2] = ["\" already exists", "pre-existing shared memory block"];

/// The server's shell and the pipe that keeps the server running.
pub type Tie = (Child, ChildStdin);

/// What became of a start: a server, with its tie when it has one and was started by us.
pub struct Started {
    pub running: Running,
    pub tie: Option<Tie>,
    pub by_us: bool,
}

/// Starts a server, or joins one that got ready meanwhile; the caller holds the start lock.
pub async fn start(
    folder: &Folder,
    programs: &Programs,
    account: &Account,
    lifetime: Lifetime,
) -> Result<Started, Error> {
    let since = Instant::now();
    loop {
        wait_for_another(folder).await;
        if let Ok(Some(running)) = Running::find(folder).await {
            return Ok(Started {
                running,
                tie: None,
                by_us: false,
            });
        }
        let log_from = folder.log_length();
        let (mut child, pipe) = spawn(folder, programs, account, lifetime).await?;
        match wait_until_ready(&mut child, folder, log_from).await {
            Ok(running) => {
                let tie = pipe.map(|pipe| (child, pipe));
                return Ok(Started {
                    running,
                    tie,
                    by_us: true,
                });
            }
            Err(error) if !is_in_the_way(&error) || since.elapsed() > REMAINS_GO_WITHIN => {
                return Err(error);
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// A server that nobody holds may be on its way up or down there, either of which can take long.
async fn wait_for_another(folder: &Folder) {
    let mut patience = Patience::new();
    while let Ok(Some(file)) = PidFile::read(&folder.cluster())
        && matches!(file.state, State::Starting | State::Stopping)
        && file.names_a_server(&folder.cluster()).await
    {
        patience.log("another PostgreSQL on this data is still starting or stopping");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Since when a server has not said that it is starting.
struct Silence(Instant);

impl Silence {
    fn is_too_long(&mut self, state: State, now: Instant) -> bool {
        if state == State::Starting {
            self.0 = now;
        }
        now.duration_since(self.0) > READY_WITHIN
    }
}

/// Says now and then that a long wait goes on.
struct Patience {
    since: Instant,
    told: u32,
}

impl Patience {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            told: 0,
        }
    }

    fn log(&mut self, what: &str) {
        let waited = self.since.elapsed();
        if waited > STILL_WAITING * (self.told + 1) {
            self.told += 1;
            tracing::info!("{what} after {} s", waited.as_secs());
        }
    }
}

async fn spawn(
    folder: &Folder,
    programs: &Programs,
    account: &Account,
    lifetime: Lifetime,
) -> Result<(Child, Option<ChildStdin>), Error> {
    let failed = |e| Error::NotStarted {
        log: folder.log(),
        reason: format!("{e}"),
    };
    let postgres = programs.path("postgres");
    let mut command = if lifetime == Lifetime::WithUs {
        let mut shell = account.command("/bin/sh");
        shell.args(["-c", TIED, "regimen-postgres"]).arg(postgres);
        shell.stdin(Stdio::piped());
        shell
    } else {
        let mut postgres = account.command(postgres);
        postgres.stdin(Stdio::null());
        postgres
    };
    add_settings(&mut command, folder, account)?;
    let stale = PidFile::read(&folder.cluster()).ok().flatten();
    if let Some(stale) = stale
        && !stale.names_a_server(&folder.cluster()).await
    {
        // PostgreSQL would take any live process of that number for a server; this tells it not to.
        command.env("PG_GRANDPARENT_PID", stale.pid.to_string());
    }
    let log = folder.open_log(account)?;
    command.stdout(log.try_clone().map_err(failed)?).stderr(log);
    // A process group of its own, so that a Ctrl-C in our terminal does not reach it.
    let mut child = command
        .process_group(0)
        .kill_on_drop(false)
        .spawn()
        .map_err(failed)?;
    let pipe = child.stdin.take();
    Ok((child, pipe))
}

fn add_settings(command: &mut Command, folder: &Folder, account: &Account) -> Result<(), Error> {
    let socket_folder = socket::make_folder(folder, account)?;
    command
        .arg("-D")
        .arg(folder.cluster())
        .args(["-p", &socket::PORT.to_string(), "-k"]);
    command.arg(socket_folder);
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
    Ok(())
}

async fn wait_until_ready(
    child: &mut Child,
    folder: &Folder,
    log_from: u64,
) -> Result<Running, Error> {
    let (mut silence, mut patience) = (Silence(Instant::now()), Patience::new());
    let failed = |reason| Error::NotStarted {
        log: folder.log(),
        reason,
    };
    loop {
        let ended = child.try_wait().map_err(|e| failed(e.to_string()))?;
        if ended.is_some() {
            return Err(failed(folder.log_tail(log_from)));
        }
        if let Ok(Some(running)) = Running::find(folder).await {
            return Ok(running);
        }
        let file = PidFile::read(&folder.cluster()).ok().flatten();
        let state = file.map_or(State::Unknown, |file| file.state);
        if state == State::Starting {
            patience.log("PostgreSQL is still starting, perhaps recovering from a crash,");
        }
        if silence.is_too_long(state, Instant::now()) {
            let tail = folder.log_tail(log_from);
            return Err(failed(format!(
                "not ready after {} s: {tail}",
                READY_WITHIN.as_secs()
            )));
        }
        sleep(Duration::from_millis(10)).await;
    }
}

fn is_in_the_way(error: &Error) -> bool {
    let Error::NotStarted { reason, .. } = error else {
        return false;
    };
    REMAINS.iter().any(|text| reason.contains(text))
}

/// How a server's shell ended, for a message: it passes the server's own status on.
pub fn describe(status: ExitStatus) -> String {
    status
        .code()
        .map_or_else(|| status.to_string(), |code| format!("exit status {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_may_take_as_long_as_it_needs_but_silence_may_not() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut silence = Silence(begin);

        assert!(!silence.is_too_long(State::Unknown, after(29)));
        assert!(!silence.is_too_long(State::Starting, after(60)));
        assert!(!silence.is_too_long(State::Starting, after(7_200)));
        assert!(!silence.is_too_long(State::Unknown, after(7_229)));
        assert!(silence.is_too_long(State::Unknown, after(7_231)));
        assert!(Silence(begin).is_too_long(State::Ready, after(31)));
    }
}
