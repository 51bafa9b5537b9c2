//! Rules that hold in every room alike: what a change without effect answers, an id that is known, a
//! record in the trash, and a reference to nothing.

mod effects;
mod known;
mod references;
mod trash;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use regimen::db::schema::change_heads;
use serde_json::{Value, json};

use crate::{
    support::{Answer, TestApp, TestUser},
    workouts::{exercises, plan, workout},
};

/// One record of each kind, by the names that requests call their ids by.
async fn records(user: &TestUser<'_>) -> Vec<(&'static str, Value)> {
    let trained = exercises(user, &["Squat", "Press"]).await;
    let made = workout(user, plan("Legs", &trained, 2)).await;
    let place = &made["exercises"][0];
    let query = "mutation {
        entry: logHistory(input: {performedAt: \"2026-03-01T10:00:00Z\"}) { historyEntry { id } }
        task: createTask(input: {title: \"Stretch\"}) { task { id } }
        other: createTask(input: {title: \"Breathe\"}) { task { id } }
        template: saveAsTemplate(id: WORKOUT) { workout { id } }
    }";
    let query = query.replace("WORKOUT", &made["id"].to_string());
    let others = user.graphql(&query, json!({})).await;
    let others = others.data();
    vec![
        ("EXERCISE", trained[0].clone()),
        ("DUPLICATE", trained[1].clone()),
        ("WORKOUT", made["id"].clone()),
        ("TEMPLATE", others["template"]["workout"]["id"].clone()),
        ("PLACE", place["id"].clone()),
        ("NEXT_PLACE", made["exercises"][1]["id"].clone()),
        ("SET", place["sets"][0]["id"].clone()),
        ("NEXT_SET", place["sets"][1]["id"].clone()),
        ("ENTRY", others["entry"]["historyEntry"]["id"].clone()),
        ("TASK", others["task"]["task"]["id"].clone()),
        ("OTHER_TASK", others["other"]["task"]["id"].clone()),
    ]
}

/// Sends a mutation in which `$NAME$` stands for the id of a record.
async fn send(user: &TestUser<'_>, request: &str, records: &[(&str, Value)]) -> Answer {
    let mutation = records.iter().fold(
        format!("mutation {{ r: {request} }}"),
        |text, (name, id)| text.replace(&format!("${name}$"), &id.to_string()),
    );
    user.graphql(&mutation, json!({})).await
}

/// How many changes the user's feed has had.
async fn feed_of(app: &TestApp, user: &TestUser<'_>) -> i64 {
    change_heads::table
        .find(user.id)
        .select(change_heads::seq)
        .first(&mut app.database.connect().await)
        .await
        .unwrap()
}

/// What a conflict names: the path to the input, the record, and its version.
fn named(answer: &Answer) -> (&str, &Value, &Value) {
    assert_eq!(answer.code(), "CONFLICT", "{:#}", answer.body);
    let extensions = &answer.error()["extensions"];
    (answer.field(), &extensions["id"], &extensions["version"])
}
