//! Workouts and their parts by id, gathered from all over one request into one statement of each kind.
//! A page that asks for them fetches them ahead instead (`parts`); these are for every other way there.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Set, SetId, Workout, WorkoutExercise, WorkoutExerciseId, WorkoutId, parts::grouped};
use crate::{
    db::{
        Columns,
        schema::{sets, workout_exercises, workouts},
    },
    error::{Error, Result},
    graphql::Loaders,
    viewer::UserId,
};

/// A workout that is not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkoutOf {
    pub owner: UserId,
    pub id: WorkoutId,
}

/// An exercise's place in a workout that is not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlaceOf {
    pub owner: UserId,
    pub id: WorkoutExerciseId,
}

/// A set of a workout that is not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetOf {
    pub owner: UserId,
    pub id: SetId,
}

/// The exercises in a workout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlacesOf {
    pub owner: UserId,
    pub workout: WorkoutId,
}

/// The sets of an exercise in a workout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetsOf {
    pub owner: UserId,
    pub workout: WorkoutId,
    pub place: WorkoutExerciseId,
}

impl Loader<WorkoutOf> for Loaders {
    type Value = Workout;
    type Error = Error;

    async fn load(&self, keys: &[WorkoutOf]) -> Result<HashMap<WorkoutOf, Workout>> {
        // One request has one owner.
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<WorkoutId> = keys.iter().map(|key| key.id).collect();
        let found = Workout::find_all(&*self.db.conn().await?, owner, &ids).await?;
        Ok(found
            .into_iter()
            .map(|workout| {
                let id = workout.id;
                (WorkoutOf { owner, id }, workout)
            })
            .collect())
    }
}

impl Loader<PlaceOf> for Loaders {
    type Value = WorkoutExercise;
    type Error = Error;

    async fn load(&self, keys: &[PlaceOf]) -> Result<HashMap<PlaceOf, WorkoutExercise>> {
        use workout_exercises as places;

        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<WorkoutExerciseId> = keys.iter().map(|key| key.id).collect();
        let found = places::table
            .inner_join(
                workouts::table.on(workouts::user_id
                    .eq(places::user_id)
                    .and(workouts::id.eq(places::workout_id))),
            )
            .filter(places::user_id.eq(owner))
            .filter(places::id.eq_any(ids))
            .filter(workouts::deleted_at.is_null())
            .select(WorkoutExercise::as_select())
            .load(&mut *self.db.conn().await?)
            .await?;
        Ok(found
            .into_iter()
            .map(|place| {
                let id = place.id;
                (PlaceOf { owner, id }, place)
            })
            .collect())
    }
}

impl Loader<SetOf> for Loaders {
    type Value = Set;
    type Error = Error;

    async fn load(&self, keys: &[SetOf]) -> Result<HashMap<SetOf, Set>> {
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<SetId> = keys.iter().map(|key| key.id).collect();
        let found = Set::find_all(&mut *self.db.conn().await?, owner, &ids).await?;
        Ok(found
            .into_iter()
            .map(|set| {
                let id = set.id;
                (SetOf { owner, id }, set)
            })
            .collect())
    }
}

impl Loader<PlacesOf> for Loaders {
    type Value = Vec<WorkoutExercise>;
    type Error = Error;

    async fn load(&self, keys: &[PlacesOf]) -> Result<HashMap<PlacesOf, Vec<WorkoutExercise>>> {
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<WorkoutId> = keys.iter().map(|key| key.workout).collect();
        let found = WorkoutExercise::of(&*self.db.conn().await?, owner, &ids, Columns::ALL).await?;
        Ok(grouped(found, |place| PlacesOf {
            owner,
            workout: place.workout_id,
        }))
    }
}

impl Loader<SetsOf> for Loaders {
    type Value = Vec<Set>;
    type Error = Error;

    async fn load(&self, keys: &[SetsOf]) -> Result<HashMap<SetsOf, Vec<Set>>> {
        let Some(owner) = keys.first().map(|key| key.owner) else {
            return Ok(HashMap::new());
        };
        let ids: Vec<WorkoutId> = keys.iter().map(|key| key.workout).collect();
        let places: Vec<WorkoutExerciseId> = keys.iter().map(|key| key.place).collect();
        let found = sets::table
            .filter(sets::user_id.eq(owner))
            .filter(sets::workout_id.eq_any(ids))
            .filter(sets::workout_exercise_id.eq_any(places))
            .order((sets::workout_exercise_id, sets::order_index, sets::id))
            .select(Set::as_select())
            .load(&mut *self.db.conn().await?)
            .await?;
        Ok(grouped(found, |set| SetsOf {
            owner,
            workout: set.workout_id,
            place: set.workout_exercise_id,
        }))
    }
}
