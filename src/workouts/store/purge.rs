//! What was deleted long ago goes for good. Entries of the history outlive their workout: they are
//! detached from it first, which is a change of theirs like any other.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tokio::time::Instant;

use crate::{
    changes::{self, Change, Entity},
    db::{
        Db,
        schema::{history, workouts},
        statement,
    },
    error::Result,
    history::HistoryId,
    viewer::UserId,
    workouts::WorkoutId,
};

/// How long what was deleted can be restored.
const KEPT: TimeDelta = TimeDelta::days(30);

const DAY: Duration = Duration::from_hours(24);
/// A server that starts has better things to do.
const SETTLED: Duration = Duration::from_mins(1);

/// What was purged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    pub workouts: usize,
    pub history: usize,
    /// Entries that remain, without their workout.
    pub detached: usize,
}

/// How many workouts, and how many entries, go at once.
const BATCH: i64 = 200;
/// How many owners are looked for at once.
const OWNERS: i64 = 100;

impl Purged {
    fn add(&mut self, other: Self) {
        self.workouts += other.workouts;
        self.history += other.history;
        self.detached += other.detached;
    }
}

const OVERDUE: &str = "(SELECT DISTINCT user_id FROM workouts WHERE deleted_at < ? LIMIT ?) \
    UNION (SELECT DISTINCT user_id FROM history WHERE deleted_at < ? LIMIT ?)";

const DETACH: &str = "UPDATE history SET workout_id = NULL, version = version + 1, updated_at = now() \
    WHERE user_id = ? AND workout_id = ANY (?) RETURNING id, version, deleted_at";

const DROP_ENTRIES: &str = "DELETE FROM history WHERE user_id = ? AND id IN (\
    SELECT id FROM history WHERE user_id = ? AND deleted_at < ? ORDER BY id LIMIT ?)";

#[derive(QueryableByName)]
#[diesel(table_name = history)]
struct Owner {
    user_id: UserId,
}

#[derive(QueryableByName)]
#[diesel(table_name = history)]
struct Detached {
    id: HistoryId,
    version: i32,
    deleted_at: Option<DateTime<Utc>>,
}

/// Purges workouts and entries of the history that were deleted before `before`: a few of one owner in
/// each transaction, so that nobody waits for the end of their feed for long.
pub async fn purge_deleted(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> Result<Purged> {
    let mut purged = Purged::default();
    loop {
        let owners: Vec<Owner> = statement(OVERDUE)
            .bind::<Timestamptz, _>(before)
            .bind::<BigInt, _>(OWNERS)
            .bind::<Timestamptz, _>(before)
            .bind::<BigInt, _>(OWNERS)
            .load(conn)
            .await?;
        if owners.is_empty() {
            return Ok(purged);
        }
        for owner in owners {
            purged.add(purge_some(conn, owner.user_id, before).await?);
        }
    }
}

/// The workouts are locked before what was recorded of them, as whoever changes both does.
async fn purge_some(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    before: DateTime<Utc>,
) -> Result<Purged> {
    conn.transaction(async |conn| {
        let old: Vec<WorkoutId> = workouts::table
            .filter(workouts::user_id.eq(owner))
            .filter(workouts::deleted_at.lt(before))
            .select(workouts::id)
            .order(workouts::id)
            .limit(BATCH)
            .for_update()
            .load(conn)
            .await?;
        let entries = statement(DROP_ENTRIES)
            .bind::<SqlUuid, _>(owner)
            .bind::<SqlUuid, _>(owner)
            .bind::<Timestamptz, _>(before)
            .bind::<BigInt, _>(BATCH)
            .execute(conn)
            .await?;
        let detached: Vec<Detached> = statement(DETACH)
            .bind::<SqlUuid, _>(owner)
            .bind::<Array<SqlUuid>, _>(old.clone())
            .load(conn)
            .await?;
        let changes: Vec<Change> = detached
            .iter()
            .filter(|entry| entry.deleted_at.is_none())
            .map(|entry| Change::updated(Entity::History, entry.id.0, entry.version))
            .collect();
        changes::append(conn, owner, &changes).await?;
        let gone = workouts::table
            .filter(workouts::user_id.eq(owner))
            .filter(workouts::id.eq_any(old));
        Ok(Purged {
            workouts: diesel::delete(gone).execute(conn).await?,
            history: entries,
            detached: detached.len(),
        })
    })
    .await
}

/// Purges once a day for as long as a server runs, the first time when it has settled. Where several
/// servers do, whoever comes second finds nothing left.
pub async fn purge_daily(db: Db) {
    let mut days = tokio::time::interval_at(Instant::now() + SETTLED, DAY);
    loop {
        days.tick().await;
        match purge_overdue(&db).await {
            Ok(purged) if purged != Purged::default() => tracing::info!(
                "purged {} workouts and {} entries of the history that were deleted long ago",
                purged.workouts,
                purged.history,
            ),
            Ok(_) => {}
            Err(error) => tracing::warn!("could not purge what was deleted long ago: {error}"),
        }
    }
}

async fn purge_overdue(db: &Db) -> Result<Purged> {
    purge_deleted(&mut *db.conn().await?, Utc::now() - KEPT).await
}
