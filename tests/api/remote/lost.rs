//! Connections that the server ends while nobody looks: restarts, failovers, administrators.

use std::time::Duration;

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{assert_says, program};
use crate::support::{Server, TestApp, TestDatabase, remote::Remote};

const QUERY: &str = "{ exercises(first: 1) { nodes { name } } }";

/// Ends all sessions of the app's database and returns when they are gone.
async fn end_sessions(app: &TestApp) {
    TestDatabase::administer(format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'",
        app.database.name
    ))
    .await;
}

/// Opens every connection that the pool of four may have.
async fn fill_pool(app: &TestApp) {
    let held = [app.db.conn(), app.db.conn(), app.db.conn(), app.db.conn()];
    let held = futures_util::future::try_join_all(held).await.unwrap();
    drop(held);
    assert_eq!(app.db.pool_state().idle_connections, 4);
}

#[tokio::test]
async fn sessions_that_were_ended_cost_no_request() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        fill_pool(&app).await;
        end_sessions(&app).await;
        // The news must reach us: over a network it is under way as well.
        tokio::time::sleep(Duration::from_millis(50)).await;
        for _ in 0..8 {
            app.graphql(QUERY, json!({})).await.data();
        }
    }
    let opened = app.db.pool_state().statistics.connections_created;
    assert!(opened >= 4 + 3, "the old ones were not replaced: {opened}");
}

#[tokio::test]
async fn a_statement_under_way_is_the_only_one_that_fails() {
    let app = TestApp::start().await;
    let mut conn = app.db.conn().await.unwrap();
    let sleep = sql_query("SELECT pg_sleep(30)").execute(&mut conn);
    let end = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        end_sessions(&app).await;
    };
    let (slept, ()) = tokio::join!(sleep, end);
    let error = slept.unwrap_err().to_string();
    assert!(error.contains("terminating connection"), "{error}");
    drop(conn);
    for _ in 0..8 {
        app.graphql(QUERY, json!({})).await.data();
    }
}

#[tokio::test]
async fn a_database_that_restarts_is_missed_and_found_again() {
    let mut database = Remote::prepare(None);
    database.start();
    let mut serve = program(&database.url("postgres"));
    let serving = Server::spawn(serve.env("DATABASE_POOL_TIMEOUT", "500ms")).await;
    serving.graphql(QUERY).await.data();

    database.stop();
    assert_eq!(serving.graphql(QUERY).await.code(), "UNAVAILABLE");
    let (status, body) = serving.ready().await;
    assert_eq!((status, &body["database"]["status"]), (503, &json!("down")));
    serving
        .says("a database connection could not be opened")
        .await;

    database.start();
    let patience = tokio::time::timeout(Duration::from_secs(10), async {
        while serving.ready().await.0 != 200 {}
    });
    patience.await.expect("ready again");
    for _ in 0..5 {
        serving.graphql(QUERY).await.data();
    }
    assert!(serving.stop().await);
}

#[tokio::test]
async fn a_restart_between_two_requests_is_not_noticed() {
    let mut database = Remote::prepare(None);
    database.start();
    let serving = Server::spawn(&mut program(&database.url("postgres"))).await;
    serving.graphql(QUERY).await.data();
    database.stop();
    database.start();
    serving.graphql(QUERY).await.data();
    assert_says(&serving.text(), &["a database connection was closed"]);
}
