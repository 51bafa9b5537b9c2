//! Documents that are named instead of sent, documents that somebody vouched for, and what is told of
//! the schema to those who guess.

mod hidden;
mod persisted;
mod switches;
mod trusted;

use std::fmt::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Answer, TestApp};

pub fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// What Apollo's clients and urql put beside a query, or in its place.
fn persisted(hash: &str) -> Value {
    json!({"persistedQuery": {"version": 1, "sha256Hash": hash}})
}

/// The answer to a GET with these parameters.
async fn get(app: &TestApp, parameters: &[(&str, &str)]) -> Answer {
    let request = app.client.get(format!("{}/graphql", app.url));
    let response = request.query(parameters).send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        body: response.json().await.unwrap(),
    }
}
