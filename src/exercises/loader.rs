//! Exercises by id, gathered from all over one request into one statement.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{Exercise, ExerciseId};
use crate::{error::Error, graphql::Loaders};

impl Loader<ExerciseId> for Loaders {
    type Value = Exercise;
    type Error = Error;

    async fn load(&self, ids: &[ExerciseId]) -> Result<HashMap<ExerciseId, Exercise>, Error> {
        let found = Exercise::in_library(&mut *self.db.conn().await?, ids).await?;
        Ok(found
            .into_iter()
            .map(|exercise| (exercise.id, exercise))
            .collect())
    }
}
