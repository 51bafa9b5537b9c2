//! What the GraphQL library must go on doing, whatever its version: these have been wrong before.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn keys_come_in_the_order_of_the_query() {
    let app = TestApp::seeded().await;
    let query =
        "{ b: version exercises(first: 1) { totalCount nodes { name id category } } a: version }";

    let body = app
        .client
        .post(format!("{}/graphql", app.url))
        .json(&json!({"query": query}))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();

    let places: Vec<usize> = [
        "\"b\"",
        "\"exercises\"",
        "\"totalCount\"",
        "\"nodes\"",
        "\"name\"",
        "\"id\"",
        "\"category\"",
        "\"a\"",
    ]
    .iter()
    .map(|key| {
        body.find(key)
            .unwrap_or_else(|| panic!("no {key} in {body}"))
    })
    .collect();
    assert!(places.is_sorted(), "{body}");
}

#[tokio::test]
async fn an_error_nulls_its_nullable_field_and_nothing_around_it() {
    let app = TestApp::start().await;
    let query =
        r#"{ version gone: exercise(id: "00000000-0000-7000-8000-000000000000") { name } }"#;

    let answer = app.graphql(query, json!({})).await;

    assert_eq!(
        answer.body["data"],
        json!({"version": env!("CARGO_PKG_VERSION"), "gone": null})
    );
    assert_eq!(answer.error()["path"], json!(["gone"]));
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_error_of_a_field_that_cannot_be_null_nulls_the_parent() {
    let app = TestApp::start().await;

    let answer = app
        .graphql(
            "{ version exercises(first: 1000) { totalCount } }",
            json!({}),
        )
        .await;

    assert!(answer.body["data"].is_null(), "{:#}", answer.body);
    assert_eq!(answer.error()["path"], json!(["exercises"]));
    assert_eq!(answer.code(), "VALIDATION");
}

#[tokio::test]
async fn what_goes_wrong_inside_is_not_told() {
    let app = TestApp::start().await;
    let mut conn = app.database.connect().await;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut conn, "DROP TABLE exercises CASCADE")
        .await
        .unwrap();

    let answer = app.graphql("{ exercises { totalCount } }", json!({})).await;

    assert_eq!(answer.code(), "INTERNAL");
    assert!(
        !answer.body.to_string().contains("relation"),
        "{:#}",
        answer.body
    );
}
