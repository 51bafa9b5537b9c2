//! Adding, changing, deleting and ordering sets.

use async_graphql::{Context, Object};

use super::payloads::{SetPayload, SetsPayload, WorkoutExercisePayload};
use crate::{
    changes,
    error::Result,
    graphql::{ContextExt, Nullable, mutate, mutate_at_once},
    workouts::{
        Set, SetId, WorkoutExerciseId, WorkoutId,
        input::{AddSetInput, UpdateSetInput, check_deletion},
        new::SetPatch,
    },
};

#[derive(Default)]
pub struct Sets;

#[Object]
impl Sets {
    /// Adds a set after the others of an exercise in a workout.
    async fn add_set(
        &self,
        ctx: &Context<'_>,
        input: AddSetInput,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<SetPayload> {
        Some(add_one(ctx, idempotency_key, input, expected_workout_version).await)
    }

    /// Adds up to 500 sets to a workout, each after the others of its exercise: all or none.
    async fn add_sets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workout to add them to.")] workout_id: WorkoutId,
        #[graphql(desc = "The sets, in their order.")] sets: Vec<AddSetInput>,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<SetsPayload> {
        Some(
            add_many(
                ctx,
                idempotency_key,
                workout_id,
                sets,
                expected_workout_version,
            )
            .await,
        )
    }

    /// Changes a set.
    async fn update_set(
        &self,
        ctx: &Context<'_>,
        id: SetId,
        input: UpdateSetInput,
        #[graphql(desc = "Refuses the change if the set itself has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<SetPayload> {
        Some(match input.check() {
            Ok(patch) => update(ctx, idempotency_key, id, expected_version, patch).await,
            Err(error) => Err(error),
        })
    }

    /// Deletes sets of one workout, for good: all or none.
    async fn delete_sets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sets to delete, from 1 to 500, each once.")] ids: Vec<SetId>,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<SetsPayload> {
        Some(delete(ctx, idempotency_key, &ids, expected_workout_version).await)
    }

    /// Puts the sets of an exercise in a workout in another order.
    async fn reorder_sets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place in the workout whose sets they are.")]
        workout_exercise_id: WorkoutExerciseId,
        #[graphql(desc = "The `id` of every set of the exercise, once each.")] order: Vec<SetId>,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutExercisePayload> {
        let place = workout_exercise_id;
        Some(
            reorder(
                ctx,
                idempotency_key,
                place,
                &order,
                expected_workout_version,
            )
            .await,
        )
    }
}

/// The hot path: a set is added in one round trip, and the answer needs no more of them.
async fn add_one(
    ctx: &Context<'_>,
    key: Option<String>,
    input: AddSetInput,
    expected: Option<i32>,
) -> Result<SetPayload> {
    let owner = ctx.owner()?;
    let additions = input.check(owner)?;
    let added = mutate_at_once(ctx, key.as_deref(), async |conn, owner| {
        additions.add_at_once(conn, owner, expected).await
    });
    if let Some(added) = added.await? {
        let (workout, version) = (added.set.workout_id, added.workout_version);
        return SetPayload::of(ctx, workout, version, added.set.id, Some(added.set)).await;
    }
    let id = additions.rows[0].id;
    let mut added = None;
    let (workout, version, id) = mutate(ctx, key, async |conn, owner| {
        let done = additions.add(conn, owner, expected).await?;
        changes::append(conn, owner, done.taken.change().as_slice()).await?;
        added = done.sets.into_iter().next();
        Ok((done.taken.id, done.taken.version, id))
    })
    .await?;
    SetPayload::of(ctx, workout, version, id, added).await
}

async fn add_many(
    ctx: &Context<'_>,
    key: Option<String>,
    workout: WorkoutId,
    sets: Vec<AddSetInput>,
    expected: Option<i32>,
) -> Result<SetsPayload> {
    let additions = AddSetInput::check_all(sets, ctx.owner()?, workout)?;
    let ids: Vec<SetId> = additions.rows.iter().map(|row| row.id).collect();
    let mut added = None;
    let (version, ids) = mutate(ctx, key, async |conn, owner| {
        let done = additions.add(conn, owner, expected).await?;
        changes::append(conn, owner, done.taken.change().as_slice()).await?;
        added = Some(done.sets);
        Ok((done.taken.version, ids))
    })
    .await?;
    SetsPayload::of(ctx, workout, version, &ids, added).await
}

async fn update(
    ctx: &Context<'_>,
    key: Option<String>,
    id: SetId,
    expected: Option<i32>,
    patch: SetPatch,
) -> Result<SetPayload> {
    let mut changed = None;
    let (workout, version) = mutate(ctx, key, async |conn, owner| {
        let (taken, set) = Set::apply(conn, owner, id, expected, &patch).await?;
        changes::append(conn, owner, taken.change().as_slice()).await?;
        changed = Some(set);
        Ok((taken.id, taken.version))
    })
    .await?;
    SetPayload::of(ctx, workout, version, id, changed).await
}

async fn delete(
    ctx: &Context<'_>,
    key: Option<String>,
    ids: &[SetId],
    expected: Option<i32>,
) -> Result<SetsPayload> {
    check_deletion(ids)?;
    let (workout, version) = mutate(ctx, key, async |conn, owner| {
        let taken = Set::delete(conn, owner, ids, expected).await?;
        changes::append(conn, owner, taken.change().as_slice()).await?;
        Ok((taken.id, taken.version))
    })
    .await?;
    Ok(SetsPayload::without(workout, version, ids.to_vec()))
}

async fn reorder(
    ctx: &Context<'_>,
    key: Option<String>,
    place: WorkoutExerciseId,
    order: &[SetId],
    expected: Option<i32>,
) -> Result<WorkoutExercisePayload> {
    let workout = mutate(ctx, key, async |conn, owner| {
        let taken = Set::reorder(conn, owner, place, order, expected).await?;
        changes::append(conn, owner, taken.change().as_slice()).await?;
        Ok(taken.id)
    })
    .await?;
    WorkoutExercisePayload::of(ctx, workout, place).await
}
