//! Making a new cluster. It is made beside its final place and renamed when it is complete, so a
//! kill in between leaves nothing that looks like one.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::fs;
use tokio::process::Command;
use tokio::time::timeout;

use super::Error;
use super::account::Account;
use super::folder::{Folder, StartLock, last_lines};
use super::programs::Programs;
use super::socket::make_private;

/// The first of these that the system knows decides what is a letter; sorting is by code point
/// everywhere, so that pages come in the same order on each machine.
const LETTERS: [&str; 4] = ["C.UTF-8", "en_US.UTF-8", "UTF-8", "C"];

/// From here on PostgreSQL brings a `C.UTF-8` of its own.
const BUILTIN_LOCALES: u32 = 17;

const PATIENCE: Duration = Duration::from_mins(2);

/// Makes the cluster of `folder`, with the superuser and the database both named `regimen`.
pub async fn create(
    folder: &Folder,
    programs: &Programs,
    account: &Account,
    lock: &StartLock,
) -> Result<(), Error> {
    let (unfinished, cluster) = (folder.unfinished(), folder.cluster());
    tracing::info!(
        "making a new PostgreSQL {} database in `{}`",
        programs.version,
        cluster.display()
    );
    match fs::remove_dir_all(&unfinished).await {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(Error::folder(&unfinished, account.name())(e));
        }
        _ => make_private(&unfinished, account)?,
    }
    let failed = |reason| Error::Init {
        path: cluster.clone(),
        reason,
    };

    for (attempt, letters) in LETTERS.iter().enumerate() {
        let mut initdb = account.command(programs.path("initdb"));
        initdb
            .arg("-D")
            .arg(&unfinished)
            .args(initdb_options(programs.major, letters));
        initdb.stdin(lock.as_stdin());
        match run(initdb, "initdb").await {
            Ok(()) => break,
            Err(why) if attempt + 1 < LETTERS.len() && why.contains("locale") => {}
            Err(why) => return Err(failed(why)),
        }
    }
    create_database(programs, &unfinished, account, lock)
        .await
        .map_err(failed)?;

    // Writing everything to disk once, here, is far quicker than at every step above.
    let mut sync = account.command(programs.path("initdb"));
    sync.arg("-D")
        .arg(&unfinished)
        .arg("--sync-only")
        .stdin(lock.as_stdin());
    run(sync, "initdb --sync-only").await.map_err(failed)?;
    fs::rename(&unfinished, &cluster)
        .await
        .map_err(Error::folder(&cluster, account.name()))
}

fn initdb_options(major: u32, letters: &str) -> Vec<String> {
    let options = [
        "--no-sync",
        "--username=regimen",
        "--encoding=UTF8",
        "--locale=C",
    ];
    let mut options: Vec<String> = options.iter().map(ToString::to_string).collect();
    // Only its owner can reach the socket, and nothing listens on the network.
    options.extend([
        "--auth-local=trust".to_owned(),
        "--auth-host=reject".to_owned(),
    ]);
    options.push(format!("--lc-ctype={letters}"));
    if major >= BUILTIN_LOCALES {
        options.push("--locale-provider=builtin".to_owned());
        options.push("--builtin-locale=C.UTF-8".to_owned());
    }
    options
}

/// Single-user mode reads its statements from standard input. A shell in between keeps the lock as
/// its own; see [`StartLock::as_stdin`].
async fn create_database(
    programs: &Programs,
    cluster: &Path,
    account: &Account,
    lock: &StartLock,
) -> Result<(), String> {
    let mut single = account.command("/bin/sh");
    single.args(["-c", r#"echo "$0" | "$@""#, "CREATE DATABASE regimen;"]);
    single
        .arg(programs.path("postgres"))
        .args(["--single", "-F", "-D"])
        .arg(cluster);
    // Without the first of these it would go on after an error.
    single.args([
        "-c",
        "exit_on_error=on",
        "-c",
        "log_checkpoints=off",
        "postgres",
    ]);
    single.stdin(lock.as_stdin());
    run(single, "postgres --single").await
}

/// Fails with what went wrong, in the program's own words.
async fn run(mut command: Command, name: &str) -> Result<(), String> {
    let output = match timeout(PATIENCE, command.output()).await {
        Err(_) => return Err(format!("`{name}` took too long")),
        Ok(Err(e)) => return Err(format!("cannot run `{name}` ({e})")),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`{name}` failed ({}): {}",
        output.status,
        last_lines(&output.stderr)
    ))
}
