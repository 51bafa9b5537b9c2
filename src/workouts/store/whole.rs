//! Writing a whole workout in a fixed number of statements, whatever its size.

use std::iter::zip;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::join;

use super::places::check_exercises;
use crate::{
    db::schema::workouts,
    error::{Error, Result},
    exercises::ExerciseId,
    viewer::UserId,
    workouts::{
        NewWorkout, Parts, Set, Workout, WorkoutExercise, WorkoutStatus,
        input::{Left, check_new},
        new::NewTree,
    },
};

/// What a whole workout is compared by.
const EVERYTHING: Parts = Parts {
    places: true,
    sets: true,
    exercises: false,
    history: false,
};

impl NewWorkout {
    /// Inserts it alone. The same id from the same owner is the same workout, made once.
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> Result<bool> {
        self.check_active(conn).await?;
        Ok(self.insert_row(conn).await?)
    }

    async fn check_active(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        if self.status == WorkoutStatus::Active && !self.is_there(conn).await? {
            Workout::none_active(conn, self.user_id).await?;
        }
        Ok(())
    }

    async fn insert_row(&self, mut conn: &AsyncPgConnection) -> QueryResult<bool> {
        let inserted = diesel::insert_into(workouts::table)
            .values(self)
            .on_conflict((workouts::user_id, workouts::id))
            .do_nothing()
            .execute(&mut conn)
            .await?;
        Ok(inserted > 0)
    }

    /// Refuses if the workout that has this id is another one by its own fields, or was deleted.
    async fn check_same(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        let (there, version, deleted_at): (Self, i32, Option<DateTime<Utc>>) = workouts::table
            .find((self.user_id, self.id))
            .select((Self::as_select(), workouts::version, workouts::deleted_at))
            .first(conn)
            .await?;
        if deleted_at.is_some() {
            return Err(Error::known_in_trash("workout", self.id, version).at("input.id"));
        }
        if there == *self {
            return Ok(());
        }
        Err(Error::known("workout", self.id, version).at("input.id"))
    }

    /// Whether the workout is what this says by its own fields.
    fn records_the_same(&self, there: &Workout) -> bool {
        let said = (&self.name, &self.notes, self.is_template, self.status);
        let is = (&there.name, &there.notes, there.is_template, there.status);
        said == is && (self.started_at, self.ended_at) == (there.started_at, there.ended_at)
    }

    async fn is_there(&self, conn: &mut AsyncPgConnection) -> QueryResult<bool> {
        let same = workouts::table.find((self.user_id, self.id));
        diesel::select(diesel::dsl::exists(same))
            .get_result(conn)
            .await
    }
}

impl NewTree {
    /// Inserts the workout with everything in it, unless it was made before.
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> Result<bool> {
        check_new(&self.workout)?;
        self.workout.check_active(conn).await?;
        let (inserted, checked) = {
            let conn = &*conn;
            join!(self.workout.insert_row(conn), self.check_exercises(conn))
        };
        if !inserted? {
            self.workout.check_same(conn).await?;
            return Ok(false);
        }
        checked?;
        self.insert_parts(conn).await?;
        Ok(true)
    }

    /// Inserts what is in the workout.
    pub async fn insert_parts(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        WorkoutExercise::append(conn, &self.exercises, Self::path_to_exercise).await?;
        let path = |index: usize, field: &str| self.path_to_set(index, field);
        Set::append(conn, &self.sets, path).await?;
        Ok(())
    }

    /// Makes the owner's workout what this says: inserted if it is not there, else changed in its
    /// place. Gives its new version; none where it is so already.
    pub async fn upsert(
        &mut self,
        conn: &mut AsyncPgConnection,
        left: Left,
        expected: Option<i32>,
    ) -> Result<Option<i32>> {
        let owner = self.workout.user_id;
        let Some(there) = Workout::locked(conn, owner, self.workout.id).await? else {
            return self.insert_new(conn, expected).await.map(Some);
        };
        let mut there = there.not_in_trash().map_err(|error| error.at("input.id"))?;
        let possible = left.complete(&mut self.workout, &there);
        EVERYTHING
            .fetch(conn, owner, &[there.id])
            .await?
            .hang_on(std::slice::from_mut(&mut there));
        if self.records_the_same(&there) {
            return Ok(None);
        }
        there.check_version(expected)?;
        possible?;
        self.check_exercises(conn).await?;
        let version = self.change(conn, &there).await?;
        self.replace_parts(conn, owner).await?;
        Ok(Some(version))
    }

    /// Whether the workout is what this says, with everything in it and in the same order.
    fn records_the_same(&self, there: &Workout) -> bool {
        let places: Vec<&WorkoutExercise> = there.exercises.get().into_iter().flatten().collect();
        let sets = places.iter().filter_map(|place| place.sets.get());
        let sets: Vec<&Set> = sets.flatten().collect();
        let same_places = self.exercises.len() == places.len()
            && zip(&self.exercises, places).all(|(new, place)| new.records_the_same(place));
        let same_sets = self.sets.len() == sets.len()
            && zip(&self.sets, sets).all(|(new, set)| new.records_the_same(set));
        self.workout.records_the_same(there) && same_places && same_sets
    }

    async fn insert_new(&self, conn: &mut AsyncPgConnection, expected: Option<i32>) -> Result<i32> {
        let id = self.workout.id;
        if expected.is_some() {
            return Err(Error::not_found("workout", id).at("input.id"));
        }
        if self.insert(conn).await? {
            return Ok(1);
        }
        // Somebody made it between our look and our insert.
        let message = "this workout was made at the same moment: read it, then repeat the change";
        Err(Error::conflict(message).with(id, None).at("input.id"))
    }

    async fn change(&self, conn: &mut AsyncPgConnection, there: &Workout) -> Result<i32> {
        let new = &self.workout;
        if new.status == WorkoutStatus::Active && there.status != WorkoutStatus::Active {
            Workout::none_active(conn, new.user_id).await?;
        }
        let version = there.version + 1;
        diesel::update(workouts::table.find((new.user_id, new.id)))
            .set((
                workouts::name.eq(&new.name),
                workouts::notes.eq(&new.notes),
                workouts::is_template.eq(new.is_template),
                workouts::status.eq(new.status),
                workouts::started_at.eq(new.started_at),
                workouts::ended_at.eq(new.ended_at),
                workouts::version.eq(version),
                workouts::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(version)
    }

    async fn replace_parts(&self, conn: &mut AsyncPgConnection, owner: UserId) -> Result<()> {
        let workout = self.workout.id;
        WorkoutExercise::park(conn, owner, workout).await?;
        WorkoutExercise::replace(conn, &self.exercises, Self::path_to_exercise).await?;
        let path = |index: usize, field: &str| self.path_to_set(index, field);
        Set::replace(conn, owner, workout, &self.sets, path).await?;
        // Last, because sets may have moved from an exercise that goes to one that stays.
        WorkoutExercise::drop_parked(conn, owner, workout).await?;
        Ok(())
    }

    async fn check_exercises(&self, conn: &AsyncPgConnection) -> Result<()> {
        let wanted: Vec<ExerciseId> = self.exercises.iter().map(|row| row.exercise_id).collect();
        let path = |index| Self::path_to_exercise(index, "exerciseId");
        check_exercises(conn, self.workout.user_id, &wanted, path).await
    }
}
