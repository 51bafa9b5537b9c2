//! Letting writers in. A writer shares an advisory lock until it commits, so that the phase it was let in
//! under holds for as long as it writes; behind a fence it waits a little, or comes again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, TransactionManager};
use tokio::time::{Instant, sleep};

use super::{
    control::LOCK,
    fence::restore_expired,
    phase::{Phase, Standing},
};
use crate::{
    db::statement,
    error::{Error, Result},
};

/// How long a writer waits for a fence to come down, or for whoever raises one.
const PATIENCE: Duration = Duration::from_millis(1_500);
const PAUSE: Duration = Duration::from_millis(15);
/// What a writer is told that waited in vain, where nothing says how long it takes.
const COME_AGAIN: Duration = Duration::from_secs(1);

/// What a writer may rely on until its transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    pub phase: Phase,
    pub epoch: i64,
}

impl Admission {
    #[must_use]
    pub const fn standing(self) -> Standing {
        Standing::at(self.phase)
    }
}

/// Why a writer has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Somebody is about to change the phase.
    Changing,
    /// A fence is up, for so long at most; less than nothing means that whoever raised it is gone.
    Fenced(TimeDelta),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    phase: Phase,
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    fence_deadline: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    /// Whether the lock was taken.
    #[diesel(sql_type = Bool)]
    taken: bool,
}

impl Row {
    fn fence(&self) -> Option<TimeDelta> {
        self.fence_deadline.map(|deadline| deadline - self.now)
    }
}

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// Begins a transaction that may write.
pub async fn begin(conn: &mut AsyncPgConnection) -> Result<Admission> {
    Transactions::begin_transaction(conn).await?;
    let admission = admit(conn).await;
    if admission.is_err() {
        Transactions::rollback_transaction(conn).await?;
    }
    admission
}

/// Lets a transaction write: its first step, two statements. A fence is waited for a little; then the
/// answer is an error that says when to come again, and the transaction has to be rolled back. A fence
/// that nobody takes down any more is taken down here.
pub async fn admit(conn: &mut AsyncPgConnection) -> Result<Admission> {
    let began = Instant::now();
    loop {
        let wait = match enter(conn).await? {
            Ok(admission) => return Ok(admission),
            Err(wait) => wait,
        };
        match wait {
            Wait::Fenced(left) if left <= TimeDelta::zero() => restore_expired(conn).await?,
            _ if began.elapsed() >= PATIENCE => return Err(come_again(wait)),
            _ => sleep(PAUSE).await,
        }
    }
}

/// Behind a fence the lock is not taken: it would be in the way of whoever takes the fence down. And what
/// the second statement sees is newer than the lock.
async fn enter(conn: &mut AsyncPgConnection) -> Result<std::result::Result<Admission, Wait>> {
    let before: Row = statement(
        "SELECT phase, epoch, fence_deadline, clock_timestamp() AS now, \
           CASE WHEN fence_deadline IS NULL THEN pg_try_advisory_xact_lock_shared(?) ELSE false END AS taken \
         FROM migration_control",
    )
    .bind::<BigInt, _>(LOCK)
    .get_result(conn)
    .await?;
    if let Some(left) = before.fence() {
        return Ok(Err(Wait::Fenced(left)));
    }
    if !before.taken {
        return Ok(Err(Wait::Changing));
    }
    let row: Row = statement(
        "SELECT phase, epoch, fence_deadline, clock_timestamp() AS now, true AS taken FROM migration_control",
    )
    .get_result(conn)
    .await?;
    // Raised between the two: the lock is ours until the transaction ends, so it has to.
    if let Some(left) = row.fence() {
        return Err(come_again(Wait::Fenced(left)));
    }
    Ok(Ok(Admission {
        phase: row.phase,
        epoch: row.epoch,
    }))
}

fn come_again(wait: Wait) -> Error {
    let retry_after = match wait {
        Wait::Fenced(left) => left.to_std().unwrap_or(COME_AGAIN),
        Wait::Changing => COME_AGAIN,
    };
    Error::Paused { retry_after }
}
