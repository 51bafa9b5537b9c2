//! What a task is: the row, which is also the GraphQL object, and the row to insert.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    prelude::*,
    serialize::{self, Output, ToSql},
    sql_types::SmallInt,
};
use serde::{Deserialize, Serialize};

use super::recurrence::Due;
use crate::{
    db::{columns, columns::Blank, schema::tasks, text_enum},
    graphql::{Date, written::parts},
    ids::id,
    json::{WriteJson, write_enum},
    viewer::UserId,
};

id! {
    /// Names one task.
    TaskId
}

id! {
    /// Names what the occurrences of a recurring task have in common.
    SeriesId
}

text_enum! {
    /// From when the next occurrence of a recurring task is counted.
    RecurrenceBasis {
        /// From when the task was due, however late it is done: nothing is left out.
        Due = "due",
        /// From the day on which it was done.
        Completion = "completion",
    }
}

/// How much a task matters.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Enum,
    AsExpression,
    FromSqlRow,
    Serialize,
    Deserialize,
)]
#[diesel(sql_type = SmallInt)]
#[serde(try_from = "i16", into = "i16")]
pub enum Priority {
    /// Nothing was said.
    #[default]
    None,
    /// When there is time.
    Low,
    /// Soon.
    Medium,
    /// Before most else.
    High,
    /// Before anything else.
    Urgent,
}

impl Priority {
    const ALL: [Self; 5] = [
        Self::None,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Urgent,
    ];
}

impl Blank for Priority {
    fn blank() -> Self {
        Self::None
    }
}

impl WriteJson for Priority {
    fn write_json(&self, out: &mut Vec<u8>) {
        write_enum(*self, out);
    }
}

impl From<Priority> for i16 {
    fn from(priority: Priority) -> Self {
        priority as Self
    }
}

impl TryFrom<i16> for Priority {
    type Error = String;

    fn try_from(number: i16) -> Result<Self, String> {
        let known = usize::try_from(number).ok().and_then(|n| Self::ALL.get(n));
        known
            .copied()
            .ok_or_else(|| format!("`{number}` is no priority: use 0 to 4"))
    }
}

impl FromSql<SmallInt, Pg> for Priority {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let number: i16 = FromSql::<SmallInt, Pg>::from_sql(value)?;
        Ok(Self::try_from(number)?)
    }
}

impl ToSql<SmallInt, Pg> for Priority {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let number = i16::from(*self);
        ToSql::<SmallInt, Pg>::to_sql(&number, &mut out.reborrow())
    }
}

/// Something to be done, once or again and again.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, Insertable, SimpleObject)]
#[diesel(table_name = tasks, treat_none_as_default_value = false)]
#[graphql(complex)]
pub struct Task {
    #[graphql(skip)]
    pub user_id: UserId,
    /// Names this task.
    pub id: TaskId,
    /// The task that this one is a part of; none at the top.
    pub parent_id: Option<TaskId>,
    /// What is to be done, in a line.
    pub title: String,
    /// What else there is to say about it.
    pub description: Option<String>,
    /// Whether it is done.
    pub completed: bool,
    /// When it was done.
    pub completed_at: Option<DateTime<Utc>>,
    /// How much it matters.
    pub priority: Priority,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The day it is due on, wherever one is; never together with `dueAt`.
    pub due_date: Option<Date>,
    /// The moment it is due at; never together with `dueDate`.
    pub due_at: Option<DateTime<Utc>>,
    /// The time zone that `dueAt` is thought of in: repetitions keep the local time there. The zone of
    /// the settings where absent.
    pub due_timezone: Option<String>,
    /// The rule by which it comes round again, as in iCalendar, such as `FREQ=WEEKLY;BYDAY=MO`. A task
    /// that is done keeps its rule, and the next occurrence goes on by it; `COUNT` is how many are left,
    /// the present one counted.
    pub recurrence: Option<String>,
    /// From when the next occurrence is counted.
    pub recurrence_basis: RecurrenceBasis,
    /// What all occurrences of a recurring task have in common.
    pub series_id: Option<SeriesId>,
    /// Its place among its siblings: compared byte by byte, ties broken by `id`. A fractional index, so
    /// clients that work offline can make one between two others.
    pub position: String,
    /// Counts the changes; send it back as `expectedVersion` to change what you saw.
    #[diesel(skip_insertion)]
    pub version: i32,
    /// When it was made.
    #[diesel(skip_insertion)]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[diesel(skip_insertion)]
    pub updated_at: DateTime<Utc>,
    /// When it was put in the trash, with its subtasks; it can be restored for 30 days.
    pub deleted_at: Option<DateTime<Utc>>,
}

columns! {
    Task, tasks, keys { user_id, id, parent_id, deleted_at } {
        title, description, completed, completed_at, priority, tags, due_date, due_at, due_timezone,
        recurrence, recurrence_basis, series_id, position, version, created_at, updated_at,
    }
}

parts! {
    Task {
        id, parent_id, title, description, completed, completed_at, priority, tags, due_date, due_at,
        due_timezone, recurrence, recurrence_basis, series_id, position, version, created_at,
        updated_at, deleted_at,
    }
}

impl Task {
    /// When it is due, if it is; `home` is the zone of its owner.
    pub fn due(&self, home: Tz) -> Option<Due> {
        Due::of(
            self.due_date,
            self.due_at,
            self.due_timezone.as_deref(),
            home,
        )
    }
}

/// A task to insert.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = tasks, treat_none_as_default_value = false)]
pub struct NewTask {
    pub user_id: UserId,
    pub id: TaskId,
    pub parent_id: Option<TaskId>,
    pub title: String,
    pub description: Option<String>,
    pub completed: bool,
    pub completed_at: Option<DateTime<Utc>>,
    pub priority: Priority,
    pub tags: Vec<String>,
    pub due_date: Option<Date>,
    pub due_at: Option<DateTime<Utc>>,
    pub due_timezone: Option<String>,
    pub recurrence: Option<String>,
    pub recurrence_basis: RecurrenceBasis,
    pub series_id: Option<SeriesId>,
    pub position: String,
}

impl NewTask {
    /// A task at the top, without a due and not done.
    pub fn titled(user_id: UserId, id: TaskId, title: String) -> Self {
        Self {
            user_id,
            id,
            parent_id: None,
            title,
            description: None,
            completed: false,
            completed_at: None,
            priority: Priority::None,
            tags: Vec::new(),
            due_date: None,
            due_at: None,
            due_timezone: None,
            recurrence: None,
            recurrence_basis: RecurrenceBasis::Due,
            series_id: None,
            position: "a0".to_owned(),
        }
    }

    /// Due then instead.
    #[must_use]
    pub fn due(self, due: Due) -> Self {
        let (due_date, due_at) = match due {
            Due::On(day) => (Some(Date(day)), None),
            Due::At(moment, _) => (None, Some(moment)),
        };
        Self {
            due_date,
            due_at,
            ..self
        }
    }
}
