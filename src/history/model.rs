//! What an entry of the history is.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use crate::{db::schema::history, ids::id, viewer::UserId, workouts::WorkoutId};

id! {
    /// Names one entry of the history.
    HistoryId
}

/// An entry to insert.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = history)]
pub struct NewHistory {
    pub user_id: UserId,
    pub id: HistoryId,
    pub workout_id: Option<WorkoutId>,
    pub workout_name: Option<String>,
    pub performed_at: DateTime<Utc>,
    pub timezone: String,
    pub local_date: NaiveDate,
    pub duration_seconds: Option<i32>,
    pub rating: Option<i16>,
    pub notes: Option<String>,
    pub source: String,
}
