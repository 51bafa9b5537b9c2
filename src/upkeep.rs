//! What a server does once a day so that nothing grows for ever: it lets go of what was kept for a
//! while only. All replicas do it; whoever comes second finds nothing left.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{
    changes,
    db::{
        Db,
        schema::{idempotency_keys, sessions},
    },
    error::Result,
    tasks::Task,
    workouts,
};

/// How long a repeated request gets the answer of the first.
const KEYS_KEPT: TimeDelta = TimeDelta::days(1);
/// How long a task in the trash can be restored.
const TRASH_KEPT: TimeDelta = TimeDelta::days(30);
/// How many rows go in one statement, so that none holds others up for long.
const AT_ONCE: i64 = 5_000;

const DAY: Duration = Duration::from_hours(24);
/// A server that starts has better things to do.
const SETTLED: Duration = Duration::from_mins(2);

/// What was let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub changes: usize,
    pub keys: usize,
    pub sessions: usize,
    pub tasks: usize,
}

/// Does it every day for as long as the server runs; changes are told for so long to those who ask what
/// changed. Never returns.
pub async fn daily(db: Db, changes_kept: TimeDelta) {
    tokio::join!(
        workouts::purge_daily(db.clone()),
        forget_daily(&db, changes_kept)
    );
}

async fn forget_daily(db: &Db, changes_kept: TimeDelta) {
    tokio::time::sleep(SETTLED).await;
    loop {
        match forget(db, changes_kept).await {
            Ok(gone) if gone == Forgotten::default() => {}
            Ok(gone) => tracing::info!(
                "let go of {} changes, {} idempotency keys, {} refresh tokens and {} tasks in the trash",
                gone.changes,
                gone.keys,
                gone.sessions,
                gone.tasks,
            ),
            Err(error) => tracing::warn!("what is old could not be let go: {error}"),
        }
        tokio::time::sleep(DAY).await;
    }
}

/// Lets go of whatever is too old by now.
pub async fn forget(db: &Db, changes_kept: TimeDelta) -> Result<Forgotten> {
    let now = Utc::now();
    let mut gone = Forgotten::default();
    // Further back than there are dates, nothing is old.
    while let Some(cutoff) = now.checked_sub_signed(changes_kept) {
        let mut conn = db.conn().await?;
        let some = changes::forget_older_than(&mut conn, cutoff, AT_ONCE).await?;
        gone.changes += some;
        if some == 0 {
            break;
        }
    }
    loop {
        let mut conn = db.conn().await?;
        let some = Task::purge_deleted(&mut conn, now - TRASH_KEPT, AT_ONCE).await?;
        gone.tasks += some;
        if some == 0 {
            break;
        }
    }
    let mut conn = db.conn().await?;
    let old_keys = idempotency_keys::table.filter(idempotency_keys::created_at.lt(now - KEYS_KEPT));
    gone.keys = diesel::delete(old_keys).execute(&mut conn).await?;
    let expired = sessions::table.filter(sessions::expires_at.lt(now));
    gone.sessions = diesel::delete(expired).execute(&mut conn).await?;
    Ok(gone)
}
