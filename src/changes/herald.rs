//! Tells other servers on the database which feeds have grown: some commits at a time, and outside of
//! their transactions. PostgreSQL sends notifications in the order of commits, for which it takes one lock
//! for the whole database; in every transaction that halves what it can write.

use std::{
    collections::HashSet,
    error::Error,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio::{sync::Notify, time::sleep};
use uuid::Uuid;

use super::Hub;
use crate::{
    db::{Db, statement},
    viewer::UserId,
};

/// How long commits are gathered.
const GATHERED: Duration = Duration::from_millis(20);
/// How long to wait where the database does not take it; readers look by themselves before long.
const PAUSE: Duration = Duration::from_secs(1);

/// What is still to be told.
#[derive(Default)]
pub(super) struct Herald {
    grown: Mutex<HashSet<UserId>>,
    woken: Notify,
    /// Tells one's own notifications from those of others.
    pub(super) server: ServerId,
}

/// One process among those on the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerId(Uuid);

impl Default for ServerId {
    fn default() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Herald {
    pub(super) fn add(&self, owner: UserId) {
        let mut grown = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        if grown.insert(owner) && grown.len() == 1 {
            self.woken.notify_one();
        }
    }

    /// Has whoever tells look whether there is still somebody to tell for.
    pub(super) fn end(&self) {
        self.woken.notify_one();
    }

    fn take(&self) -> Vec<UserId> {
        let mut grown = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        grown.drain().collect()
    }
}

/// Tells for as long as the hub exists.
pub(super) async fn tell(hub: Weak<Hub>, herald: Arc<Herald>) {
    let mut conn = None;
    loop {
        herald.woken.notified().await;
        sleep(GATHERED).await;
        let Some(db) = hub.upgrade().map(|hub| hub.db.clone()) else {
            return;
        };
        let owners = herald.take();
        if let Err(reason) = notify(&db, &mut conn, herald.server, &owners).await {
            tracing::warn!("other servers could not be told of changes: {reason}");
            conn = None;
            sleep(PAUSE).await;
            for owner in owners {
                herald.add(owner);
            }
        }
    }
}

/// On a connection of its own, so that requests need not wait for it.
async fn notify(
    db: &Db,
    conn: &mut Option<AsyncPgConnection>,
    server: ServerId,
    owners: &[UserId],
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let words: Vec<String> = owners
        .iter()
        .map(|owner| format!("{owner} {}", server.0))
        .collect();
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(db.dedicated().await?),
    };
    statement("SELECT pg_notify('regimen_changes', word) FROM unnest(?) AS word")
        .bind::<Array<Text>, _>(words)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whose feed a notification says has grown, where another server says it.
pub(super) fn heard(payload: &str, own: ServerId) -> Option<UserId> {
    let (owner, server) = payload.split_once(' ').unwrap_or((payload, ""));
    let is_own = server.parse() == Ok(own.0);
    (!is_own).then(|| owner.parse().ok().map(UserId)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hears_others_and_not_oneself() {
        let (own, owner) = (ServerId::default(), Uuid::now_v7());
        assert_eq!(heard(&format!("{owner} {}", own.0), own), None);
        let others = [format!("{owner} {}", Uuid::now_v7()), owner.to_string()];
        for payload in others {
            assert_eq!(heard(&payload, own), Some(UserId(owner)));
        }
        assert_eq!(heard("nobody", own), None);
    }
}
