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
    /// It was recorded before with other contents, or is in the trash; it was left as it is.
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

/// The workouts that entries name and that are there, in the trash or not.
type Workouts = HashMap<WorkoutId, Named>;

/// What something sent is, compared with the entry that has its id, or its source and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// That entry once more.
    Same,
    /// Something else.
    Other,
    /// Whatever it is, that entry was deleted.
    Trashed,
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

    /// Which entry was recorded before, if one was, and what this is beside it.
    fn judge<'a>(&self, known: &'a [Known], workouts: &Workouts) -> Option<(&'a Known, Verdict)> {
        let found = known.iter().filter(|(row, ..)| self.is_known_as(row));
        let entry = found.max_by_key(|(row, ..)| row.id == self.id)?;
        let (row, _, deleted_at) = entry;
        let verdict = if deleted_at.is_some() {
            Verdict::Trashed
        } else if self.completed_by(row, workouts).records_the_same(row) {
            Verdict::Same
        } else {
            Verdict::Other
        };
        Some((entry, verdict))
    }

    /// The workout may have changed since, or been purged: what was taken from it then is what counts.
    fn completed_by(&self, known: &Self, workouts: &Workouts) -> Self {
        let mut sent = self.clone();
        let Some(workout) = sent.workout_id else {
            return sent;
        };
        if known.workout_id.is_none() && !workouts.contains_key(&workout) {
            sent.workout_id = None;
        }
        sent.summary = sent.summary.or_else(|| known.summary.clone());
        sent.workout_name = sent.workout_name.or_else(|| known.workout_name.clone());
        sent
    }

    /// The row to insert: with its workout's name where none was given, if that workout is there.
    fn to_insert(&self, workouts: &Workouts) -> Result<Self> {
        let mut row = self.clone();
        let Some(id) = row.workout_id else {
            return Ok(row);
        };
        match workouts.get(&id) {
            Some((name, _, None)) => {
                row.workout_name.get_or_insert_with(|| name.clone());
                Ok(row)
            }
            Some((_, version, Some(_))) => Err(Error::in_trash("workout", id, *version)),
            None => Err(Error::not_found("workout", id)),
        }
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

/// Records one session. What was recorded before is found again, whatever has become of its workout; with
/// other contents it is a conflict.
pub async fn log(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    new: NewHistory,
) -> Result<(HistoryId, bool)> {
    let sent = std::slice::from_ref(&new);
    let workouts = workouts_of(conn, owner, sent).await?;
    let refused = match new.to_insert(&workouts) {
        Ok(row) if insert(conn, &row).await? => return Ok((new.id, true)),
        Ok(_) => Error::invalid("input.id", "this id is taken: make a new one"),
        Err(error) => error.at("input.workoutId"),
    };
    let known = NewHistory::known(conn, owner, sent).await?;
    let Some(((row, version, deleted_at), verdict)) = new.judge(&known, &workouts) else {
        return Err(refused);
    };
    if verdict == Verdict::Same {
        return Ok((row.id, false));
    }
    let path = if row.id == new.id {
        "input.id"
    } else {
        "input.sourceKey"
    };
    Err(entry_known(row.id, *version, *deleted_at).at(path))
}

/// Inserts the entry with what was done in its workout, unless it is known.
async fn insert(conn: &mut AsyncPgConnection, row: &NewHistory) -> QueryResult<bool> {
    let mut row = row.clone();
    if let (Some(workout), None) = (row.workout_id, &row.summary) {
        row.summary = Some(summary_of(conn, row.user_id, workout, row.bodyweight_kg).await?);
    }
    let inserted = NewHistory::insert_all(conn, std::slice::from_ref(&row)).await?;
    Ok(!inserted.is_empty())
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
    sent: Vec<NewHistory>,
) -> Result<Vec<(HistoryId, Outcome)>> {
    let workouts = workouts_of(conn, owner, &sent).await?;
    let mut rows = Vec::with_capacity(sent.len());
    let mut refused = HashMap::new();
    for (index, new) in sent.iter().enumerate() {
        match new.to_insert(&workouts) {
            Ok(row) => rows.push(row),
            Err(error) => {
                refused.insert(new.id, error.at(format!("entries.{index}.workoutId")));
            }
        }
    }
    let inserted = NewHistory::insert_all(conn, &rows).await?;
    let mut known = Vec::new();
    if inserted.len() < sent.len() {
        known = NewHistory::known(conn, owner, &sent).await?;
    }
    let outcome = |new: &NewHistory| {
        if inserted.contains(&new.id) {
            return Ok((new.id, Outcome::Inserted));
        }
        match (new.judge(&known, &workouts), refused.remove(&new.id)) {
            (Some(((row, ..), Verdict::Same)), _) => Ok((row.id, Outcome::Unchanged)),
            (Some(((row, ..), _)), _) => Ok((row.id, Outcome::Conflicting)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok((new.id, Outcome::Conflicting)),
        }
    };
    sent.iter().map(outcome).collect()
}

/// The workouts that these entries name, where they are the owner's.
async fn workouts_of(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    rows: &[NewHistory],
) -> QueryResult<Workouts> {
    let ids: Vec<WorkoutId> = rows.iter().filter_map(|row| row.workout_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
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
    Ok(found.into_iter().collect())
}
