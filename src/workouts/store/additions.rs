//! Adding to a workout. Whoever chose the ids may send the same again: what is there already is not
//! added twice, and if all of it is, nothing changes. A set that is there with other contents is a
//! conflict.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Part, Taken, places::check_exercises};
use crate::{
    db::schema::{workout_exercises, workouts},
    error::{Error, Result},
    viewer::UserId,
    workouts::{
        NewSet, Set, WorkoutExercise, WorkoutExerciseId, WorkoutId,
        input::{Additions, PlaceAddition},
    },
};

/// What came of adding sets.
#[derive(Clone, Debug)]
pub struct Added {
    pub workout: WorkoutId,
    /// The workout's version: a new one, unless nothing was new.
    pub version: i32,
    pub is_new: bool,
    /// All sets named, those that were there before included.
    pub sets: Vec<Set>,
}

impl Additions {
    /// Adds the sets after those that are there.
    pub async fn add(
        mut self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
    ) -> Result<Added> {
        let before = self.added_before(conn, owner).await?;
        // Each row with its place in the request, for messages.
        let (indexes, rows): (Vec<usize>, Vec<NewSet>) = self
            .rows
            .into_iter()
            .enumerate()
            .filter(|(_, row)| before.iter().all(|set| set.id != row.id))
            .unzip();
        self.rows = rows;
        let Some(first) = self.rows.as_slice().first() else {
            return unchanged(conn, owner, before).await;
        };
        let part = match self.workout {
            Some(workout) => Part::Itself(workout),
            None => Part::Exercise(first.workout_exercise_id),
        };
        let taken = part.take(conn, owner, expected).await?;
        if self.workout.is_some() {
            self.check_places(conn, owner, taken.id, &indexes).await?;
        }
        for row in &mut self.rows {
            row.workout_id = taken.id;
        }
        let path = |index: usize, field: &str| match self.workout {
            Some(_) => format!("sets.{}.{field}", indexes[index]),
            None => format!("input.{field}"),
        };
        let mut sets = before;
        sets.extend(Set::append(conn, &self.rows, path).await?);
        Ok(Added {
            workout: taken.id,
            version: taken.version,
            is_new: true,
            sets,
        })
    }

    /// Those that were added before, under the ids that the client chose.
    async fn added_before(&self, conn: &mut AsyncPgConnection, owner: UserId) -> Result<Vec<Set>> {
        if self.named.is_empty() {
            return Ok(Vec::new());
        }
        let mut before = Vec::new();
        for set in Set::find_all(conn, owner, &self.named).await? {
            let mut rows = self.rows.iter();
            let same = |row: &&NewSet| {
                (row.id, row.workout_exercise_id) == (set.id, set.workout_exercise_id)
            };
            match rows.find(same) {
                Some(row) if row.records_the_same(&set) => before.push(set),
                Some(_) => {
                    return Err(Error::Conflict {
                        message: "this set was added before with other contents: change that set"
                            .to_owned(),
                        id: Some(set.id.0),
                        version: Some(set.version),
                    });
                }
                None => {}
            }
        }
        Ok(before)
    }

    async fn check_places(
        &self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
        indexes: &[usize],
    ) -> Result<()> {
        let there: Vec<WorkoutExerciseId> = workout_exercises::table
            .filter(workout_exercises::user_id.eq(owner))
            .filter(workout_exercises::workout_id.eq(workout))
            .select(workout_exercises::id)
            .load(conn)
            .await?;
        for (index, row) in indexes.iter().zip(&self.rows) {
            let place = row.workout_exercise_id;
            if !there.contains(&place) {
                return Err(Error::invalid(
                    format!("sets.{index}.workoutExerciseId"),
                    format!("no exercise in this workout has the id `{place}`"),
                ));
            }
        }
        Ok(())
    }
}

impl NewSet {
    /// Whether the set is what this would make of it; what was left out is not compared.
    fn records_the_same(&self, set: &Set) -> bool {
        let kind = (self.set_type, self.side) == (set.set_type, set.side);
        let weight = (self.weight, self.weight_unit) == (set.weight, set.weight_unit);
        let measured = (self.reps, self.duration_seconds, self.distance_m)
            == (set.reps, set.duration_seconds, set.distance_m);
        let rest =
            (self.rpe, self.rest_seconds, &self.notes) == (set.rpe, set.rest_seconds, &set.notes);
        let done = self
            .is_completed
            .is_none_or(|done| done == set.is_completed)
            && self.performed_at.is_none_or(|at| at == set.performed_at);
        kind && weight && measured && rest && done
    }
}

async fn unchanged(conn: &mut AsyncPgConnection, owner: UserId, sets: Vec<Set>) -> Result<Added> {
    let Some(workout) = sets.as_slice().first().map(|set| set.workout_id) else {
        return Err(Error::invalid("sets", "name at least one set"));
    };
    let version = workouts::table
        .find((owner, workout))
        .select(workouts::version)
        .first(conn)
        .await?;
    Ok(Added {
        workout,
        version,
        is_new: false,
        sets,
    })
}

impl PlaceAddition {
    /// Adds the exercise after the others; nothing is taken where it was added before.
    pub async fn add(
        self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
    ) -> Result<Option<Taken>> {
        let place = &self.place;
        if self.named && is_there(conn, owner, place.id, place.workout_id).await? {
            return Ok(None);
        }
        let taken = Part::Itself(place.workout_id)
            .take(conn, owner, expected)
            .await?;
        let exercise = [place.exercise_id];
        check_exercises(conn, owner, &exercise, |_| "input.exerciseId".to_owned()).await?;
        let rows = std::slice::from_ref(place);
        WorkoutExercise::append(conn, rows, |_, field| format!("input.{field}")).await?;
        let path = |index: usize, field: &str| format!("input.sets.{index}.{field}");
        Set::append(conn, &self.sets, path).await?;
        Ok(Some(taken))
    }
}

async fn is_there(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    id: WorkoutExerciseId,
    workout: WorkoutId,
) -> QueryResult<bool> {
    let same = workout_exercises::table
        .find((owner, id))
        .filter(workout_exercises::workout_id.eq(workout));
    diesel::select(diesel::dsl::exists(same))
        .get_result(conn)
        .await
}
