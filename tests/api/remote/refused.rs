//! Addresses that lead nowhere: one line says what is wrong and what to do.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use super::{assert_says, program, refusal};
use crate::support::{
    Finished,
    remote::{PASSWORD, Proxy, Remote, address, free_port, url},
};

#[tokio::test]
async fn a_database_that_is_down_is_named_at_once() {
    let port = free_port();
    let begun = Instant::now();
    let line = refusal(&url("127.0.0.1", port, "app")).await;
    let at = format!("no PostgreSQL answers at 127.0.0.1:{port}/app");
    assert_says(&line, &[&at, "refused", "`DATABASE_URL`"]);
    assert!(begun.elapsed() < Duration::from_secs(5), "it waited");
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_named() {
    let line = refusal(&url("db.invalid", 5432, "app")).await;
    assert_says(
        &line,
        &[
            "no PostgreSQL answers at db.invalid:5432/app",
            "lookup",
            "`DATABASE_URL`",
        ],
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let begun = Instant::now();
    let mut serve = program(&url("127.0.0.1", port, "app"));
    let finished = Finished::of(serve.env("DATABASE_CONNECT_TIMEOUT", "300ms")).await;
    let at = format!("127.0.0.1:{port}/app: no answer within 300ms");
    assert_says(finished.failure(), &[&at]);
    assert!(begun.elapsed() < Duration::from_secs(5), "it waited");
}

#[tokio::test]
async fn a_wrong_password_is_told_from_a_server_that_is_down() {
    let server = Remote::without_tls();
    let wrong = format!(
        "postgresql://ada:hunter2-wrong@127.0.0.1:{}/postgres",
        server.port
    );
    let none = format!("postgresql://ada@127.0.0.1:{}/postgres", server.port);
    let nobody = server.url("postgres").replace("ada:", "eve:");
    for (address, reason) in [
        (wrong, "authentication failed for user \"ada\""),
        (nobody, "authentication failed for user \"eve\""),
        (none, "password missing"),
    ] {
        let at = format!("127.0.0.1:{}/postgres", server.port);
        let line = refusal(&address).await;
        assert_says(
            &line,
            &[
                &at,
                "refused the user or password of `DATABASE_URL`",
                reason,
            ],
        );
    }
}

#[tokio::test]
async fn a_missing_database_comes_with_the_command_that_makes_it() {
    let server = Remote::without_tls();
    let line = refusal(&server.url("nowhere")).await;
    let at = format!("no such database at 127.0.0.1:{}/nowhere", server.port);
    assert_says(&line, &[&at, "createdb", "`DATABASE_URL`"]);
}

#[tokio::test]
async fn a_server_that_is_too_old_is_told_apart() {
    let proxy = Proxy::before(Remote::without_tls().port, |bytes| {
        let name = b"server_version\0";
        if let Some(start) = bytes.windows(name.len()).position(|part| part == name) {
            bytes[start + name.len()..][..2].copy_from_slice(b"14");
        }
    })
    .await;
    let line = refusal(&url("127.0.0.1", proxy.port, "postgres")).await;
    let at = format!("127.0.0.1:{}/postgres is version 14.", proxy.port);
    assert_says(&line, &[&at, "15 or newer is needed"]);
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_never_quoted() {
    for (wrong, reason) in [
        (format!("ada:{PASSWORD}@db"), "must look like"),
        ("postgres:///hunter2".to_owned(), "must look like"),
        ("postgres://ada:hunter2@x@db/app".to_owned(), "`%40`"),
        ("mysql://ada:hunter2@db/app".to_owned(), "must look like"),
        ("postgres://ada:hunter2@db:port/app".to_owned(), "`port`"),
        (
            "postgres://ada:12#hunter2@db/app?sslmode=require".to_owned(),
            "`%23`",
        ),
        (
            "postgres://ada:12?hunter2@db/app?sslmode=require".to_owned(),
            "`%3F`",
        ),
        (
            "postgres://ada:12/hunter2@db/app?sslmode=require".to_owned(),
            "`%2F`",
        ),
        (
            "postgres://ada:hunter2@db/app?nonsense=hunter2".to_owned(),
            "`nonsense`",
        ),
    ] {
        let line = refusal(&wrong).await;
        assert_says(&line, &["`DATABASE_URL`", reason]);
    }
}

#[tokio::test]
async fn each_variable_is_blamed_for_itself() {
    let server = Remote::without_tls();
    let database = server.database().await;
    let mut serve = program(&server.url(&database));
    let direct = url("127.0.0.1", free_port(), "app");
    let finished = Finished::of(serve.env("DATABASE_DIRECT_URL", direct)).await;
    assert_says(
        finished.failure(),
        &["no PostgreSQL answers", "correct `DATABASE_DIRECT_URL`"],
    );
}

#[test]
fn every_host_of_an_address_is_named() {
    let address = address("postgresql://ada@one,two:6543/app?target_session_attrs=read-write");
    assert_eq!(address.unwrap().to_string(), "one:5432,two:6543/app");
}

#[test]
fn a_database_left_out_is_the_users_own() {
    let address = address("postgresql://ada@db.example:6543").unwrap();
    assert_eq!(address.to_string(), "db.example:6543/ada");
}
