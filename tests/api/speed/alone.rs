//! Mutations that are one statement, beside the long way with a transaction and an idempotency key.

use serde_json::{Value, json};

use crate::{
    support::{TestApp, TestUser},
    workouts::{exercises, plan, workout},
};

const CREATE: &str = "mutation ($input: WorkoutInput!, $key: String) {
    createWorkout(input: $input, idempotencyKey: $key) { workout { ...all } } } ";
const ONE: &str = "query ($id: ID!) { workout(id: $id) { ...all } } ";
const ALL: &str = "fragment all on Workout { id name notes isTemplate templateId status startedAt
    endedAt source sourceKey version deletedAt history { id }
    exercises { id workoutId exerciseId orderIndex supersetGroup targetSets targetReps targetRepsMax
        targetWeight targetWeightUnit targetRpe restSeconds notes exercise { id name category isMine }
        sets { id workoutId workoutExerciseId orderIndex setType side reps weight weightUnit weightKg
            rpe durationSeconds distanceM restSeconds isCompleted notes version } } }";
const TIMES: &str = "query ($id: ID!) { workout(id: $id) { createdAt updatedAt
    exercises { createdAt updatedAt sets { performedAt createdAt updatedAt } } } }";
const ADD: &str = "mutation ($input: AddSetInput!, $key: String) {
    addSet(input: $input, idempotencyKey: $key) { workoutVersion set { orderIndex setType side reps weight
        weightUnit weightKg rpe durationSeconds distanceM restSeconds isCompleted notes performedAt
        version } } }";
const CHANGES: &str = "{ changes { changes { entity operation version } } }";

/// Everything that can be said of a workout, and of two exercises in it.
fn whole(trained: &[Value]) -> Value {
    json!({
        "name": "Push  ", "notes": "slowly", "status": "COMPLETED",
        "startedAt": "2026-03-01T10:00:00.123456789Z", "endedAt": "2026-03-01T12:00:00+01:00",
        "exercises": [
            {"exerciseId": trained[0], "supersetGroup": 1, "targetSets": 3, "targetReps": 5,
                "targetRepsMax": 8, "targetWeight": 82.5, "targetWeightUnit": "LB", "targetRpe": 8.5,
                "restSeconds": 90, "notes": "narrow", "sets": [
                    {"reps": 5, "weight": 180.125, "weightUnit": "LB", "rpe": 9, "side": "LEFT",
                        "setType": "DROP", "restSeconds": 60, "notes": "hard", "isCompleted": false,
                        "performedAt": "2026-03-01T10:30:00.000001999Z"},
                    {"reps": 5, "weight": 100.0}]},
            {"exerciseId": trained[1], "sets": [{"durationSeconds": 60}, {"distanceM": 400.25}]},
            {"exerciseId": trained[0]},
        ],
    })
}

/// Without what differs between two that were made alike.
fn without_ids(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["id", "workoutId", "workoutExerciseId"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value
}

async fn create(user: &TestUser<'_>, input: &Value, key: Option<&str>) -> Value {
    let variables = json!({"input": input, "key": key});
    let made = user.graphql(&format!("{CREATE}{ALL}"), variables).await;
    made.data()["createWorkout"]["workout"].clone()
}

async fn feed(user: &TestUser<'_>) -> Value {
    user.graphql(CHANGES, json!({})).await.data()["changes"]["changes"].clone()
}

#[tokio::test]
async fn a_workout_made_in_one_statement_is_the_one_that_is_read_and_the_one_of_the_long_way() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let ours = exercises(&ada, &["Press", "Plank"]).await;
    let theirs = exercises(&bob, &["Press", "Plank"]).await;
    let bare = [
        json!({"name": "Empty"}),
        json!({"name": "Plan", "isTemplate": true}),
    ];
    for number in 0..3 {
        let pick = |trained| bare.get(number).cloned().unwrap_or_else(|| whole(trained));
        let (statements, made) = app.statements_of(create(&ada, &pick(&ours), None)).await;
        // What the exercises are is asked for at the same time.
        assert_eq!(statements, 2);
        let id = json!({"id": made["id"]});
        let read = ada.graphql(&format!("{ONE}{ALL}"), id.clone()).await;
        assert_eq!(read.data()["workout"], made);
        let key = number.to_string();
        let slowly = create(&bob, &pick(&theirs), Some(&key)).await;
        let exercise = |mut value: Value| {
            for place in value["exercises"].as_array_mut().unwrap() {
                place.as_object_mut().unwrap().remove("exerciseId");
            }
            without_ids(value)
        };
        assert_eq!(exercise(made), exercise(slowly));
        let times = ada.graphql(TIMES, id).await.data()["workout"].clone();
        assert_eq!(times["createdAt"], times["updatedAt"]);
    }
    assert_eq!(feed(&ada).await, feed(&bob).await);
}

#[tokio::test]
async fn the_times_of_a_workout_made_in_one_statement_are_those_in_the_database() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Press", "Plank"]).await;
    let times = TIMES.split_once("workout(id: $id)").unwrap().1;
    let times = times.trim_end_matches('}');
    let mutation = format!(
        "mutation ($input: WorkoutInput!) {{ createWorkout(input: $input) {{ workout {{ id }}
            again: workout {times} }} }}"
    );
    let made = ada
        .graphql(&mutation, json!({"input": whole(&trained)}))
        .await;
    let made = &made.data()["createWorkout"];
    let read = ada
        .graphql(TIMES, json!({"id": made["workout"]["id"]}))
        .await;
    assert_eq!(read.data()["workout"], made["again"]);
}

#[tokio::test]
async fn what_stands_against_a_workout_is_told_as_the_long_way_tells_it() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let ours = exercises(&ada, &["Press"]).await;
    let theirs = exercises(&bob, &["Secret"]).await;
    let before = workout(&ada, plan("Before", &ours, 1)).await;
    let place = json!({"exerciseId": ours[0], "id": before["exercises"][0]["id"]});
    let set = json!({"reps": 5, "id": before["exercises"][0]["sets"][0]["id"]});
    for (input, code, field) in [
        (
            plan("Foreign", &theirs, 1),
            "NOT_FOUND",
            "input.exercises.0.exerciseId",
        ),
        (
            json!({"name": "Other", "id": before["id"]}),
            "CONFLICT",
            "input.id",
        ),
        (
            json!({"name": "Place", "exercises": [place]}),
            "CONFLICT",
            "input.exercises.0.id",
        ),
        (
            json!({"name": "Set", "exercises": [{"exerciseId": ours[0], "sets": [set]}]}),
            "CONFLICT",
            "input.exercises.0.sets.0.id",
        ),
    ] {
        for key in [None, Some(field)] {
            let variables = json!({"input": input, "key": key});
            let refused = ada.graphql(&format!("{CREATE}{ALL}"), variables).await;
            assert_eq!((refused.code(), refused.field()), (code, field), "{input}");
        }
    }
    let same = json!({"name": "Twice", "id": uuid::Uuid::now_v7()});
    let once = create(&ada, &same, None).await;
    assert_eq!(create(&ada, &same, None).await, once);
    let names = ada
        .graphql("{ workouts { nodes { name } } }", json!({}))
        .await;
    let names = names.data()["workouts"]["nodes"].as_array().unwrap().len();
    assert_eq!(names, 2, "what was refused left nothing");
    let made = feed(&ada).await;
    assert_eq!(
        made.as_array().unwrap().len(),
        3,
        "an exercise and two workouts"
    );
}

#[tokio::test]
async fn a_set_added_in_one_statement_is_the_one_of_the_long_way() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let mut answers = Vec::new();
    for (user, key) in [(&ada, None), (&bob, Some("set"))] {
        let trained = exercises(user, &["Press"]).await;
        let made = workout(user, plan("Push", &trained, 2)).await;
        let place = &made["exercises"][0]["id"];
        let input = json!({"workoutExerciseId": place, "reps": 3, "weight": 225.5, "weightUnit": "LB",
            "rpe": 9.5, "setType": "REST_PAUSE", "side": "LEFT", "restSeconds": 90, "notes": "hard",
            "durationSeconds": 30, "distanceM": 12.5, "isCompleted": false,
            "performedAt": "2026-03-01T10:00:00.123456789Z"});
        let added = user.graphql(ADD, json!({"input": input, "key": key})).await;
        answers.push((added.data().clone(), feed(user).await));
    }
    assert_eq!(answers[0], answers[1]);
}
