//! Starts that take long: they say what they wait for, and whoever has enough can end them.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use nix::sys::signal::Signal;

use crate::support::{
    Finished, Server, TestDatabase, eventually, regimen, scratch_folder, session,
};

/// The lock of those who migrate, as `db::migrations` has it.
const LOCK: i64 = 0x0072_6567_696d_656e;

#[tokio::test]
async fn a_server_that_waits_for_a_migration_says_so_and_can_be_stopped() {
    let (folder, database) = (scratch_folder("waits"), TestDatabase::create().await);
    let mut other = database.connect().await;
    let take = format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})");
    other.batch_execute(&take).await.unwrap();
    let server = Server::begin(regimen(&folder).env("DATABASE_URL", &database.url));
    server
        .says("waiting for another process that migrates")
        .await;

    let since = Instant::now();
    server.signal(Signal::SIGTERM);
    let ended = server.ended().await;

    assert!(ended.success(), "{ended}");
    assert!(since.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_guest_whose_host_ends_before_it_is_ready_begins_again() {
    let folder = scratch_folder("deserted");
    let host = Server::start(&folder).await;
    let mut other = session(&folder.join(".regimen")).await;
    let take = format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})");
    other.batch_execute(&take).await.unwrap();
    let guest = Server::begin(&mut regimen(&folder));
    guest
        .says("waiting for another process that migrates")
        .await;

    assert!(host.stop().await);

    guest.says("Ctrl-C stops everything").await;
    let text = guest.text();
    assert!(text.contains("PostgreSQL ended meanwhile"), "{text}");
    assert!(guest.stop().await);
}

#[tokio::test]
async fn a_server_can_be_stopped_while_it_migrates_its_private_database() {
    let folder = scratch_folder("migrates");
    let data = folder.join(".regimen");
    let db = async |verb| Finished::of(regimen(&folder).args(["db", verb])).await;
    assert!(db("start").await.success);
    let mut other = session(&data).await;
    // The first migration has to wait for this table's name.
    let take = "BEGIN; CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY)";
    other.batch_execute(take).await.unwrap();
    let server = Server::begin(&mut regimen(&folder));
    eventually("it waits in a migration", async || {
        let asks = "SELECT 1 / count(*) FROM pg_locks WHERE NOT granted";
        let mut looker = session(&data).await;
        looker.batch_execute(asks).await.is_ok()
    })
    .await;

    let since = Instant::now();
    server.signal(Signal::SIGTERM);
    let ended = server.ended().await;

    assert!(ended.success(), "{ended}");
    assert!(since.elapsed() < Duration::from_secs(10));
    assert_eq!(db("stop").await.stdout, "stopped\n");
}
