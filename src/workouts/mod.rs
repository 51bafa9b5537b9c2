//! Workouts: planned, running and finished training, with the exercises in it and the sets of each.

mod graphql;
mod input;
mod kinds;
mod loader;
mod model;
mod new;
mod parts;
mod size;
mod store;

pub use graphql::{WorkoutMutation, WorkoutQuery};
pub use kinds::{SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus};
pub use loader::{PlaceOf, PlacesOf, SetOf, SetsOf, WorkoutOf};
pub use model::{Set, Workout, WorkoutExercise};
pub use new::{NewSet, NewWorkout, NewWorkoutExercise};
pub use parts::Parts;
use size::{MOST, Size};
pub use store::{Purged, purge_daily, purge_deleted};
