//! At most one workout is trained at a time.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    db::schema::{users, workouts},
    error::{Error, Result},
    viewer::UserId,
    workouts::{Workout, WorkoutId, WorkoutStatus, new::WorkoutPatch},
};

impl Workout {
    /// Starts a planned workout. One that is active already stays as it is: then there is no version.
    pub async fn start(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        at: DateTime<Utc>,
        expected: Option<i32>,
    ) -> Result<Option<i32>> {
        let current = Self::locked_there(conn, owner, id)
            .await
            .map_err(|error| error.at("input.id"))?;
        if current.status == WorkoutStatus::Active {
            return Ok(None);
        }
        current.check_version(expected)?;
        if current.is_template {
            let message = "this is a template: start a new workout with `fromTemplateId`";
            return Err(Error::invalid("input.id", message));
        }
        if current.status == WorkoutStatus::Completed {
            let message = "this workout is completed: do it once more with `fromWorkoutId`";
            return Err(Error::invalid("input.id", message));
        }
        Self::none_active(conn, owner).await?;
        let patch = WorkoutPatch {
            status: Some(WorkoutStatus::Active),
            started_at: Some(Some(at)),
            ended_at: Some(None),
            ..WorkoutPatch::default()
        };
        current.write(conn, &patch).await.map(Some)
    }

    /// Refuses if a workout is active, and names it. Two that start at the same moment come here one
    /// after the other: the account is locked until the first has committed. (The unique key alone
    /// would keep the rule, but a transaction it has broken cannot ask for the other workout's id.)
    pub async fn none_active(conn: &mut AsyncPgConnection, owner: UserId) -> Result<()> {
        let account: Option<UserId> = users::table
            .find(owner)
            .select(users::id)
            .for_no_key_update()
            .first(conn)
            .await
            .optional()?;
        account.ok_or(Error::ACCOUNT_GONE)?;
        let found: Option<(WorkoutId, i32)> = workouts::table
            .filter(workouts::user_id.eq(owner))
            .filter(workouts::status.eq(WorkoutStatus::Active))
            .filter(workouts::deleted_at.is_null())
            .select((workouts::id, workouts::version))
            .first(conn)
            .await
            .optional()?;
        let Some((id, version)) = found else {
            return Ok(());
        };
        let message = "another workout is active: complete, archive or delete it first";
        Err(Error::conflict(message).with(id, Some(version)))
    }
}
