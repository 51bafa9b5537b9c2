//! Entries by id and by workout, gathered from all over one request into one statement of each kind.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{HistoryEntry, HistoryId};
use crate::{
    db::{Columns, schema::history},
    error::{Error, Result},
    graphql::Loaders,
    viewer::UserId,
    workouts::WorkoutId,
};

/// An entry, in the trash or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HistoryEntryOf {
    pub owner: UserId,
    pub id: HistoryId,
}

/// What was recorded of a workout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HistoryOf {
    pub owner: UserId,
    pub workout: WorkoutId,
}

impl Loader<HistoryEntryOf> for Loaders {
    type Value = HistoryEntry;
    type Error = Error;

    async fn load(&self, keys: &[HistoryEntryOf]) -> Result<HashMap<HistoryEntryOf, HistoryEntry>> {
        // One request has one owner.
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<HistoryId> = keys.iter().map(|key| key.id).collect();
        let found = history::table
            .filter(history::user_id.eq(owner))
            .filter(history::id.eq_any(ids))
            .select(HistoryEntry::as_select())
            .load(&mut *self.db.conn().await?)
            .await?;
        Ok(found
            .into_iter()
            .map(|entry| {
                let id = entry.id;
                (HistoryEntryOf { owner, id }, entry)
            })
            .collect())
    }
}

impl Loader<HistoryOf> for Loaders {
    type Value = Vec<HistoryEntry>;
    type Error = Error;

    async fn load(&self, keys: &[HistoryOf]) -> Result<HashMap<HistoryOf, Vec<HistoryEntry>>> {
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let workouts: Vec<WorkoutId> = keys.iter().map(|key| key.workout).collect();
        let found =
            HistoryEntry::of(&*self.db.conn().await?, owner, &workouts, Columns::ALL).await?;
        let mut by_workout: HashMap<HistoryOf, Vec<HistoryEntry>> = HashMap::new();
        for entry in found {
            if let Some(workout) = entry.workout_id {
                let key = HistoryOf { owner, workout };
                by_workout.entry(key).or_default().push(entry);
            }
        }
        Ok(by_workout)
    }
}
