//! Workouts: planned, running and finished training, with the exercises in it and the sets of each.

mod model;

pub use model::{
    NewSet, NewWorkout, NewWorkoutExercise, SetId, SetType, Side, Status, WorkoutExerciseId,
    WorkoutId,
};
