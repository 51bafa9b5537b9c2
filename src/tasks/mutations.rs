//! The fields of the API that change tasks.

use async_graphql::{Context, Object, SimpleObject};
use futures_util::try_join;

use super::{
    Task, TaskId,
    edit::{Edited, Wanted},
    input::{BulkTaskInput, BulkUpdateTasksInput, CreateTaskInput, MoveTaskInput, UpdateTaskInput},
    patch::TaskPatch,
};
use crate::{
    error::{Error, Result},
    graphql::{ContextExt, Nullable, mutate},
};

/// What a change of a task answers.
#[derive(SimpleObject)]
struct TaskPayload {
    /// The task as it is now.
    task: Task,
    /// The next occurrence, when a recurring task was completed and has one.
    next: Option<Task>,
    /// The next occurrence that was taken back, because its predecessor was reopened before anybody
    /// touched it.
    withdrawn_id: Option<TaskId>,
}

/// What a change of many tasks answers.
#[derive(SimpleObject)]
struct BulkUpdateTasksPayload {
    /// The tasks as they are now, in the order in which they were named.
    tasks: Vec<Task>,
    /// The next occurrences of the recurring tasks that were completed.
    next: Vec<Task>,
    /// The next occurrences that were taken back.
    withdrawn_ids: Vec<TaskId>,
}

/// How many tasks can be changed together.
const MOST_TOGETHER: usize = 200;

#[derive(Default)]
pub struct TaskMutation;

#[Object]
impl TaskMutation {
    /// Makes a task.
    async fn create_task(
        &self,
        ctx: &Context<'_>,
        input: CreateTaskInput,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<TaskPayload> {
        Some(create(ctx, idempotency_key, input).await)
    }

    /// Changes a task.
    async fn update_task(
        &self,
        ctx: &Context<'_>,
        id: TaskId,
        input: UpdateTaskInput,
        #[graphql(desc = "Refuses the change if the task has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<TaskPayload> {
        Some(match input.check() {
            Ok(patch) => edit(ctx, idempotency_key, wanted(id, expected_version), patch).await,
            Err(error) => Err(error),
        })
    }

    /// Marks a task as done; its subtasks stay as they are. A recurring one stays as it is, done, and the next occurrence is made, with
    /// the same subtasks to be done again. Completing it twice changes nothing.
    async fn complete_task(
        &self,
        ctx: &Context<'_>,
        id: TaskId,
        #[graphql(desc = "Refuses the change if the task has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<TaskPayload> {
        let patch = completed(true);
        Some(edit(ctx, idempotency_key, wanted(id, expected_version), patch).await)
    }

    /// Marks a task as not done. The next occurrence of a recurring one is taken back if nobody has
    /// touched it; otherwise it stays, and completing this one again makes no second one.
    async fn reopen_task(
        &self,
        ctx: &Context<'_>,
        id: TaskId,
        #[graphql(desc = "Refuses the change if the task has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<TaskPayload> {
        let patch = completed(false);
        Some(edit(ctx, idempotency_key, wanted(id, expected_version), patch).await)
    }

    /// Puts a task in the trash, with its subtasks; for 30 days it can be restored.
    async fn delete_task(
        &self,
        ctx: &Context<'_>,
        id: TaskId,
        #[graphql(desc = "Refuses the change if the task has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<TaskPayload> {
        let patch = TaskPatch {
            delete: true,
            ..TaskPatch::default()
        };
        Some(edit(ctx, idempotency_key, wanted(id, expected_version), patch).await)
    }

    /// Brings a task back from the trash, with the subtasks that went there with it. One that is not there
    /// stays as it is.
    async fn restore_task(
        &self,
        ctx: &Context<'_>,
        id: TaskId,
        #[graphql(desc = "Refuses the change if the task has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<TaskPayload> {
        Some(restore(ctx, idempotency_key, wanted(id, expected_version)).await)
    }

    /// Moves a task: beside another one, to an end of its list, or below another parent.
    async fn move_task(
        &self,
        ctx: &Context<'_>,
        id: TaskId,
        #[graphql(desc = "Where it goes.")] to: MoveTaskInput,
        #[graphql(desc = "Refuses the change if the task has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<TaskPayload> {
        Some(relocate(ctx, idempotency_key, wanted(id, expected_version), to).await)
    }

    /// Changes up to 200 tasks in the same way: all of them, or none. Each that cannot be changed has an
    /// error of its own, whose `field` is the path to it.
    async fn bulk_update_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tasks, from 1 to 200, each once.")] tasks: Vec<BulkTaskInput>,
        input: BulkUpdateTasksInput,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<BulkUpdateTasksPayload> {
        Some(edit_many(ctx, idempotency_key, tasks, input).await)
    }
}

const fn wanted(id: TaskId, expected: Option<i32>) -> Wanted {
    Wanted { id, expected }
}

fn completed(completed: bool) -> TaskPatch {
    TaskPatch {
        completed: Some(completed),
        ..TaskPatch::default()
    }
}

async fn create(
    ctx: &Context<'_>,
    key: Option<String>,
    input: CreateTaskInput,
) -> Result<TaskPayload> {
    let named = input.id.is_some();
    let (new, place) = input.check(ctx.owner()?)?;
    let id = mutate(ctx, key, async |conn, _| {
        let id = new.id;
        new.create(conn, place, named).await?;
        Ok(id)
    })
    .await?;
    payload(ctx, id, Edited::default()).await
}

async fn edit(
    ctx: &Context<'_>,
    key: Option<String>,
    wanted: Wanted,
    patch: TaskPatch,
) -> Result<TaskPayload> {
    let id = wanted.id;
    let edited = mutate(ctx, key, async |conn, owner| {
        Task::edit(conn, owner, wanted, &patch).await
    })
    .await?;
    payload(ctx, id, edited).await
}

async fn restore(ctx: &Context<'_>, key: Option<String>, wanted: Wanted) -> Result<TaskPayload> {
    let id = wanted.id;
    mutate(ctx, key, async |conn, owner| {
        Task::restore(conn, owner, wanted).await
    })
    .await?;
    payload(ctx, id, Edited::default()).await
}

async fn relocate(
    ctx: &Context<'_>,
    key: Option<String>,
    wanted: Wanted,
    to: MoveTaskInput,
) -> Result<TaskPayload> {
    let (id, spot) = (wanted.id, to.check()?);
    mutate(ctx, key, async |conn, owner| {
        Task::move_to(conn, owner, wanted, spot).await
    })
    .await?;
    payload(ctx, id, Edited::default()).await
}

async fn edit_many(
    ctx: &Context<'_>,
    key: Option<String>,
    tasks: Vec<BulkTaskInput>,
    input: BulkUpdateTasksInput,
) -> Result<BulkUpdateTasksPayload> {
    let (wanted, patch) = (each_once(&tasks)?, input.check()?);
    let ids: Vec<TaskId> = wanted.iter().map(|it| it.id).collect();
    let edited = mutate(ctx, key, async |conn, owner| {
        Task::edit_all(conn, owner, &wanted, &patch).await
    })
    .await?;
    let tasks = Task::load_all(ctx, &ids);
    let (tasks, next) = try_join!(tasks, Task::load_all(ctx, &edited.next))?;
    Ok(BulkUpdateTasksPayload {
        tasks,
        next,
        withdrawn_ids: edited.withdrawn,
    })
}

/// The tasks to change, if there are neither too many nor one twice.
fn each_once(tasks: &[BulkTaskInput]) -> Result<Vec<Wanted>> {
    if tasks.is_empty() || tasks.len() > MOST_TOGETHER {
        let count = tasks.len();
        let message = format!("`tasks` must name from 1 to {MOST_TOGETHER} tasks, not {count}");
        return Err(Error::invalid("tasks", message));
    }
    let mut seen = std::collections::HashSet::new();
    for (index, task) in tasks.iter().enumerate() {
        if !seen.insert(task.id) {
            let message = format!("`{}` is named twice: name it once", task.id);
            return Err(Error::invalid(format!("tasks.{index}.id"), message));
        }
    }
    Ok(tasks
        .iter()
        .map(|task| wanted(task.id, task.expected_version))
        .collect())
}

async fn payload(ctx: &Context<'_>, id: TaskId, edited: Edited) -> Result<TaskPayload> {
    let next = edited.next.first().copied();
    let ids: Vec<TaskId> = std::iter::once(id).chain(next).collect();
    // What is gone by now is left out, so that places say nothing.
    let found = Task::load_all(ctx, &ids).await?.into_iter();
    let (tasks, others): (Vec<Task>, Vec<Task>) = found.partition(|task| task.id == id);
    let task = tasks.into_iter().next();
    Ok(TaskPayload {
        task: task.ok_or_else(|| Error::not_found("task", id))?,
        next: others.into_iter().next(),
        withdrawn_id: edited.withdrawn.first().copied(),
    })
}
