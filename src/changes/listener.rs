//! One connection of the process listens for what any server on the database appends. A notification
//! may be lost, with the connection or before it: so the heads of the feeds are looked at after every
//! connect, and now and then in any case.

use std::{sync::Weak, time::Duration};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{Hub, heads, herald};
use crate::db::Db;

/// How often the heads are looked at where nothing else asks for it.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How long a look may take before the connection counts as dead.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Listens for as long as the hub exists.
pub(super) async fn listen(hub: Weak<Hub>, db: Db) {
    let mut pause = SHORTEST_PAUSE;
    while hub.strong_count() > 0 {
        let Err(reason) = session(&hub, &db, &mut pause).await else {
            return;
        };
        if hub.strong_count() == 0 {
            return;
        }
        tracing::warn!(
            "changes of other servers are seen late: {reason}; listening again in {}",
            humantime::format_duration(pause)
        );
        // Give or take a quarter, so that servers do not all come back at once.
        sleep(pause.mul_f64(rand::random_range(0.75..1.25))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        // Meanwhile a connection of the pool will do for a look.
        if let Ok(mut conn) = db.conn().await {
            let _ = look(&hub, &mut conn).await;
        }
    }
}

/// One connection, from its beginning to its end. `Ok` means that nobody needs it any more.
async fn session(hub: &Weak<Hub>, db: &Db, pause: &mut Duration) -> Result<(), String> {
    let mut conn = db.dedicated().await.map_err(|error| error.to_string())?;
    conn.batch_execute("LISTEN regimen_changes")
        .await
        .map_err(|error| error.to_string())?;
    // What was appended before this moment is found by looking, what comes after it is heard.
    while look(hub, &mut conn).await? {
        *pause = SHORTEST_PAUSE;
        hear(hub, &mut conn, Instant::now() + LOOK_EVERY).await?;
    }
    Ok(())
}

/// Passes on what is heard until `end`.
async fn hear(hub: &Weak<Hub>, conn: &mut AsyncPgConnection, end: Instant) -> Result<(), String> {
    let mut heard = std::pin::pin!(conn.notifications_stream());
    while let Ok(next) = timeout_at(end, heard.next()).await {
        let notification = next
            .ok_or("the connection was lost")?
            .map_err(|error| error.to_string())?;
        let Some(hub) = hub.upgrade() else { break };
        if let Some(owner) = herald::heard(&notification.payload, hub.herald.server) {
            hub.ring(owner);
        }
    }
    Ok(())
}

/// Looks where the feeds end that somebody waits for. False: the hub is gone.
async fn look(hub: &Weak<Hub>, conn: &mut AsyncPgConnection) -> Result<bool, String> {
    let Some(owners) = hub.upgrade().map(|hub| hub.waited_for()) else {
        return Ok(false);
    };
    let found = timeout(LOOK_TIMEOUT, heads(conn, &owners))
        .await
        .map_err(|_| "the database does not answer")?
        .map_err(|error| error.to_string())?;
    let Some(hub) = hub.upgrade() else {
        return Ok(false);
    };
    hub.ring_where_grown(&found);
    Ok(true)
}
