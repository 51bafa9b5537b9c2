//! Adding to a workout. Whoever chose the ids may send the same again: what is there already is not
//! added twice, and if all of it is, nothing changes. What is there with other contents is a conflict.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{
    Part, Taken,
    places::{check_exercises, known},
};
use crate::{
    db::schema::workout_exercises,
    error::{Error, Result},
    viewer::UserId,
    workouts::{
        NewSet, NewWorkoutExercise, Set, SetId, Size, WorkoutExercise, WorkoutExerciseId,
        WorkoutId,
        input::{Additions, PlaceAddition},
    },
};

/// What came of adding sets.
#[derive(Clone, Debug)]
pub struct Added {
    /// The workout, with a new version unless nothing was new.
    pub taken: Taken,
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
        let mut sets = self.added_before(conn, owner).await?;
        let before: HashSet<SetId> = sets.iter().map(|set| set.id).collect();
        // Each row with its place in the request, for messages.
        let (indexes, rows): (Vec<usize>, Vec<NewSet>) = self
            .rows
            .into_iter()
            .enumerate()
            .filter(|(_, row)| !before.contains(&row.id))
            .unzip();
        self.rows = rows;
        let Some(first) = self.rows.as_slice().first() else {
            return unchanged(conn, owner, sets).await;
        };
        let taken = if let Some(workout) = self.workout {
            Part::Itself(workout).take(conn, owner).await
        } else {
            let taken = Part::Exercise(first.workout_exercise_id).take(conn, owner);
            taken
                .await
                .map_err(|error| error.at("input.workoutExerciseId"))
        };
        let taken = taken?.check_version(expected)?;
        if self.workout.is_some() {
            self.check_places(conn, owner, taken.id, &indexes).await?;
        }
        for row in &mut self.rows {
            row.workout_id = taken.id;
        }
        let list = self.workout.map_or("input", |_| "sets");
        let more = Size {
            exercises: 0,
            sets: self.rows.len(),
        };
        more.check_room(conn, owner, taken.id, list).await?;
        let path = |index: usize, field: &str| self.path(indexes[index], field);
        sets.extend(Set::append(conn, &self.rows, path).await?);
        Ok(Added { taken, sets })
    }

    /// The path in the request to a field of the set with that number.
    fn path(&self, index: usize, field: &str) -> String {
        match self.workout {
            Some(_) => format!("sets.{index}.{field}"),
            None => format!("input.{field}"),
        }
    }

    /// Those that were added before, under the ids that the client chose.
    async fn added_before(&self, conn: &mut AsyncPgConnection, owner: UserId) -> Result<Vec<Set>> {
        if self.named.is_empty() {
            return Ok(Vec::new());
        }
        let before = Set::find_all(conn, owner, &self.named).await?;
        for set in &before {
            let index = self.rows.iter().position(|row| row.id == set.id);
            let index = index.unwrap_or_default();
            if !self.rows[index].records_the_same(set) {
                let known = Error::known("set", set.id, set.version);
                return Err(known.at(self.path(index, "id")));
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
                let missing = Error::not_found("exercise in this workout", place);
                return Err(missing.at(format!("sets.{index}.workoutExerciseId")));
            }
        }
        Ok(())
    }
}

impl NewSet {
    /// Whether the set is what this would make of it; what was left out is not compared.
    pub fn records_the_same(&self, set: &Set) -> bool {
        let itself = (self.id, self.workout_exercise_id) == (set.id, set.workout_exercise_id);
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
        itself && kind && weight && measured && rest && done
    }
}

impl NewWorkoutExercise {
    /// Whether the place is what this would make of it, wherever in the workout it is by now.
    pub fn records_the_same(&self, place: &WorkoutExercise) -> bool {
        let itself = (self.id, self.workout_id, self.exercise_id)
            == (place.id, place.workout_id, place.exercise_id);
        let reps = (self.target_sets, self.target_reps, self.target_reps_max)
            == (place.target_sets, place.target_reps, place.target_reps_max);
        let weight = (self.target_weight, self.target_weight_unit)
            == (place.target_weight, place.target_weight_unit);
        let rest = (self.superset_group, self.target_rpe, self.rest_seconds)
            == (place.superset_group, place.target_rpe, place.rest_seconds);
        itself && reps && weight && rest && self.notes == place.notes
    }
}

/// All of it was added before.
async fn unchanged(conn: &mut AsyncPgConnection, owner: UserId, sets: Vec<Set>) -> Result<Added> {
    let Some(workout) = sets.as_slice().first().map(|set| set.workout_id) else {
        return Err(Error::invalid("sets", "name at least one set"));
    };
    let held = Part::Itself(workout).hold(conn, owner).await?;
    Ok(Added {
        taken: held.unchanged(),
        sets,
    })
}

impl PlaceAddition {
    /// Adds the exercise after the others; nothing changes where it was added before.
    pub async fn add(
        self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
    ) -> Result<Taken> {
        let place = &self.place;
        if self.named
            && let Some(there) = find(conn, place).await?
        {
            if !place.records_the_same(&there) {
                return Err(known(conn, place).await?.at("input.id"));
            }
            let held = Part::Itself(place.workout_id).hold(conn, owner).await?;
            return Ok(held.unchanged());
        }
        let taken = Part::Itself(place.workout_id).take(conn, owner).await?;
        let taken = taken.check_version(expected)?;
        let exercise = [place.exercise_id];
        check_exercises(conn, owner, &exercise, |_| "input.exerciseId".to_owned()).await?;
        let more = Size {
            exercises: 1,
            sets: self.sets.len(),
        };
        more.check_room(conn, owner, place.workout_id, "input")
            .await?;
        let rows = std::slice::from_ref(place);
        WorkoutExercise::append(conn, rows, |_, field| format!("input.{field}")).await?;
        let path = |index: usize, field: &str| format!("input.sets.{index}.{field}");
        Set::append(conn, &self.sets, path).await?;
        Ok(taken)
    }
}

async fn find(
    conn: &mut AsyncPgConnection,
    place: &NewWorkoutExercise,
) -> QueryResult<Option<WorkoutExercise>> {
    workout_exercises::table
        .find((place.user_id, place.id))
        .select(WorkoutExercise::as_select())
        .first(conn)
        .await
        .optional()
}
