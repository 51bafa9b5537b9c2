//! What was done in a workout, to be frozen in the entry that records it.

use diesel::{
    prelude::*,
    sql_types::{Jsonb, Nullable, Numeric, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    db::{Decimal, statement},
    viewer::UserId,
    workouts::WorkoutId,
};

/// Sets that were done and are no warm-ups count. The load is what was moved: with the body's own
/// weight where that is known, and the exercise moves it. The best set has the greatest load, then the
/// most repetitions, then the greatest distance or time, and is the first of equals.
const SUMMARY: &str = "WITH given (weight) AS (SELECT ?), \
    done AS (\
      SELECT e.exercise_id, x.name, e.order_index AS place, s.order_index AS number, s.id, s.reps, \
        s.weight, s.weight_unit, s.weight_kg, s.rpe, s.duration_seconds, s.distance_m, \
        CASE x.measurement \
          WHEN 'bodyweight_reps' THEN coalesce(given.weight * x.bodyweight_factor, 0) \
            + coalesce(s.weight_kg, 0) \
          WHEN 'assisted_reps' THEN given.weight * x.bodyweight_factor - coalesce(s.weight_kg, 0) \
          ELSE s.weight_kg END AS load \
      FROM given, workout_exercises e \
      JOIN exercises x ON x.id = e.exercise_id \
      JOIN sets s ON s.user_id = e.user_id AND s.workout_id = e.workout_id \
        AND s.workout_exercise_id = e.id \
      WHERE e.user_id = ? AND e.workout_id = ? AND s.is_completed AND s.set_type <> 'warmup'), \
    each AS (\
      SELECT exercise_id, name, min(place) AS place, count(*) AS sets, sum(reps) AS reps, \
        sum(load * reps) AS volume, sum(duration_seconds) AS seconds, sum(distance_m) AS metres, \
        (array_agg(id ORDER BY load DESC NULLS LAST, reps DESC NULLS LAST, \
          distance_m DESC NULLS LAST, duration_seconds DESC NULLS LAST, place, number, id))[1] AS best \
      FROM done GROUP BY exercise_id, name) \
    SELECT jsonb_build_object(\
      'sets', coalesce(sum(each.sets), 0), 'reps', coalesce(sum(each.reps), 0), \
      'volumeKg', trim_scale(coalesce(sum(each.volume), 0)), \
      'exercises', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(\
        'exerciseId', each.exercise_id, 'name', each.name, 'sets', each.sets, 'reps', each.reps, \
        'volumeKg', trim_scale(each.volume), 'durationSeconds', each.seconds, \
        'distanceM', trim_scale(each.metres), \
        'best', jsonb_build_object('reps', done.reps, 'weight', trim_scale(done.weight), \
          'weightUnit', CASE WHEN done.weight IS NOT NULL THEN done.weight_unit END, \
          'weightKg', trim_scale(done.weight_kg), 'rpe', trim_scale(done.rpe), \
          'durationSeconds', done.duration_seconds, 'distanceM', trim_scale(done.distance_m)) \
        )) ORDER BY each.place, each.exercise_id), '[]')) AS summary \
    FROM each JOIN done ON done.id = each.best";

#[derive(QueryableByName)]
struct Summary {
    #[diesel(sql_type = Jsonb)]
    summary: serde_json::Value,
}

/// The totals of a workout as it is now, per exercise and in all.
pub async fn summary_of(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    workout: WorkoutId,
    bodyweight_kg: Option<Decimal>,
) -> QueryResult<serde_json::Value> {
    let found: Summary = statement(SUMMARY)
        .bind::<Nullable<Numeric>, _>(bodyweight_kg)
        .bind::<SqlUuid, _>(owner)
        .bind::<SqlUuid, _>(workout)
        .get_result(conn)
        .await?;
    Ok(found.summary)
}
