//! Who has spent too much waits, and nobody else does.

use std::time::Duration;

use regimen::{auth::GateOptions, traffic::Allowance};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{
    EventStream, Server, Socket, TestApp, TestDatabase, TestUser, regimen, scratch_folder,
};

/// Sixty points at once, and then one in ten seconds: nothing comes of waiting.
const SMALL: Allowance = Allowance {
    per_minute: 6,
    burst: 60,
};

async fn small() -> TestApp {
    TestApp::start_guarded(|options| {
        options.rates.user = SMALL;
        options.rates.address = SMALL;
    })
    .await
}

/// Costs 51 points.
const LARGE: &str = "{ exercises(first: 50) { totalCount } }";

async fn spend_all(user: &TestUser<'_>) {
    user.graphql(LARGE, json!({})).await.data();
}

async fn post(user: Option<&TestUser<'_>>, app: &TestApp, accept: &str, query: &str) -> Response {
    let mut request = app.client.post(format!("{}/graphql", app.url));
    if let Some(user) = user {
        request = request.bearer_auth(&user.token);
    }
    let request = request
        .header("accept", accept)
        .json(&json!({"query": query}));
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_user_who_has_spent_all_is_refused_and_another_is_not() {
    let app = small().await;
    let (ada, bob) = (app.newcomer().await, app.newcomer().await);
    spend_all(&ada).await;
    for accept in [
        "application/json",
        "application/graphql-response+json",
        "text/event-stream",
    ] {
        let refused = post(Some(&ada), &app, accept, LARGE).await;
        assert_eq!(refused.status(), 429, "{accept}");
        let wait: u64 = refused.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let body: Value = refused.json().await.unwrap();
        assert!(body.get("data").is_none(), "{body}");
        assert_eq!(body["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        assert_eq!(body["errors"][0]["extensions"]["retryAfterSeconds"], wait);
        assert!((1..=700).contains(&wait), "{wait}");
    }
    spend_all(&bob).await;
    // Whoever is signed in does not pay from the address, nor the other way round.
    app.graphql("{ exercises(first: 50) { totalCount } }", json!({}))
        .await
        .data();
}

#[tokio::test]
async fn what_was_refused_did_not_run() {
    let app = small().await;
    let ada = app.newcomer().await;
    spend_all(&ada).await;
    let write = r#"mutation { createTask(input: {title: "Stretch"}) { task { id } } }"#;
    let (statements, answer) = app.statements_of(ada.graphql(write, json!({}))).await;
    assert_eq!((statements, answer.code()), (0, "RATE_LIMITED"));
}

#[tokio::test]
async fn after_the_wait_it_told_the_same_request_runs() {
    let quick = Allowance {
        per_minute: 1200,
        burst: 60,
    };
    let app = TestApp::start_guarded(|options| options.rates.user = quick).await;
    let ada = app.newcomer().await;
    spend_all(&ada).await;
    let refused = ada.graphql(LARGE, json!({})).await;
    let extensions = &refused.error()["extensions"];
    let wait = extensions["retryAfterSeconds"].as_u64().unwrap();
    tokio::time::sleep(Duration::from_secs(wait)).await;
    let again = ada.graphql(LARGE, json!({})).await;
    if again.status == 429 {
        // The first was refused before anybody knew what it costs.
        let extensions = &again.error()["extensions"];
        let wait = extensions["retryAfterSeconds"].as_u64().unwrap();
        tokio::time::sleep(Duration::from_secs(wait)).await;
        ada.graphql(LARGE, json!({})).await.data();
    }
}

#[tokio::test]
async fn a_request_beyond_the_whole_burst_runs_when_nothing_was_spent() {
    let app = small().await;
    let ada = app.newcomer().await;
    ada.graphql("{ exercises(first: 100) { totalCount } }", json!({}))
        .await
        .data();
    assert_eq!(
        ada.graphql("{ version }", json!({})).await.code(),
        "RATE_LIMITED"
    );
}

#[tokio::test]
async fn requests_that_are_not_right_are_paid_for_too() {
    let app = small().await;
    let ada = app.newcomer().await;
    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(
            ada.graphql("{ nonsense }", json!({}))
                .await
                .code()
                .to_owned(),
        );
    }
    assert_eq!(codes[0], "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(codes[7], "RATE_LIMITED", "{codes:?}");
}

#[tokio::test]
async fn those_who_are_not_signed_in_share_what_their_address_has() {
    let behind_one = GateOptions {
        trusted_proxies: 1,
        ..GateOptions::default()
    };
    let app = TestApp::start_with_both(behind_one, |options| options.rates.address = SMALL).await;
    let from = async |address: &str| {
        let request = app.client.post(format!("{}/graphql", app.url));
        let request = request.header("x-forwarded-for", address);
        let query = json!({"query": "{ exercises(first: 50) { totalCount } }"});
        request.json(&query).send().await.unwrap().status().as_u16()
    };
    assert_eq!(from("192.0.2.1").await, 200);
    assert_eq!(from("192.0.2.1").await, 429);
    assert_eq!(from("192.0.2.2").await, 200);
    // A household has a whole network of version six.
    assert_eq!(from("2001:db8::1").await, 200);
    assert_eq!(from("2001:db8::2").await, 429);
    assert_eq!(from("2001:db8:0:1::1").await, 200);
}

#[tokio::test]
async fn websockets_and_event_streams_are_paid_from_the_same_bucket() {
    let app = TestApp::start_guarded(|options| {
        options.rates.user = Allowance {
            per_minute: 300,
            burst: 60,
        };
    })
    .await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    socket.subscribe("a", LARGE, json!({})).await;
    assert_eq!(socket.next().await["type"], "next");
    assert_eq!(socket.next().await["type"], "complete");
    socket.subscribe("b", LARGE, json!({})).await;
    let refused = socket.next().await;
    assert_eq!(
        (&refused["type"], &refused["id"]),
        (&json!("error"), &json!("b"))
    );
    let extensions = &refused["payload"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED");
    let wait = extensions["retryAfterSeconds"].as_u64().unwrap();
    // The connection is as good as before.
    tokio::time::sleep(Duration::from_secs(wait)).await;
    socket.subscribe("c", "{ version }", json!({})).await;
    assert_eq!(socket.next().await["type"], "next");
    let stream = EventStream::of(&ada, LARGE, json!({})).await;
    assert_eq!(stream.response.status(), 429);
}

#[tokio::test]
async fn a_rate_of_zero_is_no_bound() {
    let free = Allowance {
        per_minute: 0,
        burst: 1,
    };
    let app = TestApp::start_guarded(|options| options.rates.address = free).await;
    for _ in 0..5 {
        app.graphql(LARGE, json!({})).await.data();
    }
}

#[tokio::test]
async fn forwarded_addresses_that_nobody_configured_are_warned_of_once() {
    let (folder, database) = (scratch_folder("forwarded"), TestDatabase::create().await);
    let server = Server::spawn(regimen(&folder).env("DATABASE_URL", &database.url)).await;
    for _ in 0..3 {
        let request = reqwest::Client::new().post(format!("{}/graphql", server.url));
        let request = request.header("x-forwarded-for", "192.0.2.1");
        let request = request.json(&json!({"query": "{ version }"}));
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    server.says("REGIMEN_TRUSTED_PROXIES").await;
    let log = server.whole_log();
    assert!(server.stop().await);
    assert_eq!(log.await.matches("REGIMEN_TRUSTED_PROXIES").count(), 1);
}

#[tokio::test]
async fn messages_that_ask_for_nothing_are_paid_for_too() {
    let app = small().await;
    let ping = json!({"type": "ping", "payload": {"a": "x".repeat(4000)}});
    let complete = json!({"type": "complete", "id": "a", "more": "x".repeat(4000)});
    for message in [ping, complete] {
        let app = TestApp::start_guarded(|options| options.rates.address = SMALL).await;
        let mut socket = Socket::open(&app).await;
        for _ in 0..10 {
            socket.send(&message).await;
        }
        let (code, reason) = socket.end().await;
        assert_eq!(code, 1013, "{reason}");
    }
    // One of common size costs a point.
    let mut socket = Socket::open(&app).await;
    for _ in 0..5 {
        socket.send(&json!({"type": "ping"})).await;
        assert_eq!(socket.next().await["type"], "pong");
    }
}
