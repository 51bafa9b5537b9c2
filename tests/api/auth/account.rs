//! One's account: changed, taken along, and deleted with everything in it.

use std::collections::BTreeSet;

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use regimen::db::schema::exercises;
use serde_json::{Value, json};

use super::{PASSWORD, Tokens, refresh, sign_in, sign_up, try_sign_in, who};
use crate::support::{Answer, TestApp};

const UPDATE: &str = "mutation ($input: UpdateProfileInput!) {
    updateProfile(input: $input) { user { email displayName } }
}";
const DELETE: &str = "mutation ($password: String) { deleteAccount(password: $password) { id } }";

async fn update(app: &TestApp, token: &str, input: Value) -> Answer {
    app.graphql_with(token, UPDATE, json!({"input": input}))
        .await
}

/// The demo user, signed in.
async fn demo(app: &TestApp) -> Tokens {
    let (email, password) = (regimen::seeds::DEMO_EMAIL, regimen::seeds::DEMO_PASSWORD);
    Tokens::of(&try_sign_in(app, email, password).await, "signIn")
}

async fn make_exercise(app: &TestApp, token: &str) -> Answer {
    let query = "mutation { createExercise(
        input: {name: \"Cellar Squat\", category: \"legs\"}, idempotencyKey: \"k\"
    ) { exercise { id } } }";
    app.graphql_with(token, query, json!({})).await
}

#[tokio::test]
async fn the_name_changes_at_once_and_the_address_with_the_password() {
    let app = TestApp::start().await;
    let ada = sign_up(&app, "ada@example.com").await;
    sign_up(&app, "bob@example.com").await;

    let renamed = update(&app, &ada.access, json!({"displayName": " Countess "})).await;
    assert_eq!(
        renamed.data()["updateProfile"]["user"],
        json!({"email": "ada@example.com", "displayName": "Countess"})
    );

    let email = |email: &str, password: Value| json!({"email": email, "currentPassword": password});
    let refused = update(
        &app,
        &ada.access,
        email("lovelace@example.com", Value::Null),
    )
    .await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.currentPassword")
    );
    let refused = update(
        &app,
        &ada.access,
        email("lovelace@example.com", json!("wrong one")),
    )
    .await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.currentPassword")
    );
    let refused = update(&app, &ada.access, email("BOB@example.com", json!(PASSWORD))).await;
    assert_eq!(refused.code(), "CONFLICT");
    let refused = update(&app, &ada.access, email("lovelace", json!(PASSWORD))).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.email")
    );

    update(
        &app,
        &ada.access,
        email("lovelace@example.com", json!(PASSWORD)),
    )
    .await
    .data();
    assert_eq!(
        try_sign_in(&app, "ada@example.com", PASSWORD).await.code(),
        "UNAUTHENTICATED"
    );
    let back = sign_in(&app, "lovelace@example.com").await;
    assert_eq!(back.user["id"], ada.user["id"]);
}

#[tokio::test]
async fn an_export_holds_everything_that_is_ones_own_and_no_secret() {
    let app = TestApp::seeded().await;
    let tokens = demo(&app).await;
    make_exercise(&app, &tokens.access).await.data();

    let export = app.graphql_with(&tokens.access, "{ exportMyData }", json!({}));
    let (statements, answer) = app.statements_of(export).await;
    let data = &answer.data()["exportMyData"];

    assert_eq!(statements, 1);
    assert_eq!(
        (&data["format"], &data["formatVersion"]),
        (&json!("regimen"), &json!(1))
    );
    assert_eq!(data["user"]["email"], regimen::seeds::DEMO_EMAIL);
    assert_eq!(data["settings"]["timezone"], "Europe/Berlin");
    assert_eq!(data["tasks"].as_array().unwrap().len(), 5);
    assert_eq!(data["exercises"][0]["name"], "Cellar Squat");
    let mut conn = app.database.connect().await;
    for (kind, table) in [("workouts", "workouts"), ("history", "history")] {
        let kept = rows(&mut conn, table, "user_id", &tokens.user["id"]).await;
        assert!(kept > 0);
        assert_eq!(
            data[kind].as_array().unwrap().len(),
            usize::try_from(kept).unwrap(),
            "{kind}"
        );
    }
    let workouts = data["workouts"].as_array().unwrap();
    let places = workouts
        .iter()
        .flat_map(|workout| workout["exercises"].as_array().unwrap());
    let sets: usize = places
        .map(|place| {
            assert!(place["exerciseName"].is_string());
            place["sets"].as_array().unwrap().len()
        })
        .sum();
    let kept = rows(&mut conn, "sets", "user_id", &tokens.user["id"]).await;
    assert_eq!(sets, usize::try_from(kept).unwrap());
    let text = data.to_string();
    for secret in ["argon2", "passwordHash", "tokenHash", "userId"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn rows(conn: &mut AsyncPgConnection, table: &str, column: &str, id: &Value) -> i64 {
    let id = id.as_str().unwrap();
    let sql = format!("SELECT count(*) FROM {table} WHERE {column} = '{id}'");
    let count: Count = diesel::sql_query(sql).get_result(conn).await.unwrap();
    count.count
}

/// Every column of every table that says whose a row is.
async fn owned_by(conn: &mut AsyncPgConnection) -> Vec<Column> {
    let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns \
        WHERE table_schema = 'public' AND (column_name IN ('user_id', 'owner_id') \
          OR (table_name, column_name) = ('users', 'id'))";
    diesel::sql_query(sql).load(conn).await.unwrap()
}

/// The tables that hold something of this user.
async fn tables_with(conn: &mut AsyncPgConnection, id: &Value) -> BTreeSet<String> {
    let mut full = BTreeSet::new();
    for column in owned_by(conn).await {
        if rows(conn, &column.table_name, &column.column_name, id).await > 0 {
            full.insert(column.table_name);
        }
    }
    full
}

#[tokio::test]
async fn a_deleted_account_leaves_nothing_behind_and_the_library_as_it_was() {
    let app = TestApp::seeded().await;
    let tokens = demo(&app).await;
    let bystander = sign_up(&app, "ada@example.com").await;
    make_exercise(&app, &tokens.access).await.data();
    let mut conn = app.database.connect().await;
    let library = exercises::table
        .filter(exercises::owner_id.is_null())
        .count();
    let before: i64 = library.get_result(&mut conn).await.unwrap();
    let full = tables_with(&mut conn, &tokens.user["id"]).await;
    for table in "changes change_heads exercises history idempotency_keys sessions sets tasks \
        user_settings users workout_exercises workouts"
        .split(' ')
    {
        assert!(full.contains(table), "{table} is empty to begin with");
    }

    let password = json!({"password": regimen::seeds::DEMO_PASSWORD});
    let deleted = app.graphql_with(&tokens.access, DELETE, password).await;
    assert_eq!(deleted.data()["deleteAccount"]["id"], tokens.user["id"]);

    let left = tables_with(&mut conn, &tokens.user["id"]).await;
    assert_eq!(left, BTreeSet::new());
    let after: i64 = library.get_result(&mut conn).await.unwrap();
    assert_eq!(after, before);
    who(&app, &bystander.access).await.data();
}

#[tokio::test]
async fn an_account_is_deleted_with_its_password_only() {
    let app = TestApp::start().await;
    let ada = sign_up(&app, "ada@example.com").await;
    for wrong in [json!("not the password"), json!(""), Value::Null] {
        let refused = app
            .graphql_with(&ada.access, DELETE, json!({"password": wrong}))
            .await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", "password")
        );
    }
    who(&app, &ada.access).await.data();
}

#[tokio::test]
async fn an_access_token_that_outlives_its_account_opens_nothing_and_leaves_nothing() {
    let app = TestApp::start().await;
    let ada = sign_up(&app, "ada@example.com").await;
    let password = json!({"password": PASSWORD});
    app.graphql_with(&ada.access, DELETE, password.clone())
        .await
        .data();

    let week = "mutation { updateSettings(input: {weekStart: 1}, idempotencyKey: \"k\") {
        settings { version } } }";
    for query in [
        "{ viewer { id } }",
        "{ settings { version } }",
        "{ exportMyData }",
        week,
    ] {
        let refused = app.graphql_with(&ada.access, query, json!({})).await;
        assert_eq!(refused.code(), "UNAUTHENTICATED", "{query}");
    }
    assert_eq!(
        make_exercise(&app, &ada.access).await.code(),
        "UNAUTHENTICATED"
    );
    let again = app.graphql_with(&ada.access, DELETE, password).await;
    assert_eq!(again.code(), "UNAUTHENTICATED");
    assert_eq!(refresh(&app, &ada.refresh).await.code(), "UNAUTHENTICATED");
    let mut conn = app.database.connect().await;
    let left = tables_with(&mut conn, &ada.user["id"]).await;
    assert_eq!(left, BTreeSet::new());
}

#[tokio::test]
async fn addresses_cannot_be_tried_out_one_after_another_even_with_the_right_password() {
    let app = TestApp::start().await;
    let ada = sign_up(&app, "ada@example.com").await;
    sign_up(&app, "bob@example.com").await;
    let taken = json!({"email": "bob@example.com", "currentPassword": PASSWORD});
    for _ in 0..5 {
        let refused = update(&app, &ada.access, taken.clone()).await;
        assert_eq!(refused.code(), "CONFLICT");
    }
    update(&app, &ada.access, taken.clone()).await;
    let refused = update(&app, &ada.access, taken).await;
    assert_eq!(refused.code(), "RATE_LIMITED");
    let renamed = update(&app, &ada.access, json!({"displayName": "Countess"})).await;
    renamed.data();
}

#[tokio::test]
async fn the_last_admin_cannot_delete_their_account() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let refused = root.graphql(DELETE, json!({})).await;
    assert_eq!(refused.code(), "CONFLICT");
    app.admin("other").await;
    root.graphql(DELETE, json!({})).await.data();
}

#[tokio::test]
async fn a_token_of_an_account_that_is_gone_proves_nothing_any_more() {
    let app = TestApp::start().await;
    let ada = sign_up(&app, "ada@example.com").await;
    let delete = "mutation ($password: String) { deleteAccount(password: $password) { id } }";
    app.graphql_with(&ada.access, delete, json!({"password": PASSWORD}))
        .await
        .data();
    for query in [
        "{ tasks { totalCount } }",
        "{ workouts { totalCount } }",
        "{ viewer { id } }",
        "mutation { createTask(input: {title: \"T\"}) { task { id } } }",
    ] {
        let refused = app.graphql_with(&ada.access, query, json!({})).await;
        assert_eq!(refused.code(), "UNAUTHENTICATED", "{query}");
    }
}
