//! The writes, each in one statement, which is its own transaction.

use std::collections::HashMap;

use async_graphql::SimpleObject;
use rust_decimal::{Decimal, serde::float_option};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::{
    Failure,
    pool::Conn,
    rows::{Exercise, Place, Set, Workout},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSet {
    pub user: Uuid,
    pub workout_id: Uuid,
    pub workout_exercise_id: Uuid,
    pub order_index: i32,
    pub reps: Option<i32>,
    #[serde(with = "float_option")]
    pub weight: Option<Decimal>,
    #[serde(with = "float_option")]
    pub rpe: Option<Decimal>,
}

#[derive(Deserialize)]
pub struct NewWorkout {
    pub user: Uuid,
    pub input: Content,
}

#[derive(Deserialize)]
pub struct Content {
    pub name: String,
    pub exercises: Vec<NewPlace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPlace {
    pub exercise_id: Uuid,
    pub sets: Vec<PlannedSet>,
}

#[derive(Deserialize)]
pub struct PlannedSet {
    pub reps: Option<i32>,
    #[serde(with = "float_option")]
    pub weight: Option<Decimal>,
}

/// What is shown of a new set.
#[derive(Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
#[graphql(complex)]
pub struct AddedSet {
    id: Uuid,
    reps: Option<i32>,
    #[serde(with = "float_option")]
    #[graphql(skip)]
    pub weight: Option<Decimal>,
    #[serde(with = "float_option")]
    #[graphql(skip)]
    pub rpe: Option<Decimal>,
    duration_seconds: Option<i32>,
    is_completed: bool,
}

impl Conn {
    pub async fn add_set(&self, new: NewSet) -> Result<AddedSet, Failure> {
        let id = Uuid::now_v7();
        let NewSet {
            user,
            workout_id,
            workout_exercise_id,
            order_index,
            reps,
            weight,
            rpe,
        } = new;
        let values: [&(dyn ToSql + Sync); 8] = [
            &user,
            &id,
            &workout_id,
            &workout_exercise_id,
            &order_index,
            &reps,
            &weight,
            &rpe,
        ];
        let made = self
            .client
            .query_one(&self.prepared.add_set, &values)
            .await?;
        Ok(AddedSet {
            id: made.get(0),
            reps: made.get(1),
            weight: made.get(2),
            rpe: made.get(3),
            duration_seconds: made.get(4),
            is_completed: made.get(5),
        })
    }

    pub async fn create_workout(&self, new: NewWorkout) -> Result<Workout, Failure> {
        let NewWorkout { user, input } = new;
        let workout = Workout {
            id: Uuid::now_v7(),
            name: input.name,
            notes: None,
            started_at: None,
            exercises: self.places(user, input.exercises).await?,
        };
        let mut columns = Columns::default();
        for place in &workout.exercises {
            columns.add(place);
        }
        let Columns {
            places,
            exercises,
            ids,
            parents,
            numbers,
            reps,
            weights,
        } = columns;
        self.client
            .execute(
                &self.prepared.create_workout,
                &[
                    &user,
                    &workout.id,
                    &workout.name,
                    &places,
                    &exercises,
                    &ids,
                    &parents,
                    &numbers,
                    &reps,
                    &weights,
                ],
            )
            .await?;
        Ok(workout)
    }

    /// The exercises have to be seen by their user, and their names are in the answer.
    async fn places(&self, user: Uuid, new: Vec<NewPlace>) -> Result<Vec<Place>, Failure> {
        let ids: Vec<Uuid> = new.iter().map(|place| place.exercise_id).collect();
        let found = self
            .client
            .query(&self.prepared.named, &[&ids, &user])
            .await?;
        let found: HashMap<Uuid, Exercise> = found
            .iter()
            .map(|row| (row.get(0), Exercise::from(row)))
            .collect();
        let place = |(order_index, place): (i32, NewPlace)| {
            Ok(Place {
                id: Uuid::now_v7(),
                order_index,
                notes: None,
                exercise: found
                    .get(&place.exercise_id)
                    .ok_or("no such exercise")?
                    .clone(),
                sets: (0..).zip(place.sets).map(planned).collect(),
            })
        };
        (0..).zip(new).map(place).collect()
    }
}

fn planned((order_index, set): (i32, PlannedSet)) -> Set {
    Set {
        id: Uuid::now_v7(),
        order_index,
        reps: set.reps,
        weight: set.weight,
        rpe: None,
        duration_seconds: None,
        is_completed: true,
    }
}

#[derive(Default)]
struct Columns<'a> {
    places: Vec<Uuid>,
    exercises: Vec<Uuid>,
    ids: Vec<Uuid>,
    parents: Vec<Uuid>,
    numbers: Vec<i32>,
    reps: Vec<Option<i32>>,
    weights: Vec<&'a Option<Decimal>>,
}

impl<'a> Columns<'a> {
    fn add(&mut self, place: &'a Place) {
        self.places.push(place.id);
        self.exercises.push(place.exercise.id);
        for set in &place.sets {
            self.ids.push(set.id);
            self.parents.push(place.id);
            self.numbers.push(set.order_index);
            self.reps.push(set.reps);
            self.weights.push(&set.weight);
        }
    }
}
