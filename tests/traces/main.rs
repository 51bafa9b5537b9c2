//! Traces, as a collector of OpenTelemetry receives them. A test program of its own, because it needs the server
//! built with the feature `otel`, and little else.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails should say where"
)]

#[path = "../api/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "most of it is for the other tests"
)]
mod support;

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, routing::post};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Server, TestDatabase, regimen, scratch_folder};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The address of a collector, and all that it receives.
async fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let received: Arc<Mutex<Vec<u8>>> = Arc::default();
    let kept = Arc::clone(&received);
    let take = post(async move |body: Bytes| kept.lock().unwrap().extend_from_slice(&body));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/v1/traces", take);
    tokio::spawn(async { axum::serve(listener, routes).await });
    (address, received)
}

#[tokio::test]
async fn a_request_its_operation_and_its_statements_are_spans_of_the_trace_it_came_with() {
    let (collector, received) = collector().await;
    let (folder, database) = (scratch_folder("traces"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_TRACES", &collector);
    let server = Server::spawn(&mut command).await;
    let query = r#"query Library { exercises(filter: {search: "private words"}) { totalCount } }"#;
    let request = reqwest::Client::new().post(format!("{}/graphql", server.url));
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let request = request.header("traceparent", parent);
    let answer = request.json(&json!({"query": query})).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    // What waits to be sent is sent at the end.
    assert!(server.stop().await);

    let bytes = received.lock().unwrap().clone();
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let id = u128::from_str_radix(TRACE, 16).unwrap().to_be_bytes();
    assert!(has(&id), "the trace goes on");
    for part in [
        "request",
        "operation",
        "Library",
        "statement",
        "service.name",
        "regimen",
    ] {
        assert!(has(part.as_bytes()), "{part}");
    }
    assert!(!has(b"private words"));
}
