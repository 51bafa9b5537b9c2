//! How far the files are behind the database, and what waits for them.

use async_graphql::{ComplexObject, ID, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use super::{
    Actor,
    audit::note,
    mirror::{Changed, Named, by_kind},
    offer::Refused,
    parity::Key,
};
use crate::{
    changes::Entity,
    db::{schema::mirror_repairs, statement},
    error::Result,
    viewer::UserId,
};

/// A record that waits for the files.
#[derive(Clone, Debug, SimpleObject, QueryableByName)]
#[graphql(name = "MirrorQueueEntry", complex)]
pub struct Queued {
    /// The kind of record.
    #[diesel(sql_type = Text)]
    pub entity: Entity,
    /// Whose it is; the nil UUID for the library.
    #[diesel(sql_type = SqlUuid)]
    pub owner: UserId,
    /// Names the record.
    #[graphql(skip)]
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Why it could not be written.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// How often that was tried.
    #[diesel(sql_type = Integer)]
    pub tries: i32,
    /// Since when it waits.
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
}

#[ComplexObject]
impl Queued {
    /// Names the record, as `parityRecord` wants it.
    async fn id(&self) -> ID {
        self.id.into()
    }
}

/// The records that have waited longest.
pub async fn queue_of(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<Queued>> {
    statement(
        "SELECT entity, user_id AS owner, id, reason, tries, since FROM mirror_repairs WHERE tries > 0 \
         ORDER BY since, id LIMIT ?",
    )
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Queues the records in which the files are not what the database has, though nothing was on its way to them: somebody
/// else wrote the files while nobody looked. Says how many there are.
pub async fn queue_foreign(conn: &mut AsyncPgConnection, reason: &str) -> QueryResult<usize> {
    statement(
        "INSERT INTO mirror_repairs AS r (entity, user_id, id, reason, foreign_edit) \
         SELECT entity, user_id, id, ?, true \
         FROM (SELECT * FROM parity_leaves WHERE side = 'database') d \
         FULL JOIN (SELECT * FROM parity_leaves WHERE side = 'files') f USING (entity, user_id, id) \
         WHERE d.hash IS DISTINCT FROM f.hash \
           AND (d.hash IS NOT NULL OR EXISTS (SELECT FROM migration_adopted a WHERE a.user_id = f.user_id)) \
           AND NOT EXISTS (SELECT FROM changes c LEFT JOIN mirror_places p ON p.user_id = c.user_id \
             WHERE c.user_id = coalesce(d.user_id, f.user_id) AND c.entity_id = coalesce(d.id, f.id) \
               AND c.seq > coalesce(p.seq, 0)) \
           AND NOT EXISTS (SELECT FROM mirror_repairs q WHERE q.user_id = coalesce(d.user_id, f.user_id) \
             AND q.id = coalesce(d.id, f.id))",
    )
    .bind::<Text, _>(reason)
    .execute(conn)
    .await
}

/// How many records wait because somebody else has edited them, and nobody has said yet who is right.
pub async fn foreign(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    mirror_repairs::table
        .filter(mirror_repairs::foreign_edit)
        .count()
        .get_result(conn)
        .await
}

/// The records that somebody else has edited, which are not queued any more.
pub(super) async fn take_foreign(conn: &mut AsyncPgConnection) -> QueryResult<Changed> {
    let rows: Vec<Named> =
        statement("DELETE FROM mirror_repairs WHERE foreign_edit RETURNING user_id, entity, id")
            .load(conn)
            .await?;
    Ok(by_kind(rows))
}

/// Has everything that waits be tried at once.
pub(super) async fn retry(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    statement("UPDATE mirror_repairs SET due_at = clock_timestamp(), foreign_edit = false")
        .execute(conn)
        .await
        .map(drop)
}

/// Has everything that waits, and everything in which the files differ from what the database has of it, be written
/// at once, and says so in the audit. What the database does not have yet is left to the backfill.
pub async fn queue_differences(conn: &mut AsyncPgConnection, actor: Actor) -> Result<usize> {
    conn.transaction(async |conn| {
        let queued = statement(
            "INSERT INTO mirror_repairs AS r (entity, user_id, id, reason) \
             SELECT entity, user_id, id, 'the files differ' \
             FROM (SELECT * FROM parity_leaves WHERE side = 'database') d \
             FULL JOIN (SELECT * FROM parity_leaves WHERE side = 'files') f USING (entity, user_id, id) \
             WHERE d.hash IS DISTINCT FROM f.hash \
               AND (d.hash IS NOT NULL OR EXISTS (SELECT FROM migration_adopted a WHERE a.user_id = f.user_id)) \
             ON CONFLICT (user_id, entity, id) DO NOTHING",
        )
        .execute(conn)
        .await?;
        retry(conn).await?;
        note(conn, actor, "repair the files", json!({"records": queued})).await?;
        Ok(queued)
    })
    .await
}

/// How far the files are behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Lag {
    /// Changes that the files do not have yet.
    #[diesel(sql_type = BigInt)]
    pub changes: i64,
    /// Records that wait because they were refused.
    #[diesel(sql_type = BigInt)]
    pub queued: i64,
}

/// Asks for it.
pub async fn lag(conn: &mut AsyncPgConnection) -> QueryResult<Lag> {
    statement(
        "SELECT (SELECT coalesce(sum(h.seq - coalesce(p.seq, 0)), 0)::bigint FROM change_heads h \
                 LEFT JOIN mirror_places p USING (user_id)) \
                + (SELECT count(*) FROM mirror_repairs WHERE tries = 0) AS changes, \
                (SELECT count(*) FROM mirror_repairs WHERE tries > 0) AS queued",
    )
    .get_result(conn)
    .await
}

/// Has these records wait, each for its reason, and be tried again later each time.
pub(super) async fn refuse(conn: &mut AsyncPgConnection, refused: &Refused) -> QueryResult<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = refused.iter().collect();
    statement(
        "INSERT INTO mirror_repairs AS r (entity, reason, user_id, id) \
         SELECT * FROM unnest(?, ?, ?, ?) \
         ON CONFLICT (user_id, entity, id) DO UPDATE SET reason = excluded.reason, tries = r.tries + 1, \
           due_at = clock_timestamp() + make_interval(secs => least(60, power(2, least(r.tries, 6))))",
    )
    .column::<Text, _, _>(&rows, |(key, _)| key.0.word())
    .column::<Text, _, _>(&rows, |(_, reason)| reason.as_str())
    .column::<SqlUuid, _, _>(&rows, |(key, _)| key.1.0)
    .column::<SqlUuid, _, _>(&rows, |(key, _)| key.1.1)
    .execute(conn)
    .await
    .map(drop)
}

/// These were written.
pub(super) async fn taken(
    conn: &mut AsyncPgConnection,
    entity: Entity,
    keys: &[Key],
) -> QueryResult<()> {
    statement(
        "DELETE FROM mirror_repairs r USING unnest(?, ?) AS w (owner, id) \
         WHERE r.user_id = w.owner AND r.id = w.id AND r.entity = ?",
    )
    .column::<SqlUuid, _, _>(keys, |(owner, _)| *owner)
    .column::<SqlUuid, _, _>(keys, |(_, id)| *id)
    .bind::<Text, _>(entity.word())
    .execute(conn)
    .await
    .map(drop)
}

#[derive(QueryableByName)]
struct Oldest {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// Since when the change waits that has waited longest; none where the files have everything. Numbers of an owner have
/// no gaps, so the first one behind their place is looked up by its key.
pub async fn waiting_since(conn: &mut AsyncPgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    let oldest: Oldest = statement(
        "SELECT least( \
           (SELECT min(c.at) FROM change_heads h LEFT JOIN mirror_places p USING (user_id) \
            JOIN changes c ON c.user_id = h.user_id AND c.seq = coalesce(p.seq, 0) + 1 \
            WHERE h.seq > coalesce(p.seq, 0)), \
           (SELECT min(since) FROM mirror_repairs)) AS at",
    )
    .get_result(conn)
    .await?;
    Ok(oldest.at)
}
