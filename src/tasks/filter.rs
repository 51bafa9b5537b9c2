//! Which tasks are listed, and in what order.

use async_graphql::{Enum, InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

use super::{Priority, SeriesId, TaskId, input};
use crate::{
    error::Result,
    graphql::{Date, input as checks},
};

/// Which tasks to list. Conditions are joined by "and"; one that is left out does not limit. None of
/// them takes null, so that a value which is missing by mistake never lists everything.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TaskFilter {
    /// Only those that are done, or only those that are not.
    pub completed: MaybeUndefined<bool>,
    /// Only these priorities.
    pub priorities: MaybeUndefined<Vec<Priority>>,
    /// Only those that have at least one of these tags.
    pub tags_any: MaybeUndefined<Vec<String>>,
    /// Only those that have all of these tags.
    pub tags_all: MaybeUndefined<Vec<String>>,
    /// Only those that have none of these tags.
    pub tags_none: MaybeUndefined<Vec<String>>,
    /// Only those due on this day or later. Days are those of the time zone of the settings.
    pub due_from: MaybeUndefined<Date>,
    /// Only those due before this day.
    pub due_to: MaybeUndefined<Date>,
    /// Only those that are not done though they were due, or only the others.
    pub overdue: MaybeUndefined<bool>,
    /// The moment to judge `overdue` by; now where absent.
    pub as_of: MaybeUndefined<DateTime<Utc>>,
    /// Words of the title or the description; the last may be a beginning. `"…"` are words in a row,
    /// `-` leaves a word out, `or` joins two.
    pub search: MaybeUndefined<String>,
    /// Only the subtasks of this task.
    pub parent_id: MaybeUndefined<TaskId>,
    /// Only tasks that are no part of another one.
    #[graphql(default)]
    pub top_level_only: bool,
    /// Only the occurrences of this recurring task.
    pub series_id: MaybeUndefined<SeriesId>,
    /// The trash, from which tasks can be restored for 30 days, instead of what is there.
    #[graphql(default)]
    pub deleted: bool,
}

/// How tasks are ordered. Ties are broken by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum TaskOrder {
    /// As people arranged them.
    #[default]
    Position,
    /// The earliest due first, those without a due last. A whole day begins at midnight.
    Due,
    /// The most urgent first.
    Priority,
    /// The last made first.
    Newest,
    /// The last changed first.
    Updated,
}

impl TaskOrder {
    /// What cursors of a list in this order belong to.
    pub const fn list(self) -> &'static str {
        match self {
            Self::Position => "tasks by position",
            Self::Due => "tasks by due",
            Self::Priority => "tasks by priority",
            Self::Newest => "tasks by age",
            Self::Updated => "tasks by change",
        }
    }

    /// What the place of a task in this order is made of, beside its id.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Position => &["position"],
            Self::Due => &["due_date", "due_at"],
            Self::Priority => &["priority"],
            Self::Newest => &["created_at"],
            Self::Updated => &["updated_at"],
        }
    }
}

/// A filter that can be taken.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    pub completed: Option<bool>,
    pub priorities: Option<Vec<Priority>>,
    pub tags_any: Option<Vec<String>>,
    pub tags_all: Option<Vec<String>>,
    pub tags_none: Option<Vec<String>>,
    pub due_from: Option<Date>,
    pub due_to: Option<Date>,
    /// Whether overdue, and by which moment.
    pub overdue: Option<(bool, DateTime<Utc>)>,
    pub search: Option<Search>,
    pub parent_id: Option<TaskId>,
    pub top_level_only: bool,
    pub series_id: Option<SeriesId>,
    pub deleted: bool,
}

/// Words to search for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// As people write to search engines.
    Words(String),
    /// What a word begins with, quoted for `to_tsquery`.
    Beginning(String),
    /// Some words, and the beginning of another.
    Both(String, String),
}

impl TaskFilter {
    /// What is asked for, if all of it can be taken.
    pub fn check(self) -> Result<Conditions> {
        let tags = |name, list| {
            let list: Option<Vec<String>> = checks::given(&format!("filter.{name}"), list)?;
            list.map(|it| input::tags(&format!("filter.{name}"), &it))
                .transpose()
        };
        let day = |name, day| {
            let day: Option<Date> = checks::given(&format!("filter.{name}"), day)?;
            day.map(|it| checks::day(&format!("filter.{name}"), it.0).map(Date))
                .transpose()
        };
        let as_of =
            checks::given("filter.asOf", self.as_of)?.map(|at| checks::instant("filter.asOf", at));
        let as_of = as_of.transpose()?.unwrap_or_else(Utc::now);
        Ok(Conditions {
            completed: checks::given("filter.completed", self.completed)?,
            priorities: checks::given("filter.priorities", self.priorities)?,
            tags_any: tags("tagsAny", self.tags_any)?,
            tags_all: tags("tagsAll", self.tags_all)?,
            tags_none: tags("tagsNone", self.tags_none)?,
            due_from: day("dueFrom", self.due_from)?,
            due_to: day("dueTo", self.due_to)?,
            overdue: checks::given("filter.overdue", self.overdue)?.map(|wanted| (wanted, as_of)),
            search: checks::given("filter.search", self.search)?
                .as_deref()
                .map_or(Ok(None), Search::of)?,
            parent_id: checks::given("filter.parentId", self.parent_id)?,
            top_level_only: self.top_level_only,
            series_id: checks::given("filter.seriesId", self.series_id)?,
            deleted: self.deleted,
        })
    }
}

impl Conditions {
    /// Whether it matters where the owner is.
    pub const fn asks_for_days(&self) -> bool {
        self.due_from.is_some() || self.due_to.is_some() || self.overdue.is_some()
    }
}

impl Search {
    /// The words of a search field; none where it is blank.
    fn of(text: &str) -> Result<Option<Self>> {
        let Some(text) = checks::text("filter.search", text, 200)? else {
            return Ok(None);
        };
        let text = text.trim();
        let (before, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
        let plain = last.chars().all(char::is_alphanumeric) && !last.eq_ignore_ascii_case("or");
        let open = before.matches('"').count() % 2 == 1;
        let joined = before.split_whitespace().next_back();
        let joined = joined.is_some_and(|word| word.eq_ignore_ascii_case("or") || word == "-");
        let beginning = format!("'{last}':*");
        Ok(Some(match (plain && !open && !joined, before) {
            (false, _) => Self::Words(text.to_owned()),
            (true, "") => Self::Beginning(beginning),
            (true, before) => Self::Both(before.to_owned(), beginning),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_last_word_is_a_beginning() {
        for text in ["buy -milk", "milk or bread", "\"buy milk", "it's", "a - b"] {
            let words = Search::Words(text.to_owned());
            assert_eq!(Search::of(text).unwrap(), Some(words));
        }
        let beginning = Search::Beginning("'mil':*".to_owned());
        assert_eq!(Search::of(" mil ").unwrap(), Some(beginning));
        let both = Search::Both("\"buy milk\"".to_owned(), "'now':*".to_owned());
        assert_eq!(Search::of("\"buy milk\" now").unwrap(), Some(both));
        assert_eq!(Search::of("  ").unwrap(), None);
        assert!(Search::of("a\0").is_err());
    }
}
