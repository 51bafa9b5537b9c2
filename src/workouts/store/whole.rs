//! Writing a whole workout in a fixed number of statements, whatever its size.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::places::check_exercises;
use crate::{
    db::schema::workouts,
    error::{Error, Result},
    exercises::ExerciseId,
    viewer::UserId,
    workouts::{
        NewWorkout, Set, Workout, WorkoutExercise, WorkoutStatus,
        input::{Left, check_new},
        new::NewTree,
    },
};

impl NewWorkout {
    /// Inserts it alone. The same id from the same owner is the same workout, made once.
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> Result<bool> {
        if self.status == WorkoutStatus::Active && !self.is_there(conn).await? {
            Workout::none_active(conn, self.user_id).await?;
        }
        let inserted = diesel::insert_into(workouts::table)
            .values(self)
            .on_conflict((workouts::user_id, workouts::id))
            .do_nothing()
            .execute(conn)
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
        let message = if deleted_at.is_some() {
            "this workout was made before and deleted: restore that one"
        } else if there == *self {
            return Ok(());
        } else {
            "this workout was made before with other contents: change that one"
        };
        Err(Error::Conflict {
            message: message.to_owned(),
            id: Some(self.id.0),
            version: Some(version),
        })
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
        if !self.workout.insert(conn).await? {
            self.workout.check_same(conn).await?;
            return Ok(false);
        }
        self.check_exercises(conn).await?;
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
    /// place. Gives its version, or none where nothing of that id may be expected.
    pub async fn upsert(
        &mut self,
        conn: &mut AsyncPgConnection,
        left: Left,
        expected: Option<i32>,
    ) -> Result<i32> {
        let owner = self.workout.user_id;
        let Some(there) = Workout::locked(conn, owner, self.workout.id).await? else {
            return self.insert_new(conn, expected).await;
        };
        if there.deleted_at.is_some() {
            return Err(Error::not_found("workout", there.id));
        }
        there.check_version(expected)?;
        left.complete(&mut self.workout, &there)?;
        self.check_exercises(conn).await?;
        let version = self.change(conn, &there).await?;
        self.replace_parts(conn, owner).await?;
        Ok(version)
    }

    async fn insert_new(&self, conn: &mut AsyncPgConnection, expected: Option<i32>) -> Result<i32> {
        let id = self.workout.id;
        if expected.is_some() {
            return Err(Error::not_found("workout", id));
        }
        if self.insert(conn).await? {
            return Ok(1);
        }
        // Somebody made it between our look and our insert.
        Err(Error::Conflict {
            message: "this workout was made at the same moment: read it, then repeat the change"
                .to_owned(),
            id: Some(id.0),
            version: None,
        })
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

    async fn check_exercises(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        let wanted: Vec<ExerciseId> = self.exercises.iter().map(|row| row.exercise_id).collect();
        let path = |index| Self::path_to_exercise(index, "exerciseId");
        check_exercises(conn, self.workout.user_id, &wanted, path).await
    }
}
