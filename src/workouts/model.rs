//! What a workout is, and the exercises and sets in it: the rows, which are also the GraphQL objects.
//! What hangs below a row may have been fetched ahead with it.

use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus};
use crate::{
    db::{
        Decimal, columns,
        schema::{sets, workout_exercises, workouts},
    },
    exercises::{Exercise, ExerciseId},
    graphql::{Ahead, written::parts},
    history::HistoryEntry,
    viewer::UserId,
};

/// Planned, running or finished training, or a template for it. It is changed as a whole: every change
/// of its exercises or sets gives it a new version.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = workouts)]
#[graphql(complex)]
pub struct Workout {
    #[graphql(skip)]
    pub user_id: UserId,
    /// Names this workout.
    pub id: WorkoutId,
    /// What it is called.
    pub name: String,
    /// What there is to say about it.
    pub notes: Option<String>,
    /// Whether it is a template, from which workouts are started.
    pub is_template: bool,
    /// The template or workout that it was copied from; that one may be gone by now.
    pub template_id: Option<WorkoutId>,
    /// Where it stands.
    pub status: WorkoutStatus,
    /// When it was begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done.
    pub ended_at: Option<DateTime<Utc>>,
    /// Where it came from: `app`, or the name of an import.
    pub source: String,
    /// What it is called there.
    pub source_key: Option<String>,
    /// Counts the changes of the workout and everything in it; send it back as `expectedVersion`, or as
    /// `expectedWorkoutVersion` where a part of it is changed, to change what you saw.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it or anything in it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was put in the trash; it can be restored for 30 days.
    pub deleted_at: Option<DateTime<Utc>>,
    #[diesel(column_name = id)]
    #[graphql(skip)]
    pub exercises: Ahead<Vec<WorkoutExercise>>,
    #[diesel(column_name = id)]
    #[graphql(skip)]
    pub history: Ahead<Vec<HistoryEntry>>,
}

/// An exercise in a workout: its place, what is aimed for, and the sets. The same exercise may have
/// several places.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = workout_exercises)]
#[graphql(complex)]
pub struct WorkoutExercise {
    #[graphql(skip)]
    pub user_id: UserId,
    /// Names this place in the workout, not the exercise.
    pub id: WorkoutExerciseId,
    /// The workout that it is in.
    pub workout_id: WorkoutId,
    /// The exercise that is trained here.
    pub exercise_id: ExerciseId,
    /// Its place among the workout's exercises; lower comes first, and numbers may be missing.
    pub order_index: i32,
    /// Exercises of a workout with the same number here are done in turn, without rest between.
    pub superset_group: Option<i16>,
    /// How many sets are aimed for.
    pub target_sets: Option<i16>,
    /// How many repetitions are aimed for, at least.
    pub target_reps: Option<i16>,
    /// How many repetitions are aimed for, at most.
    pub target_reps_max: Option<i16>,
    /// The weight aimed for, in `targetWeightUnit`.
    pub target_weight: Option<Decimal>,
    /// The unit of `targetWeight`.
    pub target_weight_unit: WeightUnit,
    /// The effort aimed for, from 0 to 10.
    pub target_rpe: Option<Decimal>,
    /// How long to rest between sets, in seconds.
    pub rest_seconds: Option<i32>,
    /// What there is to say about it.
    pub notes: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    #[diesel(column_name = id)]
    #[graphql(skip)]
    pub exercise: Ahead<Arc<Exercise>>,
    #[diesel(column_name = id)]
    #[graphql(skip)]
    pub sets: Ahead<Vec<Set>>,
}

/// One set of an exercise in a workout.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = sets)]
#[graphql(complex, name = "WorkoutSet")]
pub struct Set {
    #[graphql(skip)]
    pub user_id: UserId,
    /// Names this set.
    pub id: SetId,
    /// The workout that it belongs to.
    pub workout_id: WorkoutId,
    /// The place in the workout that it belongs to.
    pub workout_exercise_id: WorkoutExerciseId,
    /// Its place among the sets of that exercise; lower comes first, and numbers may be missing.
    pub order_index: i32,
    /// What it is for.
    pub set_type: SetType,
    /// The side that was trained.
    pub side: Side,
    /// How many repetitions.
    pub reps: Option<i32>,
    /// The weight as it was entered, in `weightUnit`.
    pub weight: Option<Decimal>,
    /// The unit of `weight`.
    pub weight_unit: WeightUnit,
    /// The weight in kilograms, to the milligram.
    pub weight_kg: Option<Decimal>,
    /// How hard it was, from 0 to 10: 10 leaves no repetition.
    pub rpe: Option<Decimal>,
    /// How long it took, in seconds.
    pub duration_seconds: Option<i32>,
    /// How far it went, in metres.
    pub distance_m: Option<Decimal>,
    /// How long the rest after it was, in seconds.
    pub rest_seconds: Option<i32>,
    /// Whether it was done, and is not just planned.
    pub is_completed: bool,
    /// What there is to say about it.
    pub notes: Option<String>,
    /// When it was done.
    pub performed_at: DateTime<Utc>,
    /// Counts the changes of this set alone; send it back to `updateSet` as `expectedVersion` to change
    /// what you saw.
    pub version: i32,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

columns! {
    WorkoutExercise, workout_exercises, keys { user_id, id, workout_id, exercise_id, order_index } {
        superset_group, target_sets, target_reps, target_reps_max, target_weight, target_weight_unit,
        target_rpe, rest_seconds, notes, created_at, updated_at,
    }
    ahead { exercise, sets }
}

columns! {
    Set, sets, keys { user_id, id, workout_id, workout_exercise_id, order_index } {
        set_type, side, reps, weight, weight_unit, weight_kg, rpe, duration_seconds, distance_m,
        rest_seconds, is_completed, notes, performed_at, version, created_at, updated_at,
    }
}

parts! {
    Workout {
        id, name, notes, is_template, template_id, status, started_at, ended_at, source, source_key,
        version, created_at, updated_at, deleted_at,
    }
    below { exercises, history }
}

parts! {
    WorkoutExercise {
        id, workout_id, exercise_id, order_index, superset_group, target_sets, target_reps,
        target_reps_max, target_weight, target_weight_unit, target_rpe, rest_seconds, notes,
        created_at, updated_at,
    }
    below { exercise, sets }
}

parts! {
    Set {
        id, workout_id, workout_exercise_id, order_index, set_type, side, reps, weight, weight_unit,
        weight_kg, rpe, duration_seconds, distance_m, rest_seconds, is_completed, notes,
        performed_at, version, created_at, updated_at,
    }
}
