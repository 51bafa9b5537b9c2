//! Automatic persisted queries: a client sends a hash, and the text only where the server asks for it.

use reqwest::header;
use serde_json::{Value, json};

use super::{get, persisted, sha256};
use crate::{
    subscriptions::CHANGED,
    support::{Answer, EventStream, Part, Socket, TestApp},
};

#[tokio::test]
async fn a_hash_stands_for_a_document_that_was_sent_before() {
    let app = TestApp::start().await;
    let query = "query Q { version }";
    let extensions = persisted(&sha256(query));
    let alone = json!({"extensions": extensions});

    let unknown = app.post(None, &alone).await;
    assert_eq!(unknown.status, 200, "Apollo's clients read nothing else");
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.message(), "PersistedQueryNotFound");
    assert!(unknown.body.get("data").is_none());

    let both = json!({"query": query, "extensions": extensions});
    app.post(None, &both).await.data();

    let known = app.post(None, &alone).await;
    assert_eq!(known.data()["version"], env!("CARGO_PKG_VERSION"));
    let hash = extensions.to_string();
    get(&app, &[("extensions", &hash)]).await.data();
    let id = format!("sha256:{}", sha256(query));
    get(&app, &[("documentId", &id), ("operationName", "Q")])
        .await
        .data();
    app.post(None, &json!({"documentId": id, "query": null}))
        .await
        .data();
}

#[tokio::test]
async fn a_hash_of_something_else_is_refused_and_teaches_the_server_nothing() {
    let app = TestApp::start().await;
    let other = sha256("{ exercises { totalCount } }");
    for name in [
        json!({"extensions": persisted(&other)}),
        json!({"documentId": format!("sha256:{other}")}),
        json!({"extensions": persisted("odd")}),
    ] {
        let mut body = name.clone();
        body["query"] = json!("{ version }");
        let refused = app.post(None, &body).await;
        assert_eq!(refused.code(), "PERSISTED_QUERY_HASH_MISMATCH", "{name}");
        let unknown = app.post(None, &name).await;
        assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND", "{name}");
    }
}

#[tokio::test]
async fn a_document_that_is_not_valid_is_not_kept() {
    let app = TestApp::start().await;
    let query = "{ nonsense }";
    let extensions = persisted(&sha256(query));

    let invalid = json!({"query": query, "extensions": extensions});
    assert_eq!(
        app.post(None, &invalid).await.code(),
        "GRAPHQL_VALIDATION_FAILED"
    );

    let alone = app.post(None, &json!({"extensions": extensions})).await;
    assert_eq!(alone.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn a_name_that_is_none_is_told_apart_from_one_that_is_unknown() {
    let app = TestApp::start().await;
    let hash = "0".repeat(64);
    for body in [
        json!({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": hash}}}),
        json!({"extensions": {"persistedQuery": {"version": 1}}}),
        json!({"extensions": {"persistedQuery": "x"}}),
        json!({"documentId": "sha256:00"}),
    ] {
        assert_eq!(app.post(None, &body).await.code(), "BAD_REQUEST", "{body}");
    }
    for body in [
        json!({"documentId": "never-heard-of"}),
        json!({"id": "never-heard-of"}),
        json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "odd"}}}),
    ] {
        let answer = app.post(None, &body).await;
        assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND", "{body}");
    }
    // What only looks like a name does not disturb a request that has its document.
    for (name, value) in [
        ("id", json!(1)),
        ("doc_id", json!("x")),
        ("documentId", Value::Null),
    ] {
        let body =
            json!({"query": "{ version }", name: value, "extensions": {"persistedQuery": null}});
        app.post(None, &body).await.data();
    }
}

#[tokio::test]
async fn a_hash_cannot_make_a_get_write() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let query = "mutation { signOut { ended } }";
    let extensions = persisted(&sha256(query));
    let body = json!({"query": query, "extensions": extensions});
    app.post(Some(&ada.token), &body).await;

    let request = app.client.get(format!("{}/graphql", app.url));
    let response = request.query(&[("extensions", extensions.to_string())]);
    let response = response.bearer_auth(&ada.token).send().await.unwrap();

    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()[header::ALLOW], "POST");
}

#[tokio::test]
async fn hashes_work_over_web_sockets_and_event_streams() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let alone = json!({"extensions": persisted(&sha256(CHANGED))});
    let mut socket = Socket::of(&ada).await;

    socket.ask("1", &alone).await;
    let unknown = socket.next().await;
    assert_eq!(unknown["type"], "error");
    assert_eq!(unknown["payload"][0]["message"], "PersistedQueryNotFound");
    socket.subscribe("2", CHANGED, json!({})).await;
    assert!(socket.is_quiet().await);
    socket.ask("3", &alone).await;
    assert!(socket.is_quiet().await, "it waits for changes");

    let mut events = EventStream::asking(&ada, &alone).await;
    assert_eq!(events.response.status(), 200);
    assert_eq!(events.part().await, Part::Comment);
    let unknown = json!({"extensions": persisted(&sha256("{ version }"))});
    let mut events = EventStream::asking(&ada, &unknown).await;
    let Part::Next(answer) = events.event().await else {
        panic!("no answer");
    };
    let answer = Answer {
        status: 200,
        body: answer,
    };
    assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(events.event().await, Part::Complete);
}

#[tokio::test]
async fn what_has_to_make_room_is_not_found_and_can_be_sent_again() {
    let app = TestApp::start_guarded(|options| options.limits.cached_bytes = 200_000).await;
    let query = |i: usize| format!("query Number{i} {{ version }}");
    for i in 0..200 {
        app.graphql(&query(i), json!({})).await.data();
    }

    let mut lost = 0;
    for i in 0..200 {
        let alone = json!({"extensions": persisted(&sha256(&query(i)))});
        let answer = app.post(None, &alone).await;
        if !answer.body["errors"].is_null() {
            assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND");
            lost += 1;
        }
    }

    assert!((100..200).contains(&lost), "{lost} of 200 made room");
    let again = json!({"query": query(0), "extensions": persisted(&sha256(&query(0)))});
    app.post(None, &again).await.data();
    app.post(None, &json!({"extensions": again["extensions"]}))
        .await
        .data();
}

#[tokio::test]
async fn a_server_without_persisted_queries_says_so_and_answers_whole_requests() {
    let app = TestApp::start_guarded(|options| options.rules.persisted_queries = false).await;
    let extensions = persisted(&sha256("{ version }"));
    let whole = json!({"query": "{ version }", "extensions": extensions});
    app.post(None, &whole).await.data();

    let alone = app.post(None, &json!({"extensions": extensions})).await;

    assert_eq!(alone.code(), "PERSISTED_QUERY_NOT_SUPPORTED");
    assert_eq!(alone.message(), "PersistedQueryNotSupported");
}
