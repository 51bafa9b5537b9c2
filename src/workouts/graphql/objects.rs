//! What hangs below workouts: taken from the row where it was fetched ahead, else from a loader.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{ComplexObject, Context};

use crate::{
    error::{Error, Result},
    exercises::{Exercise, ExerciseSeenBy},
    graphql::{ContextExt, Nullable},
    history::{HistoryEntry, HistoryOf},
    workouts::{PlaceOf, PlacesOf, Set, SetsOf, Workout, WorkoutExercise, WorkoutOf},
};

#[ComplexObject]
impl Workout {
    /// The exercises in it, in their order.
    async fn exercises(&self, ctx: &Context<'_>) -> Result<Cow<'_, Vec<WorkoutExercise>>> {
        if let Some(found) = self.exercises.get() {
            return Ok(Cow::Borrowed(found));
        }
        let (owner, workout) = (self.user_id, self.id);
        let found = ctx.loaders().load_one(PlacesOf { owner, workout }).await?;
        Ok(Cow::Owned(found.unwrap_or_default()))
    }

    /// What was recorded of it: the latest 20, the latest first. `history(filter: {workoutId: …})` lists
    /// all of it.
    async fn history(&self, ctx: &Context<'_>) -> Result<Cow<'_, Vec<HistoryEntry>>> {
        if let Some(found) = self.history.get() {
            return Ok(Cow::Borrowed(found));
        }
        let (owner, workout) = (self.user_id, self.id);
        let found = ctx.loaders().load_one(HistoryOf { owner, workout }).await?;
        Ok(Cow::Owned(found.unwrap_or_default()))
    }
}

#[ComplexObject]
impl WorkoutExercise {
    /// The exercise that is trained here.
    async fn exercise(&self, ctx: &Context<'_>) -> Result<Arc<Exercise>> {
        if let Some(found) = self.exercise.get() {
            return Ok(Arc::clone(found));
        }
        let (reader, id) = (Some(self.user_id), self.exercise_id);
        let found = ctx
            .loaders()
            .load_one(ExerciseSeenBy { reader, id })
            .await?;
        found
            .map(Arc::new)
            .ok_or_else(|| Error::not_found("exercise", id))
    }

    /// The sets, in their order.
    async fn sets(&self, ctx: &Context<'_>) -> Result<Cow<'_, Vec<Set>>> {
        if let Some(found) = self.sets.get() {
            return Ok(Cow::Borrowed(found));
        }
        let key = SetsOf {
            owner: self.user_id,
            workout: self.workout_id,
            place: self.id,
        };
        let found = ctx.loaders().load_one(key).await?;
        Ok(Cow::Owned(found.unwrap_or_default()))
    }

    /// The workout that it is in.
    async fn workout(&self, ctx: &Context<'_>) -> Nullable<Workout> {
        let (owner, id) = (self.user_id, self.workout_id);
        ctx.loaders()
            .load_one(WorkoutOf { owner, id })
            .await
            .transpose()
    }
}

#[ComplexObject]
impl Set {
    /// The exercise in the workout that it is a set of.
    async fn workout_exercise(&self, ctx: &Context<'_>) -> Nullable<WorkoutExercise> {
        let (owner, id) = (self.user_id, self.workout_exercise_id);
        ctx.loaders()
            .load_one(PlaceOf { owner, id })
            .await
            .transpose()
    }
}
