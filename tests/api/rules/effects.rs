//! A change without effect.

use serde_json::Value;

use super::{feed_of, records, send};
use crate::support::TestApp;

/// Changes, each of which makes a record what it may be already. `VERSION` is where one may be expected.
const CHANGES: &[&str] = &[
    "updateExercise(id: $EXERCISE$, input: {description: \"Deep\", aliases: [\"Low\"], level: null,
        bodyweightFactor: 0.5}, expectedVersion: VERSION) { exercise { version updatedAt } }",
    "archiveExercise(id: $EXERCISE$, expectedVersion: VERSION) { exercise { version archivedAt } }",
    "archiveExercise(id: $EXERCISE$, archived: false, expectedVersion: VERSION) {
        exercise { version updatedAt } }",
    "updateSettings(input: {weekStart: 7, timezone: \"Europe/Berlin\",
        preferences: {theme: \"dark\", language: null}}, expectedVersion: VERSION) {
        settings { version updatedAt } }",
    "updateWorkout(id: $WORKOUT$, input: {name: \" Big legs \", notes: \" \",
        startedAt: \"2026-03-01T10:00:00.123456789Z\"}, expectedVersion: VERSION) {
        workout { version updatedAt } }",
    "startWorkout(input: {id: $WORKOUT$}, expectedVersion: VERSION) {
        workout { version startedAt updatedAt } }",
    "reorderExercises(workoutId: $WORKOUT$, order: [$NEXT_PLACE$, $PLACE$],
        expectedWorkoutVersion: VERSION) { workout { version updatedAt } }",
    "reorderSets(workoutExerciseId: $PLACE$, order: [$NEXT_SET$, $SET$],
        expectedWorkoutVersion: VERSION) { workout { version updatedAt } workoutExercise { sets { version } } }",
    "updateWorkoutExercise(id: $PLACE$, input: {targetReps: 5, targetWeight: 80.50, notes: \"slow\"},
        expectedWorkoutVersion: VERSION) { workout { version } workoutExercise { updatedAt } }",
    "updateSet(id: $SET$, input: {reps: 8, weight: 82.5, rpe: null}, expectedVersion: VERSION) {
        workoutVersion set { version updatedAt } }",
    "upsertWorkout(input: {id: $WORKOUT$, name: \"Legs\", exercises: [
        {id: $PLACE$, exerciseId: $EXERCISE$, sets: [{id: $NEXT_SET$, reps: 3}]}]},
        expectedVersion: VERSION) { workout { version updatedAt exercises { sets { version } } } }",
    "completeWorkout(id: $WORKOUT$, expectedVersion: VERSION) { workout { version } historyEntry { id } }",
    "updateHistory(id: $ENTRY$, input: {performedAt: \"2026-03-01T23:30:00Z\",
        timezone: \"Europe/Berlin\", rating: 4, notes: null}, expectedVersion: VERSION) {
        historyEntry { version localDate updatedAt } }",
    "updateTask(id: $TASK$, input: {title: \"Stretch well\", tags: [\"legs\"], dueDate: \"2026-03-02\",
        priority: HIGH}, expectedVersion: VERSION) { task { version updatedAt } }",
    "moveTask(id: $OTHER_TASK$, to: {edge: START}, expectedVersion: VERSION) {
        task { version position updatedAt } }",
    "moveTask(id: $OTHER_TASK$, to: {parentId: $TASK$}, expectedVersion: VERSION) {
        task { version position updatedAt } }",
    "completeTask(id: $TASK$, expectedVersion: VERSION) { task { version completedAt } }",
    "reopenTask(id: $TASK$, expectedVersion: VERSION) { task { version updatedAt } }",
    "bulkUpdateTasks(tasks: [{id: $TASK$, expectedVersion: VERSION}, {id: $OTHER_TASK$}],
        input: {addTags: [\"evening\"]}) { tasks { version tags updatedAt } }",
    "deleteWorkout(id: $WORKOUT$, expectedVersion: VERSION) { workout { version deletedAt } }",
    "restoreWorkout(id: $WORKOUT$, expectedVersion: VERSION) { workout { version updatedAt } }",
    "deleteHistory(id: $ENTRY$, expectedVersion: VERSION) { historyEntry { version deletedAt } }",
    "restoreHistory(id: $ENTRY$, expectedVersion: VERSION) { historyEntry { version updatedAt } }",
    "deleteTask(id: $TASK$, expectedVersion: VERSION) { task { version deletedAt } }",
    "restoreTask(id: $TASK$, expectedVersion: VERSION) { task { version updatedAt } }",
];

#[tokio::test]
async fn a_change_without_effect_raises_no_version_tells_nobody_and_expects_none() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let records = records(&ada).await;
    for change in CHANGES {
        let before = feed_of(&app, &ada).await;
        let first = send(&ada, &change.replace("VERSION", "null"), &records).await;
        let (first, after) = (first.data().clone(), feed_of(&app, &ada).await);
        assert!(after > before, "no change at all: {change}");
        // By now, 1 is the version of none of them.
        for version in ["null", "1"] {
            let again = send(&ada, &change.replace("VERSION", version), &records).await;
            assert_eq!(again.data(), &first, "{change}");
            assert_eq!(feed_of(&app, &ada).await, after, "{change}");
        }
    }
}

#[tokio::test]
async fn a_change_of_nothing_is_a_change_without_effect() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let records = records(&ada).await;
    let before = feed_of(&app, &ada).await;
    for change in [
        "updateExercise(id: $EXERCISE$, input: {}) { record: exercise { version } }",
        "updateSettings(input: {}) { record: settings { version } }",
        "updateWorkout(id: $WORKOUT$, input: {}) { record: workout { version } }",
        "updateWorkoutExercise(id: $PLACE$, input: {}) { record: workout { version } }",
        "updateSet(id: $SET$, input: {}) { record: set { version } }",
        "updateHistory(id: $ENTRY$, input: {}) { record: historyEntry { version } }",
        "updateTask(id: $TASK$, input: {}) { record: task { version } }",
    ] {
        let done = send(&ada, change, &records).await;
        let version: &Value = &done.data()["r"]["record"]["version"];
        assert_eq!(version, 1, "{change}");
    }
    assert_eq!(feed_of(&app, &ada).await, before);
}

#[tokio::test]
async fn somebody_who_saw_another_version_is_told_so_though_the_change_would_not_go_together() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let records = records(&ada).await;
    for change in [
        "updateWorkout(id: $WORKOUT$, input: {endedAt: \"2026-03-01T10:00:00Z\"}, expectedVersion: 7) {
            workout { id } }",
        "upsertWorkout(input: {id: $WORKOUT$, name: \"Legs\", endedAt: \"2026-03-01T10:00:00Z\"},
            expectedVersion: 7) { workout { id } }",
        "reorderExercises(workoutId: $WORKOUT$, order: [$PLACE$], expectedWorkoutVersion: 7) {
            workout { id } }",
        "updateWorkoutExercise(id: $PLACE$, input: {targetReps: 5, targetRepsMax: 3},
            expectedWorkoutVersion: 7) { workout { id } }",
        "updateSet(id: $SET$, input: {reps: null}, expectedVersion: 7) { set { id } }",
        "updateTask(id: $TASK$, input: {recurrence: \"FREQ=DAILY\"}, expectedVersion: 7) { task { id } }",
    ] {
        let refused = send(&ada, change, &records).await;
        assert_eq!(refused.code(), "CONFLICT", "{change}");
    }
}
