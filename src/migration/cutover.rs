//! Proving that both sides are equal, and letting them change places.

use std::{sync::Arc, time::Duration};

use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde_json::{Value as Json, json};

use super::{
    Actor, Control, Failure, Fence, Phase,
    files::Files,
    parity::{self, Parity},
    pass,
    step::{Obstacle, Step},
    tables::ENTITIES,
    verbs::certify,
};
use crate::db::Db;

/// For how long a proof counts.
pub const PROOF: Duration = Duration::from_hours(1);

/// Compares everything, and reads the files for it. If nothing differs, that is a proof, which
/// counts for an hour.
pub async fn prove(
    db: &Db,
    actor: Actor,
    files: Option<&Arc<Files>>,
) -> Result<(Parity, Option<Control>), Failure> {
    if files.is_none() {
        // What was not read proves nothing.
        return Err(Failure::held_back(Obstacle::FilesAway));
    }
    let before = Control::read(&mut *db.conn().await?).await?;
    let parity = parity::scrub(db, files, &ENTITIES).await?;
    if !parity.equal {
        parity::keep_evidence(&mut *db.conn().await?, &parity).await?;
        return Ok((parity, None));
    }
    let mut conn = db.conn().await?;
    let control = certify(&mut conn, actor, before.epoch, &digests(&parity), PROOF).await?;
    Ok((parity, Some(control)))
}

/// What was equal, for the record.
fn digests(parity: &Parity) -> Json {
    let of = |it: &parity::EntityParity| {
        (
            it.entity.word().to_owned(),
            json!({"records": it.in_database, "digest": it.database_digest}),
        )
    };
    Json::Object(parity.entities.iter().map(of).collect())
}

/// Has the database and the files change places, behind a fence: nobody writes, the files get what is left, both
/// sides are compared, and one transaction makes the database what is read. Whatever goes wrong, all stays.
pub async fn cut_over(
    db: &Db,
    actor: Actor,
    expected_epoch: Option<i64>,
    lasting: Duration,
) -> Result<Control, Failure> {
    let (from, to) = (Phase::Verified, Phase::Soak);
    let step =
        Step::between(from, to).ok_or(Failure::HeldBack(vec![Obstacle::NoStep { from, to }]))?;
    let fence = Fence {
        step,
        lasting,
        expected_epoch,
    };
    pass(db, actor, fence, async |conn: &mut AsyncPgConnection| {
        let parity = conn
            .transaction(async |conn| parity::compare(conn, &ENTITIES).await)
            .await?;
        Ok(parity.equal)
    })
    .await
}
