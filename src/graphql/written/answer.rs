//! An answer as JSON text.

use async_graphql::{Response, ServerError};

use crate::json::{WriteJson, write_list};

/// The answer of an operation that ran.
#[must_use]
pub fn answer_json(answer: &Response) -> Vec<u8> {
    let mut out = Vec::with_capacity(room_for(answer));
    out.push(b'{');
    if !answer.errors.is_empty() {
        write_errors(&answer.errors, &mut out);
        out.push(b',');
    }
    out.extend_from_slice(br#""data":"#);
    answer.data.write_json(&mut out);
    if !answer.extensions.is_empty() {
        out.extend_from_slice(br#","extensions":{"#);
        for (place, (name, value)) in answer.extensions.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            name.write_json(&mut out);
            out.push(b':');
            value.write_json(&mut out);
        }
        out.push(b'}');
    }
    out.push(b'}');
    out
}

/// The answer of a request that did not run, which has no `data` at all.
#[must_use]
pub fn errors_json(errors: &[ServerError]) -> Vec<u8> {
    let mut out = vec![b'{'];
    write_errors(errors, &mut out);
    out.push(b'}');
    out
}

fn write_errors(errors: &[ServerError], out: &mut Vec<u8>) {
    out.extend_from_slice(br#""errors":"#);
    write_list(errors, out, |error, out| {
        // An error of ours is a message and a few words.
        serde_json::to_writer(out, error).unwrap_or_default();
    });
}

/// Enough for what rows have written, so that it is copied once.
fn room_for(answer: &Response) -> usize {
    fn written(value: &async_graphql::Value) -> usize {
        match value {
            async_graphql::Value::Binary(text) => text.len(),
            async_graphql::Value::Object(fields) => {
                fields.values().map(|value| 32 + written(value)).sum()
            }
            _ => 16,
        }
    }
    256 + written(&answer.data)
}
