//! Exercises in workouts: adding, changing and removing them, and whether they may be there.

use std::collections::HashSet;

use diesel::{
    prelude::*,
    result::Error as DbError,
    sql_types::{Integer, Nullable, Numeric, SmallInt, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;

use super::{Part, Taken};
use crate::{
    db::{
        Statement,
        schema::{exercises, workout_exercises, workouts},
        statement,
    },
    error::{Error, Result},
    exercises::ExerciseId,
    viewer::UserId,
    workouts::{
        NewWorkoutExercise, WorkoutExercise, WorkoutExerciseId, WorkoutId,
        new::WorkoutExercisePatch,
    },
};

/// After what is there already.
const APPEND: &str = "INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, \
    order_index, superset_group, target_sets, target_reps, target_reps_max, target_weight, \
    target_weight_unit, target_rpe, rest_seconds, notes) \
    SELECT n.user_id, n.id, n.workout_id, n.exercise_id, n.order_index + coalesce((\
      SELECT max(e.order_index) + 1 FROM workout_exercises e \
      WHERE e.user_id = n.user_id AND e.workout_id = n.workout_id), 0), \
    n.superset_group, n.target_sets, n.target_reps, n.target_reps_max, n.target_weight, \
    n.target_weight_unit, n.target_rpe, n.rest_seconds, n.notes \
    FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS n (user_id, id, workout_id, \
      exercise_id, order_index, superset_group, target_sets, target_reps, target_reps_max, \
      target_weight, target_weight_unit, target_rpe, rest_seconds, notes) \
    ON CONFLICT (user_id, id) DO NOTHING RETURNING id";

/// In the place of what is there.
const REPLACE: &str = "INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, \
    order_index, superset_group, target_sets, target_reps, target_reps_max, target_weight, \
    target_weight_unit, target_rpe, rest_seconds, notes) \
    SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
    ON CONFLICT (user_id, id) DO UPDATE SET exercise_id = excluded.exercise_id, \
      order_index = excluded.order_index, superset_group = excluded.superset_group, \
      target_sets = excluded.target_sets, target_reps = excluded.target_reps, \
      target_reps_max = excluded.target_reps_max, target_weight = excluded.target_weight, \
      target_weight_unit = excluded.target_weight_unit, target_rpe = excluded.target_rpe, \
      rest_seconds = excluded.rest_seconds, notes = excluded.notes, updated_at = CASE WHEN \
        (workout_exercises.exercise_id, -1 - workout_exercises.order_index, \
          workout_exercises.superset_group, workout_exercises.target_sets, \
          workout_exercises.target_reps, workout_exercises.target_reps_max, \
          workout_exercises.target_weight, workout_exercises.target_weight_unit, \
          workout_exercises.target_rpe, workout_exercises.rest_seconds, workout_exercises.notes) \
        IS DISTINCT FROM (excluded.exercise_id, excluded.order_index, excluded.superset_group, \
          excluded.target_sets, excluded.target_reps, excluded.target_reps_max, \
          excluded.target_weight, excluded.target_weight_unit, excluded.target_rpe, \
          excluded.rest_seconds, excluded.notes) \
        THEN now() ELSE workout_exercises.updated_at END \
    WHERE workout_exercises.workout_id = excluded.workout_id RETURNING id";

fn with_columns<'a>(sql: &'static str, rows: &'a [NewWorkoutExercise]) -> Statement<'a> {
    let statement = statement(sql)
        .column::<SqlUuid, _, _>(rows, |row| row.user_id)
        .column::<SqlUuid, _, _>(rows, |row| row.id)
        .column::<SqlUuid, _, _>(rows, |row| row.workout_id);
    with_values(statement, rows)
}

/// What is at a place, beside the ids of where it is, as columns.
pub(super) fn with_values<'a>(
    statement: Statement<'a>,
    rows: &'a [NewWorkoutExercise],
) -> Statement<'a> {
    statement
        .column::<SqlUuid, _, _>(rows, |row| row.exercise_id)
        .column::<Integer, _, _>(rows, |row| row.order_index)
        .column::<Nullable<SmallInt>, _, _>(rows, |row| row.superset_group)
        .column::<Nullable<SmallInt>, _, _>(rows, |row| row.target_sets)
        .column::<Nullable<SmallInt>, _, _>(rows, |row| row.target_reps)
        .column::<Nullable<SmallInt>, _, _>(rows, |row| row.target_reps_max)
        .column::<Nullable<Numeric>, _, _>(rows, |row| row.target_weight)
        .column::<Text, _, _>(rows, |row| row.target_weight_unit)
        .column::<Nullable<Numeric>, _, _>(rows, |row| row.target_rpe)
        .column::<Nullable<Integer>, _, _>(rows, |row| row.rest_seconds)
        .column::<Nullable<Text>, _, _>(rows, |row| row.notes.as_deref())
}

#[derive(QueryableByName)]
#[diesel(table_name = workout_exercises)]
struct PlaceRow {
    id: WorkoutExerciseId,
}

impl WorkoutExercise {
    /// Adds exercises after those that are there; whoever adds has taken the workout.
    pub async fn append(
        conn: &mut AsyncPgConnection,
        rows: &[NewWorkoutExercise],
        path: impl Fn(usize, &str) -> String,
    ) -> Result<()> {
        write(conn, APPEND, rows, path).await
    }

    /// Writes these exercises of a workout, whether they are there or not. Those that are must have
    /// been parked, and those that are not named have to be dropped afterwards.
    pub async fn replace(
        conn: &mut AsyncPgConnection,
        rows: &[NewWorkoutExercise],
        path: impl Fn(usize, &str) -> String,
    ) -> Result<()> {
        write(conn, REPLACE, rows, path).await
    }

    /// Moves all exercises of a workout out of the way of the numbers that are given anew.
    pub async fn park(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
    ) -> QueryResult<()> {
        use workout_exercises as places;

        diesel::update(
            places::table
                .filter(places::user_id.eq(owner))
                .filter(places::workout_id.eq(workout)),
        )
        .set(places::order_index.eq((places::order_index + 1) * -1))
        .execute(conn)
        .await
        .map(drop)
    }

    /// Drops the exercises of a workout that are still parked, with their sets.
    pub async fn drop_parked(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
    ) -> QueryResult<()> {
        use workout_exercises as places;

        diesel::delete(
            places::table
                .filter(places::user_id.eq(owner))
                .filter(places::workout_id.eq(workout))
                .filter(places::order_index.lt(0)),
        )
        .execute(conn)
        .await
        .map(drop)
    }

    /// Changes an exercise in a workout.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutExerciseId,
        expected: Option<i32>,
        patch: &WorkoutExercisePatch,
    ) -> Result<Taken> {
        let held = Part::Exercise(id).hold(conn, owner).await?;
        let current: Self = workout_exercises::table
            .find((owner, id))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| Error::not_found("exercise in a workout", id))?;
        if !patch.changes(&current) {
            return Ok(held.unchanged());
        }
        held.check_version(expected)?;
        patch.check_against(&current)?;
        if let Some(exercise) = patch.exercise_id {
            check_exercises(conn, owner, &[exercise], |_| "input.exerciseId".to_owned()).await?;
        }
        let conn = &*conn;
        let (taken, ()) = try_join!(held.raise(conn, owner), current.write(conn, patch))?;
        Ok(taken)
    }

    async fn write(
        &self,
        mut conn: &AsyncPgConnection,
        patch: &WorkoutExercisePatch,
    ) -> QueryResult<()> {
        diesel::update(workout_exercises::table.find((self.user_id, self.id)))
            .set((patch, workout_exercises::updated_at.eq(diesel::dsl::now)))
            .execute(&mut conn)
            .await
            .map(drop)
    }

    /// Takes an exercise out of its workout, with its sets.
    pub async fn delete(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutExerciseId,
        expected: Option<i32>,
    ) -> Result<Taken> {
        let taken = Part::Exercise(id).take(conn, owner).await?;
        let taken = taken.check_version(expected)?;
        let gone = diesel::delete(workout_exercises::table.find((owner, id)))
            .execute(conn)
            .await?;
        if gone == 0 {
            return Err(Error::not_found("exercise in a workout", id));
        }
        Ok(taken)
    }
}

async fn write(
    conn: &mut AsyncPgConnection,
    sql: &'static str,
    rows: &[NewWorkoutExercise],
    path: impl Fn(usize, &str) -> String,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let written: Vec<PlaceRow> = with_columns(sql, rows)
        .load(conn)
        .await
        .map_err(|error| exercise_gone(rows, &path, error))?;
    let written: HashSet<WorkoutExerciseId> = written.iter().map(|place| place.id).collect();
    match rows.iter().position(|row| !written.contains(&row.id)) {
        Some(index) => Err(known(conn, &rows[index]).await?.at(path(index, "id"))),
        None => Ok(()),
    }
}

/// Says of a place whose id was given before where it is: it has the version of that workout.
pub async fn known(conn: &mut AsyncPgConnection, row: &NewWorkoutExercise) -> Result<Error> {
    use workout_exercises as places;

    let version: Option<i32> = workouts::table
        .inner_join(
            places::table.on(places::user_id
                .eq(workouts::user_id)
                .and(places::workout_id.eq(workouts::id))),
        )
        .filter(places::user_id.eq(row.user_id))
        .filter(places::id.eq(row.id))
        .select(workouts::version)
        .first(conn)
        .await
        .optional()?;
    Ok(Error::known(
        "exercise in a workout",
        row.id,
        version.unwrap_or(1),
    ))
}

/// Refuses exercises that are neither the library's nor the owner's, in one statement. The others cannot
/// go, merged into another one, before the transaction ends.
pub async fn check_exercises(
    mut conn: &AsyncPgConnection,
    owner: UserId,
    wanted: &[ExerciseId],
    path: impl Fn(usize) -> String,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let usable: Vec<ExerciseId> = exercises::table
        .filter(exercises::id.eq_any(wanted))
        .filter(
            exercises::owner_id
                .is_null()
                .or(exercises::owner_id.eq(owner)),
        )
        .select(exercises::id)
        .order(exercises::id)
        .for_key_share()
        .load(&mut conn)
        .await?;
    match wanted.iter().position(|id| !usable.contains(id)) {
        Some(index) => Err(Error::not_found("exercise", wanted[index]).at(path(index))),
        None => Ok(()),
    }
}

/// The exercise went while it was being used, merged into another one.
fn exercise_gone(
    rows: &[NewWorkoutExercise],
    path: impl Fn(usize, &str) -> String,
    error: DbError,
) -> Error {
    let DbError::DatabaseError(_, info) = &error else {
        return error.into();
    };
    if info.constraint_name() != Some("workout_exercises_exercise_fkey") {
        return error.into();
    }
    // The database names the key that it has not found.
    let details = info.details().unwrap_or_default();
    let gone = |row: &NewWorkoutExercise| details.contains(&row.exercise_id.to_string());
    let index = rows.iter().position(gone).unwrap_or_default();
    Error::not_found("exercise", rows[index].exercise_id).at(path(index, "exerciseId"))
}
