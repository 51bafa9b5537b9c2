//! Sets: adding, changing, removing, and listing them.

use std::collections::HashSet;

use diesel::{
    prelude::*,
    sql_types::{Bool, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use serde::{Deserialize, Serialize};

use super::{Part, Taken};
use crate::{
    db::{
        Statement, keyset,
        schema::{sets, workout_exercises, workouts},
        statement,
    },
    error::{Error, Result},
    graphql::Page,
    viewer::UserId,
    workouts::{NewSet, Set, SetId, WorkoutId, new::SetPatch},
};

/// A set's place in the list of a workout's sets: its exercise's place, then its own. No two are the same.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SetPlace(pub i32, pub i32);

/// After what is there already: a set's order counts on from the last one of its exercise.
const APPEND: &str = concat!(
    "WITH n AS (SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS n (user_id, id, \
      workout_id, place, order_index, set_type, side, reps, weight, weight_unit, rpe, \
      duration_seconds, distance_m, rest_seconds, is_completed, notes, performed_at)), \
     last AS (SELECT p.place, (SELECT max(s.order_index) FROM sets s WHERE s.user_id = p.user_id \
        AND s.workout_id = p.workout_id AND s.workout_exercise_id = p.place) AS order_index \
      FROM (SELECT DISTINCT user_id, workout_id, place FROM n) p) \
     INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, \
      set_type, side, reps, weight, weight_unit, rpe, duration_seconds, distance_m, rest_seconds, \
      is_completed, notes, performed_at) \
     SELECT n.user_id, n.id, n.workout_id, n.place, n.order_index + coalesce(last.order_index + 1, 0), \
     n.set_type, n.side, n.reps, n.weight, n.weight_unit, n.rpe, n.duration_seconds, n.distance_m, \
     n.rest_seconds, coalesce(n.is_completed, ",
    done_by_default!("w"),
    "), n.notes, \
     coalesce(n.performed_at, now()) \
     FROM n JOIN last ON last.place = n.place \
     JOIN workouts w ON w.user_id = n.user_id AND w.id = n.workout_id \
     ON CONFLICT (user_id, id) DO NOTHING RETURNING *"
);

/// In the place of what is there: sets with the same id in the same workout are kept and changed.
const REPLACE: &str = concat!(
    "INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, \
    set_type, side, reps, weight, weight_unit, rpe, duration_seconds, distance_m, rest_seconds, \
    is_completed, notes, performed_at) \
    SELECT n.user_id, n.id, n.workout_id, n.place, n.order_index, n.set_type, n.side, n.reps, \
    n.weight, n.weight_unit, n.rpe, n.duration_seconds, n.distance_m, n.rest_seconds, \
    coalesce(n.is_completed, ",
    done_by_default!("w"),
    "), n.notes, coalesce(n.performed_at, now()) \
    FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS n (user_id, id, workout_id, \
      place, order_index, set_type, side, reps, weight, weight_unit, rpe, duration_seconds, \
      distance_m, rest_seconds, is_completed, notes, performed_at) \
    JOIN workouts w ON w.user_id = n.user_id AND w.id = n.workout_id \
    ON CONFLICT (user_id, id) DO UPDATE SET workout_exercise_id = excluded.workout_exercise_id, \
      order_index = excluded.order_index, set_type = excluded.set_type, side = excluded.side, \
      reps = excluded.reps, weight = excluded.weight, weight_unit = excluded.weight_unit, \
      rpe = excluded.rpe, duration_seconds = excluded.duration_seconds, \
      distance_m = excluded.distance_m, rest_seconds = excluded.rest_seconds, \
      is_completed = excluded.is_completed, notes = excluded.notes, \
      performed_at = excluded.performed_at, (version, updated_at) = (SELECT \
        sets.version + changed::int, CASE WHEN changed THEN now() ELSE sets.updated_at END FROM (SELECT \
        (sets.workout_exercise_id, -1 - sets.order_index, sets.set_type, sets.side, sets.reps, \
          sets.weight, sets.weight_unit, sets.rpe, sets.duration_seconds, sets.distance_m, \
          sets.rest_seconds, sets.is_completed, sets.notes, sets.performed_at) \
        IS DISTINCT FROM (excluded.workout_exercise_id, excluded.order_index, excluded.set_type, \
          excluded.side, excluded.reps, excluded.weight, excluded.weight_unit, excluded.rpe, \
          excluded.duration_seconds, excluded.distance_m, excluded.rest_seconds, \
          excluded.is_completed, excluded.notes, excluded.performed_at) AS changed) AS it) \
    WHERE sets.workout_id = excluded.workout_id RETURNING id"
);

/// Out of the way of the numbers that are given anew, which must not clash while they change.
const PARK: &str = "WITH gone AS (DELETE FROM sets WHERE user_id = ? AND workout_id = ? \
      AND id <> ALL (?)) \
    UPDATE sets SET order_index = -1 - order_index WHERE user_id = ? AND workout_id = ? \
      AND id = ANY (?)";

fn with_columns<'a>(sql: &'static str, rows: &'a [NewSet]) -> Statement<'a> {
    let statement = statement(sql)
        .column::<SqlUuid, _, _>(rows, |row| row.user_id)
        .column::<SqlUuid, _, _>(rows, |row| row.id)
        .column::<SqlUuid, _, _>(rows, |row| row.workout_id)
        .column::<SqlUuid, _, _>(rows, |row| row.workout_exercise_id);
    with_values(statement, rows)
}

/// What a set is, beside the ids of where it is, as columns.
pub(super) fn with_values<'a>(statement: Statement<'a>, rows: &'a [NewSet]) -> Statement<'a> {
    statement
        .column::<Integer, _, _>(rows, |row| row.order_index)
        .column::<Text, _, _>(rows, |row| row.set_type)
        .column::<Text, _, _>(rows, |row| row.side)
        .column::<Nullable<Integer>, _, _>(rows, |row| row.reps)
        .column::<Nullable<Numeric>, _, _>(rows, |row| row.weight)
        .column::<Text, _, _>(rows, |row| row.weight_unit)
        .column::<Nullable<Numeric>, _, _>(rows, |row| row.rpe)
        .column::<Nullable<Integer>, _, _>(rows, |row| row.duration_seconds)
        .column::<Nullable<Numeric>, _, _>(rows, |row| row.distance_m)
        .column::<Nullable<Integer>, _, _>(rows, |row| row.rest_seconds)
        .column::<Nullable<Bool>, _, _>(rows, |row| row.is_completed)
        .column::<Nullable<Text>, _, _>(rows, |row| row.notes.as_deref())
        .column::<Nullable<Timestamptz>, _, _>(rows, |row| row.performed_at)
}

impl Set {
    /// Adds the sets after those that are there, in one statement; whoever adds has taken the
    /// workout. `path` leads to the input of the set with that number.
    pub async fn append(
        conn: &mut AsyncPgConnection,
        rows: &[NewSet],
        path: impl Fn(usize, &str) -> String,
    ) -> Result<Vec<Self>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let added: Vec<Self> = with_columns(APPEND, rows)
            .load(conn)
            .await
            .map_err(|error| place_gone(rows, &path, error))?;
        let ids: HashSet<SetId> = added.iter().map(|set| set.id).collect();
        all_written(conn, rows, &ids, path).await?;
        Ok(added)
    }

    /// Makes these the sets of the workout: others go, those with the same id are changed.
    pub async fn replace(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
        rows: &[NewSet],
        path: impl Fn(usize, &str) -> String,
    ) -> Result<()> {
        let kept: Vec<SetId> = rows.iter().map(|row| row.id).collect();
        statement(PARK)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(workout)
            .bind::<diesel::sql_types::Array<SqlUuid>, _>(kept.clone())
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(workout)
            .bind::<diesel::sql_types::Array<SqlUuid>, _>(kept)
            .execute(conn)
            .await?;
        let there: Vec<SetRow> = with_columns(REPLACE, rows).load(conn).await?;
        let ids: HashSet<SetId> = there.iter().map(|set| set.id).collect();
        all_written(conn, rows, &ids, path).await
    }

    /// Those of `ids` that are the owner's, in workouts that are not deleted.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        ids: &[SetId],
    ) -> QueryResult<Vec<Self>> {
        sets::table
            .inner_join(
                workouts::table.on(workouts::user_id
                    .eq(sets::user_id)
                    .and(workouts::id.eq(sets::workout_id))),
            )
            .filter(sets::user_id.eq(owner))
            .filter(sets::id.eq_any(ids))
            .filter(workouts::deleted_at.is_null())
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// Changes a set, if it has the expected version.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: SetId,
        expected: Option<i32>,
        patch: &SetPatch,
    ) -> Result<(Taken, Self)> {
        let held = Part::Set(id).hold(conn, owner).await?;
        let current: Self = sets::table
            .find((owner, id))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| Error::not_found("set", id))?;
        if !patch.changes(&current) {
            return Ok((held.unchanged(), current));
        }
        Error::check_version("set", id, expected, current.version)?;
        patch.check_against(&current)?;
        let conn = &*conn;
        Ok(try_join!(
            held.raise(conn, owner),
            current.write(conn, patch)
        )?)
    }

    async fn write(&self, mut conn: &AsyncPgConnection, patch: &SetPatch) -> QueryResult<Self> {
        diesel::update(sets::table.find((self.user_id, self.id)))
            .set((
                patch,
                sets::version.eq(self.version + 1),
                sets::updated_at.eq(diesel::dsl::now),
            ))
            .returning(Self::as_returning())
            .get_result(&mut conn)
            .await
    }

    /// Removes sets of one workout; each must be there. Gives the workout that lost them.
    pub async fn delete(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        ids: &[SetId],
        expected: Option<i32>,
    ) -> Result<Taken> {
        let Some(first) = ids.first() else {
            return Err(Error::invalid("ids", "`ids` must not be empty"));
        };
        let taken = Part::Set(*first).take(conn, owner).await;
        let taken = taken
            .map_err(|error| error.at("ids.0"))?
            .check_version(expected)?;
        let gone: Vec<SetId> = diesel::delete(
            sets::table
                .filter(sets::user_id.eq(owner))
                .filter(sets::workout_id.eq(taken.id))
                .filter(sets::id.eq_any(ids)),
        )
        .returning(sets::id)
        .get_results(conn)
        .await?;
        let gone: HashSet<SetId> = gone.into_iter().collect();
        match ids.iter().position(|id| !gone.contains(id)) {
            Some(index) => {
                let missing = Error::not_found("set of this workout", ids[index]);
                Err(missing.at(format!("ids.{index}")))
            }
            None => Ok(taken),
        }
    }

    /// One page of a workout's sets, in the order of its exercises.
    pub async fn page_of(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
        page: &Page<SetPlace>,
    ) -> QueryResult<Vec<(i32, Self)>> {
        use sets::order_index as number;
        use workout_exercises as places;
        use workout_exercises::order_index as place;

        let query = sets::table
            .inner_join(
                places::table.on(places::user_id
                    .eq(sets::user_id)
                    .and(places::id.eq(sets::workout_exercise_id))),
            )
            .filter(sets::user_id.eq(owner))
            .filter(sets::workout_id.eq(workout))
            .limit(page.limit())
            .select((place, Self::as_select()))
            .into_boxed();
        let from = page.from.map(|SetPlace(exercise, set)| (exercise, set));
        keyset!(query, place, number, page.upwards(true), from)
            .load(conn)
            .await
    }

    /// How many sets a workout has.
    pub async fn count(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
    ) -> QueryResult<i64> {
        sets::table
            .filter(sets::user_id.eq(owner))
            .filter(sets::workout_id.eq(workout))
            .count()
            .get_result(conn)
            .await
    }
}

#[derive(QueryableByName)]
#[diesel(table_name = sets)]
struct SetRow {
    id: SetId,
}

/// The exercise was removed just before its workout was taken.
fn place_gone(
    rows: &[NewSet],
    path: impl Fn(usize, &str) -> String,
    error: diesel::result::Error,
) -> Error {
    match (Error::broken_constraint(&error), rows.first()) {
        (Some("sets_workout_exercise_fkey"), Some(row)) => {
            Error::not_found("exercise in a workout", row.workout_exercise_id)
                .at(path(0, "workoutExerciseId"))
        }
        _ => error.into(),
    }
}

/// Refuses if one of these was not written, because its id is known.
async fn all_written(
    conn: &mut AsyncPgConnection,
    rows: &[NewSet],
    written: &HashSet<SetId>,
    path: impl Fn(usize, &str) -> String,
) -> Result<()> {
    match rows.iter().position(|row| !written.contains(&row.id)) {
        Some(index) => Err(known(conn, &rows[index]).await?.at(path(index, "id"))),
        None => Ok(()),
    }
}

/// Says of a set whose id was given before what it is.
async fn known(conn: &mut AsyncPgConnection, row: &NewSet) -> Result<Error> {
    let version: Option<i32> = sets::table
        .find((row.user_id, row.id))
        .select(sets::version)
        .first(conn)
        .await
        .optional()?;
    Ok(Error::known("set", row.id, version.unwrap_or(1)))
}
