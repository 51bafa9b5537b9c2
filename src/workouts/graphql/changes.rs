//! Making, changing, deleting and ordering workouts.

use async_graphql::{Context, Object};

use super::payloads::WorkoutPayload;
use crate::{
    changes::{self, Change, Entity},
    error::Result,
    graphql::{ContextExt, Nullable, mutate, mutate_at_once},
    workouts::{
        Parts, Workout, WorkoutExercise, WorkoutExerciseId, WorkoutId,
        input::{UpdateWorkoutInput, WorkoutInput},
        new::WorkoutPatch,
    },
};

#[derive(Default)]
pub struct Changes;

#[Object]
impl Changes {
    /// Makes a workout or a template, with its exercises and their sets.
    async fn create_workout(
        &self,
        ctx: &Context<'_>,
        input: WorkoutInput,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(create(ctx, idempotency_key, input).await)
    }

    /// Changes a workout itself. What is in it is changed by other mutations.
    async fn update_workout(
        &self,
        ctx: &Context<'_>,
        id: WorkoutId,
        input: UpdateWorkoutInput,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(match input.check() {
            Ok(patch) => update(ctx, idempotency_key, id, expected_version, patch).await,
            Err(error) => Err(error),
        })
    }

    /// Makes a workout be what the input says: it is made if it is not there. What is left out stays as
    /// it is, a list of exercises or of sets as well. In a list that is given, those whose ids are named
    /// are kept and changed, the others go, and what has no id is new.
    async fn upsert_workout(
        &self,
        ctx: &Context<'_>,
        input: WorkoutInput,
        #[graphql(
            desc = "Refuses the change if the workout has another version by now, or is gone."
        )]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(upsert(ctx, idempotency_key, input, expected_version).await)
    }

    /// Puts a workout in the trash; for 30 days it can be restored. What was recorded of it stays.
    async fn delete_workout(
        &self,
        ctx: &Context<'_>,
        id: WorkoutId,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(set_deleted(ctx, idempotency_key, id, expected_version, true).await)
    }

    /// Brings a workout back from the trash. One that is not there stays as it is.
    async fn restore_workout(
        &self,
        ctx: &Context<'_>,
        id: WorkoutId,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        Some(set_deleted(ctx, idempotency_key, id, expected_version, false).await)
    }

    /// Puts the exercises of a workout in another order.
    async fn reorder_exercises(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workout whose exercises they are.")] workout_id: WorkoutId,
        #[graphql(desc = "The `id` of every exercise in the workout, once each.")] order: Vec<
            WorkoutExerciseId,
        >,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutPayload> {
        let expected = expected_workout_version;
        Some(reorder(ctx, idempotency_key, workout_id, &order, expected).await)
    }
}

async fn create(
    ctx: &Context<'_>,
    key: Option<String>,
    input: WorkoutInput,
) -> Result<WorkoutPayload> {
    let tree = input.check()?.tree(ctx.owner()?, None)?;
    let parts = Parts::below(ctx, &[&["workout"]]);
    let made = mutate_at_once(ctx, key.as_deref(), async |conn, _| {
        tree.make_at_once(conn, parts.exercises).await
    });
    if let Some(workout) = made.await? {
        return Ok(WorkoutPayload::with(workout));
    }
    let id = mutate(ctx, key, async |conn, owner| {
        if tree.insert(conn).await? {
            let change = Change::created(Entity::Workout, tree.workout.id.0);
            changes::append(conn, owner, &[change]).await?;
        }
        Ok(tree.workout.id)
    })
    .await?;
    WorkoutPayload::of(ctx, id).await
}

async fn update(
    ctx: &Context<'_>,
    key: Option<String>,
    id: WorkoutId,
    expected: Option<i32>,
    patch: WorkoutPatch,
) -> Result<WorkoutPayload> {
    let id = mutate(ctx, key, async |conn, owner| {
        let version = Workout::apply(conn, owner, id, expected, &patch).await?;
        let change = version.map(|version| Change::updated(Entity::Workout, id.0, version));
        changes::append(conn, owner, change.as_slice()).await?;
        Ok(id)
    })
    .await?;
    WorkoutPayload::of(ctx, id).await
}

async fn upsert(
    ctx: &Context<'_>,
    key: Option<String>,
    input: WorkoutInput,
    expected: Option<i32>,
) -> Result<WorkoutPayload> {
    let draft = input.check()?;
    let id = mutate(ctx, key, async |conn, owner| {
        let version = draft.upsert(conn, owner, expected).await?;
        let id = draft.id;
        let change = version.map(|version| Change::updated(Entity::Workout, id.0, version));
        changes::append(conn, owner, change.as_slice()).await?;
        Ok(id)
    })
    .await?;
    WorkoutPayload::of(ctx, id).await
}

async fn set_deleted(
    ctx: &Context<'_>,
    key: Option<String>,
    id: WorkoutId,
    expected: Option<i32>,
    deleted: bool,
) -> Result<WorkoutPayload> {
    let id = mutate(ctx, key, async |conn, owner| {
        let version = Workout::set_deleted(conn, owner, id, expected, deleted).await?;
        let change = |version| Change::moved(Entity::Workout, id.0, version, deleted);
        let change = version.map(change);
        changes::append(conn, owner, change.as_slice()).await?;
        Ok(id)
    })
    .await?;
    WorkoutPayload::of(ctx, id).await
}

async fn reorder(
    ctx: &Context<'_>,
    key: Option<String>,
    id: WorkoutId,
    order: &[WorkoutExerciseId],
    expected: Option<i32>,
) -> Result<WorkoutPayload> {
    let id = mutate(ctx, key, async |conn, owner| {
        let taken = WorkoutExercise::reorder(conn, owner, id, order, expected).await?;
        changes::append(conn, owner, taken.change().as_slice()).await?;
        Ok(id)
    })
    .await?;
    WorkoutPayload::of(ctx, id).await
}
