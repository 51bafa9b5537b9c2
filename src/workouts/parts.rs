//! What hangs below workouts, fetched for all of them at once: one statement for each kind of thing,
//! sent together, so that a page of any size costs one round trip more than the page itself.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::{Context, Lookahead};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;

use super::{Set, Workout, WorkoutExercise, WorkoutId};
use crate::{
    db::{
        kept,
        schema::{exercises, sets, workout_exercises},
    },
    exercises::{Exercise, ExerciseId},
    history::HistoryEntry,
    viewer::UserId,
};

/// Which parts of workouts a request will ask for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each part is asked for or not, whatever the others"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The exercises in them.
    pub places: bool,
    /// The sets of those.
    pub sets: bool,
    /// What those exercises are.
    pub exercises: bool,
    /// What was recorded of them.
    pub history: bool,
}

impl Parts {
    /// What is asked for of the workouts at any of these paths below the field being resolved.
    pub fn below(ctx: &Context<'_>, paths: &[&[&str]]) -> Self {
        let mut parts = Self::default();
        for path in paths {
            let here = path
                .iter()
                .fold(ctx.look_ahead(), |here, name| here.field(name));
            parts.add(&here);
        }
        parts
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
            asked(self.places, WorkoutExercise::of(conn, owner, workouts)),
            asked(self.sets, Set::of(conn, owner, workouts)),
            asked(self.exercises, exercises_of(conn, owner, workouts)),
            asked(self.history, HistoryEntry::of(conn, owner, workouts)),
        )?;
        Ok(Below {
            parts: self,
            places,
            sets,
            exercises,
            history,
        })
    }

    fn add(&mut self, workout: &Lookahead<'_>) {
        let place = workout.field("exercises");
        self.places |= place.exists();
        self.sets |= place.field("sets").exists();
        self.exercises |= place.field("exercise").exists();
        self.history |= workout.field("history").exists();
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
        if self.parts.history {
            let mut history = grouped(self.history, |entry| entry.workout_id);
            for workout in &mut *workouts {
                let found = history.remove(&Some(workout.id)).unwrap_or_default();
                workout.history.fill(found);
            }
        }
        if !self.parts.places {
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
            if self.parts.sets {
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
    ) -> QueryResult<Vec<Self>> {
        use workout_exercises as places;

        let query = kept!(
            places::table
                .filter(places::user_id.eq(owner))
                .filter(places::workout_id.eq_any(workouts))
                .order((places::workout_id, places::order_index, places::id))
                .select(Self::as_select())
        );
        query.load(&mut conn).await
    }
}

impl Set {
    /// The sets of these workouts, in their order.
    pub async fn of(
        mut conn: &AsyncPgConnection,
        owner: UserId,
        workouts: &[WorkoutId],
    ) -> QueryResult<Vec<Self>> {
        let query = kept!(
            sets::table
                .filter(sets::user_id.eq(owner))
                .filter(sets::workout_id.eq_any(workouts))
                .order((
                    sets::workout_id,
                    sets::workout_exercise_id,
                    sets::order_index,
                    sets::id,
                ))
                .select(Self::as_select())
        );
        query.load(&mut conn).await
    }
}

/// The exercises that these workouts train; which they are need not be known yet.
async fn exercises_of(
    mut conn: &AsyncPgConnection,
    owner: UserId,
    workouts: &[WorkoutId],
) -> QueryResult<Vec<Exercise>> {
    use workout_exercises as places;

    let trained = places::table
        .filter(places::user_id.eq(owner))
        .filter(places::workout_id.eq_any(workouts))
        .select(places::exercise_id);
    let query = kept!(
        exercises::table
            .filter(exercises::id.eq_any(trained))
            .filter(
                exercises::owner_id
                    .is_null()
                    .or(exercises::owner_id.eq(owner)),
            )
            .select(Exercise::as_select())
    );
    query.load(&mut conn).await
}

async fn asked<T>(
    asked: bool,
    fetch: impl Future<Output = QueryResult<Vec<T>>>,
) -> QueryResult<Vec<T>> {
    if asked { fetch.await } else { Ok(Vec::new()) }
}

/// The rows by key, each key's in the order they came.
pub fn grouped<K: Eq + Hash, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
