//! What is to change of a task, and what a task must be to be kept.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{
    Priority, RecurrenceBasis, SeriesId, Task,
    recurrence::{Due, Rule},
};
use crate::{
    error::{Error, Result},
    graphql::Date,
};

pub const MOST_TAGS: usize = 32;

/// What is to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPatch {
    pub title: Option<String>,
    pub description: Option<Option<String>>,
    pub completed: Option<bool>,
    pub priority: Option<Priority>,
    pub tags: Option<Vec<String>>,
    pub added_tags: Vec<String>,
    pub removed_tags: Vec<String>,
    pub due_date: Option<Option<Date>>,
    pub due_at: Option<Option<DateTime<Utc>>>,
    pub due_timezone: Option<Option<String>>,
    pub recurrence: Option<Option<String>>,
    pub recurrence_basis: Option<RecurrenceBasis>,
    pub position: Option<String>,
    pub delete: bool,
}

impl TaskPatch {
    /// Whether other tasks may change along: occurrences, or subtasks.
    pub const fn reaches_further(&self) -> bool {
        self.completed.is_some() || self.delete
    }

    /// The task as it is to be.
    pub fn applied_to(&self, task: &Task, now: DateTime<Utc>) -> Result<Task> {
        let before = task;
        let mut task = before.clone();
        self.set_plain_fields(&mut task, now);
        self.set_tags(&mut task)?;
        self.set_due(&mut task);
        if let Some(recurrence) = &self.recurrence {
            task.recurrence.clone_from(recurrence);
        } else if (task.due_date, task.due_at) != (before.due_date, before.due_at) {
            task.recurrence = task.recurrence.map(without_time);
        }
        if task.timing() != before.timing() {
            task.timing().check()?;
        }
        task.join_series();
        Ok(task)
    }

    fn set_plain_fields(&self, task: &mut Task, now: DateTime<Utc>) {
        if let Some(title) = &self.title {
            task.title.clone_from(title);
        }
        if let Some(description) = &self.description {
            task.description.clone_from(description);
        }
        if let Some(completed) = self.completed
            && completed != task.completed
        {
            task.completed = completed;
            task.completed_at = completed.then_some(now);
        }
        task.priority = self.priority.unwrap_or(task.priority);
        task.recurrence_basis = self.recurrence_basis.unwrap_or(task.recurrence_basis);
        if let Some(position) = &self.position {
            task.position.clone_from(position);
        }
        if self.delete {
            task.deleted_at = Some(now);
        }
    }

    fn set_tags(&self, task: &mut Task) -> Result<()> {
        if let Some(tags) = &self.tags {
            task.tags.clone_from(tags);
        }
        task.tags.retain(|tag| !self.removed_tags.contains(tag));
        let missing = self
            .added_tags
            .iter()
            .filter(|tag| !task.tags.contains(tag));
        let missing: Vec<String> = missing.cloned().collect();
        task.tags.extend(missing);
        if task.tags.len() > MOST_TAGS {
            let message = format!("a task must have at most {MOST_TAGS} tags: remove some");
            return Err(Error::invalid("input.addTags", message));
        }
        Ok(())
    }

    /// A day and a moment exclude each other: setting one clears the other.
    fn set_due(&self, task: &mut Task) {
        if let Some(day) = self.due_date {
            task.due_date = day;
        }
        if let Some(moment) = self.due_at {
            task.due_at = moment;
        }
        match (self.due_date.flatten(), self.due_at.flatten()) {
            (Some(_), _) => task.due_at = None,
            (None, Some(_)) => task.due_date = None,
            (None, None) => {}
        }
        if task.due_at.is_none() {
            task.due_timezone = None;
        }
        if let Some(zone) = &self.due_timezone {
            task.due_timezone.clone_from(zone);
        }
    }
}

impl Task {
    /// What says when it is due, and when again.
    fn timing(&self) -> Timing<'_> {
        Timing {
            due: self.due(Tz::UTC),
            zone: self.due_timezone.as_deref(),
            recurrence: self.recurrence.as_deref(),
            is_subtask: self.parent_id.is_some(),
        }
    }

    /// Whatever comes round again is part of a series.
    fn join_series(&mut self) {
        if self.recurrence.is_some() && self.series_id.is_none() {
            self.series_id = Some(SeriesId(self.id.0));
        }
    }
}

/// When a task is due, and when again.
#[derive(PartialEq, Eq)]
pub struct Timing<'a> {
    pub due: Option<Due>,
    pub zone: Option<&'a str>,
    pub recurrence: Option<&'a str>,
    pub is_subtask: bool,
}

impl Timing<'_> {
    /// Whether it goes together.
    pub fn check(&self) -> Result<()> {
        if self.zone.is_some() && !matches!(self.due, Some(Due::At(..))) {
            let message = "`dueTimezone` goes with `dueAt`: give both, or neither";
            return Err(Error::invalid("input.dueTimezone", message));
        }
        let Some(text) = self.recurrence else {
            return Ok(());
        };
        let wrong = |message: String| Error::invalid("input.recurrence", message);
        if self.is_subtask {
            let message = "a subtask cannot recur: give the rule to its parent, whose subtasks come \
                           round with it";
            return Err(wrong(message.to_owned()));
        }
        let Some(due) = self.due else {
            let message = "`recurrence` needs `dueDate` or `dueAt`: give one, or clear it as well";
            return Err(wrong(message.to_owned()));
        };
        let rule: Rule = text.parse().map_err(wrong)?;
        rule.check(due).map_err(wrong)
    }
}

/// The rule of a task whose time was set anew.
fn without_time(rule: String) -> String {
    match rule.parse::<Rule>() {
        Ok(read) => read.without_time().to_string(),
        Err(_) => rule,
    }
}
