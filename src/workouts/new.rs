//! Rows to insert, and what is to change of rows that are there.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus};
use crate::{
    db::{
        Decimal,
        schema::{sets, workout_exercises, workouts},
    },
    exercises::ExerciseId,
    viewer::UserId,
};

/// A workout to insert.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = workouts, treat_none_as_default_value = false)]
pub struct NewWorkout {
    pub user_id: UserId,
    pub id: WorkoutId,
    pub name: String,
    pub notes: Option<String>,
    pub is_template: bool,
    pub template_id: Option<WorkoutId>,
    pub status: WorkoutStatus,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub source: String,
    pub source_key: Option<String>,
}

/// An exercise's place in a workout, to insert.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = workout_exercises, treat_none_as_default_value = false)]
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
    pub target_weight: Option<Decimal>,
    pub target_weight_unit: WeightUnit,
    pub target_rpe: Option<Decimal>,
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
    pub weight_unit: WeightUnit,
    pub rpe: Option<Decimal>,
    pub duration_seconds: Option<i32>,
    pub distance_m: Option<Decimal>,
    pub rest_seconds: Option<i32>,
    /// Done, where it is not said; for a set that is there already, as it was.
    pub is_completed: Option<bool>,
    pub notes: Option<String>,
    /// Now, where it is not known; for a set that is there already, as it was.
    pub performed_at: Option<DateTime<Utc>>,
}

/// A workout with everything in it, to insert or to put in the place of what is there.
#[derive(Clone, Debug)]
pub struct NewTree {
    pub workout: NewWorkout,
    pub exercises: Vec<NewWorkoutExercise>,
    pub sets: Vec<NewSet>,
}

/// What is to change of a workout itself; `None` leaves a column as it is.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = workouts)]
pub struct WorkoutPatch {
    pub name: Option<String>,
    pub notes: Option<Option<String>>,
    pub is_template: Option<bool>,
    pub status: Option<WorkoutStatus>,
    pub started_at: Option<Option<DateTime<Utc>>>,
    pub ended_at: Option<Option<DateTime<Utc>>>,
}

/// What is to change of an exercise's place in a workout.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = workout_exercises)]
pub struct WorkoutExercisePatch {
    pub exercise_id: Option<ExerciseId>,
    pub superset_group: Option<Option<i16>>,
    pub target_sets: Option<Option<i16>>,
    pub target_reps: Option<Option<i16>>,
    pub target_reps_max: Option<Option<i16>>,
    pub target_weight: Option<Option<Decimal>>,
    pub target_weight_unit: Option<WeightUnit>,
    pub target_rpe: Option<Option<Decimal>>,
    pub rest_seconds: Option<Option<i32>>,
    pub notes: Option<Option<String>>,
}

/// What is to change of a set.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = sets)]
pub struct SetPatch {
    pub set_type: Option<SetType>,
    pub side: Option<Side>,
    pub reps: Option<Option<i32>>,
    pub weight: Option<Option<Decimal>>,
    pub weight_unit: Option<WeightUnit>,
    pub rpe: Option<Option<Decimal>>,
    pub duration_seconds: Option<Option<i32>>,
    pub distance_m: Option<Option<Decimal>>,
    pub rest_seconds: Option<Option<i32>>,
    pub is_completed: Option<bool>,
    pub notes: Option<Option<String>>,
    pub performed_at: Option<DateTime<Utc>>,
}
