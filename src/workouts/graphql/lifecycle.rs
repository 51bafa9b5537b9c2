//! Starting, completing and copying workouts.

use async_graphql::{Context, Object};
use diesel_async::AsyncPgConnection;

use super::payloads::{CompleteWorkoutPayload, WorkoutPayload};
use crate::{
    changes::{self, Change, Entity},
    error::Result,
    graphql::{Nullable, input, mutate},
    viewer::UserId,
    workouts::{
        Workout, WorkoutId,
        input::{CompleteWorkoutInput, LONGEST_NAME, Start, StartWorkoutInput},
        store::Copied,
    },
};

#[derive(Default)]
pub struct Lifecycle;

#[Object]
impl Lifecycle {
    /// Starts a workout: a planned one, or a new one from a template or an earlier workout. Only one
    /// can be active at a time.
    async fn start_workout(
        &self,
        ctx: &Context<'_>,
        input: StartWorkoutInput,
        #[graphql(desc = "Refuses to start a planned workout that has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(start(ctx, idempotency_key, input, expected_version).await)
    }

    /// Completes a workout and records it in the history, with what was done frozen in the entry.
    /// Completing it again changes nothing and answers with the same entry; with another end, rating or
    /// the like it is refused, since it is the entry that is to be changed then. A workout that was
    /// planned anew in between has the same entry refreshed, also if it was in the trash.
    async fn complete_workout(
        &self,
        ctx: &Context<'_>,
        id: WorkoutId,
        #[graphql(desc = "How it went.")] input: Option<CompleteWorkoutInput>,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<CompleteWorkoutPayload> {
        let input = input.unwrap_or_default();
        Some(complete(ctx, idempotency_key, id, input, expected_version).await)
    }

    /// Makes a template of a workout, with its exercises and sets.
    async fn save_as_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workout.")] id: WorkoutId,
        #[graphql(desc = "What to call the template; as the workout where absent.")] name: Option<
            String,
        >,
        #[graphql(desc = "The id to give the template, so that saving it twice makes one.")]
        new_id: Option<WorkoutId>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(copy(ctx, idempotency_key, id, name, new_id, Some(true)).await)
    }

    /// Makes another workout like this one, planned and with nothing done yet. A template's copy is a
    /// template.
    async fn duplicate_workout(
        &self,
        ctx: &Context<'_>,
        id: WorkoutId,
        #[graphql(desc = "What to call the copy; as the original where absent.")] name: Option<
            String,
        >,
        #[graphql(desc = "The id to give the copy, so that copying twice makes one.")]
        new_id: Option<WorkoutId>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(copy(ctx, idempotency_key, id, name, new_id, None).await)
    }
}

async fn start(
    ctx: &Context<'_>,
    key: Option<String>,
    input: StartWorkoutInput,
    expected: Option<i32>,
) -> Result<WorkoutPayload> {
    let (what, at) = input.check()?;
    let id = mutate(ctx, key, async |conn, owner| match what {
        Start::Planned(id) => {
            if let Some(version) = Workout::start(conn, owner, id, at, expected).await? {
                let change = Change::updated(Entity::Workout, id.0, version);
                changes::append(conn, owner, &[change]).await?;
            }
            Ok(id)
        }
        Start::Copy {
            from,
            from_template,
            id,
            name,
        } => {
            let path = if from_template {
                "input.fromTemplateId"
            } else {
                "input.fromWorkoutId"
            };
            let source = Workout::to_copy(conn, owner, from, path).await?;
            if from_template {
                source.must_be_template(path)?;
            }
            let copied = Copied {
                id,
                name,
                is_template: false,
                started_at: Some(at),
                path_to_id: "input.newId",
            };
            made(conn, owner, source, copied).await
        }
    })
    .await?;
    WorkoutPayload::of(ctx, id).await
}

async fn complete(
    ctx: &Context<'_>,
    key: Option<String>,
    id: WorkoutId,
    input: CompleteWorkoutInput,
    expected: Option<i32>,
) -> Result<CompleteWorkoutPayload> {
    let how = input.check()?;
    let entry = mutate(ctx, key, async |conn, owner| {
        let done = Workout::complete(conn, owner, id, expected, how).await?;
        let mut list = Vec::new();
        if let Some(version) = done.version {
            list.push(Change::updated(Entity::Workout, id.0, version));
        }
        list.extend(done.recorded);
        changes::append(conn, owner, &list).await?;
        Ok(done.history)
    })
    .await?;
    CompleteWorkoutPayload::of(ctx, id, entry).await
}

/// Copies a workout; without `as_template`, a template's copy is a template and no other.
async fn copy(
    ctx: &Context<'_>,
    key: Option<String>,
    id: WorkoutId,
    name: Option<String>,
    new_id: Option<WorkoutId>,
    as_template: Option<bool>,
) -> Result<WorkoutPayload> {
    let name = name
        .map(|name| input::line("name", &name, LONGEST_NAME))
        .transpose()?;
    let id = mutate(ctx, key, async |conn, owner| {
        let source = Workout::to_copy(conn, owner, id, "id").await?;
        let copied = Copied {
            id: new_id.unwrap_or_default(),
            name,
            is_template: as_template.unwrap_or(source.is_template),
            started_at: None,
            path_to_id: "newId",
        };
        made(conn, owner, source, copied).await
    })
    .await?;
    WorkoutPayload::of(ctx, id).await
}

async fn made(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    source: Workout,
    copied: Copied,
) -> Result<WorkoutId> {
    let id = copied.id;
    if source.copy(conn, copied).await? {
        changes::append(conn, owner, &[Change::created(Entity::Workout, id.0)]).await?;
    }
    Ok(id)
}
