//! What belongs to one user does not exist for another.

use serde_json::json;

use super::{exercises, read, squats, workout};
use crate::support::TestApp;

/// Requests with the id of a workout.
const OF_A_WORKOUT: &[&str] = &[
    "query ($id: ID!) { r: workout(id: $id) { id } }",
    "query ($id: ID!) { r: sets(workoutId: $id) { nodes { id } } }",
    "mutation ($id: ID!) { r: updateWorkout(id: $id, input: {name: \"B\"}) { workout { id } } }",
    "mutation ($id: ID!) { r: deleteWorkout(id: $id) { workout { id } } }",
    "mutation ($id: ID!) { r: restoreWorkout(id: $id) { workout { id } } }",
    "mutation ($id: ID!) { r: startWorkout(input: {id: $id}) { workout { id } } }",
    "mutation ($id: ID!) { r: startWorkout(input: {fromWorkoutId: $id}) { workout { id } } }",
    "mutation ($id: ID!) { r: startWorkout(input: {fromTemplateId: $id}) { workout { id } } }",
    "mutation ($id: ID!) { r: completeWorkout(id: $id) { workout { id } } }",
    "mutation ($id: ID!) { r: saveAsTemplate(id: $id) { workout { id } } }",
    "mutation ($id: ID!) { r: duplicateWorkout(id: $id) { workout { id } } }",
    "mutation ($id: ID!) { r: reorderExercises(workoutId: $id, order: []) { workout { id } } }",
    "mutation ($id: ID!, $place: ID!) {
        r: addSets(workoutId: $id, sets: [{workoutExerciseId: $place, reps: 1}]) { workoutVersion } }",
    "mutation ($id: ID!, $exercise: ID!) {
        r: addWorkoutExercise(workoutId: $id, input: {exerciseId: $exercise}) { workout { id } } }",
];

/// Requests with the id of an exercise in a workout.
const OF_A_PLACE: &[&str] = &[
    "mutation ($id: ID!) { r: reorderSets(workoutExerciseId: $id, order: []) { workout { id } } }",
    "mutation ($id: ID!) { r: removeWorkoutExercise(id: $id) { workout { id } } }",
    "mutation ($id: ID!) {
        r: updateWorkoutExercise(id: $id, input: {notes: \"B\"}) { workout { id } } }",
    "mutation ($id: ID!) { r: addSet(input: {workoutExerciseId: $id, reps: 1}) { set { id } } }",
];

/// Requests with the id of a set.
const OF_A_SET: &[&str] = &[
    "query ($id: ID!) { r: set(id: $id) { id } }",
    "mutation ($id: ID!) { r: updateSet(id: $id, input: {reps: 1}) { set { id } } }",
    "mutation ($id: ID!) { r: deleteSets(ids: [$id]) { workoutVersion } }",
];

#[tokio::test]
async fn one_s_workouts_are_seen_and_changed_by_nobody_else() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (made, place) = squats(&ada, 2).await;
    let set = &made["exercises"][0]["sets"][0]["id"];
    let nobody = "0192f0c1-0000-7000-8000-000000000000";
    let before = read(&ada, &made["id"]).await;
    let exercise = exercises(&bob, &["Squat"]).await[0].clone();

    for (requests, id) in [
        (OF_A_WORKOUT, &made["id"]),
        (OF_A_PLACE, &place),
        (OF_A_SET, set),
    ] {
        let id = id.as_str().unwrap();
        for request in requests {
            let variables = |id: &str| json!({"id": id, "place": place, "exercise": exercise});
            let theirs = bob.graphql(request, variables(id)).await;
            let none = bob.graphql(request, variables(nobody)).await;
            assert_eq!(theirs.code(), "NOT_FOUND", "{request}");
            // The same answer but for the id.
            let same = theirs.message().replace(id, nobody);
            assert_eq!(none.message(), same, "{request}");
            assert_eq!(theirs.body["data"], none.body["data"]);
        }
    }
    assert_eq!(read(&ada, &made["id"]).await, before);

    // A key is the owner's with the id: the same id is free for somebody else.
    let own = json!({"id": made["id"], "name": "Bob's"});
    assert_eq!(workout(&bob, own).await["name"], "Bob's");
    assert_eq!(read(&ada, &made["id"]).await, before);
}
