//! The exercise library, over GraphQL.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn an_exercise_is_found_by_the_words_of_its_name() {
    let app = TestApp::seeded().await;
    let query =
        "query ($search: String) { exercises(search: $search, first: 3) { nodes { id name } } }";

    let found = app.graphql(query, json!({"search": "BACK squat"})).await;

    assert_eq!(
        found.data()["exercises"]["nodes"][0]["name"],
        "Barbell Back Squat"
    );
}

#[tokio::test]
async fn many_exercises_by_id_are_one_statement() {
    let app = TestApp::seeded().await;
    let list = app
        .graphql("{ exercises(first: 3) { nodes { id name } } }", json!({}))
        .await;
    let nodes = list.data()["exercises"]["nodes"].as_array().unwrap();
    let fields: Vec<String> = (0..3)
        .map(|i| format!("e{i}: exercise(id: {}) {{ id name }}", nodes[i]["id"]))
        .collect();

    let query = format!("{{ {} }}", fields.join(" "));
    let (statements, answer) = app.statements_of(app.graphql(&query, json!({}))).await;

    assert_eq!(answer.data()["e2"], nodes[2]);
    assert_eq!(statements, 1);
}

#[tokio::test]
async fn an_exercise_that_does_not_exist_is_not_found() {
    let app = TestApp::start().await;
    let query = r#"{ exercise(id: "00000000-0000-7000-8000-000000000000") { name } }"#;

    let answer = app.graphql(query, json!({})).await;

    assert_eq!(answer.code(), "NOT_FOUND");
}
