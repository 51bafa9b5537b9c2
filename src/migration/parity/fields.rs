//! One record as both sides have it, and the fields in which they differ.

use async_graphql::SimpleObject;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use serde::Serialize;
use serde_json::Value;

use super::Key;
use crate::{
    changes::Entity,
    error::{Error, Result},
    legacy::record::{Record, WorkoutRecord},
    migration::{aggregates, tables::Side},
};

/// A field that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct FieldDifference {
    /// The path to it, such as `exercises.0.sets.2.reps`.
    pub path: String,
    /// What the files say; nothing where they have no such field.
    pub in_files: Option<Value>,
    /// What the database says; nothing where it has no such field.
    pub in_database: Option<Value>,
}

/// A record as both sides have it.
#[derive(Clone, Debug, SimpleObject)]
pub struct BothSides {
    /// As the files have it, if they do.
    pub in_files: Option<Value>,
    /// As the database has it, if it does.
    pub in_database: Option<Value>,
    /// The fields that differ.
    pub differences: Vec<FieldDifference>,
}

/// The fields of a record that differ.
pub async fn of(
    conn: &mut AsyncPgConnection,
    entity: Entity,
    key: Key,
) -> Result<Vec<FieldDifference>> {
    both(conn, entity, key).await.map(|both| both.differences)
}

/// Reads a record on both sides. The connection has to be in a transaction, and sees the database afterwards.
pub async fn both(conn: &mut AsyncPgConnection, entity: Entity, key: Key) -> Result<BothSides> {
    let in_files = one(conn, Side::Files, entity, key).await?;
    let in_database = one(conn, Side::Database, entity, key).await?;
    let mut differences = Vec::new();
    if let (Some(files), Some(database)) = (&in_files, &in_database) {
        differ(String::new(), Some(files), Some(database), &mut differences);
    }
    Ok(BothSides {
        in_files,
        in_database,
        differences,
    })
}

async fn one(
    conn: &mut AsyncPgConnection,
    side: Side,
    entity: Entity,
    key: Key,
) -> Result<Option<Value>> {
    conn.batch_execute(side.look_here()).await?;
    let found = aggregates::load(conn, entity, &[key]).await?;
    found.first().map(value).transpose()
}

fn value(record: &Record) -> Result<Value> {
    let value = match record {
        Record::Settings(settings) => serde_json::to_value(settings),
        Record::Exercise(exercise) => serde_json::to_value(exercise),
        Record::History(entry) => serde_json::to_value(entry),
        Record::Workout(workout) => return whole(workout),
        Record::User(_) => Ok(Value::Null),
    };
    value.map_err(Error::internal)
}

fn whole(workout: &WorkoutRecord) -> Result<Value> {
    let mut value = serde_json::to_value(workout).map_err(Error::internal)?;
    let exercises = workout.exercises.iter().map(|exercise| {
        let mut value = serde_json::to_value(exercise).map_err(Error::internal)?;
        value["sets"] = serde_json::to_value(&exercise.sets).map_err(Error::internal)?;
        Ok(value)
    });
    value["exercises"] = exercises.collect::<Result<_>>()?;
    Ok(value)
}

/// Walks both values together.
fn differ(
    path: String,
    files: Option<&Value>,
    database: Option<&Value>,
    found: &mut Vec<FieldDifference>,
) {
    match (files, database) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            for key in one
                .keys()
                .chain(other.keys().filter(|key| !one.contains_key(*key)))
            {
                differ(below(&path, key), one.get(key), other.get(key), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for at in 0..one.len().max(other.len()) {
                differ(
                    below(&path, &at.to_string()),
                    one.get(at),
                    other.get(at),
                    found,
                );
            }
        }
        (files, database) if files == database => {}
        (files, database) => found.push(FieldDifference {
            path,
            in_files: files.cloned(),
            in_database: database.cloned(),
        }),
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
