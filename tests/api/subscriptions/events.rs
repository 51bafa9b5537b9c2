//! Server-sent events, each operation on a connection of its own.

use std::time::Duration;

use regimen::viewer::Role;
use reqwest::header;
use serde_json::{Value, json};

use super::{CHANGED, create, cursor};
use crate::support::{EventStream, Part, TestApp};

#[tokio::test]
async fn changes_come_as_events_with_signs_of_life_between_them() {
    let app =
        TestApp::start_streaming(|limits| limits.heartbeat = Duration::from_millis(200)).await;
    let ada = app.newcomer().await;
    let from = cursor(&ada).await;
    let missed = create(&ada, "squat").await;
    let mut stream = EventStream::of(&ada, CHANGED, json!({"after": from})).await;
    assert_eq!(stream.response.status(), 200);
    assert_eq!(
        stream.response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(
        stream.part().await,
        Part::Comment,
        "something comes at once"
    );
    let Part::Next(next) = stream.event().await else {
        panic!()
    };
    assert_eq!(next["data"]["changed"]["id"], missed);
    for _ in 0..3 {
        assert_eq!(stream.part().await, Part::Comment);
    }
    let id = create(&ada, "lunge").await;
    let Part::Next(next) = stream.event().await else {
        panic!()
    };
    assert_eq!(next["data"]["changed"]["id"], id);
    drop(stream);
    while app.streams.open() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn queries_and_mutations_are_one_event_and_complete() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let write =
        r#"mutation { createExercise(input: {name: "a", category: "b"}) { exercise { name } } }"#;
    for query in ["{ version }", write] {
        let mut stream = EventStream::of(&ada, query, json!({})).await;
        let Part::Next(next) = stream.event().await else {
            panic!()
        };
        assert!(
            next["data"].is_object() && next["errors"].is_null(),
            "{next}"
        );
        assert_eq!(stream.event().await, Part::Complete);
        assert_eq!(stream.event().await, Part::End);
    }
}

#[tokio::test]
async fn whoever_takes_json_as_well_gets_events_for_subscriptions_alone() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    for (query, expected) in [
        ("{ version }", "application/json; charset=utf-8"),
        (
            "subscription { changed { id } }",
            "text/event-stream; charset=utf-8",
        ),
    ] {
        let request = app
            .client
            .post(format!("{}/graphql", app.url))
            .bearer_auth(&ada.token);
        let request = request
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(&json!({"query": query}));
        assert_eq!(
            request.send().await.unwrap().headers()["content-type"],
            expected
        );
    }
    let request = app
        .client
        .post(format!("{}/graphql", app.url))
        .json(&json!({"query": CHANGED}));
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        body["errors"][0]["extensions"]["code"],
        "SUBSCRIPTION_NOT_SUPPORTED"
    );
}

#[tokio::test]
async fn get_streams_what_reads_and_nothing_that_writes() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let get = |query: &str| {
        let request = app
            .client
            .get(format!("{}/graphql", app.url))
            .query(&[("query", query)]);
        request
            .bearer_auth(&ada.token)
            .header(header::ACCEPT, "text/event-stream")
            .send()
    };
    let mut stream = EventStream::from(get("subscription { changed { id } }").await.unwrap());
    // The stream is open before anything happens.
    assert_eq!(stream.part().await, Part::Comment);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let id = create(&ada, "squat").await;
    assert_eq!(
        stream.event().await,
        Part::Next(json!({"data": {"changed": {"id": id}}}))
    );
    let write =
        r#"mutation { createExercise(input: {name: "a", category: "b"}) { exercise { id } } }"#;
    let refused = get(write).await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["allow"]),
        (405, &header::HeaderValue::from_static("POST"))
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_in_json_and_one_that_is_wrong_in_the_stream() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let url = format!("{}/graphql", app.url);
    for body in [
        "{\"query\":",
        "{}",
        r#"{"query": "{ version"}"#,
        r#"{"query": "query A { version }", "operationName": "B"}"#,
    ] {
        let request = app
            .client
            .post(&url)
            .header(header::ACCEPT, "text/event-stream");
        let response = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{body}");
        assert!(response.json::<Value>().await.unwrap()["errors"][0]["message"].is_string());
    }
    for (query, variables, code) in [
        ("{ nonsense }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (CHANGED, json!({"after": 1}), "BAD_VARIABLES"),
        (CHANGED, json!({"after": "nonsense"}), "VALIDATION"),
    ] {
        let mut stream = EventStream::of(&ada, query, variables).await;
        let Part::Next(next) = stream.event().await else {
            panic!()
        };
        assert_eq!(next["errors"][0]["extensions"]["code"], code);
        assert_eq!(stream.event().await, Part::Complete);
    }
    let anonymous = app
        .client
        .post(&url)
        .header(header::ACCEPT, "text/event-stream")
        .json(&json!({"query": CHANGED}));
    let mut stream = EventStream::from(anonymous.send().await.unwrap());
    let Part::Next(next) = stream.event().await else {
        panic!()
    };
    assert_eq!(next["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_stream_breaks_off_without_complete_when_the_token_expires_or_the_server_stops() {
    let mut app = TestApp::start().await;
    let (mut expiring, mut stopped) = {
        let mut ada = app.newcomer().await;
        let stopped = EventStream::of(&ada, CHANGED, json!({})).await;
        ada.token = app.token(ada.id, Role::Member, Duration::ZERO);
        (EventStream::of(&ada, CHANGED, json!({})).await, stopped)
    };
    assert_eq!(expiring.event().await, Part::End);
    app.stop();
    assert_eq!(stopped.event().await, Part::End);
}

#[tokio::test]
async fn streams_count_as_connections() {
    let app = TestApp::start_streaming(|limits| {
        limits.connections_of_a_user = 1;
        limits.connections = 2;
    })
    .await;
    let ada = app.newcomer().await;
    let _first = EventStream::of(&ada, CHANGED, json!({})).await;
    let second = EventStream::of(&ada, CHANGED, json!({})).await.response;
    assert_eq!(second.status(), 429);
    assert_eq!(
        second.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"],
        "TOO_MANY_CONNECTIONS"
    );
    let bob = app.newcomer().await;
    let _other = EventStream::of(&bob, CHANGED, json!({})).await;
    let eve = app.newcomer().await;
    assert_eq!(
        EventStream::of(&eve, CHANGED, json!({}))
            .await
            .response
            .status(),
        503
    );
}
