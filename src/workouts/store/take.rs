//! Taking a workout for a change: it is locked, and gets its new version.

use diesel::{
    prelude::*,
    sql_types::{Integer, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    db::{schema::workouts, statement},
    error::{Error, Result},
    viewer::UserId,
    workouts::{
        SetId, Workout, WorkoutExerciseId, WorkoutId, WorkoutStatus, input::check_state,
        new::WorkoutPatch,
    },
};

/// By which part of it a workout is meant.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Itself(WorkoutId),
    Exercise(WorkoutExerciseId),
    Set(SetId),
}

/// A workout that was taken for a change.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Taken {
    #[diesel(sql_type = SqlUuid)]
    pub id: WorkoutId,
    /// The version it has from now on.
    #[diesel(sql_type = Integer)]
    pub version: i32,
}

const TAKE: &str = "UPDATE workouts SET version = version + 1, updated_at = now() \
    WHERE user_id = ? AND id = ? AND deleted_at IS NULL RETURNING id, version";
const TAKE_BY_EXERCISE: &str = "UPDATE workouts w SET version = w.version + 1, updated_at = now() \
    FROM workout_exercises part WHERE part.user_id = ? AND part.id = ? \
    AND w.user_id = part.user_id AND w.id = part.workout_id AND w.deleted_at IS NULL \
    RETURNING w.id, w.version";
const TAKE_BY_SET: &str = "UPDATE workouts w SET version = w.version + 1, updated_at = now() \
    FROM sets part WHERE part.user_id = ? AND part.id = ? \
    AND w.user_id = part.user_id AND w.id = part.workout_id AND w.deleted_at IS NULL \
    RETURNING w.id, w.version";

impl Part {
    fn not_found(self) -> Error {
        match self {
            Self::Itself(id) => Error::not_found("workout", id),
            Self::Exercise(id) => Error::not_found("exercise in a workout", id),
            Self::Set(id) => Error::not_found("set", id),
        }
    }

    /// Takes the workout, if it is the owner's, not deleted, and has the expected version. What is
    /// refused here is undone with the transaction.
    pub async fn take(
        self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
    ) -> Result<Taken> {
        let (sql, id) = match self {
            Self::Itself(id) => (TAKE, id.0),
            Self::Exercise(id) => (TAKE_BY_EXERCISE, id.0),
            Self::Set(id) => (TAKE_BY_SET, id.0),
        };
        let taken: Option<Taken> = statement(sql)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(id)
            .get_result(conn)
            .await
            .optional()?;
        let taken = taken.ok_or_else(|| self.not_found())?;
        let current = taken.version - 1;
        match expected {
            Some(expected) if expected != current => {
                Err(Error::stale("workout", taken.id, expected, current))
            }
            _ => Ok(taken),
        }
    }
}

impl Workout {
    /// The owner's workout, deleted or not, locked until the transaction ends.
    pub async fn locked(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
    ) -> QueryResult<Option<Self>> {
        workouts::table
            .find((owner, id))
            .select(Self::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()
    }

    /// The same, if it is not deleted and has the expected version.
    pub async fn locked_at(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        expected: Option<i32>,
    ) -> Result<Self> {
        let found = Self::locked(conn, owner, id).await?;
        let workout = found
            .filter(|workout| workout.deleted_at.is_none())
            .ok_or_else(|| Error::not_found("workout", id))?;
        workout.check_version(expected)?;
        Ok(workout)
    }

    pub fn check_version(&self, expected: Option<i32>) -> Result<()> {
        match expected {
            Some(expected) if expected != self.version => {
                Err(Error::stale("workout", self.id, expected, self.version))
            }
            _ => Ok(()),
        }
    }

    /// Changes the workout itself.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        expected: Option<i32>,
        patch: &WorkoutPatch,
    ) -> Result<i32> {
        let current = Self::locked_at(conn, owner, id, expected).await?;
        check_state(
            patch.is_template.unwrap_or(current.is_template),
            patch.status.unwrap_or(current.status),
            patch.started_at.unwrap_or(current.started_at),
            patch.ended_at.unwrap_or(current.ended_at),
        )?;
        if patch.status == Some(WorkoutStatus::Active) && current.status != WorkoutStatus::Active {
            Self::none_active(conn, owner).await?;
        }
        current.write(conn, patch).await
    }

    /// Writes the changed columns of a workout that is locked, and gives its new version.
    pub async fn write(&self, conn: &mut AsyncPgConnection, patch: &WorkoutPatch) -> Result<i32> {
        let version = self.version + 1;
        diesel::update(workouts::table.find((self.user_id, self.id)))
            .set((
                patch,
                workouts::version.eq(version),
                workouts::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(version)
    }

    /// Puts the workout away; what was recorded of it stays.
    pub async fn delete(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        expected: Option<i32>,
    ) -> Result<i32> {
        let current = Self::locked_at(conn, owner, id, expected).await?;
        let version = current.version + 1;
        diesel::update(workouts::table.find((owner, id)))
            .set((
                workouts::version.eq(version),
                workouts::deleted_at.eq(diesel::dsl::now),
                workouts::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(version)
    }

    /// Brings a deleted workout back; none where it was not deleted.
    pub async fn restore(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        expected: Option<i32>,
    ) -> Result<Option<i32>> {
        let found = Self::locked(conn, owner, id).await?;
        let current = found.ok_or_else(|| Error::not_found("workout", id))?;
        // Whoever asks for what is so already does not care which version it is.
        if current.deleted_at.is_none() {
            return Ok(None);
        }
        current.check_version(expected)?;
        if current.status == WorkoutStatus::Active {
            Self::none_active(conn, owner).await?;
        }
        let version = current.version + 1;
        diesel::update(workouts::table.find((owner, id)))
            .set((
                workouts::version.eq(version),
                workouts::deleted_at.eq(None::<chrono::DateTime<chrono::Utc>>),
                workouts::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(Some(version))
    }
}
