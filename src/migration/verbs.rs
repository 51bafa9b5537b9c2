//! What an admin can do about the phase, by mutation or by command: the same functions for both. And what
//! the jobs of the way in say when they are done.

use std::time::Duration;

use diesel::sql_types::{BigInt, Double, Jsonb};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::{Value as Json, json};

use super::{
    Failure, adopt,
    control::{Actor, Control, Next},
    fence::{Fence, pass},
    parity,
    phase::{Phase, Writes},
    step::{Kind, Obstacle, Step},
    tables::ENTITIES,
};
use crate::db::{Db, statement};

/// How long writes are held up by default.
pub const FENCE: Duration = Duration::from_secs(5);

/// Serves files where nothing was served before. Does nothing where that was done.
pub async fn begin_with_files(
    conn: &mut AsyncPgConnection,
    actor: Actor,
) -> Result<Control, Failure> {
    Control::change(conn, actor, "serve the files", |now, _| {
        Ok((now.phase == Phase::None).then(|| Next::phase(Phase::Legacy)))
    })
    .await
}

/// Switches dual write on or off. Does nothing where it is so already. Off is the way back to the files:
/// they get everything first. After the cutover it cannot be switched off, because it is what makes a way
/// back.
pub async fn set_dual_write(
    db: &Db,
    actor: Actor,
    on: bool,
    expected: Option<i64>,
    lasting: Duration,
) -> Result<Control, Failure> {
    let now = Control::read(&mut *db.conn().await?).await?;
    now.check_epoch(expected)?;
    let to = if on { Phase::DualWrite } else { Phase::Legacy };
    let is_so = match (on, now.standing().writes()) {
        (_, Writes::Nobody) => return Err(Failure::held_back(Obstacle::Fenced)),
        (true, writes) => writes == Writes::Mirrored,
        (false, writes) => writes == Writes::Files,
    };
    match Step::between(now.phase, to) {
        _ if is_so => Ok(now),
        Some(step) if step.fenced => go_back(db, actor, step, Some(now.epoch), lasting).await,
        Some(step) => begin_dual_write(&mut *db.conn().await?, actor, step, now.epoch).await,
        None if now.phase == Phase::None => Err(Failure::held_back(Obstacle::NoFiles)),
        None => Err(Failure::held_back(Obstacle::NoStep {
            from: now.phase,
            to,
        })),
    }
}

/// From here on the database gets a copy of everything, and begins with none: an earlier one may be out of date.
/// What either side holds is known from the first moment on.
async fn begin_dual_write(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    step: Step,
    expected: i64,
) -> Result<Control, Failure> {
    conn.transaction(async |conn| {
        let now = Control::change_within(conn, actor, "switch dual write on", |now, evidence| {
            now.check_epoch(Some(expected))?;
            Failure::unless_clear(step.held_back_by(now.standing(), evidence))?;
            Ok(Some(Next::phase(step.to)))
        })
        .await?;
        adopt::forget(conn).await?;
        parity::anew(conn, &ENTITIES).await?;
        Ok(now)
    })
    .await
}

/// Goes one step back: before the cutover to the files alone, after it to reading them again.
pub async fn rollback(
    db: &Db,
    actor: Actor,
    expected: Option<i64>,
    lasting: Duration,
) -> Result<Control, Failure> {
    let now = Control::read(&mut *db.conn().await?).await?;
    now.check_epoch(expected)?;
    if now.standing().is_fenced() {
        return Err(Failure::held_back(Obstacle::Fenced));
    }
    match Step::from(now.phase, Kind::Back) {
        Some(step) if step.fenced => go_back(db, actor, step, Some(now.epoch), lasting).await,
        Some(step) => {
            let mut conn = db.conn().await?;
            take(&mut conn, actor, "roll back", step, Some(now.epoch)).await
        }
        None => Err(Failure::held_back(Obstacle::NoWayBack(now.phase))),
    }
}

async fn go_back(
    db: &Db,
    actor: Actor,
    step: Step,
    expected_epoch: Option<i64>,
    lasting: Duration,
) -> Result<Control, Failure> {
    let fence = Fence {
        step,
        lasting,
        expected_epoch,
    };
    pass(db, actor, fence, async |_| Ok(true)).await
}

/// Takes a step that needs no fence.
async fn take(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    action: &str,
    step: Step,
    expected: Option<i64>,
) -> Result<Control, Failure> {
    Control::change(conn, actor, action, |now, evidence| {
        now.check_epoch(expected)?;
        Failure::unless_clear(step.held_back_by(now.standing(), evidence))?;
        Ok(Some(Next::phase(step.to)))
    })
    .await
}

/// Says that everything is in the database, once the backfill's checkpoint says that it is done.
pub async fn finish_backfill(
    conn: &mut AsyncPgConnection,
    actor: Actor,
) -> Result<Control, Failure> {
    let step = known(Phase::DualWrite, Phase::Backfilled)?;
    take(conn, actor, "finish the backfill", step, None).await
}

/// Says that the files are in their archive, and ends the mirror.
pub async fn complete(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    expected: Option<i64>,
) -> Result<Control, Failure> {
    let step = known(Phase::Soak, Phase::Complete)?;
    take(conn, actor, "complete the way in", step, expected).await
}

/// Says that the files are back from their archive: from here on they follow again.
pub async fn reopen(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    expected: Option<i64>,
) -> Result<Control, Failure> {
    let step = known(Phase::Complete, Phase::Soak)?;
    take(conn, actor, "reopen the way back", step, expected).await
}

/// Keeps the proof that both sides are equal, which was found in this epoch, for so long. The first one
/// leads on to `verified`.
pub async fn certify(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    found_in: i64,
    digests: &Json,
    lasting: Duration,
) -> Result<Control, Failure> {
    conn.transaction(async |conn| {
        let now = Control::change_within(conn, actor, "certify parity", |now, evidence| {
            now.check_epoch(Some(found_in))?;
            if now.phase == Phase::Verified {
                return Ok(Some(Next {
                    details: json!({"renewed": true}),
                    ..Next::phase(Phase::Verified)
                }));
            }
            let step = known(Phase::Backfilled, Phase::Verified)?;
            Failure::unless_clear(step.held_back_by(now.standing(), evidence))?;
            Ok(Some(Next::phase(step.to)))
        })
        .await?;
        statement(
            "INSERT INTO migration_certificates (epoch, digests, expires_at) \
             VALUES (?, ?, clock_timestamp() + make_interval(secs => ?))",
        )
        .bind::<BigInt, _>(now.epoch)
        .bind::<Jsonb, _>(digests)
        .bind::<Double, _>(lasting.as_secs_f64())
        .execute(conn)
        .await?;
        Ok(now)
    })
    .await
}

fn known(from: Phase, to: Phase) -> Result<Step, Failure> {
    Step::between(from, to).ok_or(Failure::HeldBack(vec![Obstacle::NoStep { from, to }]))
}
