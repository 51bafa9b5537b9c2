//! What an upsert leaves out stays as it is, null clears it, and what a list that is given does not name goes.

use serde_json::{Value, json};

use super::{CREATE, exercises, workout};
use crate::support::{Answer, TestApp, TestUser};

const UPSERT: &str = "mutation ($input: WorkoutInput!) { upsertWorkout(input: $input) {
    workout { version } } }";

const ALL: &str = "query ($id: ID!) { workout(id: $id) { name notes status isTemplate startedAt endedAt version
    exercises { id orderIndex supersetGroup targetSets targetReps targetRepsMax targetWeight targetWeightUnit
        targetRpe restSeconds notes exercise { id }
        sets { id orderIndex setType side reps weight weightUnit rpe durationSeconds distanceM restSeconds
            isCompleted notes performedAt version } } } }";

async fn upsert(user: &TestUser<'_>, input: Value) -> Answer {
    user.graphql(UPSERT, json!({"input": input})).await
}

async fn all(user: &TestUser<'_>, id: &Value) -> Value {
    let found = user.graphql(ALL, json!({"id": id})).await;
    found.data()["workout"].clone()
}

/// A workout of two exercises in which everything is said that can be.
async fn full(user: &TestUser<'_>) -> (Value, Vec<Value>) {
    let trained = exercises(user, &["Squat", "Press"]).await;
    let set = json!({"setType": "DROP", "side": "LEFT", "reps": 5, "weight": 100.5, "weightUnit": "LB",
        "rpe": 8.5, "durationSeconds": 30, "distanceM": 12.5, "restSeconds": 60, "isCompleted": true,
        "notes": "hard", "performedAt": "2026-01-02T10:10:00Z"});
    let place = |id: &Value| {
        json!({"exerciseId": id, "supersetGroup": 1, "targetSets": 3, "targetReps": 5,
            "targetRepsMax": 8, "targetWeight": 90, "targetWeightUnit": "LB", "targetRpe": 8,
            "restSeconds": 90, "notes": "deep", "sets": [set, set]})
    };
    let input = json!({"name": "Legs", "notes": "heavy", "status": "COMPLETED",
        "startedAt": "2026-01-02T10:00:00Z", "endedAt": "2026-01-02T11:00:00Z",
        "exercises": [place(&trained[0]), place(&trained[1])]});
    let made = workout(user, input).await;
    (made["id"].clone(), trained)
}

#[tokio::test]
async fn a_workout_that_is_renamed_keeps_everything_in_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (id, _) = full(&ada).await;
    let before = all(&ada, &id).await;

    upsert(&ada, json!({"id": id, "name": "Renamed"}))
        .await
        .data();

    let mut expected = before;
    (expected["name"], expected["version"]) = (json!("Renamed"), json!(2));
    assert_eq!(all(&ada, &id).await, expected);

    // The same again is no change; an empty list is one.
    upsert(&ada, json!({"id": id, "name": "Renamed"}))
        .await
        .data();
    assert_eq!(all(&ada, &id).await, expected);
    let cleared = json!({"id": id, "name": "Renamed", "exercises": []});
    upsert(&ada, cleared).await.data();
    let found = all(&ada, &id).await;
    assert_eq!(
        (&found["exercises"], &found["version"]),
        (&json!([]), &json!(3))
    );
}

#[tokio::test]
async fn a_place_that_is_named_keeps_its_sets_and_whatever_is_not_said_of_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (id, trained) = full(&ada).await;
    let before = all(&ada, &id).await;
    let place = |n: usize| before["exercises"][n].clone();

    // The second comes first, and is said nothing else of.
    let order = json!([
        {"id": place(1)["id"], "exerciseId": trained[1]},
        {"id": place(0)["id"], "exerciseId": trained[0], "targetReps": 6},
    ]);
    upsert(&ada, json!({"id": id, "name": "Legs", "exercises": order}))
        .await
        .data();

    let mut expected = before.clone();
    expected["exercises"] = json!([place(1), place(0)]);
    expected["exercises"][0]["orderIndex"] = json!(0);
    expected["exercises"][1]["orderIndex"] = json!(1);
    expected["exercises"][1]["targetReps"] = json!(6);
    expected["version"] = json!(2);
    assert_eq!(all(&ada, &id).await, expected);
}

#[tokio::test]
async fn a_set_that_is_named_keeps_whatever_is_not_said_of_it_wherever_it_moves() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (id, trained) = full(&ada).await;
    let before = all(&ada, &id).await;
    let set = |place: usize, n: usize| before["exercises"][place]["sets"][n].clone();
    let place = |n: usize| before["exercises"][n]["id"].clone();

    // A set of the first place moves to the second, of which one goes; nothing is said of the first's sets.
    let parts = json!([
        {"id": place(0), "exerciseId": trained[0]},
        {"id": place(1), "exerciseId": trained[1], "sets": [
            {"id": set(1, 1)["id"]}, {"id": set(0, 0)["id"], "reps": 6, "notes": null}]},
    ]);
    upsert(&ada, json!({"id": id, "name": "Legs", "exercises": parts}))
        .await
        .data();

    let found = all(&ada, &id).await;
    assert_eq!(found["exercises"][0]["sets"], json!([set(0, 1)]));
    let (mut first, mut second) = (set(1, 1), set(0, 0));
    (first["orderIndex"], first["version"]) = (json!(0), json!(2));
    (second["orderIndex"], second["version"]) = (json!(1), json!(2));
    (second["reps"], second["notes"]) = (json!(6), Value::Null);
    assert_eq!(found["exercises"][1]["sets"], json!([first, second]));
}

#[tokio::test]
async fn null_clears_what_can_be_empty_and_is_refused_elsewhere_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (id, trained) = full(&ada).await;
    let before = all(&ada, &id).await;
    let (place, set) = (&before["exercises"][0], &before["exercises"][0]["sets"][0]);
    let of_set = |field: &str| {
        json!({"id": id, "name": "Legs", "exercises": [{"id": place["id"], "exerciseId": trained[0],
            "sets": [{"id": set["id"], field: null}]}]})
    };
    let of_place = |field: &str| {
        json!({"id": id, "name": "Legs", "exercises": [
            {"id": place["id"], "exerciseId": trained[0], field: null}]})
    };
    let itself = |field: &str| json!({"id": id, "name": "Legs", field: null});
    for (input, path) in [
        (itself("status"), "input.status"),
        (itself("isTemplate"), "input.isTemplate"),
        (itself("exercises"), "input.exercises"),
        (of_place("sets"), "input.exercises.0.sets"),
        (
            of_place("targetWeightUnit"),
            "input.exercises.0.targetWeightUnit",
        ),
        (of_set("setType"), "input.exercises.0.sets.0.setType"),
        (of_set("side"), "input.exercises.0.sets.0.side"),
        (of_set("weightUnit"), "input.exercises.0.sets.0.weightUnit"),
        (
            of_set("isCompleted"),
            "input.exercises.0.sets.0.isCompleted",
        ),
        (
            of_set("performedAt"),
            "input.exercises.0.sets.0.performedAt",
        ),
    ] {
        let refused = upsert(&ada, input.clone()).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", path));
        let mut new = input;
        new.as_object_mut().unwrap().remove("id");
        let refused = ada.graphql(CREATE, json!({"input": new})).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", path));
    }
    assert_eq!(all(&ada, &id).await, before);

    let nothing = json!({"id": place["id"], "exerciseId": trained[0], "supersetGroup": null,
        "targetSets": null, "targetReps": null, "targetRepsMax": null, "targetWeight": null,
        "targetRpe": null, "restSeconds": null, "notes": null, "sets": [{"id": set["id"],
            "weight": null, "rpe": null, "durationSeconds": null, "distanceM": null,
            "restSeconds": null, "notes": null}]});
    let input = json!({"id": id, "name": "Legs", "notes": null, "exercises": [nothing]});
    upsert(&ada, input).await.data();
    let found = all(&ada, &id).await;
    assert_eq!(found["notes"], Value::Null);
    let place = found["exercises"][0].as_object().unwrap();
    for field in [
        "supersetGroup",
        "targetSets",
        "targetWeight",
        "restSeconds",
        "notes",
    ] {
        assert_eq!(place[field], Value::Null, "{field}");
    }
    for field in [
        "weight",
        "rpe",
        "durationSeconds",
        "distanceM",
        "restSeconds",
        "notes",
    ] {
        assert_eq!(place["sets"][0][field], Value::Null, "{field}");
    }
    assert_eq!(place["sets"][0]["reps"], 5);

    // What is left must still be a set.
    let empty = json!([{"id": place["id"], "exerciseId": trained[0],
        "sets": [{"id": set["id"], "reps": null}]}]);
    let refused = upsert(&ada, json!({"id": id, "name": "Legs", "exercises": empty})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.exercises.0.sets.0.reps")
    );
}
