//! The change feed: a gapless sequence for each owner, in the order of commits.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::join_all;
use regimen::{
    db::schema::{change_heads, changes, exercises, history, tasks, workouts},
    viewer::UserId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, TestUser};

/// Makes an exercise, changes it twice, merges another one into it, trains it, and completes a task.
async fn edit(user: &TestUser<'_>, client: usize) {
    let create = "mutation ($input: CreateExerciseInput!) { createExercise(input: $input) { exercise { id } } }";
    let update = "mutation ($id: ID!, $input: UpdateExerciseInput!) {
        updateExercise(id: $id, input: $input) { exercise { version } } }";
    let merge = "mutation ($from: [ID!]!, $into: ID!) {
        mergeExercises(from: $from, into: $into) { exercise { version } } }";
    let mut ids = Vec::new();
    for part in ["kept", "duplicate"] {
        let input = json!({"name": format!("{part} {client}"), "category": "legs"});
        let made = user.graphql(create, json!({"input": input})).await;
        ids.push(made.data()["createExercise"]["exercise"]["id"].clone());
    }
    for description in ["once", "twice"] {
        let input = json!({"description": description});
        user.graphql(update, json!({"id": ids[0], "input": input}))
            .await
            .data();
    }
    user.graphql(merge, json!({"from": [ids[1]], "into": ids[0]}))
        .await
        .data();
    train(user, &ids[0]).await;
    tick_off(user).await;
}

/// Plans a workout, adds two sets to it, and completes it.
async fn train(user: &TestUser<'_>, exercise: &Value) {
    let create = "mutation ($input: WorkoutInput!) {
        createWorkout(input: $input) { workout { id exercises { id } } } }";
    let add = "mutation ($id: ID!) {
        addSet(input: {workoutExerciseId: $id, reps: 5}) { workoutVersion } }";
    let complete = "mutation ($id: ID!) { completeWorkout(id: $id) { historyEntry { id } } }";
    let input = json!({"name": "Legs", "exercises": [{"exerciseId": exercise}]});
    let made = user.graphql(create, json!({"input": input})).await;
    let workout = &made.data()["createWorkout"]["workout"];
    for _ in 0..2 {
        let place = &workout["exercises"][0]["id"];
        user.graphql(add, json!({"id": place})).await.data();
    }
    user.graphql(complete, json!({"id": workout["id"]}))
        .await
        .data();
}

/// Makes a task that comes round again, and completes it once.
async fn tick_off(user: &TestUser<'_>) {
    let create = "mutation { createTask(input: {
        title: \"Stretch\", dueDate: \"2026-03-02\", recurrence: \"FREQ=DAILY\"
    }) { task { id } } }";
    let complete = "mutation ($id: ID!) { completeTask(id: $id) { next { id } } }";
    let made = user.graphql(create, json!({})).await;
    let id = &made.data()["createTask"]["task"]["id"];
    user.graphql(complete, json!({"id": id})).await.data();
}

/// All that a client keeps of an owner, with the versions.
async fn kept_of(conn: &mut AsyncPgConnection, owner: UserId) -> BTreeMap<Uuid, i32> {
    let exercises: Vec<(Uuid, i32)> = exercises::table
        .filter(exercises::owner_id.eq(Some(owner)))
        .select((exercises::id, exercises::version))
        .load(conn)
        .await
        .unwrap();
    let workouts: Vec<(Uuid, i32)> = workouts::table
        .filter(workouts::user_id.eq(owner))
        .select((workouts::id, workouts::version))
        .load(conn)
        .await
        .unwrap();
    let history: Vec<(Uuid, i32)> = history::table
        .filter(history::user_id.eq(owner))
        .select((history::id, history::version))
        .load(conn)
        .await
        .unwrap();
    let tasks: Vec<(Uuid, i32)> = tasks::table
        .filter(tasks::user_id.eq(owner))
        .select((tasks::id, tasks::version))
        .load(conn)
        .await
        .unwrap();
    let all = [exercises, workouts, history, tasks];
    all.into_iter().flatten().collect()
}

#[tokio::test]
async fn fifty_clients_of_one_user_write_one_gapless_sequence_that_replays_to_the_same_state() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;

    join_all((0..50).map(|client| edit(&ada, client))).await;

    let mut conn = app.database.connect().await;
    let feed: Vec<(i64, Uuid, String, i32)> = changes::table
        .filter(changes::user_id.eq(ada.id))
        .order(changes::seq)
        .select((
            changes::seq,
            changes::entity_id,
            changes::op,
            changes::version,
        ))
        .load(&mut conn)
        .await
        .unwrap();
    let head: i64 = change_heads::table
        .find(ada.id)
        .select(change_heads::seq)
        .first(&mut conn)
        .await
        .unwrap();
    let numbers: Vec<i64> = feed.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(numbers, (1..=head).collect::<Vec<_>>());
    // For each client: what it does to exercises, to a workout and its history, and to tasks.
    assert_eq!(head, 50 * (6 + 5 + 3));

    let mut replayed = BTreeMap::new();
    for (_, id, op, version) in feed {
        let before = if op == "delete" {
            replayed.remove(&id)
        } else {
            replayed.insert(id, version)
        };
        assert!(
            before.unwrap_or(0) < version,
            "an older version after a newer one"
        );
    }
    assert_eq!(replayed, kept_of(&mut conn, ada.id).await);
}
