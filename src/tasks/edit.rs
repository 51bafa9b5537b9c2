//! Changing tasks: one, or many together, by the same steps. All are read and locked, changed in memory,
//! and written in one statement, or none is.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};

use super::{
    NewTask, Task, TaskId,
    patch::TaskPatch,
    series::{self, Step},
    store::take_list,
};
use crate::{
    changes,
    error::{Error, Result},
    viewer::UserId,
};

/// A task to be changed.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub id: TaskId,
    pub expected: Option<i32>,
}

/// What became of other occurrences.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Edited {
    /// The next occurrences of what was completed.
    pub next: Vec<TaskId>,
    /// Next occurrences that were taken back.
    pub withdrawn: Vec<TaskId>,
}

impl Task {
    /// Changes one of the owner's tasks.
    pub async fn edit(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: Wanted,
        patch: &TaskPatch,
    ) -> Result<Edited> {
        match Self::edit_all(conn, owner, &[wanted], patch).await {
            Err(Error::Items(items)) => Err(items.into_iter().next().map_or_else(
                || Error::invalid("id", "no task was named"),
                |(_, error)| error,
            )),
            outcome => outcome,
        }
    }

    /// Changes all of these tasks of the owner, or none; the number of statements does not depend on how
    /// many there are.
    pub async fn edit_all(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: &[Wanted],
        patch: &TaskPatch,
    ) -> Result<Edited> {
        if wanted.len() > 1 || patch.reaches_further() {
            take_list(conn, owner).await?;
        }
        let now = now();
        let ids: Vec<TaskId> = wanted.iter().map(|it| it.id).collect();
        let found = Self::lock_all(conn, owner, &ids).await?;
        let steps = steps(wanted, found, patch, now)?;
        let followed = series::follow(conn, owner, &steps).await?;

        let mut changed: Vec<Self> = steps.into_iter().map(|step| step.after).collect();
        if patch.delete {
            let subtasks = subtasks_going(conn, owner, &changed, now).await?;
            changed.extend(subtasks);
        }
        let mut feed = Self::save_all(conn, &changed).await?;
        feed.extend(NewTask::insert_all(conn, &followed.made).await?);
        feed.extend(Self::delete_all(conn, owner, &followed.gone).await?);
        changes::append(conn, owner, &feed).await?;
        Ok(Edited {
            next: followed.next,
            withdrawn: followed.withdrawn,
        })
    }

    /// Brings a task back from the trash, with the subtasks that went there with it.
    pub async fn restore(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: Wanted,
    ) -> Result<()> {
        take_list(conn, owner).await?;
        let found = Self::lock_all(conn, owner, &[wanted.id]).await?;
        let task = found.into_iter().next();
        let task = task.ok_or_else(|| Error::not_found("task", wanted.id))?;
        let Some(deleted_at) = task.deleted_at else {
            return Ok(());
        };
        task.check_version(wanted.expected)?;
        if let Some(parent) = task.parent_id {
            check_parent_there(conn, owner, parent).await?;
        }
        series::check_none_open(conn, owner, &task).await?;
        let subtasks = Self::subtasks_of(conn, owner, &[task.id], &[deleted_at]).await?;
        let gone = subtasks.into_iter().filter(|it| it.deleted_at.is_some());
        let back: Vec<Self> = std::iter::once(task)
            .chain(gone)
            .map(|task| Self {
                deleted_at: None,
                ..task
            })
            .collect();
        let feed = Self::save_all(conn, &back).await?;
        Ok(changes::append(conn, owner, &feed).await?)
    }
}

/// The clock, as exact as the database keeps it.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// What is to be done with each task, those left out that are as they should be; or what is wrong with
/// which of them.
fn steps(
    wanted: &[Wanted],
    found: Vec<Task>,
    patch: &TaskPatch,
    now: DateTime<Utc>,
) -> Result<Vec<Step>> {
    let mut found: HashMap<TaskId, Task> = found.into_iter().map(|task| (task.id, task)).collect();
    let mut steps = Vec::with_capacity(wanted.len());
    let mut wrong = Vec::new();
    for (index, wanted) in wanted.iter().enumerate() {
        match step(wanted, found.remove(&wanted.id), patch, now) {
            Ok(step) => steps.extend(step),
            Err(error) => wrong.push((format!("tasks.{index}.id"), error)),
        }
    }
    if wrong.is_empty() {
        Ok(steps)
    } else {
        Err(Error::Items(wrong))
    }
}

fn step(
    wanted: &Wanted,
    found: Option<Task>,
    patch: &TaskPatch,
    now: DateTime<Utc>,
) -> Result<Option<Step>> {
    let before = found.ok_or_else(|| Error::not_found("task", wanted.id))?;
    if patch.delete && before.deleted_at.is_some() {
        return Ok(None);
    }
    before.check_there()?;
    let after = patch.applied_to(&before, now);
    if after.as_ref().is_ok_and(|after| *after == before) {
        return Ok(None);
    }
    before.check_version(wanted.expected)?;
    Ok(Some(Step {
        after: after?,
        before,
    }))
}

/// The subtasks that go to the trash with their parents, at the same moment.
async fn subtasks_going(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    parents: &[Task],
    now: DateTime<Utc>,
) -> Result<Vec<Task>> {
    let parents: Vec<TaskId> = parents.iter().map(|task| task.id).collect();
    let subtasks = Task::subtasks_of(conn, owner, &parents, &[]).await?;
    let ids: Vec<TaskId> = subtasks.iter().map(|task| task.id).collect();
    let others: Vec<TaskId> = ids.into_iter().filter(|id| !parents.contains(id)).collect();
    let locked = Task::lock_all(conn, owner, &others).await?;
    let going = locked.into_iter().map(|task| Task {
        deleted_at: Some(now),
        ..task
    });
    Ok(going.collect())
}

/// A subtask can only come back to a parent that can have it.
async fn check_parent_there(conn: &mut AsyncPgConnection, owner: UserId, id: TaskId) -> Result<()> {
    let parents = Task::find_all(conn, owner, &[id]).await?;
    let message = match parents.first() {
        Some(parent) if parent.deleted_at.is_some() => {
            "its parent is in the trash: restore the parent first"
        }
        Some(parent) if parent.parent_id.is_some() => {
            "its parent is a subtask by now: move the parent to the top first"
        }
        _ => return Ok(()),
    };
    let version = parents.first().map(|parent| parent.version);
    Err(Error::conflict(message).with(id, version))
}
