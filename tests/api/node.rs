//! Any record by its id alone.

use diesel::{prelude::*, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::support::TestApp;

const NODE: &str = "query ($id: ID!) { node(id: $id) { __typename id } }";

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

#[tokio::test]
async fn every_kind_of_record_is_found_by_its_id_by_its_owner_alone() {
    let app = TestApp::seeded().await;
    let (ada, bob) = (app.demo_user().await, app.user("bob").await);
    let own = "mutation { createExercise(input: {name: \"Cellar Squat\", category: \"legs\"}) {
        exercise { id } } }";
    ada.graphql(own, json!({})).await.data();
    let mut conn = app.database.connect().await;
    for (table, kind) in [
        ("exercises", "Exercise"),
        ("workouts", "Workout"),
        ("workout_exercises", "WorkoutExercise"),
        ("sets", "WorkoutSet"),
        ("history", "HistoryEntry"),
        ("tasks", "Task"),
    ] {
        let owner = if table == "exercises" {
            "owner_id"
        } else {
            "user_id"
        };
        let query = format!(
            "SELECT id::text FROM {table} WHERE {owner} = '{}' LIMIT 1",
            ada.id
        );
        let found: Id = sql_query(query).get_result(&mut conn).await.unwrap();
        let id = json!({"id": found.id});

        let (statements, answer) = app.statements_of(ada.graphql(NODE, id.clone())).await;

        let expected = json!({"node": {"__typename": kind, "id": found.id}});
        assert_eq!((answer.data(), statements), (&expected, 2), "{table}");
        assert_eq!(
            bob.graphql(NODE, id.clone()).await.code(),
            "NOT_FOUND",
            "{table}"
        );
        assert_eq!(app.graphql(NODE, id).await.code(), "NOT_FOUND", "{table}");
    }
}

#[tokio::test]
async fn one_s_account_settings_and_sessions_are_nodes_for_oneself_alone_and_accounts_for_admins() {
    let app = TestApp::start().await;
    let (root, bob) = (app.admin("root").await, app.user("bob").await);
    let sign_up =
        "mutation { signUp(input: {email: \"ada@example.com\", password: \"a long password\"}) {
        accessToken } }";
    let token = app.graphql(sign_up, json!({})).await.data()["signUp"]["accessToken"].clone();
    let token = token.as_str().unwrap();
    let own = "{ viewer { id settings { id } } sessions { nodes { id } } }";
    let own = app.graphql_with(token, own, json!({})).await;
    let own = own.data();
    let user = &own["viewer"]["id"];
    for (id, kind) in [
        (user, "User"),
        (&own["viewer"]["settings"]["id"], "Settings"),
        (&own["sessions"]["nodes"][0]["id"], "Session"),
    ] {
        let of = json!({"id": id});
        let found = app.graphql_with(token, NODE, of.clone()).await;
        assert_eq!(found.data()["node"], json!({"__typename": kind, "id": id}));
        assert_eq!(
            bob.graphql(NODE, of.clone()).await.code(),
            "NOT_FOUND",
            "{kind}"
        );
        assert_eq!(
            app.graphql(NODE, of.clone()).await.code(),
            "NOT_FOUND",
            "{kind}"
        );
        let seen = root.graphql(NODE, of).await;
        if kind == "User" {
            assert_eq!(seen.data()["node"]["__typename"], "User");
        } else {
            assert_eq!(seen.code(), "NOT_FOUND", "{kind}");
        }
    }
    // Clients keep records by their ids: no two kinds share one.
    assert_ne!(*user, own["viewer"]["settings"]["id"]);
    let change = "mutation { updateSettings(input: {weekStart: 7}) { settings { id } } }";
    app.graphql_with(token, change, json!({})).await.data();
    let feed = "{ changes(entities: [SETTINGS]) { changes { id node { ... on Settings { id weekStart } } } } }";
    let told = app.graphql_with(token, feed, json!({})).await;
    let id = &own["viewer"]["settings"]["id"];
    assert_eq!(
        told.data()["changes"]["changes"],
        json!([{"id": id, "node": {"id": id, "weekStart": 7}}])
    );
}

#[tokio::test]
async fn a_library_exercise_is_a_node_for_everybody() {
    let app = TestApp::seeded().await;
    let list = app
        .graphql("{ exercises(first: 1) { nodes { id name } } }", json!({}))
        .await;
    let exercise = &list.data()["exercises"]["nodes"][0];

    let query =
        "query ($id: ID!) { node(id: $id) { ... on Exercise { id name } ... on Task { title } } }";
    let answer = app.graphql(query, json!({"id": exercise["id"]})).await;

    assert_eq!(&answer.data()["node"], exercise);
}

#[tokio::test]
async fn a_change_tells_its_record_as_it_is_now_or_that_it_is_gone() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let create =
        "mutation ($title: String!) { createTask(input: {title: $title}) { task { id } } }";
    let changes =
        "{ changes(entities: [TASK]) { changes { operation node { ... on Task { title } } } } }";
    let first = ada.graphql(create, json!({"title": "Stretch"})).await;
    let first = first.data()["createTask"]["task"]["id"].clone();

    let (for_one, one) = app.statements_of(ada.graphql(changes, json!({}))).await;
    let there = json!({"operation": "UPSERT", "node": {"title": "Stretch"}});
    assert_eq!(one.data()["changes"]["changes"], json!([there]));

    for title in ["Breathe", "Sleep"] {
        ada.graphql(create, json!({"title": title})).await.data();
    }
    let delete = "mutation ($id: ID!) { deleteTask(id: $id) { task { id } } }";
    ada.graphql(delete, json!({"id": first})).await.data();
    let (for_three, three) = app.statements_of(ada.graphql(changes, json!({}))).await;

    let three = three.data()["changes"]["changes"].as_array().unwrap();
    assert_eq!((three.len(), for_three), (3, for_one));
    assert!(
        three.contains(&json!({"operation": "DELETE", "node": null})),
        "{three:?}"
    );
    assert_eq!(
        ada.graphql(NODE, json!({"id": first})).await.code(),
        "NOT_FOUND"
    );
}
