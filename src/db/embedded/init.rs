//! Making a new cluster. It is made beside its final place and renamed when it is complete, so a
//! kill in between leaves nothing that looks like one.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::fs;
use tokio::process::Command;

use super::account::Account;
use super::folder::{Folder, StartLock, last_lines};
use super::programs::Programs;
use super::socket::make_private;
use super::{Error, run};

/// The first of these that the system knows decides what is a letter; sorting is by code point
/// everywhere, so that pages come in the same order on each machine.
const LETTERS: [&str; 4] = ["C.UTF-8", "en_US.UTF-8", "UTF-8", "C"];

/// Only its owner can reach the socket, so it trusts who does; nothing listens on the network.
const INITDB: [&str; 6] = [
    "--no-sync",
    "--username=regimen",
    "--encoding=UTF8",
    "--locale=C",
    "--auth-local=trust",
    "--auth-host=reject",
];

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
            .args(INITDB)
            .arg(format!("--lc-ctype={letters}"));
        if programs.major >= BUILTIN_LOCALES {
            initdb.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
        }
        match run(initdb, "initdb", lock).await {
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
    sync.arg("--sync-only").arg("-D").arg(&unfinished);
    run(sync, "initdb --sync-only", lock)
        .await
        .map_err(failed)?;
    rename_for_good(&unfinished, &cluster)
        .await
        .map_err(Error::folder(&cluster, account.name()))
}

/// A rename that also outlives a power cut.
async fn rename_for_good(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).await?;
    match to.parent() {
        Some(parent) => fs::File::open(parent).await?.sync_all().await,
        None => Ok(()),
    }
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
    // After an error it would go on, and end well.
    single.args(["-c", "exit_on_error=on", "postgres"]);
    run(single, "postgres --single", lock).await
}

async fn run(command: Command, name: &str, lock: &StartLock) -> Result<(), String> {
    run::run(command, name, PATIENCE, lock, last_lines).await
}
