//! Taking a workout for a change: it is locked, and gets its new version if it is not what it was
//! afterwards. What always changes something takes the workout at once; what may change nothing holds it
//! first, looks, and raises its version together with the change.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Integer, Nullable, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    changes::{Change, Entity},
    db::statement,
    error::{Error, Result},
    viewer::UserId,
    workouts::{SetId, WorkoutExerciseId, WorkoutId},
};

/// By which part of it a workout is meant.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Itself(WorkoutId),
    Exercise(WorkoutExerciseId),
    Set(SetId),
}

/// A workout that is locked, and as it was.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Held {
    #[diesel(sql_type = SqlUuid)]
    pub id: WorkoutId,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    deleted_at: Option<DateTime<Utc>>,
}

/// What came of a change of a workout.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub id: WorkoutId,
    /// The version it has from now on.
    pub version: i32,
    /// Whether that is a new one.
    is_new: bool,
}

#[derive(QueryableByName)]
struct Raised {
    #[diesel(sql_type = SqlUuid)]
    id: WorkoutId,
    #[diesel(sql_type = Integer)]
    version: i32,
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

// The lock that an update takes: who only refers to the workout is not kept waiting.
const HOLD: &str = "SELECT id, version, deleted_at FROM workouts WHERE user_id = ? AND id = ? \
    FOR NO KEY UPDATE";
const HOLD_BY_EXERCISE: &str = "SELECT w.id, w.version, w.deleted_at \
    FROM workout_exercises part JOIN workouts w ON w.user_id = part.user_id AND w.id = part.workout_id \
    WHERE part.user_id = ? AND part.id = ? FOR NO KEY UPDATE OF w";
const HOLD_BY_SET: &str = "SELECT w.id, w.version, w.deleted_at \
    FROM sets part JOIN workouts w ON w.user_id = part.user_id AND w.id = part.workout_id \
    WHERE part.user_id = ? AND part.id = ? FOR NO KEY UPDATE OF w";

impl Part {
    fn not_found(self) -> Error {
        match self {
            Self::Itself(id) => Error::not_found("workout", id),
            Self::Exercise(id) => Error::not_found("exercise in a workout", id),
            Self::Set(id) => Error::not_found("set", id),
        }
    }

    /// Takes the workout, if it is the owner's and not in the trash. What is refused later is undone with
    /// the transaction.
    pub async fn take(self, conn: &mut AsyncPgConnection, owner: UserId) -> Result<Taken> {
        let (sql, id) = match self {
            Self::Itself(id) => (TAKE, id.0),
            Self::Exercise(id) => (TAKE_BY_EXERCISE, id.0),
            Self::Set(id) => (TAKE_BY_SET, id.0),
        };
        let raised: Option<Raised> = statement(sql)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(id)
            .get_result(conn)
            .await
            .optional()?;
        match raised {
            Some(Raised { id, version }) => Ok(Taken {
                id,
                version,
                is_new: true,
            }),
            // Which of the two it is.
            None => Err(self
                .hold(conn, owner)
                .await
                .err()
                .unwrap_or(self.not_found())),
        }
    }

    /// Locks the workout, if it is the owner's and not in the trash.
    pub async fn hold(self, conn: &mut AsyncPgConnection, owner: UserId) -> Result<Held> {
        let (sql, id) = match self {
            Self::Itself(id) => (HOLD, id.0),
            Self::Exercise(id) => (HOLD_BY_EXERCISE, id.0),
            Self::Set(id) => (HOLD_BY_SET, id.0),
        };
        let held: Option<Held> = statement(sql)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(id)
            .get_result(conn)
            .await
            .optional()?;
        let held = held.ok_or_else(|| self.not_found())?;
        match held.deleted_at {
            Some(_) => Err(Error::in_trash("workout", held.id, held.version)),
            None => Ok(held),
        }
    }
}

impl Held {
    /// Refuses a change by somebody who saw another version.
    pub fn check_version(self, expected: Option<i32>) -> Result<()> {
        Error::check_version("workout", self.id, expected, self.version)
    }

    /// Nothing was to be changed.
    pub const fn unchanged(self) -> Taken {
        Taken {
            id: self.id,
            version: self.version,
            is_new: false,
        }
    }

    /// Gives the workout its new version.
    pub async fn raise(self, mut conn: &AsyncPgConnection, owner: UserId) -> QueryResult<Taken> {
        let Raised { id, version } = statement(TAKE)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(self.id)
            .get_result(&mut conn)
            .await?;
        Ok(Taken {
            id,
            version,
            is_new: true,
        })
    }
}

impl Taken {
    /// Refuses a change by somebody who saw another version than the one before.
    pub fn check_version(self, expected: Option<i32>) -> Result<Self> {
        Error::check_version("workout", self.id, expected, self.version - 1)?;
        Ok(self)
    }

    /// What the feed is to say.
    pub fn change(self) -> Option<Change> {
        self.is_new
            .then(|| Change::updated(Entity::Workout, self.id.0, self.version))
    }
}
