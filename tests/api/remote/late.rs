//! A database that starts after the server, as happens when a whole machine starts.

use std::time::{Duration, Instant};

use super::{assert_says, connect, program};
use crate::support::{
    Finished, Server,
    remote::{PgBouncer, Remote, free_port, url},
};

/// Starts the database two seconds from now.
async fn start_late(mut server: Remote) -> Remote {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let started = tokio::task::spawn_blocking(move || {
        server.start();
        server
    });
    started.await.unwrap()
}

#[tokio::test]
async fn production_waits_for_a_late_database() {
    let late = Remote::prepare(None);
    let mut serve = program(&late.url("postgres"));
    let serve = serve.env("REGIMEN_ENV", "production");
    let (serving, _late) = tokio::join!(Server::spawn(serve), start_late(late));
    assert_eq!(serving.ready().await.0, 200);
    assert_says(
        &serving.text(),
        &[
            "no PostgreSQL answers",
            "trying again in",
            "(1 of 5)",
            "\"level\":\"WARN\"",
        ],
    );
    assert!(serving.stop().await);
}

#[tokio::test]
async fn production_waits_for_a_late_database_behind_a_pooler() {
    let late = Remote::prepare(None);
    let Some(pooler) = PgBouncer::before(late.port, HURRIED) else {
        return;
    };
    assert_waits_behind(&pooler, late).await;
}

#[tokio::test]
async fn production_waits_for_a_database_that_its_pooler_has_lost() {
    let mut lost = Remote::prepare(None);
    lost.start();
    let Some(pooler) = PgBouncer::before(lost.port, HURRIED) else {
        return;
    };
    // From now on the pooler lets clients in without asking the server.
    drop(connect(&pooler.url("postgres")).await);
    lost.stop();
    assert_waits_behind(&pooler, lost).await;
}

/// A pooler that soon says so when it has no server.
const HURRIED: &str = "max_prepared_statements = 200\nquery_wait_timeout = 1";

async fn assert_waits_behind(pooler: &PgBouncer, late: Remote) {
    let mut serve = program(&pooler.url("postgres"));
    let serve = serve.env("REGIMEN_ENV", "production");
    let (serving, _late) = tokio::join!(Server::spawn(serve), start_late(late));
    assert_eq!(serving.ready().await.0, 200);
    assert_says(&serving.text(), &["is not ready yet", "trying again in"]);
}

#[tokio::test]
async fn retries_are_as_many_as_set() {
    let mut serve = program(&url("127.0.0.1", free_port(), "app"));
    let begun = Instant::now();
    let finished = Finished::of(serve.env("DATABASE_CONNECT_RETRIES", "2")).await;
    assert_says(finished.failure(), &["no PostgreSQL answers"]);
    let tried: Vec<&str> = finished
        .stderr
        .lines()
        .filter(|line| line.contains("trying again in"))
        .collect();
    assert_eq!(tried.len(), 2, "{}", finished.stderr);
    assert_says(tried[1], &["WARN", "(2 of 2)"]);
    assert!(begun.elapsed() > Duration::from_secs(1), "it did not pause");
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again() {
    let server = Remote::without_tls();
    let wrong = format!("postgresql://ada:wrong@127.0.0.1:{}/postgres", server.port);
    let mut serve = program(&wrong);
    let finished = Finished::of(serve.env("REGIMEN_ENV", "production")).await;
    assert_says(finished.failure(), &["refused the user or password"]);
    assert!(
        !finished.stderr.contains("trying again"),
        "{}",
        finished.stderr
    );
}
