//! What changes of workouts answer.

use async_graphql::{ComplexObject, Context, SimpleObject};

use crate::{
    db::Columns,
    error::Result,
    graphql::{ContextExt, written::Written},
    history::{HistoryEntry, HistoryId},
    workouts::{Parts, Set, SetId, Workout, WorkoutExercise, WorkoutExerciseId, WorkoutId},
};

/// What a change of a workout answers.
#[derive(SimpleObject)]
pub struct WorkoutPayload {
    /// The workout as it is now.
    workout: Written<Workout>,
}

/// What completing a workout answers.
#[derive(SimpleObject)]
pub struct CompleteWorkoutPayload {
    /// The workout as it is now.
    workout: Workout,
    /// What was recorded of it.
    history_entry: HistoryEntry,
}

/// What a change of an exercise in a workout answers.
#[derive(SimpleObject)]
pub struct WorkoutExercisePayload {
    /// The exercise in the workout as it is now; null where it was removed.
    workout_exercise: Option<WorkoutExercise>,
    /// The workout as it is now.
    workout: Workout,
}

/// What a change of a set answers.
#[derive(SimpleObject)]
#[graphql(complex, name = "WorkoutSetPayload")]
pub struct SetPayload {
    #[graphql(skip)]
    workout_id: WorkoutId,
    /// The set as it is now; null where it was deleted.
    set: Written<Option<Set>>,
    /// The version that this change gave the workout.
    workout_version: i32,
}

#[ComplexObject]
impl SetPayload {
    /// The workout as it is now.
    async fn workout(&self, ctx: &Context<'_>) -> Result<Written<Workout>> {
        Ok(Written(workout_at(ctx, self.workout_id, &[]).await?))
    }
}

/// What a change of several sets answers.
#[derive(SimpleObject)]
#[graphql(complex, name = "WorkoutSetsPayload")]
pub struct SetsPayload {
    #[graphql(skip)]
    workout_id: WorkoutId,
    /// The sets as they are now, in the order in which they were named; those deleted are left out.
    sets: Written<Vec<Set>>,
    /// The ids of the sets that were deleted.
    deleted_ids: Vec<SetId>,
    /// The version that this change gave the workout.
    workout_version: i32,
}

#[ComplexObject]
impl SetsPayload {
    /// The workout as it is now.
    async fn workout(&self, ctx: &Context<'_>) -> Result<Written<Workout>> {
        Ok(Written(workout_at(ctx, self.workout_id, &[]).await?))
    }
}

/// The workout of a payload, deleted or not, with the parts that the request asks for.
async fn workout(ctx: &Context<'_>, id: WorkoutId) -> Result<Workout> {
    workout_at(ctx, id, &["workout"]).await
}

/// The same, where the workout stands at that path below the field being resolved.
async fn workout_at(ctx: &Context<'_>, id: WorkoutId, path: &[&str]) -> Result<Workout> {
    let parts = Parts::below(ctx, &[path]);
    let mut conn = ctx.db().conn().await?;
    Workout::find_kept(&mut conn, ctx.owner()?, id, parts).await
}

impl WorkoutPayload {
    pub async fn of(ctx: &Context<'_>, id: WorkoutId) -> Result<Self> {
        let workout = Written(workout(ctx, id).await?);
        Ok(Self { workout })
    }

    /// Where the workout is known with all that the request asks for.
    pub const fn with(workout: Workout) -> Self {
        Self {
            workout: Written(workout),
        }
    }
}

impl CompleteWorkoutPayload {
    pub async fn of(ctx: &Context<'_>, id: WorkoutId, entry: HistoryId) -> Result<Self> {
        let workout = workout(ctx, id).await?;
        let mut conn = ctx.db().conn().await?;
        let history_entry = HistoryEntry::find_kept(&mut conn, ctx.owner()?, entry).await?;
        Ok(Self {
            workout,
            history_entry,
        })
    }
}

impl WorkoutExercisePayload {
    /// The workout is always fetched with its exercises: one of them is the one that changed.
    pub async fn of(ctx: &Context<'_>, id: WorkoutId, place: WorkoutExerciseId) -> Result<Self> {
        let mut parts = Parts::below(ctx, &[&["workout"]]);
        let own = ctx.look_ahead().field("workoutExercise");
        parts.places = Some(Columns::ALL);
        if own.field("sets").exists() {
            parts.sets = Some(Columns::ALL);
        }
        if own.field("exercise").exists() {
            parts.exercises = Some(Columns::ALL);
        }
        let mut conn = ctx.db().conn().await?;
        let workout = Workout::find_kept(&mut conn, ctx.owner()?, id, parts).await?;
        let mut places = workout.exercises.get().into_iter().flatten();
        Ok(Self {
            workout_exercise: places.find(|found| found.id == place).cloned(),
            workout,
        })
    }
}

impl SetPayload {
    /// `set` is what the change itself returned, or nothing where it was made earlier.
    pub async fn of(
        ctx: &Context<'_>,
        id: WorkoutId,
        version: i32,
        changed: SetId,
        set: Option<Set>,
    ) -> Result<Self> {
        let sets = set.map(|set| vec![set]);
        let payload = SetsPayload::of(ctx, id, version, &[changed], sets).await?;
        Ok(Self {
            workout_id: id,
            set: Written(payload.sets.0.into_iter().next()),
            workout_version: version,
        })
    }
}

impl SetsPayload {
    /// `sets` is what the change itself returned, or nothing where it was made earlier.
    pub async fn of(
        ctx: &Context<'_>,
        id: WorkoutId,
        version: i32,
        changed: &[SetId],
        sets: Option<Vec<Set>>,
    ) -> Result<Self> {
        let mut sets = if let Some(sets) = sets {
            sets
        } else {
            let mut conn = ctx.db().conn().await?;
            Set::find_all(&mut conn, ctx.owner()?, changed).await?
        };
        sets.sort_by_key(|set| changed.iter().position(|id| *id == set.id));
        Ok(Self {
            workout_id: id,
            sets: Written(sets),
            deleted_ids: Vec::new(),
            workout_version: version,
        })
    }

    /// What deleting these sets answers.
    pub const fn without(id: WorkoutId, version: i32, deleted_ids: Vec<SetId>) -> Self {
        Self {
            workout_id: id,
            sets: Written(Vec::new()),
            deleted_ids,
            workout_version: version,
        }
    }
}
