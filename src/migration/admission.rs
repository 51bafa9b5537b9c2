//! Letting writers in. A writer shares an advisory lock until it commits, so that the phase it was let in
//! under holds for as long as it writes; behind a fence it waits a little, or comes again.

use std::time::Duration;

use chrono::{DateTime, Utc};
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
pub enum Wait {
    /// Somebody is about to change the phase.
    Changing,
    /// A fence is up, for so long at most; less than nothing means that whoever raised it is gone.
    Fenced { left: chrono::TimeDelta },
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    taken: bool,
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
}

/// Lets the transaction that was just begun write, or says why it has to wait. Then it must be rolled
/// back, because the lock it may hold is in the way of whoever takes the fence down. Two statements: what
/// the second one sees is newer than the lock.
pub async fn admit(conn: &mut AsyncPgConnection) -> Result<std::result::Result<Admission, Wait>> {
    let Locked { taken } = statement("SELECT pg_try_advisory_xact_lock_shared(?) AS taken")
        .bind::<BigInt, _>(LOCK)
        .get_result(conn)
        .await?;
    if !taken {
        return Ok(Err(Wait::Changing));
    }
    let row: Row = statement(
        "SELECT phase, epoch, fence_deadline, clock_timestamp() AS now FROM migration_control",
    )
    .get_result(conn)
    .await?;
    Ok(match row.fence_deadline {
        Some(deadline) => Err(Wait::Fenced {
            left: deadline - row.now,
        }),
        None => Ok(Admission {
            phase: row.phase,
            epoch: row.epoch,
        }),
    })
}

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// Begins a transaction that may write. A fence is waited for a little; then the answer is an error that
/// says when to come again. A fence that nobody takes down any more is taken down here.
pub async fn begin(conn: &mut AsyncPgConnection) -> Result<Admission> {
    let began = Instant::now();
    loop {
        Transactions::begin_transaction(conn).await?;
        let wait = match admit(conn).await {
            Ok(Ok(admission)) => return Ok(admission),
            Ok(Err(wait)) => Ok(wait),
            Err(error) => Err(error),
        };
        Transactions::rollback_transaction(conn).await?;
        let wait = wait?;
        if began.elapsed() >= PATIENCE {
            let retry_after = match wait {
                Wait::Fenced { left } => left.to_std().unwrap_or(COME_AGAIN),
                Wait::Changing => COME_AGAIN,
            };
            return Err(Error::Paused { retry_after });
        }
        match wait {
            Wait::Fenced { left } if left <= chrono::TimeDelta::zero() => {
                restore_expired(conn).await?;
            }
            _ => sleep(PAUSE).await,
        }
    }
}
