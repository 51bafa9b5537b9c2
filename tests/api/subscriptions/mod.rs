//! Subscriptions: what they tell, and the two ways in which they are sent.

mod changed;
mod events;
mod limits;
mod protocol;

use serde_json::{Value, json};

use crate::support::TestUser;

pub const CHANGED: &str = "subscription ($after: String, $entities: [ChangeEntity!]) {
    changed(after: $after, entities: $entities) { cursor entity id operation version }
}";

/// Makes an exercise, and answers its id.
pub async fn create(user: &TestUser<'_>, name: &str) -> Value {
    let query = "mutation ($input: CreateExerciseInput!) { createExercise(input: $input) { exercise { id } } }";
    let input = json!({"name": name, "category": "legs"});
    let made = user.graphql(query, json!({"input": input})).await;
    made.data()["createExercise"]["exercise"]["id"].clone()
}

pub async fn describe(user: &TestUser<'_>, id: &Value, text: &str) {
    let query = "mutation ($id: ID!, $text: String!) {
        updateExercise(id: $id, input: {description: $text}) { exercise { id } } }";
    let changed = user.graphql(query, json!({"id": id, "text": text})).await;
    changed.data();
}

pub async fn cursor(user: &TestUser<'_>) -> Value {
    let answer = user.graphql("{ syncCursor }", json!({})).await;
    answer.data()["syncCursor"].clone()
}
