//! Taking the files up as they are now: read, hashed, and shown in one step; and what becomes of records in which they
//! are not what the database has.

use std::{sync::Arc, time::Duration};

use diesel::sql_types::{BigInt, Bool};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    Actor, Control, Failure, Phase, adopt,
    audit::note,
    backfill, bringing,
    control::LOCK,
    files::{Files, Read},
    parity,
    projection::{Projection, ProjectionError},
    queue,
    tables::Side,
    verbs,
};
use crate::{
    db::{Db, statement},
    error::{Error, Result},
};

/// Why nothing is written to the files: the queue says so, and thus to every server.
pub(super) const FOREIGN: &str =
    "the files were changed by somebody else while no server followed them";

/// For how long a change of phase that is under way is waited for: longer than that waits for anything.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// What becomes of records in which the files are not what the database has, though nothing was on its way to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Differing {
    /// Somebody else has edited them: nothing is written until an admin says who is right.
    Held,
    /// An admin has said that the database is right.
    WrittenOver(Actor),
    /// An admin has said that the files are.
    TakenOver(Actor),
}

impl Differing {
    /// The admin who has said who is right.
    const fn said_by(self) -> Option<Actor> {
        match self {
            Self::Held => None,
            Self::WrittenOver(actor) | Self::TakenOver(actor) => Some(actor),
        }
    }
}

/// Reads the files anew, and shows what they say. Where they follow the database, what differs is dealt with before
/// anybody sees it.
pub(super) async fn take_up(
    db: &Db,
    files: &Arc<Files>,
    differing: Differing,
) -> std::result::Result<Read, ProjectionError> {
    let taken = take(db, files, differing).await;
    if taken.is_err() {
        // What was read is not what is shown.
        files.close();
    }
    taken
}

async fn take(
    db: &Db,
    files: &Arc<Files>,
    differing: Differing,
) -> std::result::Result<Read, ProjectionError> {
    let mut made = Projection::make(db, files).await?;
    let control = still(made.conn()).await?;
    if !control.standing().use_db_dual_write() {
        made.replace().await?;
        return made.show(false).await;
    }
    made.hash().await?;
    if differing.said_by().is_some() || made.before.as_ref() != Some(&made.read.stamp) {
        // The hashes of what was just taken over may not be known yet.
        parity::refresh(made.conn(), Side::Database).await?;
        queue::queue_foreign(made.conn(), FOREIGN).await?;
    }
    if let Differing::WrittenOver(actor) = differing {
        queue::queue_differences(made.conn(), actor).await?;
    }
    let records = queue::foreign(made.conn()).await?;
    if records > 0 && differing == Differing::Held {
        tracing::error!(
            records,
            "{FOREIGN}: look at `regimen parity`, then ask for `repairMirror`"
        );
    }
    made.replace().await?;
    if let Differing::TakenOver(actor) = differing {
        bring(&mut made, actor).await?;
    }
    if differing.said_by().is_some() && control.phase != Phase::DualWrite {
        newcomers(made.conn()).await?;
    }
    made.show(true).await
}

/// Takes over what the files say where somebody else has edited them. What they do not say any more goes only if all
/// of them can be read: what cannot be understood looks as if it were gone.
async fn bring(made: &mut Projection, actor: Actor) -> Result<()> {
    let broken = made
        .read
        .report
        .files
        .iter()
        .filter(|file| file.broken.is_some());
    let unclear = made.read.report.quarantined + broken.count() as u64;
    let conn = made.conn();
    let records = queue::take_foreign(conn).await?;
    let count: usize = records.values().map(Vec::len).sum();
    let gone = bringing::bring(conn, &records).await?;
    if gone > 0 && unclear > 0 {
        return Err(Error::conflict(format!(
            "the files lack {gone} records, and {unclear} pieces of them cannot be understood: mend those first, or keep the database's side"
        )));
    }
    queue::retry(conn).await?;
    let details = json!({"records": count, "gone": gone});
    Ok(note(conn, actor, "take over the files", details).await?)
}

/// People who came into the files after the backfill, of whom the database has nothing yet.
async fn newcomers(conn: &mut AsyncPgConnection) -> Result<()> {
    let owners = backfill::left_out(conn).await?;
    if adopt::adopt(conn, &owners).await?.rows > 0 {
        parity::refresh(conn, Side::Database).await?;
    }
    Ok(())
}

/// Has the files that are back from their archive follow again. What they miss is on its way to them before anybody
/// sees that they do.
pub(super) async fn reopen(
    db: &Db,
    files: &Arc<Files>,
    actor: Actor,
    expected: Option<i64>,
) -> std::result::Result<Control, Failure> {
    let mut made = Projection::make(db, files).await.map_err(Error::from)?;
    made.hash().await?;
    parity::refresh(made.conn(), Side::Database).await?;
    queue::queue_differences(made.conn(), actor).await?;
    let control = verbs::reopen(made.conn(), actor, expected).await?;
    made.replace().await.map_err(Error::from)?;
    made.show(true).await.map_err(Error::from)?;
    Ok(control)
}

#[derive(diesel::QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Where everybody reads and writes, and goes on to until the end of the transaction. As a writer does, it only tries for
/// the lock: whoever is about to change the phase may be waiting for one who waits for us.
async fn still(conn: &mut AsyncPgConnection) -> Result<Control> {
    let began = Instant::now();
    loop {
        let tried: Taken = statement("SELECT pg_try_advisory_xact_lock_shared(?) AS taken")
            .bind::<BigInt, _>(LOCK)
            .get_result(conn)
            .await?;
        if tried.taken {
            return Ok(Control::read(conn).await?);
        }
        if began.elapsed() >= PATIENCE {
            return Err(Error::unavailable(Changing));
        }
        sleep(PAUSE).await;
    }
}

/// Somebody is about to change the phase, and does not get to it.
#[derive(Debug, thiserror::Error)]
#[error("the phase is being changed")]
struct Changing;
