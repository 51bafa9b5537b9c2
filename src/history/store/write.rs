//! Changing, deleting and restoring entries.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_types::{Array, Jsonb, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use serde_json::json;

use crate::{
    changes::{Change, Entity},
    db::{
        schema::{history, user_settings},
        statement,
    },
    error::{Error, Result},
    exercises::ExerciseId,
    history::{HistoryEntry, HistoryId, NewHistory, input::local_date, model::HistoryPatch},
    viewer::UserId,
};

const WHAT: &str = "entry of the history";

/// What was frozen keeps its names and numbers: it only points to the exercise that is still there.
const MOVE_EXERCISES: &str = "UPDATE history SET version = version + 1, updated_at = now(), \
      summary = jsonb_set(summary, '{exercises}', (\
        SELECT jsonb_agg(CASE WHEN one ->> 'exerciseId' = ANY (?) \
          THEN jsonb_set(one, '{exerciseId}', ?) ELSE one END ORDER BY n) \
        FROM jsonb_array_elements(summary -> 'exercises') WITH ORDINALITY AS e (one, n))) \
    WHERE user_id = ? AND summary @> ANY (?) RETURNING id, version, deleted_at";

#[derive(QueryableByName)]
#[diesel(table_name = history)]
struct Moved {
    id: HistoryId,
    version: i32,
    deleted_at: Option<DateTime<Utc>>,
}

impl Moved {
    fn change(&self) -> Change {
        let in_trash = self.deleted_at.is_some();
        Change::moved(Entity::History, self.id.0, self.version, in_trash)
    }
}

/// The zone given, or else that of the owner's settings.
pub async fn zone_of(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    given: Option<Tz>,
) -> QueryResult<Tz> {
    if let Some(zone) = given {
        return Ok(zone);
    }
    let name: Option<String> = user_settings::table
        .find(owner)
        .select(user_settings::timezone)
        .first(conn)
        .await
        .optional()?;
    Ok(name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC))
}

impl HistoryEntry {
    /// The owner's entry, in the trash or not, locked until the transaction ends.
    async fn locked(conn: &mut AsyncPgConnection, owner: UserId, id: HistoryId) -> Result<Self> {
        let found: Option<Self> = history::table
            .find((owner, id))
            .select(Self::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()?;
        found.ok_or_else(|| Error::not_found(WHAT, id))
    }

    fn check_version(&self, expected: Option<i32>) -> Result<()> {
        Error::check_version(WHAT, self.id, expected, self.version)
    }

    /// Changes an entry; its day follows from its instant and its zone. Gives its new version; none where
    /// nothing would change.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: HistoryId,
        expected: Option<i32>,
        mut patch: HistoryPatch,
        zone: Option<Tz>,
    ) -> Result<Option<i32>> {
        let current = Self::locked(conn, owner, id).await?;
        if current.deleted_at.is_some() {
            return Err(Error::in_trash(WHAT, id, current.version));
        }
        if patch.performed_at.is_some() || zone.is_some() {
            let zone = zone.or_else(|| current.timezone.parse().ok());
            let at = patch.performed_at.unwrap_or(current.performed_at);
            patch.local_date = Some(local_date(at, zone.unwrap_or(Tz::UTC)).into());
        }
        if !patch.changes(&current) {
            return Ok(None);
        }
        current.check_version(expected)?;
        let version = current.version + 1;
        diesel::update(history::table.find((owner, id)))
            .set((
                &patch,
                history::version.eq(version),
                history::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(Some(version))
    }

    /// Records anew what the workout is that it came from, and brings it back from the trash. What is not
    /// said about how it went stays. Gives its new version.
    pub async fn refresh(
        &self,
        conn: &mut AsyncPgConnection,
        new: &NewHistory,
    ) -> QueryResult<i32> {
        let version = self.version + 1;
        let patch = HistoryPatch {
            workout_name: Some(new.workout_name.clone()),
            performed_at: Some(new.performed_at),
            timezone: Some(new.timezone.clone()),
            local_date: Some(new.local_date.into()),
            duration_seconds: Some(new.duration_seconds),
            bodyweight_kg: new.bodyweight_kg.map(Some),
            rating: new.rating.map(Some),
            notes: new.notes.clone().map(Some),
        };
        diesel::update(history::table.find((self.user_id, self.id)))
            .set((
                &patch,
                history::summary.eq(&new.summary),
                history::deleted_at.eq(None::<DateTime<Utc>>),
                history::version.eq(version),
                history::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(version)
    }

    /// Has the frozen summaries name `into` wherever they named one of `from`.
    pub async fn move_exercises(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        from: &[ExerciseId],
        into: ExerciseId,
    ) -> QueryResult<Vec<Change>> {
        let names: Vec<String> = from.iter().map(ToString::to_string).collect();
        let frozen: Vec<serde_json::Value> = from
            .iter()
            .map(|id| json!({"exercises": [{"exerciseId": id}]}))
            .collect();
        let moved: Vec<Moved> = statement(MOVE_EXERCISES)
            .bind::<Array<Text>, _>(names)
            .bind::<Jsonb, _>(json!(into))
            .bind::<SqlUuid, _>(owner)
            .bind::<Array<Jsonb>, _>(frozen)
            .load(conn)
            .await?;
        Ok(moved.iter().map(Moved::change).collect())
    }

    /// Puts an entry in the trash, or brings it back. Gives its new version; none where it was so already.
    pub async fn set_deleted(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: HistoryId,
        expected: Option<i32>,
        deleted: bool,
    ) -> Result<Option<i32>> {
        let current = Self::locked(conn, owner, id).await?;
        if current.deleted_at.is_some() == deleted {
            return Ok(None);
        }
        current.check_version(expected)?;
        let version = current.version + 1;
        diesel::update(history::table.find((owner, id)))
            .set((
                history::version.eq(version),
                history::deleted_at.eq(deleted.then(Utc::now)),
                history::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(Some(version))
    }
}
