//! The fields of the API that read tasks.

use async_graphql::{ComplexObject, Context, Object};
use futures_util::FutureExt;

use super::{
    Task, TaskId,
    filter::{TaskFilter, TaskOrder},
    list::TaskPlace,
    loader::{SubtaskCounts, SubtaskCountsOf, SubtasksOf, TaskOf},
    store::TagCount,
};
use crate::{
    error::{Error, Result},
    graphql::{Connection, ContextExt, Nullable, Page, Total},
};

#[derive(Default)]
pub struct TaskQuery;

#[Object]
impl TaskQuery {
    /// One of one's own tasks, in the trash or not.
    async fn task(&self, ctx: &Context<'_>, id: TaskId) -> Nullable<Task> {
        Some(Task::load(ctx, id).await)
    }

    /// One's own tasks, subtasks included.
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        filter: Option<TaskFilter>,
        #[graphql(default)] order: TaskOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Task>> {
        let owner = ctx.owner()?;
        let page = Page::new(
            order.list(),
            first,
            after.as_deref(),
            last,
            before.as_deref(),
        )?;
        let conditions = filter.unwrap_or_default().check()?;
        let mut conn = ctx.db().conn().await?;
        let columns = Page::<TaskPlace>::columns(ctx, order.columns());
        let rows = Task::page_of(&mut conn, owner, &conditions, order, &page, columns).await?;
        let total = Total::counted_by(move |db| {
            let conditions = conditions.clone();
            async move { Ok(Task::count(&mut *db.conn().await?, owner, &conditions).await?) }
                .boxed()
        });
        Ok(page.connect(rows, total, move |task| task.place(order)))
    }

    /// The tags of one's own tasks, the most used first; at most a thousand.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<TagCount>> {
        let owner = ctx.owner()?;
        let mut conn = ctx.db().conn().await?;
        Ok(Task::tags_of(&mut conn, owner).await?)
    }
}

#[ComplexObject]
impl Task {
    /// The task that this one is a part of; none at the top.
    async fn parent(&self, ctx: &Context<'_>) -> Nullable<Self> {
        let parent = self.parent_id?;
        Some(Self::load(ctx, parent).await)
    }

    /// Its parts, in the order of their positions. Of a task in the trash: those that went there with
    /// it.
    async fn subtasks(&self, ctx: &Context<'_>) -> Result<Vec<Self>> {
        let Some(key) = self.subtasks_key() else {
            return Ok(Vec::new());
        };
        Ok(ctx.loaders().load_one(key).await?.unwrap_or_default())
    }

    /// How many parts it has.
    async fn subtask_count(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(self.subtask_counts(ctx).await?.all)
    }

    /// How many of its parts are done.
    async fn completed_subtask_count(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(self.subtask_counts(ctx).await?.completed)
    }
}

impl Task {
    /// The caller's task with this id.
    pub async fn load(ctx: &Context<'_>, id: TaskId) -> Result<Self> {
        let owner = ctx.owner()?;
        let found = ctx.loaders().load_one(TaskOf { owner, id }).await?;
        found.ok_or_else(|| Error::not_found("task", id))
    }

    /// The caller's tasks with these ids, in this order; those that are gone are left out.
    pub async fn load_all(ctx: &Context<'_>, ids: &[TaskId]) -> Result<Vec<Self>> {
        let owner = ctx.owner()?;
        let keys = ids.iter().map(|id| TaskOf { owner, id: *id });
        let mut found = ctx.loaders().load_many(keys).await?;
        Ok(ids
            .iter()
            .filter_map(|id| found.remove(&TaskOf { owner, id: *id }))
            .collect())
    }

    async fn subtask_counts(&self, ctx: &Context<'_>) -> Result<SubtaskCounts> {
        let Some(key) = self.subtasks_key() else {
            return Ok(SubtaskCounts::default());
        };
        let found = ctx.loaders().load_one(SubtaskCountsOf(key)).await?;
        Ok(found.unwrap_or_default())
    }

    /// What its parts are found by; a part has none.
    fn subtasks_key(&self) -> Option<SubtasksOf> {
        self.parent_id.is_none().then_some(SubtasksOf {
            owner: self.user_id,
            parent: self.id,
            deleted_at: self.deleted_at,
        })
    }
}
