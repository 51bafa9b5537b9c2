//! A workout of 5 exercises and 20 sets as a record of the files, which is what parity is computed of.

use std::slice;

use regimen::{
    legacy::record::{Record, SetRecord, WorkoutExerciseRecord, WorkoutRecord},
    workouts::{Set, Workout, WorkoutExercise},
};

pub fn of(workout: &Workout) -> Record {
    let places = workout.exercises.get().map_or(&[][..], Vec::as_slice);
    Record::Workout(WorkoutRecord {
        user_id: workout.user_id,
        id: workout.id,
        name: workout.name.clone(),
        notes: workout.notes.clone(),
        is_template: workout.is_template,
        template_id: workout.template_id,
        status: workout.status,
        started_at: workout.started_at,
        ended_at: workout.ended_at,
        source: workout.source.clone(),
        source_key: workout.source_key.clone(),
        version: workout.version,
        created_at: workout.created_at,
        updated_at: workout.updated_at,
        deleted_at: workout.deleted_at,
        exercises: places.iter().map(place).collect(),
    })
}

fn place(place: &WorkoutExercise) -> WorkoutExerciseRecord {
    let sets: slice::Iter<'_, Set> = place.sets.get().map_or(&[][..], Vec::as_slice).iter();
    WorkoutExerciseRecord {
        user_id: place.user_id,
        id: place.id,
        workout_id: place.workout_id,
        exercise_id: place.exercise_id,
        order_index: place.order_index,
        superset_group: place.superset_group,
        target_sets: place.target_sets,
        target_reps: place.target_reps,
        target_reps_max: place.target_reps_max,
        target_weight: place.target_weight,
        target_weight_unit: place.target_weight_unit,
        target_rpe: place.target_rpe,
        rest_seconds: place.rest_seconds,
        notes: place.notes.clone(),
        created_at: place.created_at,
        updated_at: place.updated_at,
        sets: sets.map(set).collect(),
    }
}

fn set(set: &Set) -> SetRecord {
    SetRecord {
        user_id: set.user_id,
        id: set.id,
        workout_id: set.workout_id,
        workout_exercise_id: set.workout_exercise_id,
        order_index: set.order_index,
        set_type: set.set_type,
        side: set.side,
        reps: set.reps,
        weight: set.weight,
        weight_unit: set.weight_unit,
        rpe: set.rpe,
        duration_seconds: set.duration_seconds,
        distance_m: set.distance_m,
        rest_seconds: set.rest_seconds,
        is_completed: set.is_completed,
        notes: set.notes.clone(),
        performed_at: set.performed_at,
        version: set.version,
        created_at: set.created_at,
        updated_at: set.updated_at,
    }
}
