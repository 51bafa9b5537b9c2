//! Tasks by id and subtasks by parent, gathered from all over one request into one statement each.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};

use super::{Task, TaskId};
use crate::{
    error::{Error, Result},
    graphql::Loaders,
    viewer::UserId,
};

/// A task of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskOf {
    pub owner: UserId,
    pub id: TaskId,
}

/// The subtasks of a task: those that are there, or those that went to the trash with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SubtasksOf {
    pub owner: UserId,
    pub parent: TaskId,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// How many subtasks a task has, in the same sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SubtaskCountsOf(pub SubtasksOf);

/// How many subtasks there are, and how many of them are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubtaskCounts {
    pub all: i64,
    pub completed: i64,
}

impl Loader<TaskOf> for Loaders {
    type Value = Task;
    type Error = Error;

    async fn load(&self, keys: &[TaskOf]) -> Result<HashMap<TaskOf, Task>> {
        // One request has one owner.
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<TaskId> = keys.iter().map(|key| key.id).collect();
        let found = Task::find_all(&mut *self.db.conn().await?, owner, &ids).await?;
        Ok(found
            .into_iter()
            .map(|task| (TaskOf { owner, id: task.id }, task))
            .collect())
    }
}

impl Loader<SubtasksOf> for Loaders {
    type Value = Vec<Task>;
    type Error = Error;

    async fn load(&self, keys: &[SubtasksOf]) -> Result<HashMap<SubtasksOf, Vec<Task>>> {
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let parents: Vec<TaskId> = keys.iter().map(|key| key.parent).collect();
        let deleted: Vec<_> = keys.iter().filter_map(|key| key.deleted_at).collect();
        let conn = &mut *self.db.conn().await?;
        let found = Task::subtasks_of(conn, owner, &parents, &deleted).await?;
        let mut subtasks: HashMap<SubtasksOf, Vec<Task>> =
            keys.iter().map(|key| (*key, Vec::new())).collect();
        for task in found {
            let key = task.parent_id.map(|parent| SubtasksOf {
                owner,
                parent,
                deleted_at: task.deleted_at,
            });
            if let Some(list) = key.and_then(|key| subtasks.get_mut(&key)) {
                list.push(task);
            }
        }
        Ok(subtasks)
    }
}

impl Loader<SubtaskCountsOf> for Loaders {
    type Value = SubtaskCounts;
    type Error = Error;

    async fn load(
        &self,
        keys: &[SubtaskCountsOf],
    ) -> Result<HashMap<SubtaskCountsOf, SubtaskCounts>> {
        let Some(owner) = keys.first().map(|key| key.0.owner) else {
            return Ok(HashMap::new());
        };
        let parents: Vec<TaskId> = keys.iter().map(|key| key.0.parent).collect();
        let conn = &mut *self.db.conn().await?;
        let mut counts: HashMap<SubtaskCountsOf, SubtaskCounts> = HashMap::new();
        for (parent, deleted_at, completed, count) in
            Task::count_subtasks(conn, owner, &parents).await?
        {
            let Some(parent) = parent else { continue };
            let key = SubtaskCountsOf(SubtasksOf {
                owner,
                parent,
                deleted_at,
            });
            let entry = counts.entry(key).or_default();
            entry.all += count;
            entry.completed += if completed { count } else { 0 };
        }
        Ok(counts)
    }
}
