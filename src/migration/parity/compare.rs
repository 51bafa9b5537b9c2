//! Comparing the two sides: first the digests, then the records of the buckets that differ. What differs is
//! looked at once more before anybody is told, because it may just have been on its way.

use async_graphql::SimpleObject;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Key,
    fields::{self, FieldDifference},
    leaves::renew,
};
use crate::{
    changes::Entity,
    db::{statement, text_enum},
    error::Result,
    migration::tables::{ENTITIES, Side},
    viewer::UserId,
};

/// The most records that are named for each kind; all are counted.
pub const SAMPLES: usize = 100;

/// Whether files and database hold the same records, one row for each kind.
#[derive(Clone, Debug, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct Parity {
    /// Whether nothing differs.
    pub equal: bool,
    /// How each kind of record is doing.
    pub entities: Vec<EntityParity>,
    /// How many records were read from the files themselves; none where only hashes were compared.
    pub read: Option<i64>,
    /// How many of those are not what was known of the files.
    pub unfaithful: i64,
}

/// Whether files and database hold the same records of a kind.
#[derive(Clone, Debug, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct EntityParity {
    /// The kind of records.
    pub entity: Entity,
    /// How many the files have.
    pub in_files: i64,
    /// How many the database has.
    pub in_database: i64,
    /// How many only the files have.
    pub missing: i64,
    /// How many only the database has.
    pub extra: i64,
    /// How many both have, but not the same.
    pub differing: i64,
    /// A hash over all records of the files.
    pub files_digest: String,
    /// A hash over all records of the database; equal records give the same one.
    pub database_digest: String,
    /// The first of those that are not the same on both sides.
    pub samples: Vec<RecordDifference>,
}

text_enum! {
    /// How the two sides of a record differ.
    DifferenceKind {
        /// Only the files have it.
        Missing = "missing",
        /// Only the database has it.
        Extra = "extra",
        /// Both have it, but not the same.
        Differing = "differing",
    }
}

/// A record that is not the same on both sides.
#[derive(Clone, Debug, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct RecordDifference {
    /// The kind of record.
    pub entity: Entity,
    /// Whose it is; nobody's where it belongs to the library.
    pub owner: UserId,
    /// Names the record.
    pub id: async_graphql::ID,
    /// How the sides differ.
    pub kind: DifferenceKind,
    /// The fields that differ, with what either side says.
    pub fields: Vec<FieldDifference>,
}

/// Compares what is known of both sides: digests that follow the mirror. Counts are exact; what differs is
/// read again on both sides first.
pub async fn compare(conn: &mut AsyncPgConnection, entities: &[Entity]) -> Result<Parity> {
    let mut found = Vec::new();
    for entity in ENTITIES.into_iter().filter(|it| entities.contains(it)) {
        let mut suspects = suspects(conn, entity).await?;
        if !suspects.is_empty() {
            reread(conn, entity, &suspects).await?;
            suspects = self::suspects(conn, entity).await?;
        }
        found.push(report(conn, entity, suspects).await?);
    }
    Ok(Parity {
        equal: found
            .iter()
            .all(|it| it.missing + it.extra + it.differing == 0),
        entities: found,
        read: None,
        unfaithful: 0,
    })
}

/// A record whose hashes are not the same on both sides.
#[derive(Clone, Debug, QueryableByName)]
struct Suspect {
    #[diesel(sql_type = SqlUuid)]
    user_id: UserId,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Binary>)]
    files: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    database: Option<Vec<u8>>,
}

impl Suspect {
    const fn kind(&self) -> DifferenceKind {
        match (&self.files, &self.database) {
            (Some(_), None) => DifferenceKind::Missing,
            (None, Some(_)) => DifferenceKind::Extra,
            _ => DifferenceKind::Differing,
        }
    }
}

/// The records of the buckets whose digests differ, as far as they differ themselves. What the feed has yet to
/// take to the files is on its way, and no difference.
async fn suspects(conn: &mut AsyncPgConnection, entity: Entity) -> QueryResult<Vec<Suspect>> {
    statement(
        "WITH one AS (SELECT ?::text AS entity), \
         f AS (SELECT d.* FROM one JOIN parity_digests d USING (entity) WHERE side = 'files'), \
         d AS (SELECT d.* FROM one JOIN parity_digests d USING (entity) WHERE side = 'database'), \
         torn AS (SELECT bucket FROM f FULL JOIN d USING (bucket) \
           WHERE (coalesce(f.records, 0), coalesce(f.lane_0, 0), coalesce(f.lane_1, 0), coalesce(f.lane_2, 0), coalesce(f.lane_3, 0)) \
              <> (coalesce(d.records, 0), coalesce(d.lane_0, 0), coalesce(d.lane_1, 0), coalesce(d.lane_2, 0), coalesce(d.lane_3, 0))), \
         fl AS (SELECT l.* FROM one, torn JOIN parity_leaves l USING (bucket) WHERE l.side = 'files' AND l.entity = one.entity), \
         dl AS (SELECT l.* FROM one, torn JOIN parity_leaves l USING (bucket) WHERE l.side = 'database' AND l.entity = one.entity) \
         SELECT user_id, id, fl.hash AS files, dl.hash AS database \
         FROM fl FULL JOIN dl USING (user_id, id) WHERE fl.hash IS DISTINCT FROM dl.hash \
           AND NOT EXISTS (SELECT FROM changes c LEFT JOIN mirror_places p ON p.user_id = c.user_id \
             WHERE c.user_id = coalesce(fl.user_id, dl.user_id) AND c.entity_id = coalesce(fl.id, dl.id) \
               AND c.seq > coalesce(p.seq, 0)) \
         ORDER BY user_id, id",
    )
    .bind::<Text, _>(entity.word())
    .load(conn)
    .await
}

/// Hashes these records again on both sides.
async fn reread(
    conn: &mut AsyncPgConnection,
    entity: Entity,
    suspects: &[Suspect],
) -> QueryResult<()> {
    let keys: Vec<Key> = suspects.iter().map(|it| (it.user_id, it.id)).collect();
    for side in Side::BOTH {
        for keys in keys.chunks(10_000) {
            renew(conn, side, entity, keys).await?;
        }
    }
    Ok(())
}

async fn report(
    conn: &mut AsyncPgConnection,
    entity: Entity,
    suspects: Vec<Suspect>,
) -> Result<EntityParity> {
    let count = |kind| {
        let of_kind = suspects.iter().filter(|it| it.kind() == kind).count();
        i64::try_from(of_kind).unwrap_or(i64::MAX)
    };
    let (missing, extra, differing) = (
        count(DifferenceKind::Missing),
        count(DifferenceKind::Extra),
        count(DifferenceKind::Differing),
    );
    let (in_files, files_digest) = total(conn, Side::Files, entity).await?;
    let (in_database, database_digest) = total(conn, Side::Database, entity).await?;
    let mut samples = Vec::new();
    for suspect in suspects.into_iter().take(SAMPLES) {
        let key = (suspect.user_id, suspect.id);
        samples.push(RecordDifference {
            entity,
            owner: suspect.user_id,
            id: suspect.id.to_string().into(),
            kind: suspect.kind(),
            fields: fields::of(conn, entity, key).await?,
        });
    }
    Ok(EntityParity {
        entity,
        in_files,
        in_database,
        missing,
        extra,
        differing,
        files_digest,
        database_digest,
        samples,
    })
}

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    records: i64,
    #[diesel(sql_type = Text)]
    digest: String,
}

/// How many records a side has, and the sums of all their hashes.
async fn total(
    conn: &mut AsyncPgConnection,
    side: Side,
    entity: Entity,
) -> QueryResult<(i64, String)> {
    let total: Total = statement(
        "SELECT coalesce(sum(records), 0)::bigint AS records, \
           encode(substr(sha256(convert_to(concat_ws(' ', sum(records), parity_sum(sum(lane_0)), \
             parity_sum(sum(lane_1)), parity_sum(sum(lane_2)), parity_sum(sum(lane_3))), 'UTF8')), 1, 16), 'hex') AS digest \
         FROM parity_digests WHERE side = ? AND entity = ?",
    )
    .bind::<Text, _>(side.word())
    .bind::<Text, _>(entity.word())
    .get_result(conn)
    .await?;
    Ok((total.records, total.digest))
}

/// Keeps the differences that are named, as evidence that they were there.
pub async fn keep_evidence(conn: &mut AsyncPgConnection, parity: &Parity) -> QueryResult<()> {
    let found = parity.entities.iter().flat_map(|it| &it.samples);
    let found = found.map(|it| {
        let fields: Vec<&str> = it.fields.iter().map(|field| field.path.as_str()).collect();
        json!({
            "entity": it.entity.word(),
            "user_id": it.owner,
            "record": it.id.as_str(),
            "kind": it.kind.word(),
            "fields": fields,
        })
    });
    statement(
        "INSERT INTO parity_findings (found_by, entity, user_id, record, kind, fields) \
         SELECT 'scrub', entity, user_id, record, kind, ARRAY(SELECT jsonb_array_elements_text(fields)) \
         FROM jsonb_to_recordset(?) AS d (entity text, user_id uuid, record uuid, kind text, fields jsonb)",
    )
    .bind::<Jsonb, _>(found.collect::<Value>())
    .execute(conn)
    .await
    .map(drop)
}
