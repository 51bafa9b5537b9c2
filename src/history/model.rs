//! What an entry of the history is.

use async_graphql::SimpleObject;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use super::Summary;
use crate::{
    db::{Decimal, columns, patch, schema::history},
    graphql::{Ahead, Date, written::parts},
    ids::id,
    viewer::UserId,
    workouts::{Workout, WorkoutId},
};

id! {
    /// Names one entry of the history.
    HistoryId
}

/// A session that was done. It stands on its own: what becomes of the workout later does not change it.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = history)]
#[graphql(complex)]
pub struct HistoryEntry {
    #[graphql(skip)]
    pub user_id: UserId,
    /// Names this entry.
    pub id: HistoryId,
    /// The workout that was done, where there was one and it has not been purged.
    pub workout_id: Option<WorkoutId>,
    /// What the workout was called at the time.
    pub workout_name: Option<String>,
    /// When the session began.
    pub performed_at: DateTime<Utc>,
    /// The time zone that the session took place in, such as `Europe/Berlin`.
    pub timezone: String,
    /// The day of the session, as a calendar in that time zone showed it.
    pub local_date: Date,
    /// How long it took, in seconds.
    pub duration_seconds: Option<i32>,
    /// The body's weight at the time, in kilograms.
    pub bodyweight_kg: Option<Decimal>,
    /// How it went, from 1 to 5.
    pub rating: Option<i16>,
    /// What there is to say about it.
    pub notes: Option<String>,
    /// What was done, as it was known at the time.
    pub summary: Option<Summary>,
    /// Where it came from: `app`, or the name of an import.
    pub source: String,
    /// What it is called there; the id of the workout, where completing that recorded it.
    pub source_key: Option<String>,
    /// Counts the changes; send it back as `expectedVersion` to change what you saw.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was put in the trash; it can be restored for 30 days.
    pub deleted_at: Option<DateTime<Utc>>,
    #[diesel(column_name = id)]
    #[graphql(skip)]
    pub workout: Ahead<Option<Box<Workout>>>,
}

columns! {
    HistoryEntry, history, keys { user_id, id, workout_id, performed_at } {
        workout_name, timezone, local_date, duration_seconds, bodyweight_kg, rating, notes, summary,
        source, source_key, version, created_at, updated_at, deleted_at,
    }
    ahead { workout }
}

parts! {
    HistoryEntry {
        id, workout_id, workout_name, performed_at, timezone, local_date, duration_seconds,
        bodyweight_kg, rating, notes, source, source_key, version, created_at, updated_at,
        deleted_at,
    }
    below { summary, workout }
}

/// An entry to insert.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = history, treat_none_as_default_value = false)]
pub struct NewHistory {
    pub user_id: UserId,
    pub id: HistoryId,
    pub workout_id: Option<WorkoutId>,
    pub workout_name: Option<String>,
    pub performed_at: DateTime<Utc>,
    pub timezone: String,
    pub local_date: NaiveDate,
    pub duration_seconds: Option<i32>,
    pub bodyweight_kg: Option<Decimal>,
    pub rating: Option<i16>,
    pub notes: Option<String>,
    pub summary: Option<serde_json::Value>,
    pub source: String,
    pub source_key: Option<String>,
}

patch! {
    /// What is to change of an entry; `None` leaves a column as it is.
    HistoryPatch of HistoryEntry in history {
        workout_name: Option<String>,
        performed_at: DateTime<Utc>,
        timezone: String,
        local_date: Date,
        duration_seconds: Option<i32>,
        bodyweight_kg: Option<Decimal>,
        rating: Option<i16>,
        notes: Option<String>,
    }
}
