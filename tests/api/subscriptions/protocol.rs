//! The protocol `graphql-transport-ws`, to the letter.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{CHANGED, create};
use crate::support::{Socket, TestApp, TestUser};

/// The end of a connection on which these messages were sent.
async fn end_after(app: &TestApp, messages: &[Value]) -> (u16, String) {
    let mut socket = Socket::open(app).await;
    for message in messages {
        socket.send(message).await;
    }
    let end = socket.end().await;
    assert!(end.1.len() <= 123, "{end:?}");
    end
}

fn init(user: &TestUser<'_>) -> Value {
    let payload = json!({"authorization": format!("Bearer {}", user.token)});
    json!({"type": "connection_init", "payload": payload})
}

#[tokio::test]
async fn a_message_that_is_none_ends_with_4400() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let query = json!({"query": "{ version }"});
    for message in [
        json!("hello"),
        json!({"type": "hello"}),
        json!({"id": "a"}),
        json!({"type": "ping", "payload": []}),
        json!({"type": "subscribe", "id": "a"}),
        json!({"type": "subscribe", "payload": query}),
        json!({"type": "subscribe", "id": "", "payload": query}),
        json!({"type": "subscribe", "id": 1, "payload": query}),
        json!({"type": "subscribe", "id": "x".repeat(1000), "payload": query}),
        json!({"type": "subscribe", "id": "a", "payload": {}}),
        json!({"type": "subscribe", "id": "a", "payload": {"query": "{ version }", "variables": 1}}),
        json!({"type": "complete"}),
        json!({"type": "next", "id": "a", "payload": {}}),
    ] {
        let (code, reason) = end_after(&app, &[init(&ada), message.clone()]).await;
        assert_eq!(code, 4400, "{message}");
        assert!(reason.starts_with("Invalid message received: "), "{reason}");
    }
    let odd = json!({"type": "connection_init", "payload": 1});
    assert_eq!(end_after(&app, &[odd]).await.0, 4400);
    for (message, code) in [
        (Message::text("{"), 4400),
        (Message::binary(init(&ada).to_string().into_bytes()), 4400),
        (Message::text("x".repeat(3 << 19)), 1009),
    ] {
        let mut socket = Socket::open(&app).await;
        socket.send_raw(message).await;
        assert_eq!(socket.end().await.0, code);
    }
}

#[tokio::test]
async fn every_other_mistake_ends_with_its_own_code() {
    let app = TestApp::start_streaming(|limits| {
        limits.init_timeout = Duration::from_millis(300);
    })
    .await;
    let ada = app.newcomer().await;
    let init = init(&ada);
    let subscribe =
        |id: &str| json!({"type": "subscribe", "id": id, "payload": {"query": CHANGED}});
    let long = "ü".repeat(100);
    let proof =
        |proof: Value| json!({"type": "connection_init", "payload": {"Authorization": proof}});
    for (messages, code, reason) in [
        (vec![subscribe("a")], 4401, "Unauthorized"),
        (
            vec![proof(json!("Bearer e30.e30.e30"))],
            4403,
            "Forbidden: the access token is not valid",
        ),
        (vec![proof(json!(1))], 4403, "Forbidden"),
        (vec![], 4408, "Connection initialisation timeout"),
        (
            vec![init.clone(), subscribe("a"), subscribe("a")],
            4409,
            "Subscriber for a already exists",
        ),
        (
            vec![init.clone(), subscribe(&long), subscribe(&long)],
            4409,
            "Subscriber for üüü",
        ),
        (
            vec![init.clone(), init],
            4429,
            "Too many initialisation requests",
        ),
    ] {
        let (found, words) = end_after(&app, &messages).await;
        assert_eq!(found, code, "{messages:?}: {words}");
        assert!(words.starts_with(reason), "{words}");
    }
    let mut other = Socket::open_with(&app, &[]).await;
    let end = (4406, "Subprotocol not acceptable".to_owned());
    assert_eq!(other.end().await, end);
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused_in_json() {
    let app = TestApp::start().await;
    let request = app.client.get(format!("{}/graphql", app.url));
    let response = request.header("upgrade", "websocket").send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"],
        "BAD_REQUEST"
    );
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_even_before_the_init() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app).await;
    socket
        .send(&json!({"type": "ping", "payload": {"a": 1}}))
        .await;
    assert_eq!(
        socket.next().await,
        json!({"type": "pong", "payload": {"a": 1}})
    );
    socket.send(&json!({"type": "ping"})).await;
    assert_eq!(socket.next().await, json!({"type": "pong"}));
    socket.send(&json!({"type": "pong", "payload": {}})).await;
    assert!(socket.is_quiet().await);
}

#[tokio::test]
async fn queries_and_mutations_have_one_answer_and_are_complete() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    socket.subscribe("q", "{ version }", json!({})).await;
    let next = socket.next().await;
    assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("q")));
    assert_eq!(
        next["payload"]["data"]["version"],
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(socket.next().await, json!({"id": "q", "type": "complete"}));

    let write =
        r#"mutation { createExercise(input: {name: "a", category: "b"}) { exercise { isMine } } }"#;
    socket.subscribe("q", write, json!({})).await;
    assert_eq!(
        socket.next().await["payload"]["data"]["createExercise"]["exercise"]["isMine"],
        true
    );
    assert_eq!(socket.next().await["type"], "complete");
}

#[tokio::test]
async fn errors_of_a_request_are_errors_and_errors_of_a_field_are_answers() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    for (query, variables, code) in [
        ("{ nonsense }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("{ version", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("", json!({}), "BAD_REQUEST"),
        (
            "query ($id: ID!) { exercise(id: $id) { name } }",
            json!({}),
            "BAD_VARIABLES",
        ),
        (CHANGED, json!({"entities": []}), "VALIDATION"),
        (CHANGED, json!({"after": "nonsense"}), "VALIDATION"),
    ] {
        socket.subscribe("a", query, variables).await;
        let error = socket.next().await;
        assert_eq!(error["type"], "error", "{query}: {error}");
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}");
    }
    let gone = r#"{ exercise(id: "00000000-0000-7000-8000-000000000000") { name } }"#;
    socket.subscribe("a", gone, json!({})).await;
    let next = socket.next().await;
    assert_eq!(next["type"], "next");
    assert_eq!(
        next["payload"]["errors"][0]["extensions"]["code"],
        "NOT_FOUND"
    );
    assert_eq!(socket.next().await["type"], "complete");
}

#[tokio::test]
async fn nobody_may_open_a_socket_but_not_subscribe() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app).await;
    socket.send(&json!({"type": "connection_init"})).await;
    let ack = socket.next().await;
    assert_eq!(ack["type"], "connection_ack");
    let request_id = ack["payload"]["requestId"].as_str().unwrap();
    assert!(request_id.len() >= 32, "{ack}");
    socket.subscribe("a", CHANGED, json!({})).await;
    let error = socket.next().await;
    assert_eq!(error["type"], "error");
    assert_eq!(error["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_token_may_come_with_the_handshake_and_the_one_in_the_init_counts_more() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let bearer = format!("Bearer {}", ada.token);
    for (header, payload) in [
        (bearer.as_str(), json!(null)),
        ("Bearer old", json!({"authorization": bearer})),
    ] {
        let headers = [
            ("sec-websocket-protocol", "other, graphql-transport-ws"),
            ("authorization", header),
        ];
        let mut socket = Socket::open_with(&app, &headers).await;
        socket
            .send(&json!({"type": "connection_init", "payload": payload}))
            .await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket.subscribe("a", "{ syncCursor }", json!({})).await;
        assert!(socket.next().await["payload"]["data"]["syncCursor"].is_string());
    }
}

#[tokio::test]
async fn a_completed_subscription_tells_nothing_more_and_its_id_is_free() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    for round in 0..3 {
        socket.subscribe("a", CHANGED, json!({})).await;
        socket.subscribe("ready", "{ version }", json!({})).await;
        socket.next().await;
        socket.next().await;
        socket.send(&json!({"id": "a", "type": "complete"})).await;
        socket
            .send(&json!({"id": "unknown", "type": "complete"}))
            .await;
        create(&ada, &format!("squat {round}")).await;
        assert!(socket.is_quiet().await);
    }
}

#[tokio::test]
async fn a_subscription_has_one_root_field_however_it_is_written() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    for query in [
        "subscription { a: changed { id } b: changed { id } }",
        "subscription { __typename }",
        "subscription ($no: Boolean = true) { changed @skip(if: $no) { id } }",
        "subscription ($no: Boolean = true) { ... @include(if: $no) { changed { id } } }",
        "subscription { ...F } fragment F on Subscription { a: changed { id } changed { id } }",
    ] {
        socket.subscribe("a", query, json!({})).await;
        let error = socket.next().await;
        assert_eq!(
            error["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED",
            "{query}"
        );
    }
    let from = super::cursor(&ada).await;
    let id = create(&ada, "squat").await;
    for query in [
        "subscription ($after: String) { ...F } fragment F on Subscription { changed(after: $after) { id version } }",
        "subscription ($after: String) { ... { changed(after: $after) { id } } changed(after: $after) { version } }",
        "query A { version } subscription B($after: String) { ... on Subscription { changed(after: $after) { id ...V } } } fragment V on Change { version }",
    ] {
        let payload = json!({"query": query, "variables": {"after": from}, "operationName": query.contains("query").then_some("B")});
        socket
            .send(&json!({"id": "a", "type": "subscribe", "payload": payload}))
            .await;
        let next = socket.next().await;
        assert_eq!(
            next["payload"],
            json!({"data": {"changed": {"id": id, "version": 1}}}),
            "{query}"
        );
        socket.send(&json!({"id": "a", "type": "complete"})).await;
        assert!(socket.is_quiet().await, "told once");
    }
}
