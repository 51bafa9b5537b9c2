//! The exercise library, from `seeds/exercises.json`.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use uuid::Uuid;

use super::{Counts, SeedError, id_of, plant_rows};
use crate::{
    changes::{self, Change, EVERYBODY, Entity},
    db::{Decimal, schema::exercises},
    exercises::{ExerciseId, Level, Measurement, NewExercise},
};

const SOURCE: &str = "library";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    name: String,
    category: String,
    measurement: Measurement,
    primary_muscles: Vec<String>,
    secondary_muscles: Vec<String>,
    equipment: Vec<String>,
    level: Option<Level>,
    unilateral: bool,
    #[serde(default = "whole")]
    bodyweight_factor: Decimal,
    aliases: Vec<String>,
    description: Option<String>,
    instructions: Vec<String>,
}

const fn whole() -> Decimal {
    Decimal(rust_decimal::Decimal::ONE)
}

/// Where the library's exercises are, by their keys: under the ids of the seeds, or as exercises that had taken
/// their names before. None: it is neither way there.
pub(super) type Shelf = HashMap<String, Option<ExerciseId>>;

pub(super) async fn shelf(conn: &mut AsyncPgConnection) -> Result<Shelf, SeedError> {
    let there: Vec<(ExerciseId, String)> = exercises::table
        .filter(exercises::owner_id.is_null())
        .select((exercises::id, exercises::name))
        .load(conn)
        .await?;
    let ids: HashSet<ExerciseId> = there.iter().map(|(id, _)| *id).collect();
    let names: HashMap<String, ExerciseId> = there
        .into_iter()
        .map(|(id, name)| (name.to_lowercase(), id))
        .collect();
    let entries: Vec<Entry> = serde_json::from_str(include_str!("../../seeds/exercises.json"))?;
    let place = |entry: Entry| {
        let own = Some(exercise_id(&entry.key)).filter(|id| ids.contains(id));
        let id = own.or_else(|| names.get(&entry.name.to_lowercase()).copied());
        (entry.key, id)
    };
    Ok(entries.into_iter().map(place).collect())
}

fn exercise_id(key: &str) -> ExerciseId {
    ExerciseId(id_of(Uuid::nil(), key))
}

/// The library that a new database is given.
pub fn rows() -> Result<Vec<NewExercise>, SeedError> {
    let entries: Vec<Entry> = serde_json::from_str(include_str!("../../seeds/exercises.json"))?;
    Ok(entries.into_iter().map(row).collect())
}

fn row(entry: Entry) -> NewExercise {
    NewExercise {
        id: exercise_id(&entry.key),
        owner_id: None,
        name: entry.name,
        category: entry.category,
        measurement: entry.measurement,
        primary_muscles: entry.primary_muscles,
        secondary_muscles: entry.secondary_muscles,
        equipment: entry.equipment,
        level: entry.level,
        unilateral: entry.unilateral,
        bodyweight_factor: entry.bodyweight_factor,
        aliases: entry
            .aliases
            .iter()
            .map(|alias| alias.to_lowercase())
            .collect(),
        description: entry.description,
        instructions: entry.instructions,
        source: SOURCE.to_owned(),
        source_key: Some(entry.key),
    }
}

/// Adds what the library lacks.
pub(super) async fn plant(conn: &mut AsyncPgConnection) -> Result<Counts, SeedError> {
    let rows = rows()?;
    let (counts, inserted) =
        plant_rows!(conn, exercises, NewExercise, &rows, |row: &NewExercise| row
            .name
            .clone());
    let inserted: Vec<ExerciseId> = inserted;
    let changes: Vec<Change> = inserted
        .iter()
        .map(|id| Change::created(Entity::Exercise, id.0))
        .collect();
    changes::append(conn, EVERYBODY, &changes).await?;
    Ok(counts)
}
