//! Records as the database has them, whole: what goes into the files.

use std::collections::HashMap;

use diesel::{
    QueryableByName,
    sql_types::{Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::parity::Key;
use crate::{
    changes::Entity,
    db::statement,
    error::{Error, Result},
    legacy::record::{Record, SetRecord, WorkoutExerciseRecord, WorkoutRecord},
};

/// The records of these keys on the side that the connection sees, as far as they exist.
pub async fn load(
    conn: &mut AsyncPgConnection,
    entity: Entity,
    keys: &[Key],
) -> Result<Vec<Record>> {
    const SETTINGS: &str = "SELECT to_jsonb(r)::text AS row FROM user_settings r \
        JOIN (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)) AS w ON w.owner = r.user_id";
    const EXERCISES: &str = "SELECT (to_jsonb(r) - 'search_text')::text AS row FROM exercises r \
        JOIN (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)) AS w ON w.id = r.id \
        AND w.owner = coalesce(r.owner_id, '00000000-0000-0000-0000-000000000000')";
    const HISTORY: &str = "SELECT to_jsonb(r)::text AS row FROM history r \
        JOIN (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)) AS w ON w.owner = r.user_id AND w.id = r.id";

    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(match entity {
        Entity::Settings => records(rows(conn, SETTINGS, keys).await?, Record::Settings),
        Entity::Exercise => records(rows(conn, EXERCISES, keys).await?, Record::Exercise),
        Entity::History => records(rows(conn, HISTORY, keys).await?, Record::History),
        Entity::Workout => records(workouts(conn, keys).await?, Record::Workout),
        Entity::Task => Vec::new(),
    })
}

fn records<T>(rows: Vec<T>, of: fn(T) -> Record) -> Vec<Record> {
    rows.into_iter().map(of).collect()
}

async fn workouts(conn: &mut AsyncPgConnection, keys: &[Key]) -> Result<Vec<WorkoutRecord>> {
    const WORKOUTS: &str = "SELECT to_jsonb(r)::text AS row FROM workouts r \
        JOIN (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)) AS w ON w.owner = r.user_id AND w.id = r.id";
    const EXERCISES: &str = "SELECT to_jsonb(r)::text AS row FROM workout_exercises r \
        JOIN (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)) AS w ON w.owner = r.user_id AND w.id = r.workout_id \
        ORDER BY r.order_index, r.id";
    const SETS: &str = "SELECT (to_jsonb(r) - 'weight_kg')::text AS row FROM sets r \
        JOIN (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)) AS w ON w.owner = r.user_id AND w.id = r.workout_id \
        ORDER BY r.order_index, r.id";

    let mut workouts: Vec<WorkoutRecord> = rows(conn, WORKOUTS, keys).await?;
    let exercises: Vec<WorkoutExerciseRecord> = rows(conn, EXERCISES, keys).await?;
    let sets: Vec<SetRecord> = rows(conn, SETS, keys).await?;
    let mut sets = gathered(sets, |set| {
        (set.user_id, Uuid::from(set.workout_exercise_id))
    });
    let exercises = exercises.into_iter().map(|mut exercise| {
        let key = (exercise.user_id, Uuid::from(exercise.id));
        exercise.sets = sets.remove(&key).unwrap_or_default();
        exercise
    });
    let mut exercises = gathered(exercises, |it| (it.user_id, Uuid::from(it.workout_id)));
    for workout in &mut workouts {
        let key = (workout.user_id, Uuid::from(workout.id));
        workout.exercises = exercises.remove(&key).unwrap_or_default();
    }
    Ok(workouts)
}

/// Parts by what they belong to, in the order in which they came.
fn gathered<T>(parts: impl IntoIterator<Item = T>, of: fn(&T) -> Key) -> HashMap<Key, Vec<T>> {
    let mut gathered: HashMap<Key, Vec<T>> = HashMap::new();
    for part in parts {
        gathered.entry(of(&part)).or_default().push(part);
    }
    gathered
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

async fn rows<T: DeserializeOwned>(
    conn: &mut AsyncPgConnection,
    text: &'static str,
    keys: &[Key],
) -> Result<Vec<T>> {
    let rows: Vec<Row> = statement(text)
        .column::<SqlUuid, _, _>(keys, |(owner, _)| *owner)
        .column::<SqlUuid, _, _>(keys, |(_, id)| *id)
        .load(conn)
        .await?;
    let parsed = rows.iter().map(|row| serde_json::from_str(&row.row));
    parsed.collect::<Result<_, _>>().map_err(Error::internal)
}
