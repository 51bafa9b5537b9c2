//! What is asked of every connection, and what the address itself asks.

use std::time::{Duration, Instant};

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use regimen::db::{Db, Limits, PoolOptions};

use super::connect;
use crate::support::remote::{Remote, address, free_port, url};

#[tokio::test]
async fn a_pool_without_patience_says_so() {
    let port = free_port();
    let mut options = options(Duration::from_secs(1));
    options.timeout = Duration::ZERO;
    let db = Db::new(address(&url("127.0.0.1", port, "app")).unwrap(), options);
    let Err(error) = db.conn().await else {
        panic!("nothing listens there")
    };
    assert!(
        error.to_string().contains("no database connection"),
        "{error}"
    );
}

fn pool(url: &str, statement_timeout: Duration) -> Db {
    Db::new(address(url).unwrap(), options(statement_timeout))
}

fn options(statement_timeout: Duration) -> PoolOptions {
    PoolOptions {
        size: 2,
        timeout: Duration::from_secs(5),
        limits: Limits {
            connect_timeout: Duration::from_secs(5),
            statement_timeout,
        },
        slow_query: Duration::from_secs(10),
    }
}

async fn setting(conn: &mut AsyncPgConnection, name: &str) -> String {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let found: Found = sql_query("SELECT current_setting($1) AS value")
        .bind::<Text, _>(name)
        .get_result(conn)
        .await
        .unwrap();
    found.value
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let db = pool(
        &Remote::without_tls().url("postgres"),
        Duration::from_millis(200),
    );
    let mut conn = db.conn().await.unwrap();
    let begun = Instant::now();
    let slept = sql_query("SELECT pg_sleep(2)").execute(&mut conn).await;
    let error = slept.unwrap_err().to_string();
    assert!(error.contains("statement timeout"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(1));
    // The connection outlives it.
    assert_eq!(setting(&mut conn, "statement_timeout").await, "200ms");
}

#[tokio::test]
async fn a_statement_that_was_given_up_leaves_the_next_one_its_own_time() {
    let mut options = options(Duration::from_secs(5));
    options.size = 1;
    options.slow_query = Duration::from_millis(600);
    let url = Remote::without_tls().url("postgres");
    let db = Db::new(address(&url).unwrap(), options);
    // Opening the connection may take its time; the statement is what is given up.
    let mut conn = db.conn().await.unwrap();
    let given_up = async move { sql_query("SELECT pg_sleep(0.4)").execute(&mut conn).await };
    let gone = tokio::time::timeout(Duration::from_millis(200), given_up).await;
    assert!(gone.is_err() && db.meter().read().statements == 1);
    tokio::time::sleep(options.slow_query).await;

    let mut conn = db.conn().await.unwrap();
    assert_eq!(setting(&mut conn, "application_name").await, "regimen");

    assert_eq!(db.pool_state().statistics.connections_created, 1);
    assert_eq!(db.meter().read().slow, 0);
}

#[tokio::test]
async fn options_of_the_address_are_kept() {
    let url = Remote::without_tls().url("postgres")
        + "?options=-c%20search_path%3Dattic%20-c%20work_mem%3D5MB&application_name=mine%20%26%20ours";
    let mut conn = connect(&url).await;
    assert_eq!(setting(&mut conn, "search_path").await, "attic");
    assert_eq!(setting(&mut conn, "work_mem").await, "5MB");
    assert_eq!(setting(&mut conn, "application_name").await, "mine & ours");
    assert_eq!(setting(&mut conn, "statement_timeout").await, "1min");
}

#[tokio::test]
async fn a_connection_names_its_program() {
    let mut conn = connect(&Remote::without_tls().url("postgres")).await;
    assert_eq!(setting(&mut conn, "application_name").await, "regimen");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_silent_peer_is_asked_for_a_sign_of_life_within_a_minute() {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        port: i32,
    }
    let mut conn = connect(&Remote::without_tls().url("postgres")).await;
    let found: Found = sql_query("SELECT inet_client_port() AS port")
        .get_result(&mut conn)
        .await
        .unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    let ticks = loop {
        assert!(Instant::now() < until, "no keepalive");
        if let Some(ticks) = ticks_to_keepalive(found.port) {
            break ticks;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(ticks <= 60 * 100, "in {ticks} hundredths of a second");
}

/// Hundredths of a second until the kernel asks the peer of our port for a sign of life.
#[cfg(target_os = "linux")]
fn ticks_to_keepalive(port: i32) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ours = format!(":{port:04X}");
    let line = table.lines().find(|line| {
        line.split_whitespace()
            .nth(1)
            .is_some_and(|own| own.ends_with(&ours))
    })?;
    let (timer, ticks) = line.split_whitespace().nth(5)?.split_once(':')?;
    (timer == "02").then(|| u64::from_str_radix(ticks, 16).unwrap())
}
