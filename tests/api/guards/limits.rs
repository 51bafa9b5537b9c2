//! Limits are settings: what is set is what counts.

use serde_json::{Value, json};

use crate::support::{Finished, Server, Socket, TestApp, TestDatabase, regimen, scratch_folder};

#[tokio::test]
async fn a_limit_that_is_set_is_the_one_that_counts() {
    let (folder, database) = (scratch_folder("limits"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    command.env("DATABASE_URL", &database.url);
    for (name, value) in [
        ("REGIMEN_LIMIT_BODY", "1KiB"),
        ("REGIMEN_LIMIT_DEPTH", "2"),
        ("REGIMEN_LIMIT_ALIASES", "1"),
        ("REGIMEN_LIMIT_COST", "50"),
    ] {
        command.env(name, value);
    }
    let server = Server::spawn(&mut command).await;
    for (query, code) in [
        ("{ exercises { nodes { name } } }", "DOCUMENT_TOO_DEEP"),
        ("{ a: version b: version }", "TOO_MANY_ALIASES"),
        (
            "{ exercises(first: 51) { totalCount } }",
            "COST_LIMIT_EXCEEDED",
        ),
        (
            &format!("# {}\n{{ version }}", "a".repeat(1024)),
            "BODY_TOO_LARGE",
        ),
    ] {
        assert_eq!(server.graphql(query).await.code(), code, "{query:.60}");
    }
    server.graphql("{ a: version }").await.data();
}

#[tokio::test]
async fn a_limit_that_would_break_the_server_is_refused_at_the_start() {
    let folder = scratch_folder("wrong-limits");
    for (name, value, expected) in [
        (
            "REGIMEN_LIMIT_NESTING",
            "100000",
            "a whole number from 1 to 64",
        ),
        ("REGIMEN_LIMIT_BODY", "1000000", "a size with its unit"),
        ("REGIMEN_LIMIT_COST", "0", "a whole number from 1"),
        (
            "REGIMEN_STREAM_HEARTBEAT",
            "0s",
            "a time from `10ms` to `1d`",
        ),
        ("REGIMEN_CHANGES_KEPT_DAYS", "0", "a whole number from 1"),
        ("REGIMEN_METRICS", "9464", "an address with its port"),
    ] {
        let finished = Finished::of(regimen(&folder).arg("config").env(name, value)).await;
        let message = finished.failure();
        let says = message.contains(&format!("`{name}` (from the environment) is `{value}`"));
        assert!(says && message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn the_deepest_document_that_may_be_allowed_does_not_exhaust_the_stack() {
    let app = TestApp::start_guarded(|options| {
        (options.limits.nesting, options.limits.depth) = (64, 64);
    })
    .await;
    let of_types = |depth: usize| {
        [
            "ofType { ".repeat(depth),
            "name".to_owned(),
            "}".repeat(depth),
        ]
        .concat()
    };
    let query = format!("{{ __schema {{ types {{ {} }} }} }}", of_types(60));
    assert!(app.graphql(&query, json!({})).await.data().is_object());
    let query = format!("{{ __schema {{ types {{ {} }} }} }}", of_types(64));
    assert_eq!(
        app.graphql(&query, json!({})).await.code(),
        "DOCUMENT_TOO_NESTED"
    );
}

#[tokio::test]
async fn root_fields_and_aliases_are_counted_wherever_their_fragments_are_spread() {
    let app = TestApp::start().await;
    let roots = |count: usize| {
        format!(
            "{{ {} }} fragment F on Query {{ version }}",
            "...F ".repeat(count)
        )
    };
    assert_eq!(
        app.graphql(&roots(51), json!({})).await.code(),
        "TOO_MANY_ROOT_FIELDS"
    );
    app.graphql(&roots(50), json!({})).await.data();
    let aliases = |count: usize| {
        format!(
            "{{ {} }} fragment F on Query {{ a: version b: version }}",
            "...F ".repeat(count)
        )
    };
    app.graphql(&aliases(25), json!({})).await.data();
    let app = TestApp::start_guarded(|options| options.limits.aliases = 49).await;
    assert_eq!(
        app.graphql(&aliases(25), json!({})).await.code(),
        "TOO_MANY_ALIASES"
    );
}

#[tokio::test]
async fn an_answer_lists_so_many_errors_and_counts_the_others() {
    let app = TestApp::start_guarded(|options| options.limits.errors = 3).await;
    let gone = |n: usize| {
        format!(r#"e{n}: exercise(id: "00000000-0000-7000-8000-00000000000{n}") {{ name }} "#)
    };
    let query = format!("{{ {} }}", (0..5).map(gone).collect::<String>());

    let answer = app.graphql(&query, json!({})).await;

    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 3);
    assert_eq!(answer.body["extensions"]["omittedErrors"], 2);
    assert_eq!(answer.body["data"]["e4"], Value::Null);
}

#[tokio::test]
async fn what_quotes_a_megabyte_is_cut() {
    let app = TestApp::start().await;
    let answer = app
        .graphql(&format!("{{ {} }}", "a".repeat(1_000_000)), json!({}))
        .await;
    assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED");
    assert!(answer.message().len() < 1100, "{}", answer.message().len());
}

#[tokio::test]
async fn a_message_on_a_websocket_has_the_limit_of_a_body() {
    let app = TestApp::start_guarded(|options| options.body = 1000).await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    let query = format!("# {}\n{{ version }}", "a".repeat(1000));
    socket.subscribe("a", &query, json!({})).await;
    assert_eq!(socket.end().await.0, 1009);
}

#[tokio::test]
async fn what_takes_the_server_long_costs_more_than_a_field() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let cost = async |query: &str| {
        let answer = ada.graphql(query, json!({})).await;
        answer.data();
        answer.body["extensions"]["cost"].as_u64().unwrap()
    };
    assert_eq!(cost("{ version }").await, 1);
    assert!(cost("{ exportMyData }").await >= 10_000);
    let write = r#"mutation { createTask(input: {title: "Stretch"}) { task { id } } }"#;
    assert_eq!(cost(write).await, 10 + 3);
}
