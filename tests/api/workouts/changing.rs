//! Changing, ordering, deleting and restoring.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use regimen::{
    db::schema::{changes, workouts},
    workouts::purge_deleted,
};
use serde_json::{Value, json};

use super::{each, exercises, plan, read, squats, workout};
use crate::support::{TestApp, TestUser};

const UPDATE: &str = "mutation ($id: ID!, $input: UpdateWorkoutInput!, $version: Int) {
    updateWorkout(id: $id, input: $input, expectedVersion: $version) {
        workout { name notes status version } } }";
const DELETE: &str = "mutation ($id: ID!, $version: Int) {
    deleteWorkout(id: $id, expectedVersion: $version) { workout { id version deletedAt } } }";
const RESTORE: &str = "mutation ($id: ID!, $version: Int) {
    restoreWorkout(id: $id, expectedVersion: $version) { workout { version deletedAt } } }";
const REORDER: &str = "mutation ($id: ID!, $order: [ID!]!) {
    reorderExercises(workoutId: $id, order: $order) { workout { version exercises { id orderIndex } } } }";

/// The changes of one user, in their order: what, which and which version.
async fn feed(app: &TestApp, user: &TestUser<'_>) -> Vec<(i64, String, String, i32)> {
    changes::table
        .filter(changes::user_id.eq(user.id))
        .filter(changes::entity.ne("exercise"))
        .order(changes::seq)
        .select((changes::seq, changes::entity, changes::op, changes::version))
        .load(&mut app.database.connect().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_change_takes_what_is_given_and_a_stale_one_is_told_the_version() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = workout(&ada, json!({"name": "Legs", "notes": "heavy"})).await;
    let change =
        |input: Value, version: i32| json!({"id": made["id"], "input": input, "version": version});

    let changed = ada
        .graphql(UPDATE, change(json!({"name": "Big legs"}), 1))
        .await;
    let expected = json!({"name": "Big legs", "notes": "heavy", "status": "PLANNED", "version": 2});
    assert_eq!(changed.data()["updateWorkout"]["workout"], expected);
    let stale = ada
        .graphql(UPDATE, change(json!({"name": "Late"}), 1))
        .await;
    assert_eq!(stale.code(), "CONFLICT");
    assert_eq!(stale.error()["extensions"]["version"], 2);
    assert_eq!(stale.error()["extensions"]["id"], made["id"]);
    let cleared = ada.graphql(UPDATE, change(json!({"notes": null}), 2)).await;
    assert_eq!(
        cleared.data()["updateWorkout"]["workout"]["notes"],
        Value::Null
    );
}

#[tokio::test]
async fn a_deleted_workout_is_gone_until_it_is_restored_and_each_step_is_in_the_feed() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, _) = squats(&ada, 1).await;
    let id = json!({"id": made["id"]});

    let stale = json!({"id": made["id"], "version": 7});
    assert_eq!(ada.graphql(DELETE, stale).await.code(), "CONFLICT");
    let deleted = ada.graphql(DELETE, id.clone()).await;
    assert!(deleted.data()["deleteWorkout"]["workout"]["deletedAt"].is_string());
    let set = json!({"id": made["exercises"][0]["sets"][0]["id"]});
    let one_set = "query ($id: ID!) { set(id: $id) { id } }";
    assert_eq!(ada.graphql(one_set, set).await.code(), "NOT_FOUND");
    let lists =
        "{ workouts { nodes { id } } gone: workouts(filter: {deleted: true}) { nodes { id } } }";
    let lists = ada.graphql(lists, json!({})).await;
    assert_eq!(lists.data()["workouts"]["nodes"], json!([]));
    assert_eq!(
        each(&lists.data()["gone"]["nodes"], "id"),
        [made["id"].clone()]
    );

    let once = json!({"id": made["id"], "version": 2});
    let restored = ada.graphql(RESTORE, once.clone()).await;
    let expected = json!({"version": 3, "deletedAt": null});
    assert_eq!(restored.data()["restoreWorkout"]["workout"], expected);
    let again = ada.graphql(RESTORE, once).await;
    assert_eq!(again.data()["restoreWorkout"]["workout"], expected);
    assert_eq!(
        read(&ada, &made["id"]).await["exercises"][0]["sets"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let ops: Vec<(String, i32)> = feed(&app, &ada)
        .await
        .into_iter()
        .map(|it| (it.2, it.3))
        .collect();
    let ops: Vec<(&str, i32)> = ops
        .iter()
        .map(|(op, version)| (op.as_str(), *version))
        .collect();
    assert_eq!(ops, [("upsert", 1), ("delete", 2), ("upsert", 3)]);
}

#[tokio::test]
async fn what_was_deleted_long_ago_is_purged_and_its_history_stays() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, _) = squats(&ada, 2).await;
    let complete =
        "mutation ($id: ID!) { completeWorkout(id: $id) { historyEntry { id version } } }";
    let entry = ada.graphql(complete, json!({"id": made["id"]})).await;
    let entry = entry.data()["completeWorkout"]["historyEntry"]["id"].clone();
    ada.graphql(DELETE, json!({"id": made["id"]})).await.data();
    let recent = workout(&ada, json!({"name": "Recent"})).await;
    ada.graphql(DELETE, json!({"id": recent["id"]}))
        .await
        .data();

    let mut conn = app.database.connect().await;
    let month = chrono::Utc::now() - chrono::Duration::days(30);
    let nothing = purge_deleted(&mut conn, month).await.unwrap();
    assert_eq!((nothing.workouts, nothing.detached), (0, 0));
    let id: uuid::Uuid = made["id"].as_str().unwrap().parse().unwrap();
    diesel::update(workouts::table.filter(workouts::id.eq(id)))
        .set(workouts::deleted_at.eq(month - chrono::Duration::days(1)))
        .execute(&mut conn)
        .await
        .unwrap();
    let purged = purge_deleted(&mut conn, month).await.unwrap();
    assert_eq!((purged.workouts, purged.detached), (1, 1));

    let restore = ada.graphql(RESTORE, json!({"id": made["id"]})).await;
    assert_eq!(restore.code(), "NOT_FOUND");
    ada.graphql(RESTORE, json!({"id": recent["id"]}))
        .await
        .data();
    let one = "query ($id: ID!) { historyEntry(id: $id) {
        workoutId workoutName version summary { sets } workout { id } } }";
    let kept = ada.graphql(one, json!({"id": entry})).await;
    let kept = &kept.data()["historyEntry"];
    assert_eq!(
        (&kept["workoutId"], &kept["workoutName"]),
        (&Value::Null, &json!("Legs"))
    );
    assert_eq!(
        (&kept["version"], &kept["summary"]["sets"]),
        (&json!(2), &json!(2))
    );
    let detached = ("history".to_owned(), "upsert".to_owned(), 2);
    let recorded = feed(&app, &ada)
        .await
        .into_iter()
        .map(|it| (it.1, it.2, it.3));
    assert!(recorded.into_iter().any(|change| change == detached));
}

#[tokio::test]
async fn exercises_are_put_in_another_order_by_a_list_that_names_each_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press", "Row"]).await;
    let made = workout(&ada, plan("Legs", &trained, 1)).await;
    let other = workout(&ada, plan("Other", &trained, 1)).await;
    let ids = each(&made["exercises"], "id");
    let foreign = &other["exercises"][0]["id"];
    for (order, field, named) in [
        (json!([ids[2], ids[0]]), "order", &ids[1]),
        (json!([ids[2], foreign, ids[1]]), "order.1", foreign),
        (json!([ids[2], ids[1], ids[2]]), "order.2", &ids[2]),
        (json!([]), "order", &ids[0]),
    ] {
        let refused = ada
            .graphql(REORDER, json!({"id": made["id"], "order": order}))
            .await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{order}"
        );
        assert!(
            refused.message().contains(named.as_str().unwrap()),
            "{}",
            refused.message()
        );
    }
    let order = json!([ids[2], ids[0], ids[1]]);
    let done = ada
        .graphql(REORDER, json!({"id": made["id"], "order": order}))
        .await;
    let done = &done.data()["reorderExercises"]["workout"];
    assert_eq!(json!(each(&done["exercises"], "id")), order);
    assert_eq!(each(&done["exercises"], "orderIndex"), [0, 1, 2]);
    assert_eq!(done["version"], 2);
    assert_eq!(read(&ada, &other["id"]).await["version"], 1);
}

#[tokio::test]
async fn exercises_are_added_twice_joined_in_supersets_changed_and_removed() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, first) = squats(&ada, 1).await;
    let squat = &made["exercises"][0]["exercise"]["id"];
    let add = "mutation ($id: ID!, $input: WorkoutExerciseInput!) {
        addWorkoutExercise(workoutId: $id, input: $input) { workoutExercise { id orderIndex supersetGroup
            exercise { name } sets { reps weightKg } } workout { version } } }";
    let input = json!({"id": "0192f0c1-1111-7000-8000-000000000003", "exerciseId": squat,
        "supersetGroup": 1, "targetReps": 8, "sets": [{"reps": 8, "weight": 100, "weightUnit": "LB"}]});
    let variables = json!({"id": made["id"], "input": input});
    let added = ada.graphql(add, variables.clone()).await;
    let expected = json!({"workout": {"version": 2}, "workoutExercise": {
        "id": "0192f0c1-1111-7000-8000-000000000003", "orderIndex": 1, "supersetGroup": 1,
        "exercise": {"name": "Squat"}, "sets": [{"reps": 8, "weightKg": 45.359_237}]}});
    assert_eq!(added.data()["addWorkoutExercise"], expected);
    assert_eq!(ada.graphql(add, variables).await.data(), added.data());

    let update = "mutation ($id: ID!, $input: UpdateWorkoutExerciseInput!, $version: Int) {
        updateWorkoutExercise(id: $id, input: $input, expectedWorkoutVersion: $version) {
            workoutExercise { supersetGroup targetReps targetRepsMax restSeconds } } }";
    let change =
        |input: Value, version: i32| json!({"id": first, "input": input, "version": version});
    let input = json!({"supersetGroup": 1, "targetReps": 5, "targetRepsMax": 8});
    let changed = ada.graphql(update, change(input, 2)).await;
    let expected =
        json!({"supersetGroup": 1, "targetReps": 5, "targetRepsMax": 8, "restSeconds": null});
    assert_eq!(
        changed.data()["updateWorkoutExercise"]["workoutExercise"],
        expected
    );
    let refused = ada
        .graphql(update, change(json!({"targetReps": 9}), 3))
        .await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.targetRepsMax")
    );
    let stale = ada
        .graphql(update, change(json!({"notes": "Late"}), 2))
        .await;
    assert_eq!(stale.code(), "CONFLICT");

    let remove = "mutation ($id: ID!) { removeWorkoutExercise(id: $id) {
        workoutExercise { id } workout { version exercises { orderIndex } } } }";
    let removed = ada.graphql(remove, json!({"id": first})).await;
    let expected = json!({"workoutExercise": null, "workout": {"version": 4, "exercises": [{"orderIndex": 1}]}});
    assert_eq!(removed.data()["removeWorkoutExercise"], expected);
    assert_eq!(
        ada.graphql(remove, json!({"id": first})).await.code(),
        "NOT_FOUND"
    );
}
