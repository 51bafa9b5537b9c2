//! Exercises: the shared library, and what each user adds to it.

mod graphql;
mod input;
mod loader;
mod merge;
mod model;
mod search;
mod store;

pub use graphql::{ExerciseMutation, ExerciseQuery};
pub use loader::ExerciseSeenBy;
pub use model::{Exercise, ExerciseId, Level, Measurement, NewExercise};
