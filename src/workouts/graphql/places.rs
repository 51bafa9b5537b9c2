//! Changing the exercises in a workout.

use async_graphql::{Context, Object};

use super::payloads::WorkoutExercisePayload;
use crate::{
    changes,
    error::Result,
    graphql::{ContextExt, Nullable, mutate},
    workouts::{
        WorkoutExercise, WorkoutExerciseId, WorkoutId,
        input::{UpdateWorkoutExerciseInput, WorkoutExerciseInput},
        new::WorkoutExercisePatch,
    },
};

#[derive(Default)]
pub struct Places;

#[Object]
impl Places {
    /// Adds an exercise, with its sets, after the others of a workout. The same exercise may be added
    /// more than once.
    async fn add_workout_exercise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workout to add it to.")] workout_id: WorkoutId,
        input: WorkoutExerciseInput,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutExercisePayload> {
        Some(
            add(
                ctx,
                idempotency_key,
                workout_id,
                input,
                expected_workout_version,
            )
            .await,
        )
    }

    /// Changes an exercise in a workout: its targets, its superset, or which exercise it is.
    async fn update_workout_exercise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place in the workout, not the exercise.")] id: WorkoutExerciseId,
        input: UpdateWorkoutExerciseInput,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutExercisePayload> {
        Some(match input.check() {
            Ok(patch) => update(ctx, idempotency_key, id, expected_workout_version, patch).await,
            Err(error) => Err(error),
        })
    }

    /// Takes an exercise out of a workout, with its sets.
    async fn remove_workout_exercise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place in the workout, not the exercise.")] id: WorkoutExerciseId,
        #[graphql(desc = "Refuses the change if the workout has another version by now.")]
        expected_workout_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<WorkoutExercisePayload> {
        Some(remove(ctx, idempotency_key, id, expected_workout_version).await)
    }
}

async fn add(
    ctx: &Context<'_>,
    key: Option<String>,
    workout: WorkoutId,
    input: WorkoutExerciseInput,
    expected: Option<i32>,
) -> Result<WorkoutExercisePayload> {
    let addition = input.check_addition(ctx.owner()?, workout)?;
    let place = addition.place.id;
    let place = mutate(ctx, key, async |conn, owner| {
        let taken = addition.add(conn, owner, expected).await?;
        changes::append(conn, owner, taken.change().as_slice()).await?;
        Ok(place)
    })
    .await?;
    WorkoutExercisePayload::of(ctx, workout, place).await
}

async fn update(
    ctx: &Context<'_>,
    key: Option<String>,
    id: WorkoutExerciseId,
    expected: Option<i32>,
    patch: WorkoutExercisePatch,
) -> Result<WorkoutExercisePayload> {
    let workout = mutate(ctx, key, async |conn, owner| {
        let taken = WorkoutExercise::apply(conn, owner, id, expected, &patch).await?;
        changes::append(conn, owner, taken.change().as_slice()).await?;
        Ok(taken.id)
    })
    .await?;
    WorkoutExercisePayload::of(ctx, workout, id).await
}

async fn remove(
    ctx: &Context<'_>,
    key: Option<String>,
    id: WorkoutExerciseId,
    expected: Option<i32>,
) -> Result<WorkoutExercisePayload> {
    let workout = mutate(ctx, key, async |conn, owner| {
        let taken = WorkoutExercise::delete(conn, owner, id, expected).await?;
        changes::append(conn, owner, taken.change().as_slice()).await?;
        Ok(taken.id)
    })
    .await?;
    WorkoutExercisePayload::of(ctx, workout, id).await
}
