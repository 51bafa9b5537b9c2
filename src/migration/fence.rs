//! Steps that nobody may write during. Up goes the fence, for so long at most; the mirror takes what is
//! left to the files; both sides are compared; then one transaction takes the step. Whatever fails or
//! takes too long, the fence comes down again and all is as it was.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use serde_json::json;
use tokio::time::sleep;

use super::{
    Failure,
    control::{Actor, Control, Next, evidence},
    phase::{Phase, Standing},
    step::{Kind, Obstacle, Step},
};
use crate::{
    config::failpoints,
    db::Db,
    error::{Error, Result},
};

/// How often to look whether the mirror is done.
const PAUSE: Duration = Duration::from_millis(10);
/// How often to try to take a fence down, before that is left to the next writer.
const TRIES: u32 = 3;

/// A step behind a fence.
#[derive(Clone, Copy, Debug)]
pub struct Fence {
    pub step: Step,
    /// How long writes may be held up.
    pub lasting: Duration,
    /// The epoch that whoever asked has seen.
    pub expected_epoch: Option<i64>,
}

/// Takes the step, or leaves all as it was. `compare` tells whether both sides are equal; on a way back
/// nobody asks, since there the files are what counts or have been followed all along.
pub async fn pass(
    db: &Db,
    actor: Actor,
    fence: Fence,
    compare: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<bool> + Send,
) -> Result<Control, Failure> {
    let up = raise(&mut *db.conn().await?, actor, fence).await?;
    failpoints::reach("fence.up");
    let outcome = match behind(db, fence, &up, compare).await {
        Ok(equal) => {
            failpoints::reach("fence.compared");
            switch(&mut *db.conn().await?, actor, fence, &up, equal).await
        }
        Err(failure) => Err(failure),
    };
    failpoints::reach("fence.switched");
    if let Err(failure) = &outcome {
        lower(db, actor, &up, failure).await;
    }
    outcome
}

/// The deadline is counted from the moment at which no writer is left.
async fn raise(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    fence: Fence,
) -> Result<Control, Failure> {
    let Fence {
        step,
        lasting,
        expected_epoch,
    } = fence;
    Control::change(conn, actor, "raise the fence", |now, evidence| {
        now.check_epoch(expected_epoch)?;
        Failure::unless_clear(step.held_back_by(now.standing(), evidence))?;
        Ok(Some(Next {
            standing: Standing::fenced(step.from),
            fence: Some(lasting),
            details: json!({"towards": step.to.word(), "seconds": lasting.as_secs_f64()}),
        }))
    })
    .await
}

/// Waits until the files have everything, then compares. Gives up at the deadline.
async fn behind(
    db: &Db,
    fence: Fence,
    up: &Control,
    compare: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<bool> + Send,
) -> Result<Option<bool>, Failure> {
    let work = async {
        let mut conn = db.conn().await?;
        while evidence(&mut conn, up).await?.behind > 0 {
            sleep(PAUSE).await;
        }
        if fence.step.kind == Kind::Back {
            return Ok(None);
        }
        Ok::<_, Failure>(Some(compare(&mut conn).await?))
    };
    match tokio::time::timeout(fence.lasting, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(late(db, up).await),
    }
}

/// What the fence waited for in vain.
async fn late(db: &Db, up: &Control) -> Failure {
    let behind = async {
        let mut conn = db.conn().await.ok()?;
        let found = evidence(&mut conn, up).await.ok()?;
        (found.behind > 0).then_some(Obstacle::Behind(found.behind))
    };
    let behind = behind.await;
    Failure::HeldBack(
        [Some(Obstacle::FenceLate), behind]
            .into_iter()
            .flatten()
            .collect(),
    )
}

async fn switch(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    fence: Fence,
    up: &Control,
    equal: Option<bool>,
) -> Result<Control, Failure> {
    let step = fence.step;
    let action = match step.kind {
        Kind::Forward => "cut over",
        Kind::Back => "roll back",
    };
    Control::change(conn, actor, action, |now, evidence| {
        if now.epoch != up.epoch {
            return Err(Failure::held_back(Obstacle::FenceDown));
        }
        let mut evidence = evidence.clone();
        evidence.equal = equal;
        Failure::unless_clear(step.stopped_by(now.standing(), &evidence))?;
        Ok(Some(Next::phase(step.to)))
    })
    .await
}

/// Takes this fence down and says why. Where that fails, whoever finds it expired does it.
async fn lower(db: &Db, actor: Actor, up: &Control, why: &Failure) {
    for attempt in 1..=TRIES {
        let lowered = async {
            let mut conn = db.conn().await?;
            Control::lower(&mut conn, actor, |now, _| {
                let details = json!({"reason": why.to_string()});
                (now.epoch == up.epoch)
                    .then(|| restored(now, details))
                    .flatten()
            })
            .await
        };
        match lowered.await {
            Ok(_) => return,
            Err(error) => tracing::warn!(attempt, "the fence could not be lowered: {error}"),
        }
    }
}

/// The phase that a fence was raised in; none where there is no fence.
fn restored(now: &Control, details: serde_json::Value) -> Option<Next> {
    now.fence_from.map(|from: Phase| Next {
        details,
        ..Next::phase(from)
    })
}

/// Takes down a fence whose time is up: whoever raised it is gone.
pub async fn restore_expired(conn: &mut AsyncPgConnection) -> Result<()> {
    let restored = Control::lower(conn, Actor::Server, |now, evidence| {
        let is_over = now
            .fence_deadline
            .is_some_and(|deadline| deadline <= evidence.now);
        let details = json!({"reason": "its time was up"});
        is_over.then(|| restored(now, details)).flatten()
    });
    restored.await.map(drop).map_err(Error::from)
}
