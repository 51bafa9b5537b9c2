//! Rows to insert, and what is to change of rows that are there.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{
    Set, SetId, SetType, Side, WeightUnit, Workout, WorkoutExercise, WorkoutExerciseId, WorkoutId,
    WorkoutStatus,
};
use crate::{
    db::{
        Decimal, patch,
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
    /// What its workout says of new sets, where it is not said (`store::done_by_default`).
    pub is_completed: Option<bool>,
    pub notes: Option<String>,
    /// Now, where it is not known.
    pub performed_at: Option<DateTime<Utc>>,
}

/// A workout with everything in it, to insert or to put in the place of what is there.
#[derive(Clone, Debug)]
pub struct NewTree {
    pub workout: NewWorkout,
    pub exercises: Vec<NewWorkoutExercise>,
    pub sets: Vec<NewSet>,
    /// The ids of those exercises and sets that the client chose.
    pub named: HashSet<Uuid>,
}

patch! {
    /// What is to change of a workout itself; `None` leaves a column as it is.
    WorkoutPatch of Workout in workouts {
        name: String,
        notes: Option<String>,
        is_template: bool,
        status: WorkoutStatus,
        started_at: Option<DateTime<Utc>>,
        ended_at: Option<DateTime<Utc>>,
    }
}

patch! {
    /// What is to change of an exercise's place in a workout.
    WorkoutExercisePatch of WorkoutExercise in workout_exercises {
        exercise_id: ExerciseId,
        superset_group: Option<i16>,
        target_sets: Option<i16>,
        target_reps: Option<i16>,
        target_reps_max: Option<i16>,
        target_weight: Option<Decimal>,
        target_weight_unit: WeightUnit,
        target_rpe: Option<Decimal>,
        rest_seconds: Option<i32>,
        notes: Option<String>,
    }
}

patch! {
    /// What is to change of a set.
    SetPatch of Set in sets {
        set_type: SetType,
        side: Side,
        reps: Option<i32>,
        weight: Option<Decimal>,
        weight_unit: WeightUnit,
        rpe: Option<Decimal>,
        duration_seconds: Option<i32>,
        distance_m: Option<Decimal>,
        rest_seconds: Option<i32>,
        is_completed: bool,
        notes: Option<String>,
        performed_at: DateTime<Utc>,
    }
}
