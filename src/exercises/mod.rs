//! Exercises: the shared library, and what each user adds to it.

mod graphql;
mod loader;
mod model;
mod store;

pub use graphql::ExerciseQuery;
pub use model::{Exercise, ExerciseId, Level, Measurement, NewExercise};
