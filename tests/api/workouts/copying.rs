//! Starting, completing and copying.

use serde_json::{Value, json};

use super::{each, exercises, plan, read, squats, workout};
use crate::support::TestApp;

const START: &str = "mutation ($input: StartWorkoutInput!) { startWorkout(input: $input) {
    workout { id name status startedAt templateId version
        exercises { id targetReps sets { reps weight rpe isCompleted } } } } }";
const COMPLETE: &str = "mutation ($id: ID!, $input: CompleteWorkoutInput, $version: Int) {
    completeWorkout(id: $id, input: $input, expectedVersion: $version) {
        workout { status startedAt endedAt version }
        historyEntry { id workoutId workoutName performedAt timezone localDate durationSeconds bodyweightKg
            rating notes summary { raw } version workout { name } } } }";

#[tokio::test]
async fn one_workout_is_active_at_a_time_and_the_other_is_named() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (planned, _) = squats(&ada, 1).await;
    let other = workout(&ada, json!({"name": "Other"})).await;
    let active = "{ activeWorkout { id status exercises { sets { reps } } } }";
    assert_eq!(
        ada.graphql(active, json!({})).await.data()["activeWorkout"],
        Value::Null
    );

    let at = "2026-03-01T10:00:00.123456Z";
    let start = json!({"input": {"id": planned["id"], "startedAt": at}});
    let started = ada.graphql(START, start.clone()).await;
    let started = &started.data()["startWorkout"]["workout"];
    assert_eq!(
        (&started["status"], &started["version"]),
        (&json!("ACTIVE"), &json!(2))
    );
    assert_eq!(started["startedAt"], "2026-03-01T10:00:00.123456+00:00");
    let again = ada.graphql(START, start).await;
    assert_eq!(again.data()["startWorkout"]["workout"]["version"], 2);
    let found = ada.graphql(active, json!({})).await;
    assert_eq!(found.data()["activeWorkout"]["id"], planned["id"]);
    assert_eq!(
        found.data()["activeWorkout"]["exercises"][0]["sets"][0]["reps"],
        5
    );

    for input in [
        json!({"id": other["id"]}),
        json!({"fromWorkoutId": other["id"]}),
    ] {
        let refused = ada.graphql(START, json!({"input": input})).await;
        assert_eq!(refused.code(), "CONFLICT");
        assert_eq!(refused.error()["extensions"]["id"], planned["id"]);
        assert_eq!(refused.error()["extensions"]["version"], 2);
    }
    let create = json!({"input": {"name": "Now", "status": "ACTIVE"}});
    let refused = ada.graphql(super::CREATE, create).await;
    assert_eq!(refused.error()["extensions"]["id"], planned["id"]);
    assert_eq!(read(&ada, &other["id"]).await["status"], "PLANNED");
}

#[tokio::test]
async fn of_two_that_start_at_the_same_moment_one_is_told_about_the_other() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let one = workout(&ada, json!({"name": "One"})).await;
    let two = workout(&ada, json!({"name": "Two"})).await;
    let start = |id: &Value| ada.graphql(START, json!({"input": {"id": id}}));
    let (first, second) = tokio::join!(start(&one["id"]), start(&two["id"]));
    let (won, lost) = if first.body["errors"].is_null() {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(lost.code(), "CONFLICT");
    let active = &won.data()["startWorkout"]["workout"]["id"];
    assert_eq!(&lost.error()["extensions"]["id"], active);
}

#[tokio::test]
async fn a_template_is_started_as_a_new_workout_with_nothing_done_yet() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await;
    let done = json!({"name": "Legs", "exercises": [{"exerciseId": squat[0], "targetReps": 5,
        "sets": [{"reps": 5, "weight": 100, "rpe": 8.5}]}]});
    let done = workout(&ada, done).await;
    let save = "mutation ($id: ID!, $name: String, $newId: ID) {
        saveAsTemplate(id: $id, name: $name, newId: $newId) {
            workout { id name isTemplate status templateId exercises { sets { isCompleted } } } } }";
    let newest = json!("0192f0c1-1111-7000-8000-000000000004");
    let variables = json!({"id": done["id"], "name": "Legs, again", "newId": newest});
    let saved = ada.graphql(save, variables.clone()).await;
    let template = &saved.data()["saveAsTemplate"]["workout"];
    assert_eq!(
        *template,
        json!({"id": newest, "name": "Legs, again", "isTemplate": true,
        "status": "PLANNED", "templateId": done["id"], "exercises": [{"sets": [{"isCompleted": false}]}]})
    );
    assert_eq!(ada.graphql(save, variables).await.data(), saved.data());

    let new = json!("0192f0c1-1111-7000-8000-000000000005");
    let input = json!({"fromTemplateId": newest, "newId": new, "name": "Monday"});
    let started = ada.graphql(START, json!({"input": input})).await;
    let workout = &started.data()["startWorkout"]["workout"];
    assert_eq!((&workout["id"], &workout["name"]), (&new, &json!("Monday")));
    assert_eq!(
        (&workout["status"], &workout["templateId"]),
        (&json!("ACTIVE"), &newest)
    );
    assert_eq!(workout["exercises"][0]["targetReps"], 5);
    let set = json!({"reps": 5, "weight": 100, "rpe": null, "isCompleted": false});
    assert_eq!(workout["exercises"][0]["sets"][0], set);
    let again = ada.graphql(START, json!({"input": input})).await;
    assert_eq!(again.data()["startWorkout"]["workout"]["id"], new);

    let wrong = json!({"input": {"fromTemplateId": done["id"]}});
    let refused = ada.graphql(START, wrong).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.fromTemplateId")
    );
    let wrong = json!({"input": {"id": newest}});
    let refused = ada.graphql(START, wrong).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.id")
    );
    for input in [json!({}), json!({"id": newest, "fromWorkoutId": newest})] {
        let refused = ada.graphql(START, json!({"input": input})).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", "input"));
    }
}

#[tokio::test]
async fn a_duplicate_is_planned_and_apart_from_its_original() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press"]).await;
    let mut sizes = Vec::new();
    let duplicate = "mutation ($id: ID!) { duplicateWorkout(id: $id) {
        workout { id name status exercises { id sets { id reps } } } } }";
    for (count, sets) in [(1, 1), (2, 9)] {
        let made = workout(&ada, plan("Legs", &trained[..count], sets)).await;
        let copy = ada.graphql(duplicate, json!({"id": made["id"]}));
        let (statements, copy) = app.statements_of(copy).await;
        let copy = &copy.data()["duplicateWorkout"]["workout"];
        assert_eq!(
            (&copy["name"], &copy["status"]),
            (&json!("Legs"), &json!("PLANNED"))
        );
        assert_ne!(copy["id"], made["id"]);
        assert_ne!(copy["exercises"][0]["id"], made["exercises"][0]["id"]);
        let reps = each(&copy["exercises"][count - 1]["sets"], "reps");
        assert_eq!(reps, vec![json!(5); sets]);
        assert_eq!(read(&ada, &made["id"]).await["version"], 1);
        sizes.push(statements);
    }
    assert_eq!(sizes[0], sizes[1]);
}

#[tokio::test]
async fn completing_a_workout_twice_records_it_once_with_what_was_done_frozen() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Pull-up"]).await;
    let body = "mutation ($id: ID!) { updateExercise(id: $id, input: {measurement: BODYWEIGHT_REPS,
        bodyweightFactor: 0.9}) { exercise { id } } }";
    ada.graphql(body, json!({"id": trained[1]})).await.data();
    let input = json!({"name": "Monday", "status": "ACTIVE", "startedAt": "2026-03-01T23:30:00Z", "exercises": [
        {"exerciseId": trained[0], "sets": [
            {"reps": 10, "weight": 40, "setType": "WARMUP"},
            {"reps": 5, "weight": 100.5},
            {"reps": 3, "weight": 225, "weightUnit": "LB", "rpe": 9.5},
            {"reps": 5, "weight": 200, "isCompleted": false}]},
        {"exerciseId": trained[1], "sets": [{"reps": 8}, {"reps": 6, "weight": 10}]},
        {"exerciseId": trained[0], "sets": [{"reps": 20, "weight": 0.001}]}]});
    let made = workout(&ada, input).await;

    let how = json!({"endedAt": "2026-03-02T00:45:30Z", "rating": 4, "notes": "good", "bodyweightKg": 80.5,
        "timezone": "Europe/Berlin"});
    let done = ada
        .graphql(COMPLETE, json!({"id": made["id"], "input": how}))
        .await;
    let done = &done.data()["completeWorkout"];
    assert_eq!(
        done["workout"],
        json!({"status": "COMPLETED", "startedAt": "2026-03-01T23:30:00+00:00",
        "endedAt": "2026-03-02T00:45:30+00:00", "version": 2})
    );
    let entry = &done["historyEntry"];
    for (field, expected) in [
        ("workoutId", made["id"].clone()),
        ("workoutName", json!("Monday")),
        ("performedAt", json!("2026-03-01T23:30:00+00:00")),
        ("timezone", json!("Europe/Berlin")),
        ("localDate", json!("2026-03-02")),
        ("durationSeconds", json!(4530)),
        ("bodyweightKg", json!(80.5)),
        ("rating", json!(4)),
        ("notes", json!("good")),
        ("version", json!(1)),
        ("workout", json!({"name": "Monday"})),
    ] {
        assert_eq!(entry[field], expected, "{field}");
    }
    // Squats: 5 x 100.5 + 3 x 102.058283 + 20 x 0.001; pull-ups, with 0.9 x 80.5 of the body:
    // 8 x 72.45 + 6 x 82.45.
    let squats = json!({"exerciseId": trained[0], "name": "Squat", "sets": 3, "reps": 28,
        "volumeKg": 808.694_849,
        "best": {"reps": 3, "weight": 225, "weightUnit": "lb", "weightKg": 102.058_283, "rpe": 9.5}});
    let pull_ups = json!({"exerciseId": trained[1], "name": "Pull-up", "sets": 2, "reps": 14,
        "volumeKg": 1074.3,
        "best": {"reps": 6, "weight": 10, "weightUnit": "kg", "weightKg": 10}});
    let expected = json!({"sets": 5, "reps": 42, "volumeKg": 1_882.994_849,
        "exercises": [squats, pull_ups]});
    assert_eq!(entry["summary"]["raw"], expected);

    let again = json!({"id": made["id"], "input": {"rating": 4}, "version": 1});
    let again = ada.graphql(COMPLETE, again).await;
    assert_eq!(again.data()["completeWorkout"], *done);
    let found = read(&ada, &made["id"]).await;
    assert_eq!(each(&found["history"], "workoutName"), ["Monday"]);
}

#[tokio::test]
async fn the_day_of_a_session_is_that_of_the_settings_where_no_zone_is_named() {
    let app = TestApp::seeded().await;
    let ada = app.user("ada").await;
    let made = json!({"name": "Late", "startedAt": "2026-03-01T23:30:00Z"});
    let made = workout(&ada, made).await;
    let how = json!({"endedAt": "2026-03-01T23:45:00Z"});
    let done = ada
        .graphql(COMPLETE, json!({"id": made["id"], "input": how}))
        .await;
    let entry = &done.data()["completeWorkout"]["historyEntry"];
    assert_eq!(
        (&entry["timezone"], &entry["localDate"]),
        (&json!("UTC"), &json!("2026-03-01"))
    );
    assert_eq!(
        entry["summary"]["raw"],
        json!({"sets": 0, "reps": 0, "volumeKg": 0, "exercises": []})
    );
}

#[tokio::test]
async fn what_cannot_be_completed_stays_as_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = json!({"name": "Late", "startedAt": "2026-03-01T23:30:00Z"});
    let made = workout(&ada, made).await;
    for (input, field) in [
        (json!({"endedAt": "2026-03-01T23:00:00Z"}), "input.endedAt"),
        (json!({"rating": 6}), "input.rating"),
        (json!({"bodyweightKg": 0}), "input.bodyweightKg"),
        (json!({"timezone": "Moon/Crater"}), "input.timezone"),
        (json!({"notes": "x".repeat(10_000)}), "input.notes"),
    ] {
        let refused = ada
            .graphql(COMPLETE, json!({"id": made["id"], "input": input}))
            .await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", field));
    }
    let stale = json!({"id": made["id"], "version": 9});
    assert_eq!(ada.graphql(COMPLETE, stale).await.code(), "CONFLICT");
    let found = read(&ada, &made["id"]).await;
    assert_eq!(
        (&found["status"], &found["version"]),
        (&json!("PLANNED"), &json!(1))
    );
    let template = workout(&ada, json!({"name": "T", "isTemplate": true})).await;
    let refused = ada.graphql(COMPLETE, json!({"id": template["id"]})).await;
    assert_eq!((refused.code(), refused.field()), ("VALIDATION", "id"));
}
