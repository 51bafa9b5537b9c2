//! The row that says where everybody reads and writes, and how it is changed: in one transaction that no
//! writer is in the middle of, with one more epoch and a row in the audit.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde_json::Value as Json;

use super::{
    Failure,
    audit::{self, Note},
    phase::{Phase, Source, Standing},
    step::{ARCHIVE, BACKFILL, Certificate, Evidence, JobState, RESTORE},
};
use crate::{
    db::{
        schema::{migration_checkpoints, migration_control},
        statement,
    },
    viewer::UserId,
};

/// The advisory lock between writers, who share it, and whoever changes the phase, who does not: the
/// letters `phases` as a number.
pub(super) const LOCK: i64 = 0x7068_6173_6573;

/// How long a change of phase waits for transactions under way. Who comes after it waits as long, so this
/// is short.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Where everybody reads and writes.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery)]
#[diesel(table_name = migration_control)]
pub struct Control {
    pub phase: Phase,
    /// Counts the changes: what was begun in another epoch must not be committed.
    pub epoch: i64,
    pub read_source: Source,
    pub fence_from: Option<Phase>,
    pub fence_deadline: Option<DateTime<Utc>>,
    /// When the phase was entered.
    pub since: DateTime<Utc>,
}

/// Who changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    CommandLine,
    Server,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::CommandLine => f.write_str("command line"),
            Self::Server => f.write_str("server"),
        }
    }
}

/// What the row is to say next.
#[derive(Clone, Debug)]
pub(super) struct Next {
    pub standing: Standing,
    /// For how long a fence may stand.
    pub fence: Option<Duration>,
    pub details: Json,
}

impl Next {
    pub fn phase(phase: Phase) -> Self {
        Self {
            standing: Standing::at(phase),
            fence: None,
            details: Json::Object(serde_json::Map::new()),
        }
    }
}

impl Control {
    /// As it is now, without any lock.
    pub async fn read(conn: &mut AsyncPgConnection) -> QueryResult<Self> {
        Self::query().first(conn).await
    }

    #[must_use]
    pub const fn standing(&self) -> Standing {
        Standing {
            phase: self.phase,
            fence_from: self.fence_from,
        }
    }

    /// Refuses whoever saw another state than this.
    pub(super) fn check_epoch(&self, expected: Option<i64>) -> Result<(), Failure> {
        match expected {
            Some(expected) if expected != self.epoch => Err(Failure::Overtaken {
                expected,
                current: self.epoch,
            }),
            _ => Ok(()),
        }
    }

    /// Changes the row as `decide` says, in one transaction under the exclusive lock; where it says
    /// nothing, all stays as it is. Fails, as something to be tried again, where transactions under way
    /// do not end within the patience.
    pub(super) async fn change(
        conn: &mut AsyncPgConnection,
        actor: Actor,
        action: &str,
        decide: impl FnOnce(&Self, &Evidence) -> Result<Option<Next>, Failure> + Send,
    ) -> Result<Self, Failure> {
        conn.transaction(async |conn| Self::change_within(conn, actor, action, decide).await)
            .await
    }

    /// The same within a transaction that does more.
    pub(super) async fn change_within(
        conn: &mut AsyncPgConnection,
        actor: Actor,
        action: &str,
        decide: impl FnOnce(&Self, &Evidence) -> Result<Option<Next>, Failure> + Send,
    ) -> Result<Self, Failure> {
        lock_writers_out(conn).await?;
        Self::apply(conn, actor, action, decide).await
    }

    /// Takes a fence down, as `decide` says, without waiting for writers: none was let in since it was
    /// raised, and the rules that they find are those from before. It may be part of a writer's transaction.
    pub(super) async fn lower(
        conn: &mut AsyncPgConnection,
        actor: Actor,
        decide: impl FnOnce(&Self, &Evidence) -> Option<Next> + Send,
    ) -> Result<Self, Failure> {
        conn.transaction(async |conn| {
            let decide = |now: &Self, evidence: &Evidence| Ok(decide(now, evidence));
            Self::apply(conn, actor, "lower the fence", decide).await
        })
        .await
    }

    async fn apply(
        conn: &mut AsyncPgConnection,
        actor: Actor,
        action: &str,
        decide: impl FnOnce(&Self, &Evidence) -> Result<Option<Next>, Failure> + Send,
    ) -> Result<Self, Failure> {
        let before = Self::query().for_update().first(conn).await?;
        let evidence = evidence(conn, &before).await?;
        let Some(next) = decide(&before, &evidence)? else {
            return Ok(before);
        };
        let after = before.become_next(conn, &next).await?;
        forget_what_is_void(conn, &before, &after).await?;
        let note = Note {
            actor,
            action,
            from: before.phase,
            to: after.phase,
            epoch: after.epoch,
            details: next.details,
        };
        audit::append(conn, note).await?;
        tracing::info!(%actor, action, from = %before.phase, to = %after.phase, epoch = after.epoch, "the phase changed");
        Ok(after)
    }

    async fn become_next(&self, conn: &mut AsyncPgConnection, next: &Next) -> QueryResult<Self> {
        let fence = next.fence.map(|fence| fence.as_secs_f64());
        statement(
            "UPDATE migration_control SET phase = ?, fence_from = ?, read_source = ?, epoch = epoch + 1, \
               fence_deadline = clock_timestamp() + make_interval(secs => ?), since = clock_timestamp()",
        )
        .bind::<Text, _>(next.standing.phase)
        .bind::<Nullable<Text>, _>(next.standing.fence_from)
        .bind::<Text, _>(next.standing.reads())
        .bind::<Nullable<diesel::sql_types::Double>, _>(fence)
        .execute(conn)
        .await?;
        Self::read(conn).await
    }
}

/// Waits for the transactions of writers that are under way, and keeps new ones out until the end of this
/// transaction.
async fn lock_writers_out(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    let patience = PATIENCE.as_millis();
    conn.batch_execute(&format!(
        "SET LOCAL lock_timeout = {patience}; SELECT pg_advisory_xact_lock({LOCK})"
    ))
    .await
}

/// Back at the files alone, what was done with copies of them says nothing any more. An archive says nothing once its
/// files are in use again.
async fn forget_what_is_void(
    conn: &mut AsyncPgConnection,
    before: &Control,
    after: &Control,
) -> QueryResult<()> {
    use migration_checkpoints::{job, table};

    match after.phase {
        Phase::Legacy => {
            diesel::delete(table).execute(conn).await?;
        }
        Phase::Complete => {
            diesel::delete(table.filter(job.eq(RESTORE)))
                .execute(conn)
                .await?;
        }
        Phase::Soak if before.phase == Phase::Complete => {
            diesel::delete(table.filter(job.eq(ARCHIVE)))
                .execute(conn)
                .await?;
        }
        _ => {}
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    behind: i64,
    #[diesel(sql_type = Nullable<Text>)]
    backfill: Option<JobState>,
    #[diesel(sql_type = Nullable<Text>)]
    archive: Option<JobState>,
    #[diesel(sql_type = Nullable<Text>)]
    restore: Option<JobState>,
    #[diesel(sql_type = Nullable<BigInt>)]
    certified_epoch: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    expires_at: Option<DateTime<Utc>>,
}

/// What the database knows of what steps ask for. Owners without a place were never taken over: nothing
/// of theirs is on its way to the files.
pub(super) async fn evidence(
    conn: &mut AsyncPgConnection,
    control: &Control,
) -> QueryResult<Evidence> {
    let facts: Facts = statement(
        "SELECT clock_timestamp() AS now, \
           (SELECT coalesce(sum(h.seq - coalesce(p.seq, 0)), 0)::bigint FROM change_heads h \
            LEFT JOIN mirror_places p USING (user_id)) + (SELECT count(*) FROM mirror_repairs) AS behind, \
           (SELECT state FROM migration_checkpoints WHERE job = ?) AS backfill, \
           (SELECT state FROM migration_checkpoints WHERE job = ?) AS archive, \
           (SELECT state FROM migration_checkpoints WHERE job = ?) AS restore, \
           c.epoch AS certified_epoch, c.expires_at \
         FROM (SELECT) one LEFT JOIN LATERAL ( \
           SELECT epoch, expires_at FROM migration_certificates ORDER BY id DESC LIMIT 1) c ON true",
    )
    .bind::<Text, _>(BACKFILL)
    .bind::<Text, _>(ARCHIVE)
    .bind::<Text, _>(RESTORE)
    .get_result(conn)
    .await?;
    let certificate = facts
        .certified_epoch
        .zip(facts.expires_at)
        .map(|(epoch, expires_at)| Certificate { epoch, expires_at });
    Ok(Evidence {
        epoch: control.epoch,
        now: facts.now,
        has_files: control.phase != Phase::None,
        backfill: facts.backfill,
        archive: facts.archive,
        restore: facts.restore,
        certificate,
        behind: facts.behind,
        fence_deadline: control.fence_deadline,
        equal: None,
    })
}
