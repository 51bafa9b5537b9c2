//! The reads, with everything that can go together in one round trip.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::try_join;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use crate::{
    Failure,
    pool::Conn,
    rows::{Entry, Exercise, FoundExercise, Place, Set, Task, Workout},
};

/// What is bound to a statement.
type Value<'a> = &'a (dyn ToSql + Sync);

#[derive(Deserialize)]
pub struct OneWorkout {
    pub user: Uuid,
    pub id: Uuid,
}

#[derive(Deserialize)]
pub struct First {
    pub user: Uuid,
    pub first: i64,
}

#[derive(Deserialize)]
pub struct Search {
    pub user: Uuid,
    pub category: String,
    pub search: String,
    pub first: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    pub user: Uuid,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub first: i64,
    pub after_at: DateTime<Utc>,
    pub after_id: Uuid,
}

impl Conn {
    /// Its id is known, so what hangs below it is asked for at the same time.
    pub async fn workout(&self, asked: OneWorkout) -> Result<Workout, Failure> {
        let OneWorkout { user, id } = asked;
        let (key, ids): ([Value<'_>; 2], _) = ([&user, &id], [id]);
        let workout = self.client.query_one(&self.prepared.workout, &key);
        let workout = async { workout.await.map_err(Failure::from) };
        let (workout, below) = try_join!(workout, self.below(user, &ids))?;
        let mut workouts = hang(&[workout], &below);
        Ok(workouts.remove(0))
    }

    pub async fn workouts(&self, asked: First) -> Result<Vec<Workout>, Failure> {
        let found = self
            .client
            .query(&self.prepared.workouts, &[&asked.user, &asked.first])
            .await?;
        let ids: Vec<Uuid> = found.iter().map(|row| row.get(0)).collect();
        Ok(hang(&found, &self.below(asked.user, &ids).await?))
    }

    async fn below(&self, user: Uuid, workouts: &[Uuid]) -> Result<Below, Failure> {
        let (client, prepared) = (&self.client, &self.prepared);
        let wanted: [Value<'_>; 2] = [&user, &workouts];
        let (places, sets, exercises) = try_join!(
            client.query(&prepared.places, &wanted),
            client.query(&prepared.sets, &wanted),
            client.query(&prepared.trained, &wanted),
        )?;
        Ok(Below {
            places,
            sets,
            exercises,
        })
    }

    pub async fn exercises(&self, asked: Search) -> Result<Vec<FoundExercise>, Failure> {
        let pattern = format!("\\m({})", asked.search);
        let found = self
            .client
            .query(
                &self.prepared.exercises,
                &[&asked.user, &asked.category, &pattern, &asked.first],
            )
            .await?;
        Ok(found.iter().map(FoundExercise::from).collect())
    }

    pub async fn history(&self, asked: Period) -> Result<Vec<Entry>, Failure> {
        let Period {
            user,
            from,
            to,
            first,
            after_at,
            after_id,
        } = asked;
        let found = self
            .client
            .query(
                &self.prepared.history,
                &[&user, &from, &to, &after_at, &after_id, &first],
            )
            .await?;
        Ok(found.iter().map(Entry::from).collect())
    }

    pub async fn tasks(&self, asked: First) -> Result<Vec<Task>, Failure> {
        let found = self
            .client
            .query(&self.prepared.tasks, &[&asked.user, &asked.first])
            .await?;
        Ok(found.iter().map(Task::from).collect())
    }
}

struct Below {
    places: Vec<Row>,
    sets: Vec<Row>,
    exercises: Vec<Row>,
}

fn hang(workouts: &[Row], below: &Below) -> Vec<Workout> {
    let exercises: HashMap<Uuid, Exercise> = below
        .exercises
        .iter()
        .map(|row| (row.get(0), Exercise::from(row)))
        .collect();
    let mut sets: HashMap<Uuid, Vec<Set>> = HashMap::with_capacity(below.places.len());
    for row in &below.sets {
        sets.entry(row.get(7)).or_default().push(Set::from(row));
    }
    let mut places: HashMap<Uuid, Vec<Place>> = HashMap::with_capacity(workouts.len());
    for row in &below.places {
        let id = row.get(0);
        let exercise: Uuid = row.get(4);
        places.entry(row.get(3)).or_default().push(Place {
            id,
            order_index: row.get(1),
            notes: row.get(2),
            exercise: exercises[&exercise].clone(),
            sets: sets.remove(&id).unwrap_or_default(),
        });
    }
    let workout = |row: &Row| Workout {
        id: row.get(0),
        name: row.get(1),
        notes: row.get(2),
        started_at: row.get(3),
        exercises: places.remove(&row.get(0)).unwrap_or_default(),
    };
    workouts.iter().map(workout).collect()
}
