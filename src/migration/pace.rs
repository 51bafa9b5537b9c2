//! When files are written that are too long to be written with every change. What was changed is shown at once and waits
//! in the queue, which is as durable as the change itself; the files get it together with whatever comes after it, when
//! nothing has changed for a moment, or after some seconds at the latest. Whoever needs the files as they are has it
//! hurried.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Bool, Double, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, TransactionManager};
use tokio::time::{Instant, sleep};

use super::mirror::Changed;
use crate::{
    db::{Db, statement},
    error::{Error, Result},
};

/// Who shares this advisory lock has the files written with every change: the letters `hurry` as a number. Whoever
/// writes them finds out by trying for it alone.
const HURRY: i64 = 0x68_7572_7279;
/// The files are written when nothing has changed for so long.
const REST: Duration = Duration::from_secs(1);
/// Nothing waits longer than this because of what comes after it.
const LATEST: Duration = Duration::from_secs(5);
/// So many records are written at the latest.
const MOST: i64 = 1000;
/// While others write, the files are written for one part in so many of the time: whoever writes meanwhile waits.
const SHARE: u32 = 10;
/// For how long it is waited that the files are as they should be.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// What is to be done with what was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is written to the files, with all that waits.
    Write,
    /// It is shown, and waits.
    Show,
}

/// How the one who writes is getting on.
#[derive(Debug)]
pub(super) struct Pace {
    /// Files up to this length, in bytes, are written with every change.
    at_once: u64,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    changed: Instant,
    /// When the files were written last, and how long that took.
    written: Instant,
    took: Duration,
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    records: i64,
    /// Whether one of them has waited for as long as it may.
    #[diesel(sql_type = Bool)]
    late: bool,
    /// Whether somebody needs the files.
    #[diesel(sql_type = Bool)]
    hurried: bool,
}

impl Pace {
    pub fn new(at_once: u64) -> Self {
        let now = Instant::now();
        let state = State {
            changed: now,
            written: now,
            took: Duration::ZERO,
        };
        Self {
            at_once,
            state: Mutex::new(state),
        }
    }

    /// Whether files of this length are written now, in the transaction that is to write them.
    pub async fn turn(
        &self,
        conn: &mut AsyncPgConnection,
        longest: u64,
        is_changed: bool,
    ) -> QueryResult<Turn> {
        if longest <= self.at_once {
            return Ok(Turn::Write);
        }
        let now = Instant::now();
        if is_changed {
            self.state().changed = now;
        }
        let state = *self.state();
        let waiting = waiting(conn).await?;
        let is_its_time = waiting.late
            || waiting.records >= MOST
            || (!is_changed && now.duration_since(state.changed) >= REST);
        let has_rested = now.duration_since(state.written) >= state.took * SHARE;
        Ok(if waiting.hurried || (is_its_time && has_rested) {
            Turn::Write
        } else {
            Turn::Show
        })
    }

    pub fn wrote(&self, began: Instant) {
        let now = Instant::now();
        let mut state = self.state();
        (state.written, state.took) = (now, now.duration_since(began));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Behind a fence everybody waits for the files.
async fn waiting(conn: &mut AsyncPgConnection) -> QueryResult<Waiting> {
    statement(
        "SELECT count(*) AS records, coalesce(bool_or(due_at <= clock_timestamp()), false) AS late, \
           EXISTS (SELECT FROM migration_control WHERE fence_from IS NOT NULL) \
             OR NOT pg_try_advisory_xact_lock(?) AS hurried \
         FROM mirror_repairs WHERE tries = 0",
    )
    .bind::<BigInt, _>(HURRY)
    .get_result(conn)
    .await
}

/// Has these records wait for their turn. What waits already, for whatever reason, goes on waiting.
pub(super) async fn put_off(conn: &mut AsyncPgConnection, changed: &Changed) -> QueryResult<()> {
    for (entity, keys) in changed {
        statement(
            "INSERT INTO mirror_repairs (entity, reason, tries, due_at, user_id, id) \
             SELECT ?, 'it is written with what comes after it, because the files are long', 0, \
               clock_timestamp() + make_interval(secs => ?), w.* FROM unnest(?, ?) AS w \
             ON CONFLICT (user_id, entity, id) DO NOTHING",
        )
        .bind::<Text, _>(entity.word())
        .bind::<Double, _>(LATEST.as_secs_f64())
        .column::<SqlUuid, _, _>(keys, |(owner, _)| *owner)
        .column::<SqlUuid, _, _>(keys, |(_, id)| *id)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Has the files written with every change until it is dropped.
pub struct Hurry {
    held: AsyncPgConnection,
}

impl Hurry {
    /// Waits until nothing is left that was put off. Where no server writes the files that is given up after a while: what
    /// they lack is found by whoever looks.
    pub async fn up(db: &Db) -> Result<Self> {
        let mut hurry = Self::begin(db).await?;
        let began = Instant::now();
        while put_off_yet(&mut hurry.held).await? > 0 {
            if began.elapsed() >= PATIENCE {
                tracing::warn!("the files lack what was put off, and nobody writes it to them");
                break;
            }
            sleep(PAUSE).await;
        }
        Ok(hurry)
    }

    /// Waits for nothing.
    pub async fn begin(db: &Db) -> Result<Self> {
        let mut conn = db.dedicated().await.map_err(Error::unavailable)?;
        Transactions::begin_transaction(&mut conn).await?;
        statement("SELECT set_config('idle_in_transaction_session_timeout', '0', true), pg_advisory_xact_lock_shared(?)")
            .bind::<BigInt, _>(HURRY)
            .execute(&mut conn)
            .await?;
        Ok(Self { held: conn })
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

async fn put_off_yet(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    let count: Count = statement("SELECT count(*) AS n FROM mirror_repairs WHERE tries = 0")
        .get_result(conn)
        .await?;
    Ok(count.n)
}
