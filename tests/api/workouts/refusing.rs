//! What cannot be taken, and where it is said to be.

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};

use super::{CREATE, exercises, workout};
use crate::support::{TestApp, TestUser};

/// Each input is refused with the path to what is wrong, and nothing is made.
async fn refused(user: &TestUser<'_>, cases: Vec<(Value, &str)>) {
    for (input, field) in cases {
        let refused = user.graphql(CREATE, json!({"input": input})).await;
        let said = refused.message();
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{said}"
        );
        assert_eq!(refused.body["data"], json!({"createWorkout": null}));
    }
    let nothing = user.graphql("{ workouts { totalCount } }", json!({})).await;
    assert_eq!(nothing.data()["workouts"]["totalCount"], 0);
}

#[tokio::test]
async fn a_workout_that_cannot_be_is_refused_with_the_path_to_what_is_wrong() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    let cases = vec![
        (json!({"name": " "}), "input.name"),
        (json!({"name": "x".repeat(10_000)}), "input.name"),
        (json!({"name": "a\u{7}b"}), "input.name"),
        (
            json!({"name": "Legs", "notes": "x".repeat(2001)}),
            "input.notes",
        ),
        (json!({"name": "Legs", "notes": "a\u{0}b"}), "input.notes"),
        (
            json!({"name": "Legs", "startedAt": late, "endedAt": early}),
            "input.endedAt",
        ),
        (json!({"name": "Legs", "endedAt": early}), "input.endedAt"),
        (
            json!({"name": "Legs", "startedAt": "2300-01-01T00:00:00Z"}),
            "input.startedAt",
        ),
        (
            json!({"name": "Legs", "startedAt": "+20000-01-01T00:00:00Z"}),
            "input.startedAt",
        ),
        (
            json!({"name": "Legs", "isTemplate": true, "status": "COMPLETED"}),
            "input.status",
        ),
    ];
    refused(&ada, cases).await;
}

#[tokio::test]
async fn a_set_that_cannot_be_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await[0].clone();
    let sets = [
        (json!({"reps": -1}), "input.exercises.1.sets.2.reps"),
        (json!({"weight": 100}), "input.exercises.1.sets.2.reps"),
        (
            json!({"reps": 1, "rpe": 10.5}),
            "input.exercises.1.sets.2.rpe",
        ),
        (
            json!({"reps": 1, "rpe": 8.25}),
            "input.exercises.1.sets.2.rpe",
        ),
        (
            json!({"reps": 1, "rpe": -0.5}),
            "input.exercises.1.sets.2.rpe",
        ),
        (
            json!({"durationSeconds": -1}),
            "input.exercises.1.sets.2.durationSeconds",
        ),
        (
            json!({"distanceM": 1.234}),
            "input.exercises.1.sets.2.distanceM",
        ),
        (
            json!({"reps": 1, "weight": -1}),
            "input.exercises.1.sets.2.weight",
        ),
        (
            json!({"reps": 1, "weight": 1e9}),
            "input.exercises.1.sets.2.weight",
        ),
        (
            json!({"reps": 1, "restSeconds": 7201}),
            "input.exercises.1.sets.2.restSeconds",
        ),
        (
            json!({"reps": 1, "notes": "x".repeat(501)}),
            "input.exercises.1.sets.2.notes",
        ),
        (
            json!({"reps": 1, "performedAt": "1899-12-31T00:00:00Z"}),
            "input.exercises.1.sets.2.performedAt",
        ),
    ];
    let with = |set| {
        let sets = json!([{"reps": 1}, {"reps": 1}, set]);
        json!({"name": "Legs", "exercises": [
            {"exerciseId": squat}, {"exerciseId": squat, "sets": sets}]})
    };
    refused(&ada, sets.map(|(set, field)| (with(set), field)).into()).await;
}

#[tokio::test]
async fn an_exercise_that_cannot_be_in_a_workout_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await[0].clone();
    let id = json!("0192f0c1-1111-7000-8000-000000000006");
    let same_sets = json!([{"id": id, "reps": 1}, {"id": id, "reps": 1}]);
    let exercises = [
        (
            json!({"exerciseId": squat, "targetReps": 8, "targetRepsMax": 5}),
            "input.exercises.1.targetRepsMax",
        ),
        (
            json!({"exerciseId": squat, "targetSets": 101}),
            "input.exercises.1.targetSets",
        ),
        (
            json!({"exerciseId": squat, "supersetGroup": -1}),
            "input.exercises.1.supersetGroup",
        ),
        (
            json!({"exerciseId": squat, "targetRpe": 11}),
            "input.exercises.1.targetRpe",
        ),
        (
            json!({"exerciseId": squat, "id": id}),
            "input.exercises.1.id",
        ),
        (
            json!({"exerciseId": squat, "sets": same_sets}),
            "input.exercises.1.sets.1.id",
        ),
    ];
    let with = |exercise| {
        let first = json!({"id": id, "exerciseId": squat});
        json!({"name": "Legs", "exercises": [first, exercise]})
    };
    let mut cases: Vec<_> = exercises
        .map(|(exercise, field)| (with(exercise), field))
        .into();
    let many = vec![json!({"exerciseId": squat}); 101];
    cases.push((
        json!({"name": "Legs", "exercises": many}),
        "input.exercises",
    ));
    refused(&ada, cases).await;
}

#[tokio::test]
async fn what_is_no_value_of_its_type_is_refused_with_the_path_to_it_and_nothing_is_made() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await[0].clone();
    let with =
        |exercise: Value| json!({"name": "Legs", "exercises": [{"exerciseId": squat}, exercise]});
    for (input, field) in [
        (json!({"name": null}), "input.name"),
        (json!({}), "input.name"),
        (
            json!({"name": "Legs", "startedAt": "20000-01-01"}),
            "input.startedAt",
        ),
        (
            json!({"name": "Legs", "exercises": [null]}),
            "input.exercises.0",
        ),
        (with(json!({"sets": []})), "input.exercises.1.exerciseId"),
        (
            with(json!({"exerciseId": squat, "sets": [{"reps": 1}, {"reps": "5"}]})),
            "input.exercises.1.sets.1.reps",
        ),
        (
            with(json!({"exerciseId": squat, "sets": [{"rep": 1}]})),
            "input.exercises.1.sets.0.rep",
        ),
        (json!({"name": "Legs", "status": "DONE"}), "input.status"),
    ] {
        let refused = ada.graphql(CREATE, json!({"input": input})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("BAD_VARIABLES", field),
            "{}",
            refused.message()
        );
    }
    let no_id = with(json!({"exerciseId": "ex-chest-001"}));
    let refused = ada.graphql(CREATE, json!({"input": no_id})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.exercises.1.exerciseId")
    );
    let nothing = ada.graphql("{ workouts { totalCount } }", json!({})).await;
    assert_eq!(nothing.data()["workouts"]["totalCount"], 0);
}

#[tokio::test]
async fn every_script_and_emoji_is_a_name() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let name = "Kniebeuge 🏋️‍♀️ спина 背中 – “heavy”";
    let input = json!({"name": format!("  {name} "), "notes": "two\nlines"});
    let made = workout(&ada, input).await;
    assert_eq!(
        (&made["name"], &made["notes"]),
        (&json!(name), &json!("two\nlines"))
    );
}

#[tokio::test]
async fn nobody_reads_or_changes_workouts_without_signing_in() {
    let app = TestApp::start().await;
    for query in [
        "{ workouts { nodes { id } } }",
        "{ history { nodes { id } } }",
        "mutation { createWorkout(input: {name: \"Legs\"}) { workout { id } } }",
        "mutation { logHistory(input: {performedAt: \"2026-01-01T00:00:00Z\"}) { historyEntry { id } } }",
    ] {
        assert_eq!(
            app.graphql(query, json!({})).await.code(),
            "UNAUTHENTICATED"
        );
    }
}

#[tokio::test]
async fn whoever_is_gone_is_told_so_when_they_start_a_workout() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let sql = format!("DELETE FROM users WHERE id = '{}'", ada.id);
    let mut conn = app.database.connect().await;
    conn.batch_execute(&sql).await.unwrap();

    let input = json!({"name": "Legs", "status": "ACTIVE"});
    let refused = ada.graphql(CREATE, json!({"input": input})).await;

    assert_eq!(refused.code(), "UNAUTHENTICATED");
}
