//! What clients send to change tasks, and what of it can be taken.

use async_graphql::{Enum, InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{
    NewTask, Priority, RecurrenceBasis, SeriesId, TaskId,
    patch::{MOST_TAGS, TaskPatch, Timing},
    position,
    recurrence::{Due, Rule},
};
use crate::{
    error::{Error, Result},
    graphql::{Date, input},
    viewer::UserId,
};

/// A new task.
#[derive(Clone, Debug, InputObject)]
pub struct CreateTaskInput {
    /// The id to give it, so that creating it twice makes one; made by the server where absent.
    pub id: Option<TaskId>,
    /// What is to be done, in a line of up to 500 characters.
    pub title: String,
    /// What else there is to say about it, up to 20,000 characters.
    pub description: Option<String>,
    /// How much it matters.
    #[graphql(default)]
    pub priority: Priority,
    /// Words to find it by: up to 32 of up to 60 characters.
    #[graphql(default)]
    pub tags: Vec<String>,
    /// The day it is due on. Not together with `dueAt`.
    pub due_date: Option<Date>,
    /// The moment it is due at. Not together with `dueDate`.
    pub due_at: Option<DateTime<Utc>>,
    /// The time zone that `dueAt` is thought of in; that of the settings where absent.
    pub due_timezone: Option<String>,
    /// The rule by which it comes round again, as in iCalendar: `FREQ` (`DAILY`, `WEEKLY`, `MONTHLY`,
    /// `YEARLY`), `INTERVAL`, `BYDAY`, `BYMONTHDAY`, `BYMONTH`, `WKST`, and `COUNT` or `UNTIL`. It needs
    /// a due. `COUNT` counts this occurrence, too.
    pub recurrence: Option<String>,
    /// From when the next occurrence is counted.
    #[graphql(default_with = "RecurrenceBasis::Due")]
    pub recurrence_basis: RecurrenceBasis,
    /// The task that it is a part of. A task that is a part itself cannot have parts.
    pub parent_id: Option<TaskId>,
    /// Its place among its siblings, from a client that keeps the order itself; the end where absent.
    pub position: Option<String>,
}

/// What to change of a task. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTaskInput {
    /// What is to be done, in a line.
    pub title: MaybeUndefined<String>,
    /// What else there is to say about it; null clears it.
    pub description: MaybeUndefined<String>,
    /// Whether it is done; the same as completing and reopening it.
    pub completed: MaybeUndefined<bool>,
    /// How much it matters.
    pub priority: MaybeUndefined<Priority>,
    /// All its tags anew.
    pub tags: MaybeUndefined<Vec<String>>,
    /// The day it is due on, which clears `dueAt`; null clears it.
    pub due_date: MaybeUndefined<Date>,
    /// The moment it is due at, which clears `dueDate`; null clears it.
    pub due_at: MaybeUndefined<DateTime<Utc>>,
    /// The time zone that `dueAt` is thought of in; null clears it.
    pub due_timezone: MaybeUndefined<String>,
    /// The rule by which it comes round again; null ends the repetition.
    pub recurrence: MaybeUndefined<String>,
    /// From when the next occurrence is counted.
    pub recurrence_basis: MaybeUndefined<RecurrenceBasis>,
    /// Its place among its siblings, from a client that keeps the order itself.
    pub position: MaybeUndefined<String>,
}

/// One of the tasks to change together.
#[derive(Clone, Debug, InputObject)]
pub struct BulkTaskInput {
    /// Which task.
    pub id: TaskId,
    /// Refuses the change if the task has another version by now.
    pub expected_version: Option<i32>,
}

/// What to change of many tasks. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct BulkUpdateTasksInput {
    /// Whether they are done.
    pub completed: MaybeUndefined<bool>,
    /// How much they matter.
    pub priority: MaybeUndefined<Priority>,
    /// Tags to add where they are missing.
    #[graphql(default)]
    pub add_tags: Vec<String>,
    /// Tags to take away where they are there.
    #[graphql(default)]
    pub remove_tags: Vec<String>,
    /// The day they are due on, which clears `dueAt`; null clears it.
    pub due_date: MaybeUndefined<Date>,
    /// The moment they are due at, which clears `dueDate`; null clears it.
    pub due_at: MaybeUndefined<DateTime<Utc>>,
    /// The time zone that `dueAt` is thought of in; null clears it.
    pub due_timezone: MaybeUndefined<String>,
    /// True puts them in the trash, with their subtasks; not together with other changes.
    #[graphql(default)]
    pub delete: bool,
}

/// Where to move a task: beside another one, or to an end of a list.
#[derive(Clone, Debug, InputObject)]
pub struct MoveTaskInput {
    /// Right before this task, and under the same parent.
    pub before: Option<TaskId>,
    /// Right after this task, and under the same parent.
    pub after: Option<TaskId>,
    /// Under this parent; null is the top. Where absent, the parent stays.
    pub parent_id: MaybeUndefined<TaskId>,
    /// To which end of the list; the end where absent.
    pub edge: Option<ListEdge>,
}

/// One of the two ends of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ListEdge {
    /// Before all others.
    Start,
    /// After all others.
    End,
}

/// Where a task is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    Before(TaskId),
    After(TaskId),
    /// An end of the list below a parent, or at the top; without either, of the list it is in.
    Edge(ListEdge, Option<Option<TaskId>>),
}

fn title(title: &str) -> Result<String> {
    input::line("input.title", title, 500)
}

fn description(text: &str) -> Result<Option<String>> {
    input::text("input.description", text, 20_000)
}

/// Tags as they are kept and searched for.
pub fn tags(field: &str, tags: &[String]) -> Result<Vec<String>> {
    input::names(field, tags, MOST_TAGS, 60)
}

fn day(day: Date) -> Result<Date> {
    input::day("input.dueDate", day.0).map(Date)
}

fn moment(moment: DateTime<Utc>) -> Result<DateTime<Utc>> {
    input::instant("input.dueAt", moment)
}

fn zone(name: &str) -> Result<String> {
    Ok(input::timezone("input.dueTimezone", name)?
        .name()
        .to_owned())
}

/// The rule in the one form in which it is kept.
fn recurrence(text: &str) -> Result<String> {
    let wrong = |message| Error::invalid("input.recurrence", message);
    if text.len() > 500 {
        return Err(wrong(
            "`recurrence` must have at most 500 characters".to_owned(),
        ));
    }
    let rule: Rule = text.parse().map_err(wrong)?;
    Ok(rule.to_string())
}

fn place(text: String) -> Result<String> {
    if position::is_place(&text) {
        return Ok(text);
    }
    let message = "`position` must be a fractional index such as `a0` or `Zz8`: leave it out, and \
                   use `moveTask`";
    Err(Error::invalid("input.position", message))
}

fn one_due(day: bool, moment: bool) -> Result<()> {
    if day && moment {
        let message = "give `dueDate` or `dueAt`, not both";
        return Err(Error::invalid("input.dueAt", message));
    }
    Ok(())
}

impl CreateTaskInput {
    /// The row, if everything in it can be taken, and its place if the client chose one.
    pub fn check(self, owner: UserId) -> Result<(NewTask, Option<String>)> {
        one_due(self.due_date.is_some(), self.due_at.is_some())?;
        let id = self.id.unwrap_or_default();
        let row = NewTask {
            parent_id: self.parent_id,
            description: self.description.as_deref().map_or(Ok(None), description)?,
            priority: self.priority,
            tags: tags("input.tags", &self.tags)?,
            due_date: self.due_date.map(day).transpose()?,
            due_at: self.due_at.map(moment).transpose()?,
            due_timezone: self.due_timezone.as_deref().map(zone).transpose()?,
            recurrence: self.recurrence.as_deref().map(recurrence).transpose()?,
            recurrence_basis: self.recurrence_basis,
            ..NewTask::titled(owner, id, title(&self.title)?)
        };
        let timing = Timing {
            due: Due::of(
                row.due_date,
                row.due_at,
                row.due_timezone.as_deref(),
                Tz::UTC,
            ),
            zone: row.due_timezone.as_deref(),
            recurrence: row.recurrence.as_deref(),
            is_subtask: row.parent_id.is_some(),
        };
        timing.check()?;
        let series_id = row.recurrence.is_some().then_some(SeriesId(id.0));
        let place = self.position.map(place).transpose()?;
        Ok((NewTask { series_id, ..row }, place))
    }
}

impl UpdateTaskInput {
    /// What to change, if everything can be taken.
    pub fn check(self) -> Result<TaskPatch> {
        one_due(self.due_date.is_value(), self.due_at.is_value())?;
        Ok(TaskPatch {
            title: input::given_checked("input.title", self.title, |text| title(&text))?,
            description: input::clearable_text(self.description, description)?,
            completed: input::given("input.completed", self.completed)?,
            priority: input::given("input.priority", self.priority)?,
            tags: input::given_checked("input.tags", self.tags, |list| tags("input.tags", &list))?,
            due_date: input::clearable_checked(self.due_date, day)?,
            due_at: input::clearable_checked(self.due_at, moment)?,
            due_timezone: input::clearable_checked(self.due_timezone, |name| zone(&name))?,
            recurrence: input::clearable_checked(self.recurrence, |text| recurrence(&text))?,
            recurrence_basis: input::given("input.recurrenceBasis", self.recurrence_basis)?,
            position: input::given_checked("input.position", self.position, place)?,
            ..TaskPatch::default()
        })
    }
}

impl BulkUpdateTasksInput {
    /// What to change, if everything can be taken.
    pub fn check(self) -> Result<TaskPatch> {
        one_due(self.due_date.is_value(), self.due_at.is_value())?;
        let patch = TaskPatch {
            completed: input::given("input.completed", self.completed)?,
            priority: input::given("input.priority", self.priority)?,
            added_tags: tags("input.addTags", &self.add_tags)?,
            removed_tags: tags("input.removeTags", &self.remove_tags)?,
            due_date: input::clearable_checked(self.due_date, day)?,
            due_at: input::clearable_checked(self.due_at, moment)?,
            due_timezone: input::clearable_checked(self.due_timezone, |name| zone(&name))?,
            ..TaskPatch::default()
        };
        if !self.delete {
            return Ok(patch);
        }
        if patch != TaskPatch::default() {
            let message = "`delete` goes alone: leave out the other changes";
            return Err(Error::invalid("input.delete", message));
        }
        Ok(TaskPatch {
            delete: true,
            ..patch
        })
    }
}

impl MoveTaskInput {
    /// The one place that is meant.
    pub fn check(self) -> Result<Spot> {
        let parent = input::clearable(self.parent_id);
        let edge = self.edge.is_some() || parent.is_some();
        match (self.before, self.after, edge) {
            (Some(other), None, false) => Ok(Spot::Before(other)),
            (None, Some(other), false) => Ok(Spot::After(other)),
            (None, None, true) => Ok(Spot::Edge(self.edge.unwrap_or(ListEdge::End), parent)),
            _ => {
                let message = "say one place: `before`, `after`, or `parentId` and `edge`";
                Err(Error::invalid("to", message))
            }
        }
    }
}
