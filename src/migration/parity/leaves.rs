//! One hash for each record and side, and the digests of them. They are brought up to date for the records
//! that changed, or made anew for all.

use diesel::{
    QueryResult,
    sql_types::{Array, Text, Uuid as SqlUuid},
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

/// Hashes all that are found, and says what is to become of those that were hashed before.
macro_rules! remade {
    ($found:expr, $conflict:expr) => {
        concat!(
            "INSERT INTO parity_leaves AS p (side, entity, user_id, id, bucket, hash) \
             SELECT one.side, one.entity, owner, id, parity_bucket(one.entity, owner, id), hash \
             FROM (SELECT ?::text AS side, ?::text AS entity) AS one, (",
            $found,
            ") AS found",
            $conflict
        )
    };
}

/// The same for some owners.
macro_rules! remade_of {
    ($found:expr) => {
        remade!(
            $found,
            " ON CONFLICT (side, entity, user_id, id) DO UPDATE SET hash = excluded.hash WHERE p.hash <> excluded.hash"
        )
    };
}

/// A statement over the records of a kind on a side, with what is joined to them.
macro_rules! over {
    ($make:ident, $side:expr, $entity:expr,
     $settings:literal, $exercises:literal, $workouts:literal, $history:literal) => {
        match ($entity, $side) {
            (Entity::Settings, Side::Files) => {
                $make!(concat!(settings!("regimen_files."), $settings))
            }
            (Entity::Settings, Side::Database) => $make!(concat!(settings!("public."), $settings)),
            (Entity::Exercise, Side::Files) => {
                $make!(concat!(exercises!("regimen_files."), $exercises))
            }
            (Entity::Exercise, Side::Database) => {
                $make!(concat!(exercises!("public."), $exercises))
            }
            (Entity::Workout, Side::Files) => {
                $make!(concat!(workouts!("regimen_files."), $workouts))
            }
            (Entity::Workout, Side::Database) => $make!(concat!(workouts!("public."), $workouts)),
            (Entity::History, Side::Files) => $make!(concat!(history!("regimen_files."), $history)),
            (Entity::History, Side::Database) => $make!(concat!(history!("public."), $history)),
            (Entity::Task, _) => return Ok(()),
        }
    };
}

/// Brings the leaves of these records up to date, on one side.
pub async fn renew(
    conn: &mut AsyncPgConnection,
    side: Side,
    entity: Entity,
    keys: &[Key],
) -> QueryResult<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let text = over!(
        renewed,
        side,
        entity,
        " JOIN wanted w ON w.owner = r.user_id",
        " JOIN wanted w ON w.id = r.id \
          AND w.owner = coalesce(r.owner_id, '00000000-0000-0000-0000-000000000000')",
        " JOIN wanted w ON w.owner = r.user_id AND w.id = r.id",
        " JOIN wanted w ON w.owner = r.user_id AND w.id = r.id"
    );
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
        Entity::Settings => remade!(settings!(""), ""),
        Entity::Exercise => remade!(exercises!(""), ""),
        Entity::Workout => remade!(workouts!(""), ""),
        Entity::History => remade!(history!(""), ""),
        Entity::Task => return Ok(()),
    };
    let empty = "DELETE FROM parity_leaves WHERE side = ? AND entity = ?";
    about(empty, side, entity).execute(conn).await?;
    about(text, side, entity).execute(conn).await?;
    add_up(conn, side, entity).await
}

/// Hashes the records of a kind that these owners have, on one side. The digests know of it when they are added up.
pub async fn hash_all_of(
    conn: &mut AsyncPgConnection,
    side: Side,
    entity: Entity,
    owners: &[UserId],
) -> QueryResult<()> {
    let text = over!(
        remade_of,
        side,
        entity,
        " WHERE r.user_id = ANY (?)",
        " WHERE coalesce(r.owner_id, '00000000-0000-0000-0000-000000000000') = ANY (?)",
        " WHERE r.user_id = ANY (?)",
        " WHERE r.user_id = ANY (?)"
    );
    about(text, side, entity)
        .bind::<Array<SqlUuid>, _>(owners)
        .execute(conn)
        .await
        .map(drop)
}

/// Makes the digests of a kind anew from its leaves.
pub async fn add_up(conn: &mut AsyncPgConnection, side: Side, entity: Entity) -> QueryResult<()> {
    for text in [
        "DELETE FROM parity_digests WHERE side = ? AND entity = ?",
        digested!(
            "FROM (SELECT side, entity, bucket, hash, 1 AS n FROM parity_leaves WHERE side = ? AND entity = ?) AS leaf"
        ),
    ] {
        about(text, side, entity).execute(conn).await?;
    }
    Ok(())
}

fn about(text: &'static str, side: Side, entity: Entity) -> Statement<'static> {
    statement(text)
        .bind::<Text, _>(side.word())
        .bind::<Text, _>(entity.word())
}
