//! Copying everybody's records into the database, some owners at a time. How far it got stands in the transaction
//! of the copies themselves, so it goes on where it stopped, whatever stopped it, and copies nothing twice.

use std::time::Duration;

use async_graphql::SimpleObject;
use diesel::{
    OptionalExtension, QueryableByName,
    sql_types::{Array, BigInt, Jsonb, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use super::{
    Actor, Control, Failure, Lease, Note, Phase, adopt, append,
    batches::Clock,
    finish_backfill,
    parity::{self, Parity},
    step::{BACKFILL, JobState, Obstacle},
    tables::{ENTITIES, Side, TABLES},
};
use crate::{
    changes::EVERYBODY,
    config::failpoints,
    db::{Db, statement},
    error::{Error, Result},
    viewer::UserId,
};

/// For how long nobody else goes on where this process stopped without a word.
const LEASE: Duration = Duration::from_secs(10);

/// How far a backfill is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase", default)]
#[graphql(name = "BackfillProgress")]
pub struct Progress {
    /// How many owners were copied.
    pub owners: i64,
    /// How many there are.
    pub owners_in_all: i64,
    /// How many rows were copied.
    pub rows: i64,
    /// How many there are.
    pub rows_in_all: i64,
    /// How many rows are copied in a second, of late.
    pub rows_per_second: f64,
    /// How many seconds it is going to take at this rate.
    pub seconds_left: f64,
}

/// How a backfill ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// Everything is there, and both sides are equal.
    Done(Parity),
    /// Somebody told it to stop.
    Stopped(JobState),
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = SqlUuid)]
    id: UserId,
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Text)]
    state: JobState,
    #[diesel(sql_type = Nullable<Text>)]
    place: Option<String>,
    #[diesel(sql_type = Jsonb)]
    progress: serde_json::Value,
}

/// The owners who have anything in the files, beyond one of them.
macro_rules! owners {
    ($select:expr, $rest:expr) => {
        concat!(
            "SELECT ",
            $select,
            " FROM users u WHERE (EXISTS (SELECT FROM regimen_files.workouts r WHERE r.user_id = u.id) \
               OR EXISTS (SELECT FROM regimen_files.history r WHERE r.user_id = u.id) \
               OR EXISTS (SELECT FROM regimen_files.user_settings r WHERE r.user_id = u.id) \
               OR EXISTS (SELECT FROM regimen_files.exercises r WHERE r.owner_id = u.id))",
            $rest
        )
    };
}

pub(super) use owners;

/// What a statement counts.
pub(super) async fn count(conn: &mut AsyncPgConnection, text: &str) -> Result<i64> {
    let count: Count = diesel::sql_query(text).get_result(conn).await?;
    Ok(count.n)
}

/// Refuses where it is not the time for a backfill.
pub async fn may_begin(conn: &mut AsyncPgConnection) -> Result<(), Failure> {
    let now = Control::read(conn).await?;
    if now.phase == Phase::DualWrite {
        Ok(())
    } else {
        Err(Failure::held_back(Obstacle::NotDualWriting(now.phase)))
    }
}

/// Whether a backfill was under way when its process ended: nobody holds its lease any more.
pub async fn is_interrupted(conn: &mut AsyncPgConnection) -> Result<bool> {
    let kept: Option<Checkpoint> = statement(
        "SELECT state, place, progress FROM migration_checkpoints c WHERE job = ? AND state = 'running' \
           AND NOT EXISTS (SELECT FROM migration_leases l WHERE l.name = c.job AND l.expires_at > clock_timestamp())",
    )
    .bind::<Text, _>(BACKFILL)
    .get_result(conn)
    .await
    .optional()?;
    Ok(kept.is_some())
}

/// Copies what is not copied yet, telling `told` how far it is; then compares both sides. While one process
/// does it, others are refused.
pub async fn run(db: &Db, actor: Actor, told: impl Fn(&Progress) + Send) -> Result<Ended, Failure> {
    let mut conn = db.conn().await?;
    let conn = &mut *conn;
    may_begin(conn).await?;
    let Some(lease) = Lease::take(conn, BACKFILL, LEASE).await? else {
        return Err(Error::conflict(
            "a backfill is under way already: see `regimen migration status`",
        )
        .into());
    };
    let outcome = work(conn, actor, &lease, told).await;
    lease.release(conn).await?;
    outcome
}

async fn work(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    lease: &Lease,
    told: impl Fn(&Progress) + Send,
) -> Result<Ended, Failure> {
    let mut progress = begin(conn, actor, lease).await?;
    let mut clock = Clock::new(progress.rows);
    loop {
        lease.renew(conn, LEASE).await?;
        let began = Instant::now();
        let batch = conn
            .transaction(async |conn| {
                let batch = batch(conn, lease, &mut progress, &mut clock).await?;
                // A long one may have outlasted the lease. Nobody could take it meanwhile, and from here on nobody may.
                lease.renew(conn, LEASE).await?;
                Ok::<_, Failure>(batch)
            })
            .await?;
        clock.pace(began.elapsed());
        told(&progress);
        match batch {
            Batch::More => {}
            Batch::Stopped(state) => return Ok(Ended::Stopped(state)),
            Batch::Last => return finish(conn, actor, lease, &progress).await,
        }
    }
}

/// Makes the checkpoint, or takes it up again.
async fn begin(conn: &mut AsyncPgConnection, actor: Actor, lease: &Lease) -> Result<Progress> {
    conn.transaction(async |conn| {
        let mut rows_in_all = 0;
        for table in TABLES {
            rows_in_all += count(conn, &format!("SELECT count(*) AS n FROM regimen_files.{}", table.name)).await?;
        }
        let kept: Checkpoint = statement(
            "INSERT INTO migration_checkpoints AS c (job, state, term) VALUES (?, 'running', ?) \
             ON CONFLICT (job) DO UPDATE SET state = 'running', term = excluded.term, updated_at = clock_timestamp(), \
               place = CASE WHEN c.state IN ('done', 'cancelled') THEN NULL ELSE c.place END, \
               progress = CASE WHEN c.state IN ('done', 'cancelled') THEN '{}' ELSE c.progress END \
             RETURNING state, place, progress",
        )
        .bind::<Text, _>(BACKFILL)
        .bind::<BigInt, _>(lease.term)
        .get_result(conn)
        .await?;
        let mut progress: Progress = serde_json::from_value(kept.progress).unwrap_or_default();
        progress.owners_in_all = count(conn, owners!("count(*) AS n", "")).await?;
        progress.rows_in_all = rows_in_all;
        note(conn, actor, if kept.place.is_some() { "go on with the backfill" } else { "begin the backfill" }).await?;
        Ok(progress)
    })
    .await
}

enum Batch {
    More,
    Last,
    Stopped(JobState),
}

/// The next owners, in one transaction with how far that is. The library comes first.
async fn batch(
    conn: &mut AsyncPgConnection,
    lease: &Lease,
    progress: &mut Progress,
    clock: &mut Clock,
) -> Result<Batch, Failure> {
    lease.assert(conn).await?;
    let checkpoint: Checkpoint = statement(
        "SELECT state, place, progress FROM migration_checkpoints WHERE job = ? FOR UPDATE",
    )
    .bind::<Text, _>(BACKFILL)
    .get_result(conn)
    .await?;
    if checkpoint.state != JobState::Running {
        return Ok(Batch::Stopped(checkpoint.state));
    }
    let owners = next(conn, checkpoint.place.as_deref(), clock.owners).await?;
    let Some(last) = owners.last().copied() else {
        return Ok(Batch::Last);
    };
    conn.batch_execute("SET LOCAL statement_timeout = 0")
        .await?;
    let copied = adopt::adopt(conn, &owners).await?;
    // Who was adopted before is known by the mirror, or found when both sides are compared.
    for entity in ENTITIES {
        parity::hash_all_of(conn, Side::Database, entity, &copied.owners).await?;
    }
    failpoints::reach("backfill.batch");
    if last != EVERYBODY {
        progress.owners += i64::try_from(owners.len()).unwrap_or_default();
    }
    progress.rows += i64::try_from(copied.rows).unwrap_or_default();
    clock.tick(progress);
    statement(
        "UPDATE migration_checkpoints SET place = ?, progress = ?, updated_at = clock_timestamp() WHERE job = ?",
    )
    .bind::<Text, _>(last.to_string())
    .bind::<Jsonb, _>(json!(progress))
    .bind::<Text, _>(BACKFILL)
    .execute(conn)
    .await?;
    Ok(Batch::More)
}

async fn next(conn: &mut AsyncPgConnection, place: Option<&str>, most: i64) -> Result<Vec<UserId>> {
    let Some(place) = place else {
        return Ok(vec![EVERYBODY]);
    };
    let owners: Vec<Owner> =
        statement(owners!("u.id", " AND u.id > ?::uuid ORDER BY u.id LIMIT ?"))
            .bind::<Text, _>(place)
            .bind::<BigInt, _>(most)
            .load(conn)
            .await?;
    Ok(owners.into_iter().map(|owner| owner.id).collect())
}

/// Compares both sides, and says that the work is done where they are equal. What the files hold was hashed when
/// dual write was switched on, what the database holds with each batch, and the mirror has kept both current.
async fn finish(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    lease: &Lease,
    progress: &Progress,
) -> Result<Ended, Failure> {
    let parity = conn
        .transaction(async |conn| {
            lease.assert(conn).await?;
            conn.batch_execute("SET LOCAL statement_timeout = 0; LOCK TABLE mirror_places IN EXCLUSIVE MODE")
                .await?;
            for entity in ENTITIES {
                parity::add_up(conn, Side::Database, entity).await?;
            }
            let parity = parity::compare(conn, &ENTITIES).await?;
            let state = if parity.equal { JobState::Done } else { JobState::Failed };
            let mut kept = json!(progress);
            kept["equal"] = json!(parity.equal);
            statement(
                "UPDATE migration_checkpoints SET state = ?, progress = ?, updated_at = clock_timestamp() WHERE job = ?",
            )
            .bind::<Text, _>(state)
            .bind::<Jsonb, _>(kept)
            .bind::<Text, _>(BACKFILL)
            .execute(conn)
            .await?;
            Ok::<_, Failure>(parity)
        })
        .await?;
    if !parity.equal {
        return Err(Error::conflict(
            "everything was copied, but files and database differ: `regimen parity` shows where",
        )
        .into());
    }
    finish_backfill(conn, actor).await?;
    Ok(Ended::Done(parity))
}

/// Tells a backfill that is under way to wait, to go on, or to give up.
pub async fn tell(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    state: JobState,
) -> Result<(), Failure> {
    let action = match state {
        JobState::Paused => "pause the backfill",
        JobState::Cancelled => "cancel the backfill",
        _ => "resume the backfill",
    };
    conn.transaction(async |conn| {
        let told = statement(
            "UPDATE migration_checkpoints SET state = ?, updated_at = clock_timestamp() \
             WHERE job = ? AND state = ANY (?)",
        )
        .bind::<Text, _>(state)
        .bind::<Text, _>(BACKFILL)
        .bind::<Array<Text>, _>(match state {
            JobState::Paused => vec!["running"],
            JobState::Cancelled => vec!["running", "paused", "failed"],
            _ => vec!["paused", "failed"],
        })
        .execute(conn)
        .await?;
        if told == 0 {
            return Err(Error::conflict(
                format!("there is no backfill to {action}").replace(" the backfill", ""),
            )
            .into());
        }
        note(conn, actor, action).await?;
        Ok(())
    })
    .await
}

async fn note(conn: &mut AsyncPgConnection, actor: Actor, action: &str) -> Result<()> {
    let now = Control::read(conn).await?;
    let note = Note {
        actor,
        action,
        from: now.phase,
        to: now.phase,
        epoch: now.epoch,
        details: json!({}),
    };
    append(conn, note).await?;
    Ok(())
}
