//! Writing a whole workout in a fixed number of statements, whatever its size.

use std::iter::zip;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::join;

use super::places::check_exercises;
use crate::{
    db::{Columns, schema::workouts},
    error::{Error, Result},
    exercises::ExerciseId,
    viewer::UserId,
    workouts::{
        NewWorkout, Parts, Set, Workout, WorkoutExercise, WorkoutStatus, input::Draft, new::NewTree,
    },
};

/// What a whole workout is compared by.
const EVERYTHING: Parts = Parts {
    places: Some(Columns::ALL),
    sets: Some(Columns::ALL),
    exercises: None,
    history: None,
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
        let inserted = self.insert_unless_there(conn).await?;
        if !inserted {
            self.check_same(conn).await?;
        }
        Ok(inserted)
    }

    async fn insert_unless_there(&self, conn: &mut AsyncPgConnection) -> Result<bool> {
        self.workout.check_active(conn).await?;
        let (inserted, checked) = {
            let conn = &*conn;
            join!(self.workout.insert_row(conn), self.check_exercises(conn))
        };
        if !inserted? {
            return Ok(false);
        }
        checked?;
        self.insert_parts(conn).await?;
        Ok(true)
    }

    /// Refuses if the workout that has this id is another one, or has something else in it, or was
    /// deleted.
    async fn check_same(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        let (owner, id) = (self.workout.user_id, self.workout.id);
        let there = Workout::find_kept(conn, owner, id, EVERYTHING).await?;
        let known = if there.deleted_at.is_some() {
            Error::known_in_trash("workout", id, there.version)
        } else if self.with_ids_of(&there).records_the_same(&there) {
            return Ok(());
        } else {
            Error::known("workout", id, there.version)
        };
        Err(known.at("input.id"))
    }

    /// The same, but exercises and sets to which the client gave no ids have those of what is there in
    /// their place.
    fn with_ids_of(&self, there: &Workout) -> Self {
        let mut new = self.clone();
        let places: Vec<&WorkoutExercise> = there.exercises.get().into_iter().flatten().collect();
        for (place, is) in zip(&mut new.exercises, &places) {
            if self.named.contains(&place.id.0) {
                continue;
            }
            for set in &mut new.sets {
                if set.workout_exercise_id == place.id {
                    set.workout_exercise_id = is.id;
                }
            }
            place.id = is.id;
        }
        let sets = places.iter().filter_map(|place| place.sets.get());
        for (set, is) in zip(&mut new.sets, sets.flatten()) {
            if !self.named.contains(&set.id.0) {
                set.id = is.id;
            }
        }
        new
    }

    /// Inserts what is in the workout.
    pub async fn insert_parts(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        WorkoutExercise::append(conn, &self.exercises, Self::path_to_exercise).await?;
        let path = |index: usize, field: &str| self.path_to_set(index, field);
        Set::append(conn, &self.sets, path).await?;
        Ok(())
    }

    /// Whether the workout is what this says, with everything in it and in the same order.
    fn records_the_same(&self, there: &Workout) -> bool {
        self.workout.records_the_same(there) && self.has_the_same_parts(there)
    }

    fn has_the_same_parts(&self, there: &Workout) -> bool {
        let places: Vec<&WorkoutExercise> = there.exercises.get().into_iter().flatten().collect();
        let sets = places.iter().filter_map(|place| place.sets.get());
        let sets: Vec<&Set> = sets.flatten().collect();
        let same_places = self.exercises.len() == places.len()
            && zip(&self.exercises, places).all(|(new, place)| new.records_the_same(place));
        let same_sets = self.sets.len() == sets.len()
            && zip(&self.sets, sets).all(|(new, set)| new.records_the_same(set));
        same_places && same_sets
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

impl Draft {
    /// Makes the owner's workout what this says: inserted if it is not there, else changed in its
    /// place. Gives its new version; none where it is so already.
    pub async fn upsert(
        &self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
    ) -> Result<Option<i32>> {
        let Some(there) = self.locked_or_inserted(conn, owner, expected).await? else {
            return Ok(Some(1));
        };
        let mut there = there.not_in_trash().map_err(|error| error.at("input.id"))?;
        if self.places.is_some() {
            let below = EVERYTHING.fetch(conn, owner, &[there.id]).await?;
            below.hang_on(std::slice::from_mut(&mut there));
        }
        let tree = self.tree(owner, Some(&there));
        if tree
            .as_ref()
            .is_ok_and(|tree| self.changes_nothing(tree, &there))
        {
            return Ok(None);
        }
        there.check_version(expected)?;
        let tree = tree?;
        tree.check_exercises(conn).await?;
        let version = tree.change(conn, &there).await?;
        if self.places.is_some() {
            tree.replace_parts(conn, owner).await?;
        }
        Ok(Some(version))
    }

    fn changes_nothing(&self, tree: &NewTree, there: &Workout) -> bool {
        tree.workout.records_the_same(there)
            && (self.places.is_none() || tree.has_the_same_parts(there))
    }

    /// The workout that is there, locked; none where there was none and this was inserted.
    async fn locked_or_inserted(
        &self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
    ) -> Result<Option<Workout>> {
        let id = self.id;
        let gone = || Error::not_found("workout", id).at("input.id");
        if let Some(there) = Workout::locked(conn, owner, id).await? {
            return Ok(Some(there));
        }
        if expected.is_some() {
            return Err(gone());
        }
        if self.tree(owner, None)?.insert_unless_there(conn).await? {
            return Ok(None);
        }
        // Somebody made it between our look and our insert: it is there like any other.
        let there = Workout::locked(conn, owner, id).await?;
        there.map(Some).ok_or_else(gone)
    }
}
