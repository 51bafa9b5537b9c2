//! What was planned is not done yet, and a workout has one entry in the history that comes from completing it.

use serde_json::{Value, json};

use super::{exercises, workout};
use crate::support::{Answer, TestApp, TestUser};

const COMPLETE: &str = "mutation ($id: ID!, $input: CompleteWorkoutInput) {
    completeWorkout(id: $id, input: $input) {
        historyEntry { id rating notes version deletedAt sourceKey summary { sets volumeKg } } } }";

/// A workout as it is planned: nobody says whether its sets are done.
fn plan(exercises: &[Value], sets: usize) -> Value {
    let set = json!({"reps": 5, "weight": 100});
    json!({"name": "Legs", "exercises": [{"exerciseId": exercises[0], "sets": vec![set; sets]}]})
}

async fn complete(user: &TestUser<'_>, id: &Value, input: Value) -> Answer {
    user.graphql(COMPLETE, json!({"id": id, "input": input}))
        .await
}

async fn change(user: &TestUser<'_>, id: &Value, input: Value) -> Value {
    let query = "mutation ($id: ID!, $input: UpdateWorkoutInput!) {
        updateWorkout(id: $id, input: $input) { workout { status startedAt } } }";
    let changed = user.graphql(query, json!({"id": id, "input": input})).await;
    changed.data()["updateWorkout"]["workout"].clone()
}

#[tokio::test]
async fn a_set_that_was_planned_is_not_done_until_somebody_says_so() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await;
    let done = |made: &Value| made["exercises"][0]["sets"][0]["isCompleted"].clone();
    for (state, expected) in [
        (json!({}), false),
        (json!({"status": "PLANNED"}), false),
        (json!({"isTemplate": true}), false),
        (json!({"isTemplate": true, "status": "ARCHIVED"}), false),
        (json!({"status": "COMPLETED"}), true),
        (json!({"status": "ARCHIVED"}), true),
        (json!({"status": "ACTIVE"}), true),
    ] {
        let mut input = plan(&squat, 1);
        for (field, value) in state.as_object().unwrap() {
            input[field] = value.clone();
        }
        let made = workout(&ada, input.clone()).await;
        assert_eq!(done(&made), json!(expected), "{state}");
        let place = &made["exercises"][0]["id"];
        let read = "query ($id: ID!) { workout(id: $id) { exercises { sets { isCompleted } } } }";
        let add =
            "mutation ($input: AddSetInput!) { addSet(input: $input) { set { isCompleted } } }";
        let add_many = "mutation ($id: ID!, $input: AddSetInput!) {
            addSets(workoutId: $id, sets: [$input]) { sets { isCompleted } } }";
        let one = json!({"workoutExerciseId": place, "reps": 1});
        ada.graphql(add, json!({"input": one})).await.data();
        ada.graphql(add_many, json!({"id": made["id"], "input": one}))
            .await
            .data();
        let upsert =
            "mutation ($input: WorkoutInput!) { upsertWorkout(input: $input) { workout { id } } }";
        let mut whole = json!({"id": made["id"], "name": "Legs"});
        whole["exercises"] = json!([{"id": place, "exerciseId": squat[0]},
            {"exerciseId": squat[0], "sets": [{"reps": 2}]}]);
        ada.graphql(upsert, json!({"input": whole})).await.data();
        let found = ada.graphql(read, json!({"id": made["id"]})).await;
        for place in found.data()["workout"]["exercises"].as_array().unwrap() {
            for set in place["sets"].as_array().unwrap() {
                assert_eq!(set["isCompleted"], json!(expected), "{state}");
            }
        }
        input["exercises"][0]["sets"][0]["isCompleted"] = json!(!expected);
        input["status"] = json!("ARCHIVED");
        assert_eq!(
            done(&workout(&ada, input).await),
            json!(!expected),
            "{state}"
        );
        if state["status"] == "ACTIVE" {
            complete(&ada, &made["id"], json!({})).await.data();
        }
    }
}

#[tokio::test]
async fn completing_anew_refreshes_the_one_entry_that_came_from_completing() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await;
    let made = workout(&ada, plan(&squat, 2)).await;
    let id = &made["id"];
    let log =
        "mutation ($input: LogHistoryInput!) { logHistory(input: $input) { historyEntry { id } } }";
    let by_hand = json!({"workoutId": id, "performedAt": "2026-01-01T10:00:00Z"});
    ada.graphql(log, json!({"input": by_hand})).await.data();
    let entry = |answer: &Answer| answer.data()["completeWorkout"]["historyEntry"].clone();

    let first = entry(&complete(&ada, id, json!({"rating": 4, "notes": "good"})).await);
    assert_eq!(first["summary"]["sets"], 0);
    assert_eq!(first["sourceKey"], *id);
    change(&ada, id, json!({"status": "PLANNED"})).await;
    let tick =
        "mutation ($id: ID!) { updateSet(id: $id, input: {isCompleted: true}) { set { id } } }";
    let set = &made["exercises"][0]["sets"][0]["id"];
    ada.graphql(tick, json!({"id": set})).await.data();
    let delete = "mutation ($id: ID!) { deleteHistory(id: $id) { historyEntry { id } } }";
    ada.graphql(delete, json!({"id": first["id"]})).await.data();

    let second = entry(&complete(&ada, id, json!({"rating": 5})).await);

    assert_eq!(
        second,
        json!({"id": first["id"], "rating": 5, "notes": "good", "version": 3, "deletedAt": null,
            "sourceKey": id, "summary": {"sets": 1, "volumeKg": 500}})
    );
    let count = ada.graphql("{ history { totalCount } }", json!({})).await;
    assert_eq!(count.data()["history"]["totalCount"], 2);
}

#[tokio::test]
async fn whoever_completes_again_with_something_else_to_say_is_told_where_to_say_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = workout(
        &ada,
        json!({"name": "Legs", "startedAt": "2026-01-02T10:00:00Z"}),
    )
    .await;
    let how = json!({"rating": 4, "notes": "good", "bodyweightKg": 80.5, "timezone": "Europe/Berlin",
        "endedAt": "2026-01-02T11:00:00Z"});
    let first = complete(&ada, &made["id"], how.clone()).await;
    let entry = first.data()["completeWorkout"]["historyEntry"].clone();
    for input in [json!({}), json!({"rating": 4}), how] {
        let again = complete(&ada, &made["id"], input).await;
        assert_eq!(again.data()["completeWorkout"]["historyEntry"], entry);
    }
    for (field, value) in [
        ("rating", json!(1)),
        ("notes", json!("bad")),
        ("bodyweightKg", json!(81)),
        ("timezone", json!("UTC")),
        ("endedAt", json!("2026-01-02T12:00:00Z")),
    ] {
        let refused = complete(&ada, &made["id"], json!({field: value})).await;
        assert_eq!(refused.code(), "CONFLICT");
        assert_eq!(refused.field(), format!("input.{field}"));
        assert_eq!(refused.error()["extensions"]["id"], entry["id"]);
        assert_eq!(refused.error()["extensions"]["version"], 1);
    }
}

#[tokio::test]
async fn a_session_of_more_than_ten_million_seconds_is_refused_and_the_workout_stays_as_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = workout(
        &ada,
        json!({"name": "Long", "startedAt": "2020-01-01T00:00:00Z"}),
    )
    .await;
    let refused = complete(&ada, &made["id"], json!({})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.endedAt")
    );
    let read = "query ($id: ID!) { workout(id: $id) { status version } }";
    let found = ada.graphql(read, json!({"id": made["id"]})).await;
    assert_eq!(
        found.data()["workout"],
        json!({"status": "PLANNED", "version": 1})
    );
}

#[tokio::test]
async fn a_workout_that_becomes_active_has_begun_unless_its_start_is_known() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = workout(&ada, json!({"name": "Legs"})).await;
    let active = change(&ada, &made["id"], json!({"status": "ACTIVE"})).await;
    assert!(active["startedAt"].is_string(), "{active}");
    let planned = change(&ada, &made["id"], json!({"status": "PLANNED"})).await;
    assert_eq!(planned["startedAt"], active["startedAt"]);
    let again = change(&ada, &made["id"], json!({"status": "ACTIVE"})).await;
    assert_eq!(again, active);
}
