//! The statements of the feed: appending, reading, and forgetting.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Batch, Change, Entity, Op, Place, Recorded, Scope};
use crate::{
    db::{schema::change_heads, statement},
    error::{Error, Result},
    viewer::UserId,
};

/// The part of a statement that appends to feeds, behind a part named `change` with the columns
/// `user_id`, `entity`, `entity_id`, `op`, `version` and the number `n`.
macro_rules! appended {
    () => {
        "head AS ( \
           INSERT INTO change_heads (user_id, seq) \
           SELECT user_id, count(*) FROM change GROUP BY user_id \
           ON CONFLICT (user_id) DO UPDATE SET seq = change_heads.seq + excluded.seq \
           RETURNING user_id, seq), \
         appended AS ( \
           INSERT INTO changes (user_id, seq, entity, entity_id, op, version) \
           SELECT user_id, head.seq - (SELECT count(*) FROM change) + n, entity, entity_id, op, version \
           FROM head JOIN change USING (user_id))"
    };
}

pub(crate) use appended;

/// Appends to the owner's feed, in one statement however many changes there are. The owner's head stays
/// locked until the transaction ends, so the sequence is the order of commits. Whoever commits rings
/// for the readers (`Hub::announce`); a notification in the transaction itself would have all commits
/// of the database wait for each other.
pub async fn append(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    changes: &[Change],
) -> QueryResult<()> {
    if changes.is_empty() {
        return Ok(());
    }
    statement(concat!(
        "WITH change AS (SELECT ? AS user_id, c.* FROM unnest(?, ?, ?, ?) WITH ORDINALITY \
             AS c (entity, entity_id, op, version, n)), ",
        appended!(),
        " SELECT"
    ))
    .bind::<SqlUuid, _>(owner)
    .column::<Text, _, _>(changes, |change| change.entity.word())
    .column::<SqlUuid, _, _>(changes, |change| change.id)
    .column::<Text, _, _>(changes, |change| change.op.word())
    .column::<Integer, _, _>(changes, |change| change.version)
    .execute(conn)
    .await
    .map(drop)
}

/// Where these feeds end at the moment. A feed without any change ends at 0.
pub async fn heads(conn: &mut AsyncPgConnection, owners: &[UserId]) -> QueryResult<Vec<Place>> {
    let found: Vec<(UserId, i64)> = change_heads::table
        .filter(change_heads::user_id.eq_any(owners))
        .select((change_heads::user_id, change_heads::seq))
        .load(conn)
        .await?;
    let place = |owner: &UserId| Place {
        owner: *owner,
        seq: found
            .iter()
            .find(|(of, _)| of == owner)
            .map_or(0, |(_, seq)| *seq),
    };
    Ok(owners.iter().map(place).collect())
}

/// Reads on from `places`, at most `limit` changes of all feeds together, wanted or not: what it
/// costs is known beforehand. A place whose next change is no longer kept has expired; so has one
/// beyond the end, which only a database that was set back can have.
pub async fn read(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    places: &[Place],
    limit: usize,
) -> Result<Batch> {
    let mut lines = fetch(conn, places, limit).await?.into_iter().peekable();
    let mut batch = Batch {
        changes: Vec::new(),
        places: places.to_vec(),
        more: false,
    };
    let mut room = limit;
    for (place, from) in batch.places.iter_mut().zip(places) {
        while let Some(line) = lines.next_if(|line| line.owner == from.owner) {
            let Some(seq) = line.seq else {
                // Nothing new: then the place must be the end.
                if line.head != from.seq {
                    return Err(Error::CursorExpired);
                }
                continue;
            };
            if room == 0 {
                batch.more = true;
                continue;
            }
            if seq != place.seq + 1 {
                return Err(Error::CursorExpired);
            }
            room -= 1;
            place.seq = seq;
            let wanted = |change: &Recorded| scope.has(change.entity);
            batch.changes.extend(line.recorded(seq).filter(wanted));
        }
    }
    keep_newest(&mut batch.changes);
    Ok(batch)
}

/// Of each record its last change alone.
fn keep_newest(changes: &mut Vec<Recorded>) {
    let mut seen = HashSet::new();
    changes.reverse();
    changes.retain(|change| seen.insert((change.entity, change.id)));
    changes.reverse();
}

/// One change of a feed, or that there is none.
#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = SqlUuid)]
    owner: UserId,
    #[diesel(sql_type = BigInt)]
    head: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    entity: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    entity_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    op: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    version: Option<i32>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

impl Line {
    /// A newer server on the same database may write kinds that this one does not know: they are
    /// passed over.
    fn recorded(self, seq: i64) -> Option<Recorded> {
        Some(Recorded {
            owner: self.owner,
            seq,
            entity: Entity::of_word(&self.entity?)?,
            id: self.entity_id?,
            op: Op::of_word(&self.op?)?,
            version: self.version?,
            at: self.at?,
        })
    }
}

/// One more of each feed than may be shown, to know whether there is more.
async fn fetch(
    conn: &mut AsyncPgConnection,
    places: &[Place],
    limit: usize,
) -> QueryResult<Vec<Line>> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    statement(
        "SELECT f.owner, coalesce(h.seq, 0) AS head, c.seq, c.entity, c.entity_id, c.op, c.version, c.at \
         FROM unnest(?, ?) WITH ORDINALITY AS f (owner, after, n) \
         LEFT JOIN change_heads h ON h.user_id = f.owner \
         LEFT JOIN LATERAL ( \
           SELECT * FROM changes WHERE user_id = f.owner AND seq > f.after ORDER BY seq LIMIT ? \
         ) c ON true \
         ORDER BY f.n, c.seq",
    )
    .bind::<Array<SqlUuid>, _>(places.iter().map(|place| place.owner.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|place| place.seq).collect::<Vec<_>>())
    .bind::<BigInt, _>(most)
    .get_results(conn)
    .await
}

/// Lets go of about `most` changes from before `cutoff`, and says how many went; 0 when there are no
/// more. Heads stay, so no number is ever given twice. What goes is always the beginning of a feed:
/// what stays has no holes, even where a clock was set back. What the mirror has not seen yet stays.
pub async fn forget_older_than(
    conn: &mut AsyncPgConnection,
    cutoff: DateTime<Utc>,
    most: i64,
) -> QueryResult<usize> {
    sql_query(
        "WITH old AS ( \
           SELECT user_id, max(seq) AS seq FROM ( \
             SELECT user_id, seq FROM changes WHERE at < $1 ORDER BY at, seq LIMIT $2) oldest \
           GROUP BY user_id), \
         gone AS ( \
           SELECT old.user_id, least(old.seq, ( \
             SELECT min(w.seq) - 1 FROM changes w \
             WHERE w.user_id = old.user_id AND w.image IS NOT NULL AND w.mirrored_at IS NULL)) AS seq \
           FROM old) \
         DELETE FROM changes c USING gone WHERE c.user_id = gone.user_id AND c.seq <= gone.seq",
    )
    .bind::<Timestamptz, _>(cutoff)
    .bind::<BigInt, _>(most)
    .execute(conn)
    .await
}
