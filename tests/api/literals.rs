//! What is written in a document arrives as the specification reads it, and null only where it may stand.

use regimen::{
    config::Config,
    graphql::document::{Documents, JsonMap, Limits, Rules},
};
use serde_json::{Value, json};

use crate::support::{TestApp, TestUser};

const SAVE: &str = "{ task { description } }";

async fn kept(user: &TestUser<'_>, literal: &str, described: &str) -> Value {
    let query = format!(
        "{described}mutation {{ createTask(input: {{title: \"T\", description: {literal}}}) {SAVE} }}"
    );
    let answer = user.graphql(&query, json!({})).await;
    answer.data()["createTask"]["task"]["description"].clone()
}

#[tokio::test]
async fn a_text_is_the_same_however_its_document_is_written() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (literal, text) in [
        (r#""plain""#, "plain"),
        (
            r#""\u00e9 \u{1F3CB} \uD83C\uDFCB \n \" \\ \/""#,
            "é 🏋 🏋 \n \" \\ /",
        ),
        (r#""""a\"""b""""#, r#"a"""b"#),
        (r#""""no \n escapes, \u00e9""""#, r"no \n escapes, \u00e9"),
        ("\"\"\"\n    a\n  \n    b\"\"\"", "a\n\nb"),
        ("\"\"\"\n\ta\n\t\tb\n\n\"\"\"", "a\n\tb"),
        ("\"\"\"  a\n    b\n  c\"\"\"", "  a\n  b\nc"),
        ("\"\"\"\r\n  a\r  b\r\n\"\"\"", "a\nb"),
    ] {
        for described in ["", "\"What is kept.\"\n", "# `\\u{61}`\n"] {
            let kept = kept(&ada, literal, described).await;
            assert_eq!(kept, text, "{described}{literal}");
        }
    }
}

#[tokio::test]
async fn numbers_are_what_they_are_worth() {
    let app = TestApp::seeded().await;
    let query = "{ exercises(first: -0, offset: -0) { nodes { id } } }";
    let none = app.graphql(query, json!({})).await;
    assert_eq!(none.data(), &json!({"exercises": {"nodes": []}}));
    let large = "9".repeat(400);
    for id in [
        large.as_str(),
        "-9223372036854775809",
        "18446744073709551615",
    ] {
        let refused = app
            .graphql(&format!("{{ exercise(id: {id}) {{ id }} }}"), json!({}))
            .await;
        assert_eq!(
            refused.code(),
            "VALIDATION",
            "{id}: no such id, but a document"
        );
    }
}

#[tokio::test]
async fn an_error_says_where_it_is_in_the_document_as_it_was_sent() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (query, line, column) in [
        ("{\n  version\n  task(id: \"x\") { id }\n}", 3, 12),
        (
            "\"d\"\nquery A {\n  version\n  task(id: \"x\") { id }\n}",
            4,
            12,
        ),
        ("# \\u{61}\n{ a: version, task(id: \"x\") { id } }", 2, 24),
        ("{\r\n version\r task(id:\"x\"){id}}", 3, 10),
        ("{ é: version }", 1, 3),
    ] {
        let refused = ada.graphql(query, json!({})).await;
        let place = json!({"line": line, "column": column});
        assert_eq!(refused.error()["locations"][0], place, "{query}");
    }
}

#[tokio::test]
async fn a_default_of_null_lets_no_variable_in_where_null_may_not_stand() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for query in [
        "query ($i: ID = null) { task(id: $i) { id } }",
        "query ($a: Boolean = null) { version @skip(if: $a) }",
        "mutation ($a: CreateTaskInput = null) { createTask(input: $a) { task { id } } }",
        "query ($a: Level = null) { exercises(filter: {levels: [$a]}) { totalCount } }",
        "query A { version } query B($i: ID = null) { task(id: $i) { id } }",
    ] {
        let refused = ada.graphql(query, json!({"operationName": "A"})).await;
        assert_eq!(refused.code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
    }
    let query = "query ($n: Int = null, $i: ID! = \"x\") { tasks(first: $n) { totalCount } version @include(if: false) }";
    let refused = ada.graphql(query, json!({})).await;
    assert_eq!(
        refused.code(),
        "GRAPHQL_VALIDATION_FAILED",
        "`$i` is not used"
    );
    let query = "query ($n: Int = null) { tasks(first: $n) { totalCount } }";
    let taken = ada.graphql(query, json!({})).await;
    assert_eq!(taken.data()["tasks"]["totalCount"], 0);
}

#[tokio::test]
async fn no_null_decides_whether_a_field_is_answered() {
    let app = TestApp::start().await;
    for query in [
        "query ($b: Boolean = true) { version @skip(if: $b) }",
        "query ($b: Boolean = true) { version @include(if: $b) }",
        "query ($b: Boolean = true) { version ... @include(if: $b) { a: version } }",
        "query ($b: Boolean = true) { exercises { ...A } } fragment A on ExerciseConnection { nodes { id @skip(if: $b) } }",
        "query ($b: Boolean = true) { __schema @skip(if: $b) { queryType { name } } }",
        "query ($b: Boolean = true) { __schema { directives { args(includeDeprecated: $b) { name } } } version }",
        "query ($b: Boolean = true) { __type(name: \"Task\") { fields(includeDeprecated: $b) { name } } }",
    ] {
        let refused = app.graphql(query, json!({"b": null})).await;
        assert_eq!(refused.code(), "BAD_VARIABLES", "{query}");
        assert!(refused.body.get("data").is_none(), "{query}");
        for taken in [json!({"b": true}), json!({"b": false}), json!({})] {
            app.graphql(query, taken).await.data();
        }
    }
    let query = "query ($n: String = \"Task\") { __type(name: $n) { name } }";
    let refused = app.graphql(query, json!({"n": null})).await;
    assert_eq!(refused.code(), "BAD_VARIABLES");
}

/// Why a document or its variables are refused, over a schema with an input of which one field is given.
fn one_of(query: &str, variables: &Value) -> Option<&'static str> {
    let sdl = "type Query { f(one: One!): Int } input One @oneOf { a: Int b: String }";
    let limits = Limits::from(&Config::defaults().unwrap());
    let documents = Documents::new(sdl, limits, Rules::default());
    let variables: JsonMap = serde_json::from_value(variables.clone()).unwrap();
    let document = match documents.find(None, Some(query), |_| {}) {
        Ok(document) => document,
        Err(refusal) => return Some(refusal.code),
    };
    let admitted = documents.admit(&document, None, &variables);
    admitted.err().map(|refusal| refusal.code)
}

#[test]
fn of_an_input_that_is_one_of_several_exactly_one_is_given() {
    let none = json!({});
    let invalid = Some("GRAPHQL_VALIDATION_FAILED");
    for (query, expected) in [
        ("{ f(one: {a: 1}) }", None),
        ("{ f(one: {b: \"x\"}) }", None),
        ("{ f(one: {}) }", invalid),
        ("{ f(one: {a: null}) }", invalid),
        ("{ f(one: {a: 1, b: \"x\"}) }", invalid),
        ("{ f(one: {a: 1, b: null}) }", invalid),
        ("query ($a: Int) { f(one: {a: $a}) }", invalid),
        (
            "query ($a: Int!, $b: String!) { f(one: {a: $a, b: $b}) }",
            invalid,
        ),
    ] {
        assert_eq!(one_of(query, &none), expected, "{query}");
    }
    let bad = Some("BAD_VARIABLES");
    assert_eq!(
        one_of("query ($a: Int!) { f(one: {a: $a}) }", &json!({"a": 1})),
        None
    );
    for (one, expected) in [
        (json!({"a": 1}), None),
        (json!({"b": "x"}), None),
        (json!({}), bad),
        (json!({"a": null}), bad),
        (json!({"a": 1, "b": "x"}), bad),
        (json!({"a": 1, "b": null}), bad),
    ] {
        let query = "query ($one: One!) { f(one: $one) }";
        assert_eq!(one_of(query, &json!({"one": one})), expected, "{one}");
    }
}
