//! Ids that clients choose, sent a second time.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{feed_of, named, records, send};
use crate::support::TestApp;

/// What makes something under an id of the client's choice, and the path to that id. `OTHER` is where the
/// contents differ.
const MADE: &[(&str, &str)] = &[
    (
        "createExercise(input: {id: $NEW$, name: \"Row OTHER\", category: \"back\", aliases: [\"Pull\"],
            bodyweightFactor: 0.50}) { record: exercise { id version } }",
        "input.id",
    ),
    (
        "createWorkout(input: {id: $NEW$, name: \"Back OTHER\", exercises: [
            {exerciseId: $EXERCISE$, sets: [{reps: 5}]}]}) { record: workout { id version } }",
        "input.id",
    ),
    (
        "createWorkout(input: {id: $NEW$, name: \"Back\", exercises: [{exerciseId: $EXERCISE$, sets: [
            {reps: 5}, {id: $SECOND$, reps: 3, notes: \"OTHER\"}]}]}) {
            record: workout { id version exercises { id sets { id } } } }",
        "input.id",
    ),
    (
        "addWorkoutExercise(workoutId: $WORKOUT$, input: {id: $NEW$, exerciseId: $EXERCISE$,
            notes: \"slow OTHER\", targetWeight: 80.5, sets: [{reps: 5}]}) {
            record: workoutExercise { id } workout { version } }",
        "input.id",
    ),
    (
        "addSet(input: {id: $NEW$, workoutExerciseId: $PLACE$, reps: 5, notes: \"OTHER\"}) {
            record: set { id version } }",
        "input.id",
    ),
    (
        "addSets(workoutId: $WORKOUT$, sets: [{workoutExerciseId: $PLACE$, reps: 1, id: $SECOND$},
            {id: $NEW$, workoutExerciseId: $NEXT_PLACE$, weight: 12.50, reps: 5, notes: \"OTHER\"}]) {
            record: sets { id version } }",
        "sets.1.id",
    ),
    (
        "logHistory(input: {id: $NEW$, performedAt: \"2026-03-01T10:00:00Z\", notes: \"OTHER\",
            workoutId: $WORKOUT$}) { record: historyEntry { id version } }",
        "input.id",
    ),
    (
        "createTask(input: {id: $NEW$, title: \"Sleep OTHER\", tags: [\"night\"], dueDate: \"2026-03-01\",
            recurrence: \"freq=daily\"}) { record: task { id version position } }",
        "input.id",
    ),
    (
        "createTask(input: {id: $NEW$, title: \"Part OTHER\", parentId: $TASK$, position: \"a5\"}) {
            record: task { id version position } }",
        "input.id",
    ),
    (
        "saveAsTemplate(id: $WORKOUT$, newId: $NEW$, name: \"Template OTHER\") {
            record: workout { id version } }",
        "newId",
    ),
    (
        "duplicateWorkout(id: $WORKOUT$, newId: $NEW$, name: \"Copy OTHER\") {
            record: workout { id version } }",
        "newId",
    ),
    (
        "startWorkout(input: {fromTemplateId: $TEMPLATE$, newId: $NEW$, name: \"Monday OTHER\"}) {
            record: workout { id version startedAt } }",
        "input.newId",
    ),
];

#[tokio::test]
async fn a_known_id_is_the_same_record_with_the_same_contents_and_a_conflict_with_others() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let records = records(&ada).await;
    for (make, path) in MADE {
        let mut ids = records.clone();
        let new = json!(Uuid::now_v7());
        ids.extend([("NEW", new.clone()), ("SECOND", json!(Uuid::now_v7()))]);
        let same = make.replace("OTHER", "");
        let first = send(&ada, &same, &ids).await.data().clone();
        let feed = feed_of(&app, &ada).await;

        assert_eq!(send(&ada, &same, &ids).await.data(), &first, "{make}");
        let other = send(&ada, &make.replace("OTHER", "twice"), &ids).await;

        let workout = &first["r"]["workout"]["version"];
        let version = if workout.is_null() {
            json!(1)
        } else {
            workout.clone()
        };
        assert_eq!(named(&other), (*path, &new, &version), "{make}");
        assert!(
            other.message().contains("other contents"),
            "{}",
            other.message()
        );
        assert_eq!(feed_of(&app, &ada).await, feed, "{make}");
    }
}

#[tokio::test]
async fn an_id_of_another_record_of_the_same_kind_is_a_conflict_where_it_stands() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let records = records(&ada).await;
    let (set, entry) = (&records[6].1, &records[8].1);
    for (make, path, known) in [
        (
            "addSet(input: {id: $SET$, workoutExerciseId: $NEXT_PLACE$, reps: 5, weight: 100}) {
                set { id } }",
            "input.id",
            set,
        ),
        (
            "createWorkout(input: {name: \"New\", exercises: [{exerciseId: $EXERCISE$,
                sets: [{reps: 1}, {id: $SET$, reps: 5}]}]}) { workout { id } }",
            "input.exercises.0.sets.1.id",
            set,
        ),
        (
            "completeWorkout(id: $WORKOUT$, input: {historyId: $ENTRY$}) { workout { id } }",
            "input.historyId",
            entry,
        ),
    ] {
        let refused = send(&ada, make, &records).await;
        assert_eq!(named(&refused), (path, known, &json!(1)), "{make}");
    }
}

#[tokio::test]
async fn an_id_of_something_in_the_trash_is_a_conflict_that_says_to_restore_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let records = records(&ada).await;
    for (make, delete) in [
        (
            "createWorkout(input: {id: $NEW$, name: \"Back\"}) { workout { id } }",
            "deleteWorkout(id: $NEW$) { workout { id } }",
        ),
        (
            "duplicateWorkout(id: $WORKOUT$, newId: $NEW$) { workout { id } }",
            "deleteWorkout(id: $NEW$) { workout { id } }",
        ),
        (
            "logHistory(input: {id: $NEW$, performedAt: \"2026-03-01T10:00:00Z\"}) { historyEntry { id } }",
            "deleteHistory(id: $NEW$) { historyEntry { id } }",
        ),
        (
            "createTask(input: {id: $NEW$, title: \"Sleep\"}) { task { id } }",
            "deleteTask(id: $NEW$) { task { id } }",
        ),
    ] {
        let mut ids = records.clone();
        ids.push(("NEW", json!(Uuid::now_v7())));
        send(&ada, make, &ids).await.data();
        send(&ada, delete, &ids).await.data();

        let refused = send(&ada, make, &ids).await;

        let (_, id, version) = named(&refused);
        assert_eq!((id, version), (&ids[ids.len() - 1].1, &json!(2)), "{make}");
        assert!(
            refused.message().contains("restore that one"),
            "{}",
            refused.message()
        );
    }
}

#[tokio::test]
async fn an_id_of_an_exercise_of_the_library_or_of_somebody_else_cannot_be_used_and_no_more_is_said()
 {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let library = json!({"id": Uuid::now_v7()});
    let seed = "seedExercises(exercises: [{id: $NEW$, name: \"Public\", category: \"legs\"}]) { inserted }";
    let root = app.admin("root").await;
    let seeded = send(&root, seed, &[("NEW", library["id"].clone())]).await;
    seeded.data();
    let hers = &records(&ada).await[0].1;
    let make = "createExercise(input: {id: $NEW$, name: \"Mine\", category: \"legs\"}) { exercise { id } }";
    let mut bodies: Vec<Value> = Vec::new();
    for taken in [&library["id"], hers] {
        let refused = send(&bob, make, &[("NEW", taken.clone())]).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", "input.id")
        );
        bodies.push(refused.body["errors"].clone());
    }
    assert_eq!(bodies[0], bodies[1]);
    assert!(!bodies[0].to_string().contains("taken"));
    let own = "{ exercises(filter: {scope: MINE}) { totalCount } }";
    let own = bob.graphql(own, json!({})).await;
    assert_eq!(own.data()["exercises"]["totalCount"], 0);
}
