//! The files follow the database: what the change feed names since last time is read as it is now, written to
//! the files, and copied to their tables. One writer does it for everybody, and many changes at once. Doing
//! a part of it again changes nothing, because what is written is never older than what was.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use uuid::Uuid;

use super::{
    aggregates,
    copies::{self, Direction},
    files::Files,
    offer::{self, Outcome, TablesLost, without},
    pace::{self, Pace, Turn},
    parity::{self, Key},
    phase::Source,
    projection::shown,
    queue,
    tables::{ENTITIES, Side},
};
use crate::{
    changes::Entity,
    config::failpoints,
    db::{Db, statement},
    error::{Error, Result},
    legacy::{
        Edit,
        record::{Key as RecordKey, Kind, Record},
    },
    viewer::UserId,
};

/// How long an answer waits for the files to follow, where it does not need them.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same where the files' tables are what it is read from.
const PATIENCE_OF_READERS: Duration = Duration::from_secs(5);
/// How often the feed is looked at when nobody tells of a change: another server may have written.
const IDLE: Duration = Duration::from_millis(500);
/// How long to wait after the database or the disk has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The one who writes.
pub struct Mirror {
    db: Db,
    files: Arc<Files>,
    pace: Pace,
    wake: Notify,
    rounds: watch::Sender<Rounds>,
}

/// How many rounds have begun, and the last of them that went well.
#[derive(Clone, Copy, Debug, Default)]
struct Rounds {
    begun: u64,
    done: u64,
}

/// Records by their kind.
pub type Changed = HashMap<Entity, Vec<Key>>;

impl Mirror {
    #[must_use]
    pub fn new(db: Db, files: Arc<Files>, at_once: u64) -> Arc<Self> {
        Arc::new(Self {
            db,
            files,
            pace: Pace::new(at_once),
            wake: Notify::new(),
            rounds: watch::Sender::new(Rounds::default()),
        })
    }

    /// Waits until everything that is committed now is in the files or in the queue, and shown by their tables, but not
    /// for long. Whoever reads those afterwards needs to know whether it came to that.
    pub async fn caught_up(&self, reads: Source) -> bool {
        let mut rounds = self.rounds.subscribe();
        let next = rounds.borrow_and_update().begun + 1;
        self.wake.notify_one();
        let done = rounds.wait_for(|rounds| rounds.done >= next);
        let patience = match reads {
            Source::Files => PATIENCE_OF_READERS,
            Source::Database => PATIENCE,
        };
        let in_time = tokio::time::timeout(patience, done).await.is_ok();
        if !in_time {
            tracing::warn!("the files do not follow yet: what was changed is on its way to them");
        }
        in_time
    }

    /// Follows the feed for as long as `on` says so.
    pub async fn follow(&self, on: impl Fn() -> bool) {
        loop {
            let told = self.wake.notified();
            if tokio::time::timeout(IDLE, told).await.is_err() && !on() {
                continue;
            }
            self.rounds.send_modify(|rounds| rounds.begun += 1);
            if on()
                && let Err(error) = self.round().await
            {
                tracing::error!(error = ?error, "the files could not be brought up to date; trying again");
                tokio::time::sleep(PAUSE).await;
                self.wake.notify_one();
                continue;
            }
            self.rounds.send_modify(|rounds| rounds.done = rounds.begun);
        }
    }

    /// Brings the files up to date with what is committed. All that is read is of one moment, so that files,
    /// tables and hashes say the same.
    pub async fn round(&self) -> Result<()> {
        let mut conn = self.db.conn().await?;
        failpoints::pass("mirror.begin").map_err(Error::unavailable)?;
        conn.build_transaction()
            .repeatable_read()
            .run(async |conn| {
                // Before the moment is chosen: so it is after the last one's end.
                conn.batch_execute("LOCK TABLE mirror_places IN EXCLUSIVE MODE")
                    .await?;
                conn.batch_execute(Side::Database.look_here()).await?;
                let (mut changed, places) = pending(conn).await?;
                let longest = self.files.longest();
                match self.pace.turn(conn, longest, !changed.is_empty()).await? {
                    Turn::Write => {
                        include(&mut changed, due(conn).await?);
                        self.write(conn, &changed).await?;
                    }
                    Turn::Show => show(conn, &changed).await?,
                }
                keep_places(conn, &places).await?;
                failpoints::reach("mirror.before_commit");
                Ok(())
            })
            .await
    }

    async fn write(&self, conn: &mut AsyncPgConnection, changed: &Changed) -> Result<()> {
        if changed.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        write(conn, &self.files, changed).await?;
        self.pace.wrote(began);
        Ok(())
    }
}

/// Shows these records as the connection sees them, while the files have yet to be given them.
async fn show(conn: &mut AsyncPgConnection, changed: &Changed) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let shown = shown(conn).await?;
    shown.ok_or(TablesLost)?;
    project(conn, changed).await?;
    pace::put_off(conn, changed).await?;
    renew(conn, changed).await?;
    failpoints::reach("mirror.put_off");
    Ok(())
}

/// Writes these records to the files as the connection sees them, and to the files' tables and hashes; what the
/// files do not take is queued.
async fn write(conn: &mut AsyncPgConnection, files: &Arc<Files>, changed: &Changed) -> Result<()> {
    let shown = shown(conn).await?;
    let shown = shown.ok_or(TablesLost)?;
    let Outcome { stamp, refused } = if queue::foreign(conn).await? > 0 {
        offer::hold(changed)
    } else {
        offer::offer(conn, files, changed, shown).await?
    };
    failpoints::reach("mirror.written");
    // Whoever reads sees what was acknowledged, also where the files have yet to follow.
    project(conn, changed).await?;
    if let Some(stamp) = stamp {
        for (entity, keys) in without(changed, &refused) {
            queue::taken(conn, entity, &keys).await?;
        }
        stamped(conn, &stamp).await?;
    }
    queue::refuse(conn, &refused).await?;
    Ok(renew(conn, changed).await?)
}

/// What waits may have been changed once more: each record once, because no statement takes one twice.
fn include(changed: &mut Changed, more: Changed) {
    for (entity, keys) in more {
        let named = changed.entry(entity).or_default();
        named.extend(keys);
        named.sort_unstable();
        named.dedup();
    }
}

/// What the feed names beyond the places, each record once, and how far that goes in whose feed.
pub async fn pending(conn: &mut AsyncPgConnection) -> QueryResult<(Changed, Places)> {
    let rows: Vec<Pending> = statement(
        "SELECT h.user_id, c.entity, c.entity_id AS id, h.seq FROM change_heads h \
         LEFT JOIN mirror_places p USING (user_id) \
         LEFT JOIN LATERAL (SELECT DISTINCT entity, entity_id FROM changes c \
           WHERE c.user_id = h.user_id AND c.seq > coalesce(p.seq, 0)) c ON true \
         WHERE h.seq > coalesce(p.seq, 0)",
    )
    .load(conn)
    .await?;
    let places = rows.iter().map(|row| (row.user_id, row.seq)).collect();
    let named = rows.into_iter().filter_map(|row| {
        let (entity, id) = row.entity.zip(row.id)?;
        let user_id = row.user_id;
        Some(Named {
            user_id,
            entity,
            id,
        })
    });
    Ok((by_kind(named.collect()), places))
}

/// Shows what was acknowledged where the files were read anew and have yet to follow: in the transaction that shows what
/// was read, or else somebody could be shown less in between.
pub(super) async fn show_acknowledged(conn: &mut AsyncPgConnection) -> Result<()> {
    conn.batch_execute(Side::Database.look_here()).await?;
    let (mut changed, _) = pending(conn).await?;
    let queued: Vec<Named> = statement("SELECT user_id, entity, id FROM mirror_repairs")
        .load(conn)
        .await?;
    include(&mut changed, by_kind(queued));
    project(conn, &changed).await?;
    renew(conn, &changed).await?;
    Ok(())
}

/// What was put off, and what was refused and is to be tried again.
async fn due(conn: &mut AsyncPgConnection) -> QueryResult<Changed> {
    let rows: Vec<Named> = statement(
        "SELECT user_id, entity, id FROM mirror_repairs WHERE due_at <= clock_timestamp() OR tries = 0 \
         ORDER BY due_at LIMIT 1000",
    )
    .load(conn)
    .await?;
    Ok(by_kind(rows))
}

/// How far the mirror is in whose feed.
pub type Places = HashMap<UserId, i64>;

/// What is in a feed; of one that holds nothing more only how far it goes.
#[derive(QueryableByName)]
struct Pending {
    #[diesel(sql_type = SqlUuid)]
    user_id: UserId,
    #[diesel(sql_type = Nullable<Text>)]
    entity: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

#[derive(QueryableByName)]
pub(super) struct Named {
    #[diesel(sql_type = SqlUuid)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    entity: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Tasks were never in files.
pub(super) fn by_kind(rows: Vec<Named>) -> Changed {
    let mut changed = Changed::new();
    for row in rows {
        if let Some(entity) = Entity::of_word(&row.entity).filter(|it| ENTITIES.contains(it)) {
            changed
                .entry(entity)
                .or_default()
                .push((row.user_id, row.id));
        }
    }
    changed
}

/// What is to become of these records in the files: as the connection sees them, or gone.
pub async fn edits(conn: &mut AsyncPgConnection, changed: &Changed) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    for entity in ENTITIES {
        let (Some(keys), Some(kind)) = (changed.get(&entity), Kind::of_entity(entity)) else {
            continue;
        };
        let records = aggregates::load(conn, entity, keys).await?;
        let there: HashSet<RecordKey> = records.iter().map(Record::key).collect();
        let gone = keys.iter().map(|(owner, id)| RecordKey {
            kind,
            owner: *owner,
            id: *id,
        });
        let gone = gone.filter(|key| !there.contains(key));
        edits.extend(gone.map(Edit::Remove));
        edits.extend(records.into_iter().map(Edit::Put));
    }
    Ok(edits)
}

/// Copies these records to the files' tables. What refers to others comes after them, and goes before.
async fn project(conn: &mut AsyncPgConnection, changed: &Changed) -> QueryResult<()> {
    let empty = Vec::new();
    let of = |entity: &Entity| changed.get(entity).unwrap_or(&empty);
    for entity in &ENTITIES {
        for copy in copies::of(Direction::ToFiles, *entity) {
            keyed(conn, copy, of(entity)).await?;
        }
    }
    for entity in ENTITIES.iter().rev() {
        keyed(conn, copies::gone(Direction::ToFiles, *entity), of(entity)).await?;
    }
    Ok(())
}

/// Runs a statement about these records.
pub(super) async fn keyed(
    conn: &mut AsyncPgConnection,
    text: &'static str,
    keys: &[Key],
) -> QueryResult<()> {
    if keys.is_empty() {
        return Ok(());
    }
    statement(text)
        .column::<SqlUuid, _, _>(keys, |(owner, _)| *owner)
        .column::<SqlUuid, _, _>(keys, |(_, id)| *id)
        .execute(conn)
        .await
        .map(drop)
}

async fn renew(conn: &mut AsyncPgConnection, changed: &Changed) -> QueryResult<()> {
    for side in Side::BOTH {
        for (entity, keys) in changed {
            parity::renew(conn, side, *entity, keys).await?;
        }
    }
    Ok(())
}

/// The mirror stands where these feeds were seen to stand: what came in since is still before it.
pub async fn keep_places(conn: &mut AsyncPgConnection, places: &Places) -> QueryResult<()> {
    if places.is_empty() {
        return Ok(());
    }
    let places: Vec<_> = places.iter().collect();
    statement(
        "INSERT INTO mirror_places AS p (user_id, seq) SELECT * FROM unnest(?, ?) \
         ON CONFLICT (user_id) DO UPDATE SET seq = excluded.seq WHERE p.seq < excluded.seq",
    )
    .column::<SqlUuid, _, _>(&places, |(owner, _)| **owner)
    .column::<BigInt, _, _>(&places, |(_, seq)| **seq)
    .execute(conn)
    .await
    .map(drop)
}

/// Which state of the files the tables hold now.
pub async fn stamped(conn: &mut AsyncPgConnection, stamp: &[u8]) -> QueryResult<()> {
    statement("UPDATE regimen_files.projected SET stamp = ?")
        .bind::<diesel::sql_types::Binary, _>(stamp)
        .execute(conn)
        .await
        .map(drop)
}
