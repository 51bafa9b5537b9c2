//! Recording sessions, one or many. What is recorded already is found again by its id or by its source
//! and key, and is not recorded twice.

use std::collections::{HashMap, HashSet};

use async_graphql::Enum;
use diesel::{
    prelude::*,
    sql_types::{
        Date, Integer, Jsonb, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
    },
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use crate::{
    db::{
        schema::{history, workouts},
        statement,
    },
    error::{Error, Result},
    history::{HistoryId, NewHistory, summary_of},
    viewer::UserId,
    workouts::WorkoutId,
};

/// What became of an entry of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[graphql(name = "HistoryOutcome")]
pub enum Outcome {
    /// It was recorded.
    Inserted,
    /// It was recorded before, with the same contents.
    Unchanged,
    /// It was recorded before with other contents, which were left as they are.
    Conflicting,
}

const INSERT: &str = "INSERT INTO history (user_id, id, workout_id, workout_name, performed_at, \
    timezone, local_date, duration_seconds, bodyweight_kg, rating, notes, summary, source, \
    source_key) SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT DO NOTHING RETURNING id";

#[derive(QueryableByName)]
#[diesel(table_name = history)]
struct Inserted {
    id: HistoryId,
}

impl NewHistory {
    /// Inserts those that are new, in one statement, and says which.
    pub async fn insert_all(
        conn: &mut AsyncPgConnection,
        rows: &[Self],
    ) -> QueryResult<HashSet<HistoryId>> {
        let inserted: Vec<Inserted> = statement(INSERT)
            .column::<SqlUuid, _, _>(rows, |row| row.user_id)
            .column::<SqlUuid, _, _>(rows, |row| row.id)
            .column::<Nullable<SqlUuid>, _, _>(rows, |row| row.workout_id)
            .column::<Nullable<Text>, _, _>(rows, |row| row.workout_name.as_deref())
            .column::<Timestamptz, _, _>(rows, |row| row.performed_at)
            .column::<Text, _, _>(rows, |row| row.timezone.as_str())
            .column::<Date, _, _>(rows, |row| row.local_date)
            .column::<Nullable<Integer>, _, _>(rows, |row| row.duration_seconds)
            .column::<Nullable<Numeric>, _, _>(rows, |row| row.bodyweight_kg)
            .column::<Nullable<SmallInt>, _, _>(rows, |row| row.rating)
            .column::<Nullable<Text>, _, _>(rows, |row| row.notes.as_deref())
            .column::<Nullable<Jsonb>, _, _>(rows, |row| row.summary.clone())
            .column::<Text, _, _>(rows, |row| row.source.as_str())
            .column::<Nullable<Text>, _, _>(rows, |row| row.source_key.as_deref())
            .load(conn)
            .await?;
        Ok(inserted.into_iter().map(|row| row.id).collect())
    }

    /// The entries of `owner` that have the id, or the source and key, of one of these.
    async fn known(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        rows: &[Self],
    ) -> QueryResult<Vec<(Self, i32)>> {
        let ids: Vec<HistoryId> = rows.iter().map(|row| row.id).collect();
        let keys: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.source_key.as_deref())
            .collect();
        history::table
            .filter(history::user_id.eq(owner))
            .filter(history::id.eq_any(ids).or(history::source_key.eq_any(keys)))
            .select((Self::as_select(), history::version))
            .load(conn)
            .await
    }

    fn is_known_as(&self, other: &Self) -> bool {
        let same_key = self.source_key.is_some()
            && self.source_key == other.source_key
            && self.source == other.source;
        same_key || self.id == other.id
    }

    /// Whether the two record the same, whatever their ids.
    fn records_the_same(&self, other: &Self) -> bool {
        let renamed = Self {
            id: other.id,
            ..self.clone()
        };
        renamed == *other
    }
}

/// Records one session. What was recorded before is found again; with other contents it is a conflict.
pub async fn log(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    mut new: NewHistory,
) -> Result<(HistoryId, bool)> {
    name_workouts(conn, owner, std::slice::from_mut(&mut new), |_| {
        "input.workoutId".to_owned()
    })
    .await?;
    if let (Some(workout), None) = (new.workout_id, &new.summary) {
        new.summary = Some(summary_of(conn, owner, workout, new.bodyweight_kg).await?);
    }
    let rows = std::slice::from_ref(&new);
    if !NewHistory::insert_all(conn, rows).await?.is_empty() {
        return Ok((new.id, true));
    }
    let known = NewHistory::known(conn, owner, rows).await?;
    let found = known.into_iter().find(|(row, _)| new.is_known_as(row));
    match found {
        // The workout may have changed since: what was frozen then is what counts.
        Some((row, _)) if row.id == new.id || new.records_the_same(&row) => Ok((row.id, false)),
        Some((row, version)) => Err(Error::Conflict {
            message: "this session was recorded before with other contents: change that entry"
                .to_owned(),
            id: Some(row.id.0),
            version: Some(version),
        }),
        None => Err(Error::invalid(
            "input.id",
            "this id is taken: make a new one",
        )),
    }
}

/// Records many sessions in a fixed number of statements, and says what became of each.
pub async fn log_batch(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    mut rows: Vec<NewHistory>,
) -> Result<Vec<(HistoryId, Outcome)>> {
    name_workouts(conn, owner, &mut rows, |index| {
        format!("entries.{index}.workoutId")
    })
    .await?;
    let inserted = NewHistory::insert_all(conn, &rows).await?;
    let mut known = Vec::new();
    if inserted.len() < rows.len() {
        known = NewHistory::known(conn, owner, &rows).await?;
    }
    let outcome = |new: &NewHistory| {
        if inserted.contains(&new.id) {
            return (new.id, Outcome::Inserted);
        }
        let mut found = known.iter().filter(|(row, _)| new.is_known_as(row));
        match found.next() {
            Some((row, _)) if new.records_the_same(row) => (row.id, Outcome::Unchanged),
            Some((row, _)) => (row.id, Outcome::Conflicting),
            None => (new.id, Outcome::Conflicting),
        }
    };
    Ok(rows.iter().map(outcome).collect())
}

/// Checks that the workouts are the owner's, and takes their names where none was given.
async fn name_workouts(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    rows: &mut [NewHistory],
    path: impl Fn(usize) -> String,
) -> Result<()> {
    let ids: Vec<WorkoutId> = rows.iter().filter_map(|row| row.workout_id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let found: Vec<(WorkoutId, String)> = workouts::table
        .filter(workouts::user_id.eq(owner))
        .filter(workouts::id.eq_any(ids))
        .filter(workouts::deleted_at.is_null())
        .select((workouts::id, workouts::name))
        .load(conn)
        .await?;
    let names: HashMap<WorkoutId, String> = found.into_iter().collect();
    for (index, row) in rows.iter_mut().enumerate() {
        let Some(id) = row.workout_id else { continue };
        let Some(name) = names.get(&id) else {
            let message = format!("no workout has the id `{id}`, or it is not yours");
            return Err(Error::invalid(path(index), message));
        };
        row.workout_name.get_or_insert_with(|| name.clone());
    }
    Ok(())
}
