//! Offering records to the files: they take what they can hold, and what they do not take keeps nothing else waiting.

use std::{collections::HashMap, sync::Arc};

use diesel_async::AsyncPgConnection;

use super::{
    files::{Files, FilesError, READ_AGAIN},
    mirror::{Changed, edits},
    parity::Key,
    taking::FOREIGN,
};
use crate::{
    changes::Entity,
    error::{Error, Result},
    legacy::{ApplyError, Refusal},
};

/// Records that were not written, each with the reason.
pub(super) type Refused = HashMap<(Entity, Key), String>;

/// What came of writing.
pub(super) struct Outcome {
    /// Which state of the files that made; none where nothing was written.
    pub(super) stamp: Option<Vec<u8>>,
    pub(super) refused: Refused,
}

/// Writes nothing, because somebody else's edits wait for an admin.
pub(super) fn hold(changed: &Changed) -> Outcome {
    let reason =
        || format!("{FOREIGN}: nothing is written to the files until `repairMirror` is asked for");
    let keys = changed
        .iter()
        .flat_map(|(entity, keys)| keys.iter().map(|key| (*entity, *key)));
    Outcome {
        stamp: None,
        refused: keys.map(|key| (key, reason())).collect(),
    }
}

/// Writes to the files what they take: a record that they cannot hold keeps no other one waiting.
pub(super) async fn offer(
    conn: &mut AsyncPgConnection,
    files: &Arc<Files>,
    changed: &Changed,
    shown: Vec<u8>,
) -> Result<Outcome> {
    let (mut refused, mut accepted) = (Refused::new(), false);
    loop {
        let left = without(changed, &refused);
        let error = match files.apply(edits(conn, &left).await?).await {
            Ok(stamp) => {
                let stamp = Some(stamp);
                return Ok(Outcome { stamp, refused });
            }
            Err(error) => error,
        };
        match &error {
            FilesError::Apply(ApplyError::Refused(found)) if any_of(&left, found) => {
                refused.extend(found.iter().filter_map(|it| {
                    let entity = it.key.kind.entity()?;
                    Some(((entity, (it.key.owner, it.key.id)), it.reason.clone()))
                }));
            }
            // Another server on the same database wrote them, and said so.
            FilesError::Apply(ApplyError::ForeignEdit(_))
                if !accepted && files.accept(shown.clone()).await.unwrap_or_default() =>
            {
                accepted = true;
            }
            _ => {
                tracing::error!(%error, "the files take no changes; they are queued");
                for (entity, keys) in left {
                    let reason = error.to_string();
                    refused.extend(keys.into_iter().map(|key| ((entity, key), reason.clone())));
                }
                let stamp = None;
                return Ok(Outcome { stamp, refused });
            }
        }
    }
}

fn any_of(changed: &Changed, found: &[Refusal]) -> bool {
    found.iter().any(|it| {
        let keys = it.key.kind.entity().and_then(|entity| changed.get(&entity));
        keys.is_some_and(|keys| keys.contains(&(it.key.owner, it.key.id)))
    })
}

pub(super) fn without(changed: &Changed, refused: &Refused) -> Changed {
    let left = changed.iter().map(|(entity, keys)| {
        let keys = keys
            .iter()
            .filter(|key| !refused.contains_key(&(*entity, **key)));
        (*entity, keys.copied().collect())
    });
    left.collect()
}

/// The tables of the files are empty, because PostgreSQL crashed.
#[derive(Debug, thiserror::Error)]
#[error("what is known of the files is gone, and they are being read again")]
pub struct TablesLost;

impl From<TablesLost> for Error {
    fn from(lost: TablesLost) -> Self {
        Self::files(READ_AGAIN, lost)
    }
}
