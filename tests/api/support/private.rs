//! The private PostgreSQL that a server process started, seen from outside.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use diesel_async::AsyncPgConnection;
use nix::{errno::Errno, sys::signal::kill, unistd::Pid};
use regimen::{
    config::Secret,
    db::{Address, embedded::find_running},
};

use super::TestDatabase;

/// The process of the PostgreSQL on a data folder.
pub fn postmaster(data: &Path) -> i32 {
    let file = data.join("postgres/postmaster.pid");
    let text = std::fs::read_to_string(&file).expect("a running PostgreSQL has this file");
    text.lines()
        .next()
        .and_then(|pid| pid.parse().ok())
        .expect("a pid")
}

pub fn is_alive(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH) && !is_zombie(pid)
}

/// Whether it has ended and only waits to be asked how.
fn is_zombie(pid: i32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    state.is_ok_and(|line| {
        line.rsplit_once(')')
            .is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
    })
}

/// A session on the PostgreSQL of a data folder.
pub async fn session(data: &Path) -> AsyncPgConnection {
    let running = find_running(data).await.expect("a readable folder");
    let url = running.expect("a running PostgreSQL").url();
    let address = Address::parse("DATABASE_URL", &Secret::new(url)).expect("an address");
    let session = address.connect(TestDatabase::limits()).await;
    session.expect("PostgreSQL answers")
}

/// Waits until something is so.
#[track_caller]
pub fn eventually(what: &str, is_so: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let since = Instant::now();
        while !is_so().await {
            let waited = since.elapsed();
            assert!(
                waited < Duration::from_secs(40),
                "never: {what}, at {caller}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
