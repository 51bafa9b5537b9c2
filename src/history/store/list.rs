//! Finding entries: one, those of some workouts, or a page.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Array, Bool, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    db::{
        Columns, kept_with, keyset,
        schema::{history, workout_exercises},
    },
    error::{Error, Result},
    graphql::Page,
    history::{
        HistoryEntry, HistoryId,
        input::{HistoryOrder, Wanted},
    },
    viewer::UserId,
    workouts::{Parts, Workout, WorkoutId},
};

/// What the history is ordered by.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct HistoryPlace(pub DateTime<Utc>, pub HistoryId);

type Query<'a> = history::BoxedQuery<'a, Pg>;

// One look into the index for each workout, however much was recorded of it.
const LATEST: &str = "history.id = ANY (ARRAY(SELECT latest.id FROM unnest((SELECT ";
const MOST: &str = " AND h.workout_id = w.id AND h.deleted_at IS NULL \
    ORDER BY h.performed_at DESC, h.id DESC LIMIT 20) latest))";

impl HistoryEntry {
    pub const fn place(&self) -> HistoryPlace {
        HistoryPlace(self.performed_at, self.id)
    }

    /// One page of the owner's history.
    pub async fn page_of(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: &Wanted,
        order: HistoryOrder,
        page: &Page<HistoryPlace>,
        columns: Columns<Self>,
    ) -> QueryResult<Vec<Self>> {
        use history::{id, performed_at};

        let query = matching(owner, wanted).limit(page.limit());
        let from = page.from.map(|HistoryPlace(at, last)| (at, last));
        let upwards = page.upwards(order == HistoryOrder::Oldest);
        keyset!(query, performed_at, id, upwards, from)
            .select(columns.select().0)
            .load(conn)
            .await
    }

    /// How many the whole list has.
    pub async fn count(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: &Wanted,
    ) -> QueryResult<i64> {
        matching(owner, wanted).count().get_result(conn).await
    }

    /// What was recorded of these workouts, the latest first, and of each the latest alone.
    pub async fn of(
        mut conn: &AsyncPgConnection,
        owner: UserId,
        workouts: &[WorkoutId],
        columns: Columns<Self>,
    ) -> QueryResult<Vec<Self>> {
        let query = kept_with!(columns, |selected| {
            history::table
                .filter(history::user_id.eq(owner))
                .filter(
                    sql::<Bool>(LATEST)
                        .bind::<Array<SqlUuid>, _>(workouts)
                        .sql(")::uuid[]) AS w (id) CROSS JOIN LATERAL (SELECT h.id FROM history h WHERE h.user_id = ")
                        .bind::<SqlUuid, _>(owner)
                        .sql(MOST),
                )
                .order((history::performed_at.desc(), history::id.desc()))
                .select(selected)
        });
        query.load(&mut conn).await
    }

    /// What was recorded when a workout was completed, else the first entry that was recorded of it; one
    /// in the trash only where there is no other.
    pub async fn of_workout(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        workout: WorkoutId,
    ) -> QueryResult<Option<Self>> {
        history::table
            .filter(history::user_id.eq(owner))
            .filter(history::workout_id.eq(workout))
            .order((
                history::source_key
                    .is_distinct_from(workout.to_string())
                    .or(history::source.ne("app")),
                history::deleted_at.is_not_null(),
                history::created_at,
                history::id,
            ))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()
    }

    /// Whether it came from completing the workout, here or in what the workout was imported from.
    pub fn is_of_completing(&self, workout: &Workout) -> bool {
        if self.source == "app" {
            return self.source_key == Some(workout.id.to_string());
        }
        self.source == workout.source
    }

    /// One entry, in the trash or not.
    pub async fn find_kept(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: HistoryId,
    ) -> Result<Self> {
        let found = history::table
            .find((owner, id))
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()?;
        found.ok_or_else(|| Error::not_found("entry of the history", id))
    }

    /// Fetches the workouts of these entries, with the parts asked for, in one round trip.
    pub async fn fetch_workouts(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        entries: &mut [Self],
        parts: Parts,
    ) -> QueryResult<()> {
        let ids: Vec<WorkoutId> = entries
            .iter()
            .filter_map(|entry| entry.workout_id)
            .collect();
        let conn = &*conn;
        let (mut workouts, below) = try_join!(
            Workout::find_all(conn, owner, &ids),
            parts.fetch(conn, owner, &ids)
        )?;
        below.hang_on(&mut workouts);
        for entry in entries {
            let found = workouts
                .iter()
                .find(|workout| Some(workout.id) == entry.workout_id);
            entry.workout.fill(found.cloned().map(Box::new));
        }
        Ok(())
    }
}

fn matching<'a>(owner: UserId, wanted: &Wanted) -> Query<'a> {
    let mut query = history::table
        .filter(history::user_id.eq(owner))
        .into_boxed();
    query = if wanted.deleted {
        query.filter(history::deleted_at.is_not_null())
    } else {
        query.filter(history::deleted_at.is_null())
    };
    if let Some(from) = wanted.from {
        query = query.filter(history::performed_at.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(history::performed_at.lt(to));
    }
    if let Some(workout) = wanted.workout {
        query = query.filter(history::workout_id.eq(workout));
    }
    let Some(exercise) = wanted.exercise else {
        return query;
    };
    // What was frozen says best what was done. An entry without our summary is known by its workout.
    let frozen = json!({"exercises": [{"exerciseId": exercise}]});
    let trained = workout_exercises::table
        .filter(workout_exercises::user_id.eq(owner))
        .filter(workout_exercises::exercise_id.eq(exercise))
        .select(workout_exercises::workout_id.nullable());
    query.filter(
        history::summary.contains(frozen).or(history::summary
            .retrieve_as_object("exercises")
            .is_null()
            .and(history::workout_id.eq_any(trained))),
    )
}
