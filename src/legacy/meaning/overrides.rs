//! What the app's own keys cannot say of a record stands beside them under one key of ours: columns by name.
//! It counts over what the keys say. Where it replaces what they say, it does so as long as they say it: once
//! the app changes any of that, the app counts.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::legacy::text::{Node, Object};

/// The key that is ours in a record of the app.
pub(in crate::legacy) const KEY: &str = "regimen";

/// Under our key: what the app's keys said when the columns were written.
const INSTEAD_OF: &str = "insteadOf";

/// Columns that the place of a row says, and nothing else.
const STRUCTURE: [&str; 3] = ["user_id", "workout_id", "workout_exercise_id"];

/// The row with our columns over it.
pub(in crate::legacy) fn overridden<T: Serialize + DeserializeOwned>(
    row: T,
    object: &Object,
) -> Result<T, String> {
    let Some(ours) = object.get(KEY) else {
        return Ok(row);
    };
    let Some(ours) = ours.as_object() else {
        return Err(format!("`{KEY}` is {}, not an object", ours.noun()));
    };
    let mut columns = columns(&row);
    let replaced = ours.get(INSTEAD_OF).map(Node::value).unwrap_or_default();
    let current = |(name, value): (&String, &Value)| columns.get(name) == Some(value);
    let replaced = replaced.as_object();
    let stands = replaced.is_none_or(|replaced| replaced.iter().all(current));
    for member in &ours.members {
        let name = &*member.key.value;
        let guarded = replaced.is_some_and(|replaced| replaced.contains_key(name));
        if let Some(column) = columns.get_mut(name)
            && (stands || !guarded)
        {
            *column = member.node.value();
        }
    }
    serde_json::from_value(Value::Object(columns))
        .map_err(|error| format!("`{KEY}` says what cannot be understood: {error}"))
}

/// What has to stand under our key so that `base` is read as `wanted`; none if nothing has to.
/// Columns that the app can change are guarded by what they were.
pub(in crate::legacy) fn differences<T: Serialize>(
    base: &T,
    wanted: &T,
    guarded: &[&str],
) -> Map<String, Value> {
    let base = columns(base);
    let mut ours = Map::new();
    let mut replaced = Map::new();
    for (name, value) in columns(wanted) {
        let was = base.get(&name).cloned().unwrap_or_default();
        if was == value || STRUCTURE.contains(&name.as_str()) {
            continue;
        }
        if guarded.contains(&name.as_str()) && !was.is_null() {
            replaced.insert(name.clone(), was);
        }
        ours.insert(name, value);
    }
    if !replaced.is_empty() {
        ours.insert(INSTEAD_OF.to_owned(), Value::Object(replaced));
    }
    ours
}

fn columns<T: Serialize>(row: &T) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(columns)) => columns,
        _ => Map::new(),
    }
}
