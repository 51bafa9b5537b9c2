//! Recording sessions, one or many. What is recorded already is found again by its id or by its source
//! and key, and is not recorded twice.

use std::collections::{HashMap, HashSet};

use async_graphql::Enum;
use chrono::{DateTime, Utc};
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
    history::{HistoryEntry, HistoryId, NewHistory, summary_of},
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

/// An entry that was recorded before: what it says, its version, and when it was deleted.
type Known = (NewHistory, i32, Option<DateTime<Utc>>);

/// A workout's name, its version, and when it was deleted.
type Named = (String, i32, Option<DateTime<Utc>>);

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
    ) -> QueryResult<Vec<Known>> {
        let ids: Vec<HistoryId> = rows.iter().map(|row| row.id).collect();
        let keys: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.source_key.as_deref())
            .collect();
        history::table
            .filter(history::user_id.eq(owner))
            .filter(history::id.eq_any(ids).or(history::source_key.eq_any(keys)))
            .select((Self::as_select(), history::version, history::deleted_at))
            .load(conn)
            .await
    }

    fn is_known_as(&self, other: &Self) -> bool {
        let same_key = self.source_key.is_some()
            && self.source_key == other.source_key
            && self.source == other.source;
        same_key || self.id == other.id
    }

    /// The workout may have changed since: what was taken from it then is what counts.
    fn completed_by(mut self, known: &Self) -> Self {
        self.summary = self.summary.or_else(|| known.summary.clone());
        self.workout_name = self.workout_name.or_else(|| known.workout_name.clone());
        self
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
    let sent = new.clone();
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
    let found = known.into_iter().find(|(row, ..)| new.is_known_as(row));
    match found {
        Some((row, _, None)) if sent.completed_by(&row).records_the_same(&row) => {
            Ok((row.id, false))
        }
        Some((row, version, deleted_at)) => {
            let path = if row.id == new.id {
                "input.id"
            } else {
                "input.sourceKey"
            };
            Err(entry_known(row.id, version, deleted_at).at(path))
        }
        None => Err(Error::invalid(
            "input.id",
            "this id is taken: make a new one",
        )),
    }
}

/// Something new that was given the id, or the source and key, of this entry.
fn entry_known(id: HistoryId, version: i32, deleted_at: Option<DateTime<Utc>>) -> Error {
    let what = "entry of the history";
    match deleted_at {
        Some(_) => Error::known_in_trash(what, id, version),
        None => Error::known(what, id, version),
    }
}

impl HistoryEntry {
    /// The same of an entry that was read.
    pub fn known(&self) -> Error {
        entry_known(self.id, self.version, self.deleted_at)
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
        let mut found = known.iter().filter(|(row, ..)| new.is_known_as(row));
        match found.next() {
            Some((row, ..)) if new.records_the_same(row) => (row.id, Outcome::Unchanged),
            Some((row, ..)) => (row.id, Outcome::Conflicting),
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
    let found: Vec<(WorkoutId, Named)> = workouts::table
        .filter(workouts::user_id.eq(owner))
        .filter(workouts::id.eq_any(ids))
        .select((
            workouts::id,
            (workouts::name, workouts::version, workouts::deleted_at),
        ))
        .order(workouts::id)
        // What is in them stays what it is until the entry is there.
        .for_key_share()
        .load(conn)
        .await?;
    let names: HashMap<WorkoutId, Named> = found.into_iter().collect();
    for (index, row) in rows.iter_mut().enumerate() {
        let Some(id) = row.workout_id else { continue };
        match names.get(&id) {
            Some((name, _, None)) => {
                row.workout_name.get_or_insert_with(|| name.clone());
            }
            Some((_, version, Some(_))) => {
                return Err(Error::in_trash("workout", id, *version).at(path(index)));
            }
            None => return Err(Error::not_found("workout", id).at(path(index))),
        }
    }
    Ok(())
}
