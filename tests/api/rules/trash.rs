//! What was put in the trash.

use serde_json::json;

use super::{named, records, send};
use crate::support::TestApp;

/// What one kind of record is called in the API.
struct Kind {
    record: &'static str,
    /// What its mutations are called after their verb.
    name: &'static str,
    field: &'static str,
    list: &'static str,
    /// Changes of it, or of a part of it.
    changes: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        record: "WORKOUT",
        name: "Workout",
        field: "workout",
        list: "workouts",
        changes: &[
            "updateWorkout(id: $WORKOUT$, input: {name: \"B\"}) { workout { id } }",
            "upsertWorkout(input: {id: $WORKOUT$, name: \"B\"}) { workout { id } }",
            "startWorkout(input: {id: $WORKOUT$}) { workout { id } }",
            "startWorkout(input: {fromWorkoutId: $WORKOUT$}) { workout { id } }",
            "completeWorkout(id: $WORKOUT$) { workout { id } }",
            "saveAsTemplate(id: $WORKOUT$) { workout { id } }",
            "duplicateWorkout(id: $WORKOUT$) { workout { id } }",
            "reorderExercises(workoutId: $WORKOUT$, order: [$NEXT_PLACE$, $PLACE$]) { workout { id } }",
            "addWorkoutExercise(workoutId: $WORKOUT$, input: {exerciseId: $EXERCISE$}) { workout { id } }",
            "updateWorkoutExercise(id: $PLACE$, input: {notes: \"B\"}) { workout { id } }",
            "removeWorkoutExercise(id: $PLACE$) { workout { id } }",
            "reorderSets(workoutExerciseId: $PLACE$, order: [$NEXT_SET$, $SET$]) { workout { id } }",
            "addSet(input: {workoutExerciseId: $PLACE$, reps: 1}) { set { id } }",
            "addSets(workoutId: $WORKOUT$, sets: [{workoutExerciseId: $PLACE$, reps: 1}]) { sets { id } }",
            "updateSet(id: $SET$, input: {reps: 1}) { set { id } }",
            "deleteSets(ids: [$SET$]) { sets { id } }",
            "logHistory(input: {workoutId: $WORKOUT$, performedAt: \"2026-03-01T10:00:00Z\"}) {
                historyEntry { id } }",
        ],
    },
    Kind {
        record: "ENTRY",
        name: "History",
        field: "historyEntry",
        list: "history",
        changes: &["updateHistory(id: $ENTRY$, input: {rating: 1}) { historyEntry { id } }"],
    },
    Kind {
        record: "TASK",
        name: "Task",
        field: "task",
        list: "tasks",
        changes: &[
            "updateTask(id: $TASK$, input: {title: \"B\"}) { task { id } }",
            "completeTask(id: $TASK$) { task { id } }",
            "moveTask(id: $TASK$, to: {edge: START}) { task { id } }",
            "moveTask(id: $OTHER_TASK$, to: {after: $TASK$}) { task { id } }",
            "moveTask(id: $OTHER_TASK$, to: {parentId: $TASK$}) { task { id } }",
            "createTask(input: {title: \"Part\", parentId: $TASK$}) { task { id } }",
            "bulkUpdateTasks(tasks: [{id: $TASK$}], input: {priority: LOW}) { tasks { id } }",
        ],
    },
];

#[tokio::test]
async fn the_trash_answers_alike_whatever_lies_in_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let records = records(&ada).await;
    for kind in KINDS {
        let Kind {
            name, field, list, ..
        } = kind;
        let (_, id) = records.iter().find(|(it, _)| *it == kind.record).unwrap();
        let (delete, restore) = (
            format!("delete{name}(id: {id}) {{ it: {field} {{ version deletedAt updatedAt }} }}"),
            format!("restore{name}(id: {id}) {{ it: {field} {{ version deletedAt updatedAt }} }}"),
        );
        let read = format!(
            "{{ one: {field}(id: {id}) {{ deletedAt }} node(id: {id}) {{ id }}
                trash: {list}(filter: {{deleted: true}}) {{ nodes {{ id }} }} }}"
        );
        let gone = send(&ada, &delete, &records).await.data().clone();
        assert_eq!(gone["r"]["it"]["version"], 2, "{name}");
        assert!(gone["r"]["it"]["deletedAt"].is_string(), "{name}");
        assert_eq!(send(&ada, &delete, &records).await.data(), &gone, "{name}");

        let found = ada.graphql(&read, json!({})).await;
        assert_eq!(
            found.body["data"]["one"]["deletedAt"],
            gone["r"]["it"]["deletedAt"]
        );
        assert_eq!(found.body["data"]["trash"]["nodes"], json!([{"id": id}]));
        assert_eq!(
            (found.code(), &found.error()["path"]),
            ("NOT_FOUND", &json!(["node"]))
        );
        for change in kind.changes {
            let refused = send(&ada, change, &records).await;
            let extensions = &refused.error()["extensions"];
            assert_eq!(refused.code(), "CONFLICT", "{change}");
            assert_eq!(
                (&extensions["id"], &extensions["version"]),
                (id, &json!(2)),
                "{change}"
            );
            assert!(refused.message().contains("restore it first"), "{change}");
        }

        let back = send(&ada, &restore, &records).await.data().clone();
        let expected = (&json!(3), &json!(null));
        assert_eq!(
            (&back["r"]["it"]["version"], &back["r"]["it"]["deletedAt"]),
            expected
        );
        assert_eq!(send(&ada, &restore, &records).await.data(), &back, "{name}");
        let found = ada.graphql(&read, json!({})).await;
        assert_eq!(found.data()["trash"]["nodes"], json!([]));
        assert_eq!(found.data()["node"], json!({"id": id}));
    }
}

#[tokio::test]
async fn a_reference_to_something_in_the_trash_names_the_input_it_stands_in() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let records = records(&ada).await;
    for delete in [
        "deleteWorkout(id: $WORKOUT$) { workout { id } }",
        "deleteTask(id: $TASK$) { task { id } }",
    ] {
        send(&ada, delete, &records).await.data();
    }
    for (request, path) in [
        (
            "startWorkout(input: {id: $WORKOUT$}) { workout { id } }",
            "input.id",
        ),
        (
            "startWorkout(input: {fromWorkoutId: $WORKOUT$}) { workout { id } }",
            "input.fromWorkoutId",
        ),
        (
            "addSet(input: {workoutExerciseId: $PLACE$, reps: 1}) { set { id } }",
            "input.workoutExerciseId",
        ),
        (
            "logHistoryBatch(entries: [{workoutId: $WORKOUT$, sourceKey: \"1\",
                performedAt: \"2026-03-01T10:00:00Z\"}]) { inserted }",
            "entries.0.workoutId",
        ),
        (
            "createTask(input: {title: \"Part\", parentId: $TASK$}) { task { id } }",
            "input.parentId",
        ),
        (
            "moveTask(id: $OTHER_TASK$, to: {before: $TASK$}) { task { id } }",
            "to.before",
        ),
    ] {
        let refused = send(&ada, request, &records).await;
        let (field, _, version) = named(&refused);
        assert_eq!((field, version), (path, &json!(2)), "{request}");
    }
}
