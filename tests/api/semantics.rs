//! What the specification makes of a document, where the libraries below make something else of it.

use serde_json::{Value, json};

use crate::support::TestApp;

/// The code and the place of the first error.
async fn refused(app: &TestApp, query: &str) -> (String, Value) {
    let answer = app.graphql(query, json!({})).await;
    let place = answer.error()["locations"][0].clone();
    (answer.code().to_owned(), place)
}

#[tokio::test]
async fn what_leaves_out_a_value_or_all_fields_is_no_document() {
    let app = TestApp::start().await;
    for (query, column) in [
        ("{ version(a) }", 11),
        ("{ exercises {} }", 14),
        ("query ($a: ExerciseFilter = {}) { ,, }", 38),
        ("{ version @skip(if) }", 17),
        ("{ exercises(filter: {search}) { totalCount } }", 22),
        (
            "{ exercises(filter: {a: [{b}], search: 1}) { totalCount } }",
            27,
        ),
        ("query ($a: ExerciseFilter = {search}) { version }", 30),
        (
            "mutation { deleteTask(id: 1, expectedVers, idempotencyKey: 2) { task { id } } }",
            30,
        ),
    ] {
        let (code, place) = refused(&app, query).await;
        assert_eq!(code, "GRAPHQL_PARSE_FAILED", "{query}");
        assert_eq!(place, json!({"line": 1, "column": column}), "{query}");
    }
}

#[tokio::test]
async fn a_string_in_simple_quotes_stays_on_its_line() {
    let app = TestApp::start().await;
    for broken in ["\"\na\"", "\"\ra\"", "\"a\n\""] {
        let query = format!("{{ exercises(filter: {{search: {broken}}}) {{ totalCount }} }}");
        assert_eq!(refused(&app, &query).await.0, "GRAPHQL_PARSE_FAILED");
    }
    let block = "{ exercises(filter: {search: \"\"\"\na\n\"\"\"}) { totalCount } }";
    app.graphql(block, json!({})).await.data();
}

#[tokio::test]
async fn a_comma_means_nothing_wherever_it_stands() {
    let app = TestApp::start().await;
    let queries = [
        "{,a,:,version,}",
        "{ ...,on,Query,{ a: version } }",
        "query,A,(,$a,:,Boolean,=,false,),{ a: version @skip,(,if,:,$a,) }",
        "{ a: version # a comma, in a comment\n }",
    ];
    for query in queries {
        let answer = app.graphql(query, json!({})).await;
        assert_eq!(
            answer.data(),
            &json!({"a": env!("CARGO_PKG_VERSION")}),
            "{query}"
        );
    }
    let query = r#"{ exercises(filter: {search: "a,b"}) { totalCount } }"#;
    app.graphql(query, json!({})).await.data();
}

#[tokio::test]
async fn whatever_may_be_described_is() {
    let app = TestApp::start().await;
    let query = r#"
        "What is running."
        query A("How many." $first: Int = 0) { exercises(first: $first) { ...Count } }
        """What there is of it."""
        fragment Count on ExerciseConnection { totalCount }
    "#;
    let answer = app.graphql(query, json!({})).await;
    assert_eq!(answer.data(), &json!({"exercises": {"totalCount": 0}}));
}

#[tokio::test]
async fn lists_of_different_lengths_are_different_arguments() {
    let app = TestApp::start().await;
    let with = |one: &str, other: &str| {
        format!(
            "{{ exercises(filter: {{muscles: {one}}}) {{ totalCount }}
                exercises(filter: {{muscles: {other}}}) {{ totalCount }} }}"
        )
    };
    for (one, other) in [
        (r#"["a"]"#, r#"["a", "b"]"#),
        (r#"["a", "b"]"#, r#"["a"]"#),
        ("[]", r#"["a"]"#),
    ] {
        let (code, place) = refused(&app, &with(one, other)).await;
        assert_eq!(code, "GRAPHQL_VALIDATION_FAILED", "{one} and {other}");
        assert_eq!(place["line"], 2);
    }
    let same = with(r#"["a", "b"]"#, r#"["a", "b"]"#);
    app.graphql(&same, json!({})).await.data();
    let apart = with("[]", r#"["a"]"#).replacen("exercises", "others: exercises", 1);
    app.graphql(&apart, json!({})).await.data();
}

#[tokio::test]
async fn a_change_that_is_named_twice_is_made_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let create = r#"createTask(input: {title: "Stretch"})"#;
    let query = format!(
        "mutation A($no: Boolean! = false) {{
            one: {create} {{ task {{ id }} }}
            ...Again
            one: {create} @include(if: $no) {{ task {{ version }} }}
            one: {create} {{ task {{ title subtasks {{ id }} }} ... on TaskPayload {{ next {{ id }} }} }}
        }}
        fragment Again on Mutation {{ one: {create} {{ task {{ completed subtasks {{ title }} }} }} }}"
    );

    let made = ada.graphql(&query, json!({})).await;

    let task = &made.data()["one"]["task"];
    let keys: Vec<&String> = task.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["completed", "id", "subtasks", "title"], "{made:?}");
    let count = ada.graphql("{ tasks { totalCount } }", json!({})).await;
    assert_eq!(count.data()["tasks"]["totalCount"], 1);
}

#[tokio::test]
async fn a_list_that_is_named_twice_is_read_once_and_has_the_fields_of_both() {
    let app = TestApp::seeded().await;
    let demo = app.demo_user().await;
    let once = "{ tasks(first: 3) { nodes { id title tags subtasks { id title } } } }";
    let twice = "{
        tasks(first: 3) { nodes { id subtasks { id } } }
        ... on Query { tasks(first: 3) { nodes { title ...Tags } nodes { subtasks { title } } } }
    } fragment Tags on Node { ... on Task { tags } }";

    let (for_one, one) = app.statements_of(demo.graphql(once, json!({}))).await;
    let (for_both, both) = app.statements_of(demo.graphql(twice, json!({}))).await;

    assert_eq!((one.data(), for_one), (both.data(), for_both));
}

#[tokio::test]
async fn a_record_of_which_nothing_is_left_is_an_empty_object() {
    let app = TestApp::seeded().await;
    let demo = app.demo_user().await;
    let query = "query ($no: Boolean! = false) {
        tasks(first: 2) { nodes { title @include(if: $no) } }
        workouts(first: 1) { edges { node { exercises { ... @skip(if: true) { id } } history { id @skip(if: true) } } } }
        exercises(first: 1) { nodes { ... on Node @include(if: $no) { id } } }
    }";

    let answer = demo.graphql(query, json!({})).await;

    let data = answer.data();
    assert_eq!(data["tasks"]["nodes"], json!([{}, {}]));
    assert_eq!(data["exercises"]["nodes"], json!([{}]));
    let workout = &data["workouts"]["edges"][0]["node"];
    assert_eq!(workout["exercises"][0], json!({}), "{workout}");
}

#[tokio::test]
async fn what_one_field_cannot_answer_leaves_the_others() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let query = r#"{
        version
        wrong: exercise(id: "x") { name }
        foreign: user(id: "0190a5d0-0000-7000-8000-000000000000") { id }
        viewer { role }
    }"#;

    let answer = ada.graphql(query, json!({})).await;

    let expected = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "wrong": null,
        "foreign": null,
        "viewer": {"role": "MEMBER"},
    });
    assert_eq!(answer.body["data"], expected);
    let errors = answer.body["errors"].as_array().unwrap();
    let mut told: Vec<(&str, &str)> = errors
        .iter()
        .map(|it| {
            (
                it["path"][0].as_str().unwrap(),
                it["extensions"]["code"].as_str().unwrap(),
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("foreign", "FORBIDDEN"), ("wrong", "VALIDATION")]);
}

#[tokio::test]
async fn a_change_for_admins_leaves_the_ones_beside_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let query = r#"mutation {
        seedExercises(exercises: []) { inserted }
        createTask(input: {title: "Stretch"}) { task { title } }
    }"#;

    let answer = ada.graphql(query, json!({})).await;

    let made = json!({"seedExercises": null, "createTask": {"task": {"title": "Stretch"}}});
    assert_eq!(answer.body["data"], made);
    assert_eq!(answer.code(), "FORBIDDEN");
    assert_eq!(answer.error()["path"], json!(["seedExercises"]));
}

#[tokio::test]
async fn the_schema_is_told_by_the_specification_and_in_the_order_asked() {
    let app = TestApp::start().await;
    let query = r#"query ($node: String!) {
        version
        about: __type(name: $node) { name interfaces { name } possibleTypes { name } }
        nothing: __type(name: "Nothing") { name }
        __schema { directives { name args(includeDeprecated: true) { name } } }
        __schema { queryType { name } }
        again: version
    }"#;
    let response = app
        .client
        .post(format!("{}/graphql", app.url))
        .json(&json!({"query": query, "variables": {"node": "Node"}}));
    let text = response.send().await.unwrap().text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();

    let data = &body["data"];
    assert_eq!(data["about"]["interfaces"], json!([]));
    assert_eq!(data["about"]["possibleTypes"].as_array().unwrap().len(), 9);
    assert_eq!(data["nothing"], json!(null));
    assert_eq!(data["__schema"]["queryType"]["name"], "Query");
    let directives = data["__schema"]["directives"].to_string();
    for name in ["skip", "include", "deprecated", "specifiedBy", "oneOf"] {
        assert!(directives.contains(&format!("\"{name}\"")), "{directives}");
    }
    let places: Vec<_> = [
        "\"version\"",
        "\"about\"",
        "\"nothing\"",
        "\"__schema\"",
        "\"again\"",
    ]
    .iter()
    .map(|key| text.find(key).unwrap())
    .collect();
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test]
async fn days_and_moments_that_cannot_be_read_are_errors_of_the_request() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let write = "createTask(input: {title: \"T\", dueDate: \"2026-02-30\"}) { task { id } }";
    for query in [
        format!("mutation {{ {write} }}"),
        format!("mutation {{ fine: createTask(input: {{title: \"F\"}}) {{ task {{ id }} }} {write} }}"),
        "{ workouts(filter: {from: \"yesterday\"}) { totalCount } }".to_owned(),
        "{ workouts(filter: {from: 2026}) { totalCount } }".to_owned(),
        "query ($from: DateTime = \"x\") { workouts(filter: {from: $from}) { totalCount } }".to_owned(),
        "{ tasks { ...F } } fragment F on TaskConnection { totalCount } query Q { history(filter: {from: true}) { totalCount } }".to_owned(),
    ] {
        let refused = ada.graphql(&query, json!({})).await;
        assert_eq!(refused.code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
        assert!(refused.body.get("data").is_none(), "{query}");
        assert!(refused.error()["locations"][0]["column"].is_u64(), "{query}");
    }
    let query = "mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }";
    for (input, field) in [
        (json!({"title": "T", "dueDate": "2026-02-30"}), "dueDate"),
        (json!({"title": "T", "dueAt": "tomorrow"}), "dueAt"),
        (json!({"title": "T", "dueAt": 5}), "dueAt"),
    ] {
        let refused = ada.graphql(query, json!({"input": input})).await;
        assert_eq!(refused.code(), "BAD_VARIABLES", "{input}");
        assert!(refused.body.get("data").is_none(), "{input}");
        let path = format!("input.{field}");
        assert_eq!(refused.field(), path);
        assert!(refused.message().contains(&path), "{}", refused.message());
    }
    let tasks = ada.graphql("{ tasks { totalCount } }", json!({})).await;
    assert_eq!(tasks.data()["tasks"]["totalCount"], 0, "nothing ran");
}
