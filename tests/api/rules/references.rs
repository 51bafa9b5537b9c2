//! References to what is not there, or is somebody else's.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{feed_of, records, send};
use crate::support::TestApp;

/// Requests with a reference, the kind of record it is to, and the path to it.
const REFERENCES: &[(&str, &str, &str)] = &[
    (
        "createWorkout(input: {name: \"New\", exercises: [{exerciseId: $EXERCISE$},
            {exerciseId: $THAT$}]}) { workout { id } }",
        "EXERCISE",
        "input.exercises.1.exerciseId",
    ),
    (
        "upsertWorkout(input: {id: $WORKOUT$, name: \"New\", exercises: [{exerciseId: $THAT$}]}) {
            workout { id } }",
        "EXERCISE",
        "input.exercises.0.exerciseId",
    ),
    (
        "addWorkoutExercise(workoutId: $WORKOUT$, input: {exerciseId: $THAT$}) { workout { id } }",
        "EXERCISE",
        "input.exerciseId",
    ),
    (
        "updateWorkoutExercise(id: $PLACE$, input: {exerciseId: $THAT$}) { workout { id } }",
        "EXERCISE",
        "input.exerciseId",
    ),
    ("mergeExercises(from: [$THAT$], into: $EXERCISE$) { exercise { id } }", "EXERCISE", "from.0"),
    ("mergeExercises(from: [$EXERCISE$], into: $THAT$) { exercise { id } }", "EXERCISE", "into"),
    (
        "addSet(input: {workoutExerciseId: $THAT$, reps: 1}) { set { id } }",
        "PLACE",
        "input.workoutExerciseId",
    ),
    (
        "addSets(workoutId: $WORKOUT$, sets: [{workoutExerciseId: $PLACE$, reps: 1},
            {workoutExerciseId: $THAT$, reps: 1}]) { sets { id } }",
        "PLACE",
        "sets.1.workoutExerciseId",
    ),
    ("deleteSets(ids: [$THAT$]) { sets { id } }", "SET", "ids.0"),
    ("deleteSets(ids: [$SET$, $THAT$]) { sets { id } }", "SET", "ids.1"),
    ("startWorkout(input: {id: $THAT$}) { workout { id } }", "WORKOUT", "input.id"),
    ("startWorkout(input: {fromWorkoutId: $THAT$}) { workout { id } }", "WORKOUT", "input.fromWorkoutId"),
    ("startWorkout(input: {fromTemplateId: $THAT$}) { workout { id } }", "TEMPLATE", "input.fromTemplateId"),
    (
        "upsertWorkout(input: {id: $THAT$, name: \"New\"}, expectedVersion: 1) { workout { id } }",
        "WORKOUT",
        "input.id",
    ),
    (
        "logHistory(input: {workoutId: $THAT$, performedAt: \"2026-03-01T10:00:00Z\"}) {
            historyEntry { id } }",
        "WORKOUT",
        "input.workoutId",
    ),
    (
        "logHistoryBatch(entries: [{sourceKey: \"1\", performedAt: \"2026-03-01T10:00:00Z\"},
            {workoutId: $THAT$, sourceKey: \"2\", performedAt: \"2026-03-01T10:00:00Z\"}]) { inserted }",
        "WORKOUT",
        "entries.1.workoutId",
    ),
    ("createTask(input: {title: \"Part\", parentId: $THAT$}) { task { id } }", "TASK", "input.parentId"),
    ("moveTask(id: $TASK$, to: {before: $THAT$}) { task { id } }", "TASK", "to.before"),
    ("moveTask(id: $TASK$, to: {after: $THAT$}) { task { id } }", "TASK", "to.after"),
    ("moveTask(id: $TASK$, to: {parentId: $THAT$}) { task { id } }", "TASK", "to.parentId"),
    (
        "bulkUpdateTasks(tasks: [{id: $TASK$}, {id: $THAT$}], input: {priority: LOW}) { tasks { id } }",
        "TASK",
        "tasks.1.id",
    ),
];

#[tokio::test]
async fn what_is_referred_to_and_is_not_there_or_not_ones_own_is_not_found_where_it_stands() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (hers, own) = (records(&ada).await, records(&bob).await);
    let (ada_before, bob_before) = (feed_of(&app, &ada).await, feed_of(&app, &bob).await);
    let nobody = json!(Uuid::now_v7());
    for (request, kind, path) in REFERENCES {
        let (_, theirs) = hers.iter().find(|(it, _)| it == kind).unwrap();
        let mut answers: Vec<Value> = Vec::new();
        for that in [theirs, &nobody] {
            let mut ids = own.clone();
            ids.push(("THAT", that.clone()));
            let refused = send(&bob, request, &ids).await;
            assert_eq!(
                (refused.code(), refused.field()),
                ("NOT_FOUND", *path),
                "{request}"
            );
            let text = refused.body["errors"].to_string();
            assert!(text.contains(that.as_str().unwrap()), "{text}");
            answers.push(json!(text.replace(that.as_str().unwrap(), "THAT")));
        }
        assert_eq!(answers[0], answers[1], "{request}");
    }
    assert_eq!(feed_of(&app, &ada).await, ada_before);
    assert_eq!(feed_of(&app, &bob).await, bob_before);
}
