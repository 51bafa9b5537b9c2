//! Workouts and the exercises in them, over GraphQL.

mod changing;
mod completing;
mod copying;
mod keeping;
mod reading;
mod refusing;
mod size;
mod strangers;
mod whole;

use serde_json::{Value, json};

use crate::support::TestUser;

pub const CREATE: &str = "mutation ($input: WorkoutInput!, $key: String) {
    createWorkout(input: $input, idempotencyKey: $key) {
        workout { id name notes status isTemplate version startedAt endedAt
            exercises { id orderIndex supersetGroup targetReps exercise { id name }
                sets { id orderIndex setType reps weight weightUnit weightKg rpe isCompleted version } } }
    }
}";

pub const ONE: &str = "query ($id: ID!) { workout(id: $id) {
    id name status version templateId startedAt endedAt deletedAt
    exercises { id orderIndex supersetGroup exercise { id name }
        sets { id orderIndex reps weight isCompleted version } }
    history { id workoutName }
} }";

/// Exercises of `user`'s own, by these names.
pub async fn exercises(user: &TestUser<'_>, names: &[&str]) -> Vec<Value> {
    let mutation = "mutation ($input: CreateExerciseInput!) {
        createExercise(input: $input) { exercise { id } } }";
    let mut ids = Vec::new();
    for name in names {
        let input = json!({"name": name, "category": "legs"});
        let made = user.graphql(mutation, json!({"input": input})).await;
        ids.push(made.data()["createExercise"]["exercise"]["id"].clone());
    }
    ids
}

/// A workout made from `input`.
pub async fn workout(user: &TestUser<'_>, input: Value) -> Value {
    let made = user.graphql(CREATE, json!({"input": input})).await;
    made.data()["createWorkout"]["workout"].clone()
}

/// What the user sees of a workout.
pub async fn read(user: &TestUser<'_>, id: &Value) -> Value {
    let found = user.graphql(ONE, json!({"id": id})).await;
    found.data()["workout"].clone()
}

/// The input of a workout in which each exercise has as many sets, with 5 repetitions each, all done.
pub fn plan(name: &str, exercises: &[Value], sets: usize) -> Value {
    let exercises: Vec<Value> = exercises
        .iter()
        .map(|id| {
            let sets = vec![json!({"reps": 5, "weight": 100, "isCompleted": true}); sets];
            json!({"exerciseId": id, "sets": sets})
        })
        .collect();
    json!({"name": name, "exercises": exercises})
}

/// A workout with one exercise and some sets, and the id of the exercise's place.
pub async fn squats(user: &TestUser<'_>, sets: usize) -> (Value, Value) {
    let squat = exercises(user, &["Squat"]).await;
    let made = workout(user, plan("Legs", &squat, sets)).await;
    let place = made["exercises"][0]["id"].clone();
    (made, place)
}

/// What the fields of a list's items are.
pub fn each(list: &Value, field: &str) -> Vec<Value> {
    let items = list.as_array().expect("a list");
    items.iter().map(|item| item[field].clone()).collect()
}
