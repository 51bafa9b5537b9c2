//! Changing a workout itself: its own columns, and whether it is in the trash.

use chrono::Utc;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    db::schema::workouts,
    error::{Error, Result},
    viewer::UserId,
    workouts::{Workout, WorkoutId, WorkoutStatus, input::check_state, new::WorkoutPatch},
};

impl Workout {
    /// The owner's workout, in the trash or not, locked until the transaction ends.
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

    /// The same, which must be there and not in the trash.
    pub async fn locked_there(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
    ) -> Result<Self> {
        let found = Self::locked(conn, owner, id).await?;
        found
            .ok_or_else(|| Error::not_found("workout", id))?
            .not_in_trash()
    }

    /// The workout, unless it has to be restored first.
    pub fn not_in_trash(self) -> Result<Self> {
        match self.deleted_at {
            Some(_) => Err(Error::in_trash("workout", self.id, self.version)),
            None => Ok(self),
        }
    }

    pub fn check_version(&self, expected: Option<i32>) -> Result<()> {
        Error::check_version("workout", self.id, expected, self.version)
    }

    /// Changes the workout itself. Gives its new version; none where nothing would change.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        expected: Option<i32>,
        patch: &WorkoutPatch,
    ) -> Result<Option<i32>> {
        let current = Self::locked_there(conn, owner, id).await?;
        if !patch.changes(&current) {
            return Ok(None);
        }
        current.check_version(expected)?;
        let mut patch = patch.clone();
        let starts =
            patch.status == Some(WorkoutStatus::Active) && current.status != WorkoutStatus::Active;
        if starts && patch.started_at.is_none() && current.started_at.is_none() {
            patch.started_at = Some(Some(Utc::now()));
        }
        check_state(
            patch.is_template.unwrap_or(current.is_template),
            patch.status.unwrap_or(current.status),
            patch.started_at.unwrap_or(current.started_at),
            patch.ended_at.unwrap_or(current.ended_at),
        )?;
        if starts {
            Self::none_active(conn, owner).await?;
        }
        current.write(conn, &patch).await.map(Some)
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

    /// Puts the workout in the trash, or brings it back; what was recorded of it stays. Gives its new
    /// version; none where it was so already.
    pub async fn set_deleted(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        expected: Option<i32>,
        deleted: bool,
    ) -> Result<Option<i32>> {
        let found = Self::locked(conn, owner, id).await?;
        let current = found.ok_or_else(|| Error::not_found("workout", id))?;
        if current.deleted_at.is_some() == deleted {
            return Ok(None);
        }
        current.check_version(expected)?;
        if !deleted && current.status == WorkoutStatus::Active {
            Self::none_active(conn, owner).await?;
        }
        let version = current.version + 1;
        diesel::update(workouts::table.find((owner, id)))
            .set((
                workouts::version.eq(version),
                workouts::deleted_at.eq(deleted.then(Utc::now)),
                workouts::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(Some(version))
    }
}
