//! Making a workout with everything in it in one statement and one round trip, with its place in the
//! feed. Whatever is not plain goes the long way (`whole`), which tells it all.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::join;

use super::{at_once::unless_in_the_way, places, sets};
use crate::{
    changes::appended,
    db::{Columns, Decimal, Statement, statement},
    error::Result,
    exercises::{Exercise, ExerciseId},
    graphql::Ahead,
    workouts::{
        NewSet, NewWorkout, NewWorkoutExercise, Set, SetId, Workout, WorkoutExercise,
        WorkoutStatus, new::NewTree, parts::grouped,
    },
};

/// Nothing is made unless every exercise can be used; their keys hold those that can until the end.
const MAKE: &str = concat!(
    "WITH made AS (INSERT INTO workouts (user_id, id, name, notes, is_template, template_id, status, \
       started_at, ended_at, source, source_key) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? \
       WHERE (SELECT count(*) FROM exercises e WHERE e.id = ANY ((SELECT ?)::uuid[]) \
         AND (e.owner_id IS NULL OR e.owner_id = ?)) = ? \
       ON CONFLICT (user_id, id) DO NOTHING RETURNING user_id, id, version, is_template, status, created_at), \
     placed AS (INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, order_index, \
       superset_group, target_sets, target_reps, target_reps_max, target_weight, target_weight_unit, \
       target_rpe, rest_seconds, notes) \
       SELECT made.user_id, n.id, made.id, n.exercise_id, n.order_index, n.superset_group, n.target_sets, \
       n.target_reps, n.target_reps_max, n.target_weight, n.target_weight_unit, n.target_rpe, \
       n.rest_seconds, n.notes \
       FROM made, unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS n (id, exercise_id, order_index, \
         superset_group, target_sets, target_reps, target_reps_max, target_weight, \
         target_weight_unit, target_rpe, rest_seconds, notes)), \
     added AS (INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, set_type, \
       side, reps, weight, weight_unit, rpe, duration_seconds, distance_m, rest_seconds, is_completed, \
       notes, performed_at) \
       SELECT made.user_id, n.id, made.id, n.place, n.order_index, n.set_type, n.side, n.reps, \
       n.weight, n.weight_unit, n.rpe, n.duration_seconds, n.distance_m, n.rest_seconds, \
       coalesce(n.is_completed, ",
    done_by_default!("made"),
    "), n.notes, coalesce(n.performed_at, now()) \
       FROM made, unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS n (id, place, order_index, \
         set_type, side, reps, weight, weight_unit, rpe, duration_seconds, distance_m, rest_seconds, \
         is_completed, notes, performed_at) RETURNING id, weight_kg, performed_at), \
     change AS (SELECT user_id, 'workout' AS entity, id AS entity_id, 'upsert' AS op, version, \
       1 AS n FROM made), ",
    appended!(),
    " SELECT made.created_at, added.id, added.weight_kg, added.performed_at \
     FROM made LEFT JOIN added ON true"
);

/// What the database alone knows of a new workout, and of one of its sets, where it has any.
#[derive(Clone, Copy, QueryableByName)]
struct Decided {
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<SetId>,
    #[diesel(sql_type = Nullable<Numeric>)]
    weight_kg: Option<Decimal>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    performed_at: Option<DateTime<Utc>>,
}

impl NewTree {
    /// Makes the workout, if nothing stands against it, and gives it with all that is in it, with what its
    /// exercises are where that is asked for; else nothing is done.
    pub async fn make_at_once(
        &self,
        conn: &AsyncPgConnection,
        exercises: Option<Columns<Exercise>>,
    ) -> Result<Option<Workout>> {
        // Whether another one is active is looked up under a lock.
        if self.workout.status == WorkoutStatus::Active {
            return Ok(None);
        }
        let mut trained: Vec<ExerciseId> = self.exercises.iter().map(|it| it.exercise_id).collect();
        trained.sort_unstable();
        trained.dedup();
        let exercises = async {
            match exercises {
                Some(columns) => {
                    Exercise::seen_by(conn, self.workout.user_id, &trained, columns).await
                }
                None => Ok(Vec::new()),
            }
        };
        let (made, exercises) = join!(self.make(conn, &trained), exercises);
        let Some(decided) = unless_in_the_way(made)? else {
            return Ok(None);
        };
        Ok(self.as_made(decided, exercises?))
    }

    async fn make(
        &self,
        mut conn: &AsyncPgConnection,
        trained: &[ExerciseId],
    ) -> QueryResult<Vec<Decided>> {
        let count = i64::try_from(trained.len()).unwrap_or(i64::MAX);
        let statement = with_workout(statement(MAKE), &self.workout)
            .bind::<Array<SqlUuid>, _>(trained)
            .bind::<SqlUuid, _>(self.workout.user_id)
            .bind::<BigInt, _>(count);
        let statement = with_places(statement, &self.exercises);
        with_sets(statement, &self.sets).load(&mut conn).await
    }

    /// The rows as they are in the database now; none where nothing was made.
    fn as_made(&self, decided: Vec<Decided>, exercises: Vec<Exercise>) -> Option<Workout> {
        let at = decided.as_slice().first()?.created_at;
        let done = self.workout.sets_are_done();
        let mut decided: HashMap<SetId, Decided> = decided
            .into_iter()
            .filter_map(|it| Some((it.id?, it)))
            .collect();
        let sets = self.sets.iter().filter_map(|set| {
            let decided = decided.remove(&set.id)?;
            Some(set.as_made(at, decided, done))
        });
        let mut sets = grouped(sets.collect(), |set: &Set| set.workout_exercise_id);
        let exercises: HashMap<ExerciseId, Arc<Exercise>> = exercises
            .into_iter()
            .map(|exercise| (exercise.id, Arc::new(exercise)))
            .collect();
        let places = self.exercises.iter().map(|place| {
            let mut made = place.as_made(at);
            made.sets.fill(sets.remove(&made.id).unwrap_or_default());
            if let Some(exercise) = exercises.get(&made.exercise_id) {
                made.exercise.fill(Arc::clone(exercise));
            }
            made
        });
        let mut made = self.workout.as_made(at);
        made.exercises.fill(places.collect());
        made.history.fill(Vec::new());
        Some(made)
    }
}

fn with_workout<'a>(statement: Statement<'a>, row: &'a NewWorkout) -> Statement<'a> {
    statement
        .bind::<SqlUuid, _>(row.user_id)
        .bind::<SqlUuid, _>(row.id)
        .bind::<Text, _>(&row.name)
        .bind::<Nullable<Text>, _>(row.notes.as_deref())
        .bind::<Bool, _>(row.is_template)
        .bind::<Nullable<SqlUuid>, _>(row.template_id)
        .bind::<Text, _>(row.status)
        .bind::<Nullable<Timestamptz>, _>(row.started_at)
        .bind::<Nullable<Timestamptz>, _>(row.ended_at)
        .bind::<Text, _>(&row.source)
        .bind::<Nullable<Text>, _>(row.source_key.as_deref())
}

fn with_places<'a>(statement: Statement<'a>, rows: &'a [NewWorkoutExercise]) -> Statement<'a> {
    places::with_values(statement.column::<SqlUuid, _, _>(rows, |row| row.id), rows)
}

fn with_sets<'a>(statement: Statement<'a>, rows: &'a [NewSet]) -> Statement<'a> {
    let statement = statement
        .column::<SqlUuid, _, _>(rows, |row| row.id)
        .column::<SqlUuid, _, _>(rows, |row| row.workout_exercise_id);
    sets::with_values(statement, rows)
}

impl NewWorkout {
    /// What `done_by_default` says of its sets.
    fn sets_are_done(&self) -> bool {
        !self.is_template && self.status != WorkoutStatus::Planned
    }

    fn as_made(&self, at: DateTime<Utc>) -> Workout {
        Workout {
            user_id: self.user_id,
            id: self.id,
            name: self.name.clone(),
            notes: self.notes.clone(),
            is_template: self.is_template,
            template_id: self.template_id,
            status: self.status,
            started_at: self.started_at,
            ended_at: self.ended_at,
            source: self.source.clone(),
            source_key: self.source_key.clone(),
            version: 1,
            created_at: at,
            updated_at: at,
            deleted_at: None,
            exercises: Ahead::EMPTY,
            history: Ahead::EMPTY,
        }
    }
}

impl NewWorkoutExercise {
    fn as_made(&self, at: DateTime<Utc>) -> WorkoutExercise {
        WorkoutExercise {
            user_id: self.user_id,
            id: self.id,
            workout_id: self.workout_id,
            exercise_id: self.exercise_id,
            order_index: self.order_index,
            superset_group: self.superset_group,
            target_sets: self.target_sets,
            target_reps: self.target_reps,
            target_reps_max: self.target_reps_max,
            target_weight: self.target_weight,
            target_weight_unit: self.target_weight_unit,
            target_rpe: self.target_rpe,
            rest_seconds: self.rest_seconds,
            notes: self.notes.clone(),
            created_at: at,
            updated_at: at,
            exercise: Ahead::EMPTY,
            sets: Ahead::EMPTY,
        }
    }
}

impl NewSet {
    fn as_made(&self, at: DateTime<Utc>, decided: Decided, done: bool) -> Set {
        Set {
            user_id: self.user_id,
            id: self.id,
            workout_id: self.workout_id,
            workout_exercise_id: self.workout_exercise_id,
            order_index: self.order_index,
            set_type: self.set_type,
            side: self.side,
            reps: self.reps,
            weight: self.weight,
            weight_unit: self.weight_unit,
            weight_kg: decided.weight_kg,
            rpe: self.rpe,
            duration_seconds: self.duration_seconds,
            distance_m: self.distance_m,
            rest_seconds: self.rest_seconds,
            is_completed: self.is_completed.unwrap_or(done),
            notes: self.notes.clone(),
            performed_at: decided.performed_at.unwrap_or(at),
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}
