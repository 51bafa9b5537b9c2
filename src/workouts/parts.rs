//! What hangs below workouts, fetched for all of them at once: one statement for each kind of thing,
//! sent together, so that a page of any size costs one round trip more than the page itself.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::{Context, Lookahead};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Array, Bool, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;

use super::{Set, Workout, WorkoutExercise, WorkoutId};
use crate::{
    db::{
        Columns, among, kept_with,
        schema::{exercises, sets, workout_exercises},
    },
    exercises::{Exercise, ExerciseId},
    graphql::asked,
    history::HistoryEntry,
    viewer::UserId,
};

/// Which parts of workouts a request will ask for, and which of their columns.
#[derive(Clone, Copy, Default)]
pub struct Parts {
    /// The exercises in them.
    pub places: Option<Columns<WorkoutExercise>>,
    /// The sets of those.
    pub sets: Option<Columns<Set>>,
    /// What those exercises are.
    pub exercises: Option<Columns<Exercise>>,
    /// What was recorded of them.
    pub history: Option<Columns<HistoryEntry>>,
}

impl Parts {
    /// What is asked for of the workouts at any of these paths below the field being resolved.
    pub fn below(ctx: &Context<'_>, paths: &[&[&str]]) -> Self {
        let mut found = Vec::new();
        for path in paths {
            let here = path
                .iter()
                .fold(ctx.look_ahead(), |here, name| here.field(name));
            found.extend(here.selection_fields());
        }
        Lookahead::try_from(found.as_slice()).map_or_else(|()| Self::default(), |it| Self::of(&it))
    }

    /// The same for a connection of workouts.
    pub fn of_nodes(ctx: &Context<'_>) -> Self {
        Self::below(ctx, &[&["nodes"], &["edges", "node"]])
    }

    /// Everything asked for below these workouts, in one round trip.
    pub async fn fetch(
        self,
        conn: &AsyncPgConnection,
        owner: UserId,
        workouts: &[WorkoutId],
    ) -> QueryResult<Below> {
        let (places, sets, exercises, history) = try_join!(
            asked_for(self.places, |it| WorkoutExercise::of(
                conn, owner, workouts, it
            )),
            asked_for(self.sets, |it| Set::of(conn, owner, workouts, it)),
            asked_for(self.exercises, |it| exercises_of(conn, owner, workouts, it)),
            asked_for(self.history, |it| HistoryEntry::of(
                conn, owner, workouts, it
            )),
        )?;
        Ok(Below {
            parts: self,
            places,
            sets,
            exercises,
            history,
        })
    }

    fn of(workout: &Lookahead<'_>) -> Self {
        let place = workout.field("exercises");
        Self {
            places: asked(&place, &[]),
            sets: asked(&place.field("sets"), &[]),
            exercises: asked(&place.field("exercise"), &[]),
            history: asked(&workout.field("history"), &[]),
        }
    }
}

/// What was found below some workouts.
pub struct Below {
    parts: Parts,
    places: Vec<WorkoutExercise>,
    sets: Vec<Set>,
    exercises: Vec<Exercise>,
    history: Vec<HistoryEntry>,
}

impl Below {
    /// Hangs it all where it belongs.
    pub fn hang_on(self, workouts: &mut [Workout]) {
        if self.parts.history.is_some() {
            let mut history = grouped(self.history, |entry| entry.workout_id);
            for workout in &mut *workouts {
                let found = history.remove(&Some(workout.id)).unwrap_or_default();
                workout.history.fill(found);
            }
        }
        if self.parts.places.is_none() {
            return;
        }
        let mut sets = grouped(self.sets, |set| set.workout_exercise_id);
        let exercises: HashMap<ExerciseId, Arc<Exercise>> = self
            .exercises
            .into_iter()
            .map(|exercise| (exercise.id, Arc::new(exercise)))
            .collect();
        let mut places = self.places;
        for place in &mut places {
            if self.parts.sets.is_some() {
                place.sets.fill(sets.remove(&place.id).unwrap_or_default());
            }
            if let Some(exercise) = exercises.get(&place.exercise_id) {
                place.exercise.fill(Arc::clone(exercise));
            }
        }
        let mut places = grouped(places, |place| place.workout_id);
        for workout in workouts {
            let found = places.remove(&workout.id).unwrap_or_default();
            workout.exercises.fill(found);
        }
    }
}

impl WorkoutExercise {
    /// The exercises in these workouts, in their order.
    pub async fn of(
        mut conn: &AsyncPgConnection,
        owner: UserId,
        workouts: &[WorkoutId],
        columns: Columns<Self>,
    ) -> QueryResult<Vec<Self>> {
        let query = kept_with!(columns, |selected| {
            workout_exercises::table
                .filter(workout_exercises::user_id.eq(owner))
                .filter(among!("workout_id", workouts))
                .select(selected)
        });
        let mut found: Vec<Self> = query.load(&mut conn).await?;
        // An index brings them in order or almost, which the database would not believe.
        found.sort_by_key(|place| (place.workout_id, place.order_index, place.id));
        Ok(found)
    }
}

impl Set {
    /// The sets of these workouts, in their order.
    pub async fn of(
        mut conn: &AsyncPgConnection,
        owner: UserId,
        workouts: &[WorkoutId],
        columns: Columns<Self>,
    ) -> QueryResult<Vec<Self>> {
        let query = kept_with!(columns, |selected| {
            sets::table
                .filter(sets::user_id.eq(owner))
                .filter(among!("workout_id", workouts))
                .select(selected)
        });
        let mut found: Vec<Self> = query.load(&mut conn).await?;
        found.sort_by_key(|set| {
            (
                set.workout_id,
                set.workout_exercise_id,
                set.order_index,
                set.id,
            )
        });
        Ok(found)
    }
}

/// The exercises that these workouts train; which they are need not be known yet.
async fn exercises_of(
    mut conn: &AsyncPgConnection,
    owner: UserId,
    workouts: &[WorkoutId],
    columns: Columns<Exercise>,
) -> QueryResult<Vec<Exercise>> {
    let query = kept_with!(columns, |selected| {
        // As an array, each exercise is looked up once; a join would look it up for each workout.
        let trained = sql::<Bool>(
            "exercises.id = ANY (ARRAY(SELECT exercise_id FROM workout_exercises WHERE user_id = ",
        )
        .bind::<SqlUuid, _>(owner)
        .sql(" AND workout_id = ANY ((SELECT ")
        .bind::<Array<SqlUuid>, _>(workouts)
        .sql(")::uuid[])))");
        exercises::table
            .filter(trained)
            .filter(
                exercises::owner_id
                    .is_null()
                    .or(exercises::owner_id.eq(owner)),
            )
            .select(selected)
    });
    query.load(&mut conn).await
}

async fn asked_for<R, F>(
    columns: Option<Columns<R>>,
    fetch: impl FnOnce(Columns<R>) -> F,
) -> QueryResult<Vec<R>>
where
    F: Future<Output = QueryResult<Vec<R>>>,
{
    match columns {
        Some(columns) => fetch(columns).await,
        None => Ok(Vec::new()),
    }
}

/// The rows by key, each key's in the order they came.
pub fn grouped<K: Eq + Hash, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
