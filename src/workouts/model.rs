//! What a workout is, and the exercises and sets in it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{
        Decimal,
        schema::{sets, workout_exercises, workouts},
        text_enum,
    },
    exercises::ExerciseId,
    ids::id,
    viewer::UserId,
};

id! {
    /// Names one workout.
    WorkoutId
}
id! {
    /// Names one exercise's place in a workout.
    WorkoutExerciseId
}
id! {
    /// Names one set.
    SetId
}

text_enum! {
    /// Where a workout stands.
    Status {
        /// Not begun.
        Planned = "planned",
        /// Being trained now.
        Active = "active",
        /// Done.
        Completed = "completed",
        /// Put away.
        Archived = "archived",
    }
}

text_enum! {
    /// What a set is for.
    SetType {
        /// Counts in full.
        Working = "working",
        /// Prepares for what follows; it counts for nothing else.
        Warmup = "warmup",
        /// Follows at once with less weight.
        Drop = "drop",
        /// Taken until no repetition was left.
        Failure = "failure",
        /// As many repetitions as possible.
        Amrap = "amrap",
        /// Continued after a few breaths.
        RestPause = "rest_pause",
    }
}

text_enum! {
    /// The side of the body that was trained.
    Side {
        /// Both at once.
        Both = "both",
        /// The left alone.
        Left = "left",
        /// The right alone.
        Right = "right",
    }
}

/// A workout to insert.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = workouts)]
pub struct NewWorkout {
    pub user_id: UserId,
    pub id: WorkoutId,
    pub name: String,
    pub notes: Option<String>,
    pub is_template: bool,
    pub template_id: Option<WorkoutId>,
    pub status: Status,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub source: String,
}

/// An exercise's place in a workout, to insert.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = workout_exercises)]
pub struct NewWorkoutExercise {
    pub user_id: UserId,
    pub id: WorkoutExerciseId,
    pub workout_id: WorkoutId,
    pub exercise_id: ExerciseId,
    pub order_index: i32,
    pub superset_group: Option<i16>,
    pub target_sets: Option<i16>,
    pub target_reps: Option<i16>,
    pub target_reps_max: Option<i16>,
    pub rest_seconds: Option<i32>,
    pub notes: Option<String>,
}

/// A set to insert.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sets)]
pub struct NewSet {
    pub user_id: UserId,
    pub id: SetId,
    pub workout_id: WorkoutId,
    pub workout_exercise_id: WorkoutExerciseId,
    pub order_index: i32,
    pub set_type: SetType,
    pub side: Side,
    pub reps: Option<i32>,
    pub weight: Option<Decimal>,
    pub rpe: Option<Decimal>,
    pub duration_seconds: Option<i32>,
    pub distance_m: Option<Decimal>,
    pub is_completed: bool,
    pub performed_at: DateTime<Utc>,
}
