//! The hot path of training: one set more, in one statement and one round trip, with the workout's new
//! version and the place in the feed. Whatever is not plain goes the long way, which tells it all.

use diesel::{
    prelude::*,
    result::DatabaseErrorKind as Kind,
    sql_types::{BigInt, Bool, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    changes::appended,
    db::statement,
    error::Result,
    viewer::UserId,
    workouts::{MOST, NewSet, Set, input::Additions},
};

/// The workout is taken as ever: its new version, and the lock. One who waited for it there would not see
/// what the other one added; since the version is then not the one that was seen, nothing is done.
const ADD: &str = concat!(
    "WITH taken AS (UPDATE workouts w SET version = w.version + 1, updated_at = now() \
       FROM workout_exercises place WHERE place.user_id = ? AND place.id = ? \
       AND w.user_id = place.user_id AND w.id = place.workout_id AND w.deleted_at IS NULL \
       AND w.version = coalesce(?, w.version) \
       AND w.version = (SELECT seen.version FROM workouts seen \
         WHERE seen.user_id = w.user_id AND seen.id = w.id) \
       AND (SELECT count(*) FROM sets s WHERE s.user_id = w.user_id AND s.workout_id = w.id) < ? \
       RETURNING w.user_id, w.id, w.version, w.is_template, w.status, place.id AS place), \
     added AS (INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, set_type, \
       side, reps, weight, weight_unit, rpe, duration_seconds, distance_m, rest_seconds, is_completed, \
       notes, performed_at) \
       SELECT user_id, ?, id, place, coalesce((SELECT max(s.order_index) + 1 FROM sets s \
         WHERE s.user_id = taken.user_id AND s.workout_id = taken.id \
         AND s.workout_exercise_id = place), 0), \
       ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, ",
    done_by_default!("taken"),
    "), ?, coalesce(?, now()) FROM taken RETURNING *), \
     change AS (SELECT user_id, 'workout' AS entity, id AS entity_id, 'upsert' AS op, version, \
       1 AS n FROM taken), ",
    appended!(),
    " SELECT added.*, taken.version AS workout_version FROM added, taken"
);

/// A set that was added, and the version that this gave its workout.
#[derive(QueryableByName)]
pub struct AddedOne {
    #[diesel(embed)]
    pub set: Set,
    #[diesel(sql_type = Integer)]
    pub workout_version: i32,
}

impl Additions {
    /// Adds the one set, if nothing stands against it; else nothing is done.
    pub async fn add_at_once(
        &self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
    ) -> Result<Option<AddedOne>> {
        let [row] = self.rows.as_slice() else {
            return Ok(None);
        };
        unless_in_the_way(add(conn, owner, row, expected).await)
    }
}

/// What was done, or that something stood in the way of it: the long way finds out what it was.
pub(super) fn unless_in_the_way<T>(outcome: QueryResult<T>) -> Result<Option<T>> {
    use diesel::result::Error::{DatabaseError, NotFound};

    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(NotFound | DatabaseError(Kind::UniqueViolation | Kind::ForeignKeyViolation, _)) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

async fn add(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    row: &NewSet,
    expected: Option<i32>,
) -> QueryResult<AddedOne> {
    statement(ADD)
        .bind::<SqlUuid, _>(owner)
        .bind::<SqlUuid, _>(row.workout_exercise_id)
        .bind::<Nullable<Integer>, _>(expected)
        .bind::<BigInt, _>(i64::try_from(MOST.sets).unwrap_or(i64::MAX))
        .bind::<SqlUuid, _>(row.id)
        .bind::<Text, _>(row.set_type)
        .bind::<Text, _>(row.side)
        .bind::<Nullable<Integer>, _>(row.reps)
        .bind::<Nullable<Numeric>, _>(row.weight)
        .bind::<Text, _>(row.weight_unit)
        .bind::<Nullable<Numeric>, _>(row.rpe)
        .bind::<Nullable<Integer>, _>(row.duration_seconds)
        .bind::<Nullable<Numeric>, _>(row.distance_m)
        .bind::<Nullable<Integer>, _>(row.rest_seconds)
        .bind::<Nullable<Bool>, _>(row.is_completed)
        .bind::<Nullable<Text>, _>(row.notes.as_deref())
        .bind::<Nullable<Timestamptz>, _>(row.performed_at)
        .get_result(conn)
        .await
}
