//! One hash for each record and side, and the digests of them. They are brought up to date for the records
//! that changed, or made anew for all.

use diesel::{
    QueryResult,
    sql_types::{Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::{
    changes::Entity,
    db::{Statement, statement},
    migration::tables::{Side, exercises, history, settings, workouts},
    viewer::UserId,
};

/// A record, of a kind that is known beside it.
pub type Key = (UserId, Uuid);

/// What was there before, what is there now, and what that makes of the digests. The sides and the kind are
/// named once, in `one`; `wanted` are the records, and `found` those that exist.
macro_rules! renewed {
    ($found:expr) => {
        concat!(
            "WITH one AS (SELECT ?::text AS side, ?::text AS entity), \
             wanted AS (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)), \
             found AS (",
            $found,
            "), \
             leaf AS (SELECT owner, id, parity_bucket(entity, owner, id) AS bucket, hash FROM one, found), \
             old AS (SELECT p.user_id AS owner, p.id, p.bucket, p.hash FROM one, wanted w \
               JOIN parity_leaves p ON p.user_id = w.owner AND p.id = w.id \
               WHERE p.side = one.side AND p.entity = one.entity), \
             gone AS (DELETE FROM parity_leaves p USING one, old \
               WHERE p.side = one.side AND p.entity = one.entity AND p.user_id = old.owner AND p.id = old.id \
                 AND NOT EXISTS (SELECT FROM leaf WHERE leaf.owner = old.owner AND leaf.id = old.id)), \
             kept AS (INSERT INTO parity_leaves AS p (side, entity, user_id, id, bucket, hash) \
               SELECT side, entity, owner, id, bucket, hash FROM one, leaf \
               ON CONFLICT (side, entity, user_id, id) DO UPDATE SET hash = excluded.hash \
               WHERE p.hash <> excluded.hash), \
             delta AS (SELECT bucket, hash, 1 AS n FROM leaf UNION ALL SELECT bucket, hash, -1 FROM old) ",
            digested!("FROM one, delta")
        )
    };
}

/// Adds what the hashes of `from` come to, each `n` times, to the digests.
macro_rules! digested {
    ($from:expr) => {
        concat!(
            "INSERT INTO parity_digests AS d (side, entity, bucket, records, lane_0, lane_1, lane_2, lane_3) \
             SELECT side, entity, bucket, sum(n), parity_sum(sum(n * parity_lane(hash, 0)::numeric)), \
               parity_sum(sum(n * parity_lane(hash, 1)::numeric)), \
               parity_sum(sum(n * parity_lane(hash, 2)::numeric)), \
               parity_sum(sum(n * parity_lane(hash, 3)::numeric)) ",
            $from,
            " GROUP BY side, entity, bucket \
             ON CONFLICT (side, entity, bucket) DO UPDATE SET records = d.records + excluded.records, \
               lane_0 = parity_sum(d.lane_0 + excluded.lane_0), \
               lane_1 = parity_sum(d.lane_1 + excluded.lane_1), \
               lane_2 = parity_sum(d.lane_2 + excluded.lane_2), \
               lane_3 = parity_sum(d.lane_3 + excluded.lane_3)"
        )
    };
}

macro_rules! remade {
    ($found:expr) => {
        concat!(
            "INSERT INTO parity_leaves (side, entity, user_id, id, bucket, hash) \
             SELECT one.side, one.entity, owner, id, parity_bucket(one.entity, owner, id), hash \
             FROM (SELECT ?::text AS side, ?::text AS entity) AS one, (",
            $found,
            ") AS found"
        )
    };
}

/// Brings the leaves of these records up to date, on the side that the connection sees.
pub async fn renew(
    conn: &mut AsyncPgConnection,
    side: Side,
    entity: Entity,
    keys: &[Key],
) -> QueryResult<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let text = match entity {
        Entity::Settings => renewed!(concat!(
            settings!(),
            " JOIN wanted w ON w.owner = r.user_id"
        )),
        Entity::Exercise => renewed!(concat!(
            exercises!(),
            " JOIN wanted w ON w.id = r.id \
              AND w.owner = coalesce(r.owner_id, '00000000-0000-0000-0000-000000000000')"
        )),
        Entity::Workout => renewed!(concat!(
            workouts!(),
            " JOIN wanted w ON w.owner = r.user_id AND w.id = r.id"
        )),
        Entity::History => renewed!(concat!(
            history!(),
            " JOIN wanted w ON w.owner = r.user_id AND w.id = r.id"
        )),
        Entity::Task => return Ok(()),
    };
    about(text, side, entity)
        .column::<SqlUuid, _, _>(keys, |(owner, _)| *owner)
        .column::<SqlUuid, _, _>(keys, |(_, id)| *id)
        .execute(conn)
        .await
        .map(drop)
}

/// Makes all leaves of a kind anew, on the side that the connection sees, and the digests from them.
pub async fn remake(conn: &mut AsyncPgConnection, side: Side, entity: Entity) -> QueryResult<()> {
    let text = match entity {
        Entity::Settings => remade!(settings!()),
        Entity::Exercise => remade!(exercises!()),
        Entity::Workout => remade!(workouts!()),
        Entity::History => remade!(history!()),
        Entity::Task => return Ok(()),
    };
    for empty in [
        "DELETE FROM parity_leaves WHERE side = ? AND entity = ?",
        "DELETE FROM parity_digests WHERE side = ? AND entity = ?",
        text,
        digested!(
            "FROM (SELECT side, entity, bucket, hash, 1 AS n FROM parity_leaves WHERE side = ? AND entity = ?) AS leaf"
        ),
    ] {
        about(empty, side, entity).execute(conn).await?;
    }
    Ok(())
}

fn about(text: &'static str, side: Side, entity: Entity) -> Statement<'static> {
    statement(text)
        .bind::<Text, _>(side.word())
        .bind::<Text, _>(entity.word())
}
