//! What was deleted long ago goes for good. Entries of the history outlive their workout: they are
//! detached from it first, which is a change of theirs like any other.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types::Timestamptz};
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

const DETACH: &str = "UPDATE history h SET workout_id = NULL, version = h.version + 1, \
      updated_at = now() \
    FROM workouts w WHERE w.deleted_at < ? AND h.user_id = w.user_id AND h.workout_id = w.id \
    RETURNING h.user_id, h.id, h.version, h.deleted_at";

#[derive(QueryableByName)]
#[diesel(table_name = history)]
struct Detached {
    user_id: UserId,
    id: HistoryId,
    version: i32,
    deleted_at: Option<DateTime<Utc>>,
}

/// Purges workouts and entries of the history that were deleted before `before`, in one transaction.
pub async fn purge_deleted(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> Result<Purged> {
    conn.transaction(async |conn| {
        let old_entries = history::table.filter(history::deleted_at.lt(before));
        let entries = diesel::delete(old_entries).execute(conn).await?;
        let detached: Vec<Detached> = statement(DETACH)
            .bind::<Timestamptz, _>(before)
            .load(conn)
            .await?;
        // In one order everywhere, so that two purges never wait for each other.
        let mut by_owner: BTreeMap<UserId, Vec<Change>> = BTreeMap::new();
        for entry in detached.iter().filter(|entry| entry.deleted_at.is_none()) {
            let change = Change::updated(Entity::History, entry.id.0, entry.version);
            by_owner.entry(entry.user_id).or_default().push(change);
        }
        for (owner, changes) in by_owner {
            changes::append(conn, owner, &changes).await?;
        }
        let old_workouts = workouts::table.filter(workouts::deleted_at.lt(before));
        let gone = diesel::delete(old_workouts).execute(conn).await?;
        Ok(Purged {
            workouts: gone,
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
