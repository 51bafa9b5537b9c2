//! The fields of the API that concern workouts, the exercises in them, and sets.

mod changes;
mod lifecycle;
mod objects;
mod payloads;
mod places;
mod query;
mod sets;

use async_graphql::MergedObject;

pub use query::WorkoutQuery;

/// Everything that changes workouts.
#[derive(MergedObject, Default)]
pub struct WorkoutMutation(
    changes::Changes,
    lifecycle::Lifecycle,
    places::Places,
    sets::Sets,
);
