//! Exercises by id, gathered from all over one request into one statement.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{Exercise, ExerciseId};
use crate::{
    error::{Error, Result},
    graphql::Loaders,
    viewer::UserId,
};

/// An exercise as somebody sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExerciseSeenBy {
    pub reader: Option<UserId>,
    pub id: ExerciseId,
}

impl Loader<ExerciseSeenBy> for Loaders {
    type Value = Exercise;
    type Error = Error;

    async fn load(&self, keys: &[ExerciseSeenBy]) -> Result<HashMap<ExerciseSeenBy, Exercise>> {
        // One request has one reader.
        let Some(reader) = keys.first().map(|key| key.reader) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<ExerciseId> = keys.iter().map(|key| key.id).collect();
        let found = Exercise::find_all(&mut *self.db.conn().await?, reader, &ids).await?;
        Ok(found
            .into_iter()
            .map(|e| (ExerciseSeenBy { reader, id: e.id }, e))
            .collect())
    }
}
