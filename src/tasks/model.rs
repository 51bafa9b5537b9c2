//! What a task is.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use crate::{db::schema::tasks, ids::id, viewer::UserId};

id! {
    /// Names one task.
    TaskId
}

/// A task to insert.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub struct NewTask {
    pub user_id: UserId,
    pub id: TaskId,
    pub title: String,
    pub description: Option<String>,
    pub completed: bool,
    pub completed_at: Option<DateTime<Utc>>,
    pub priority: i16,
    pub tags: Vec<String>,
    pub due_date: Option<NaiveDate>,
    pub position: String,
}
