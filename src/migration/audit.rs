//! What was done and by whom. Rows are only ever added; each holds the hash of the row before it and of
//! itself, and the control row the last hash, so that whatever is changed afterwards can be told.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Binary, Jsonb, Text, Timestamptz},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{Control, control::Actor, phase::Phase};
use crate::{
    db::{
        keyset,
        schema::{migration_audit, migration_control},
        statement,
    },
    graphql::{Page, written::parts},
};

/// How many rows are verified at once.
const AT_ONCE: i64 = 1_000;
/// What the first row continues.
const BEGINNING: [u8; 32] = [0; 32];

/// One thing that was done on the way in.
#[derive(Clone, Debug, HasQuery, async_graphql::SimpleObject, Serialize)]
#[diesel(table_name = migration_audit)]
#[graphql(name = "MigrationAuditEntry", complex)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its number; there are no gaps.
    pub seq: i64,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it: the id of a user, `command line`, or `server`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The phase before.
    pub from_phase: Phase,
    /// The phase afterwards.
    pub to_phase: Phase,
    /// The epoch afterwards.
    pub epoch: i64,
    /// What else there is to say about it.
    pub details: Json,
    #[graphql(skip)]
    #[serde(serialize_with = "as_hex")]
    hash: Vec<u8>,
}

parts! {
    AuditEntry { seq, at, actor, action, from_phase, to_phase, epoch, details }
    told { hash by hash_text }
}

/// Something to add.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    pub actor: Actor,
    pub action: &'a str,
    pub from: Phase,
    pub to: Phase,
    pub epoch: i64,
    pub details: Json,
}

/// What a look at the whole audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// How many rows hold, from the first on.
    pub rows: i64,
    /// The hash of the last of them. Whoever keeps it elsewhere can tell a chain that was made anew.
    pub head: String,
    /// What is wrong with the row that follows; none where all is as it was written.
    pub broken: Option<String>,
}

impl AuditEntry {
    /// The hash of this row, in hexadecimal digits.
    pub fn hash_text(&self) -> String {
        hex(&self.hash)
    }

    /// One page, the newest first.
    pub async fn page_of(conn: &mut AsyncPgConnection, page: &Page<i64>) -> QueryResult<Vec<Self>> {
        use migration_audit::{seq, table};

        let from = page.from.map(|place| (place, place));
        let query = table.limit(page.limit()).into_boxed();
        keyset!(query, seq, seq, page.upwards(false), from)
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// Some of the rows behind this one, the oldest first.
    pub async fn after(conn: &mut AsyncPgConnection, last: i64) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(migration_audit::seq.gt(last))
            .order(migration_audit::seq)
            .limit(AT_ONCE)
            .load(conn)
            .await
    }

    pub async fn count(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
        migration_audit::table.count().get_result(conn).await
    }
}

fn as_hex<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The next link: what the row is to hold beside the note itself.
#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Binary)]
    previous: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    details: String,
}

/// Adds what was done in a phase that stays as it is.
pub async fn note(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    action: &str,
    details: Json,
) -> QueryResult<()> {
    conn.transaction(async |conn| {
        let now = Control::read(conn).await?;
        let note = Note {
            actor,
            action,
            from: now.phase,
            to: now.phase,
            epoch: now.epoch,
            details,
        };
        append(conn, note).await
    })
    .await
}

/// Adds a row, in the caller's transaction. The control row stays locked until its end, so rows follow
/// each other in the order of commits.
pub async fn append(conn: &mut AsyncPgConnection, note: Note<'_>) -> QueryResult<()> {
    let link: Link = statement(
        "UPDATE migration_control SET audit_seq = audit_seq + 1 \
         RETURNING audit_seq AS seq, audit_hash AS previous, clock_timestamp() AS at, \
           (?)::text AS details",
    )
    .bind::<Jsonb, _>(&note.details)
    .get_result(conn)
    .await?;
    let row = Content {
        seq: link.seq,
        at: link.at,
        actor: note.actor.to_string(),
        action: note.action.to_owned(),
        from_phase: note.from.word().to_owned(),
        to_phase: note.to.word().to_owned(),
        epoch: note.epoch,
        details: link.details,
        previous_hash: link.previous,
    };
    let hash = row.hash();
    diesel::insert_into(migration_audit::table)
        .values((
            migration_audit::seq.eq(row.seq),
            migration_audit::at.eq(row.at),
            migration_audit::actor.eq(&row.actor),
            migration_audit::action.eq(&row.action),
            migration_audit::from_phase.eq(&row.from_phase),
            migration_audit::to_phase.eq(&row.to_phase),
            migration_audit::epoch.eq(row.epoch),
            migration_audit::details.eq(&note.details),
            migration_audit::previous_hash.eq(&row.previous_hash),
            migration_audit::hash.eq(&hash),
        ))
        .execute(conn)
        .await?;
    diesel::update(migration_control::table)
        .set(migration_control::audit_hash.eq(&hash))
        .execute(conn)
        .await?;
    Ok(())
}

/// What a row's hash is made of, as the database spells it.
#[derive(QueryableByName)]
struct Content {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Text)]
    from_phase: String,
    #[diesel(sql_type = Text)]
    to_phase: String,
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = Text)]
    details: String,
    #[diesel(sql_type = Binary)]
    previous_hash: Vec<u8>,
}

impl Content {
    /// Over the hash before, the numbers as 64 bits, and each text with its length before it.
    fn hash(&self) -> Vec<u8> {
        let mut digest = Sha256::new()
            .chain_update(&self.previous_hash)
            .chain_update(self.seq.to_be_bytes())
            .chain_update(self.at.timestamp_micros().to_be_bytes())
            .chain_update(self.epoch.to_be_bytes());
        for text in [
            &self.actor,
            &self.action,
            &self.from_phase,
            &self.to_phase,
            &self.details,
        ] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        digest.finalize().to_vec()
    }
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(embed)]
    content: Content,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

/// What the control row says of the audit, and of what the audit's last row should say.
#[derive(Queryable, Selectable)]
#[diesel(table_name = migration_control)]
struct Head {
    audit_seq: i64,
    audit_hash: Vec<u8>,
    phase: Phase,
    epoch: i64,
}

/// Computes the whole chain anew, as it is at one moment.
pub async fn verify(conn: &mut AsyncPgConnection) -> QueryResult<Verdict> {
    conn.build_transaction()
        .read_only()
        .repeatable_read()
        .run(async |conn| compute(conn).await)
        .await
}

async fn compute(conn: &mut AsyncPgConnection) -> QueryResult<Verdict> {
    let head: Head = migration_control::table
        .select(Head::as_select())
        .first(conn)
        .await?;
    let mut chain = Chain::default();
    while chain.broken.is_none() && chain.rows < head.audit_seq {
        let rows = stored_after(conn, chain.rows, head.audit_seq).await?;
        if rows.is_empty() {
            let missing = chain.rows + 1;
            chain.broken = Some(format!("row {missing} is missing"));
        }
        for row in rows {
            if chain.broken.is_none() {
                chain.follow(&row);
            }
        }
    }
    if chain.broken.is_none() {
        chain.broken = chain.unlike(conn, &head).await?;
    }
    Ok(Verdict {
        rows: chain.rows,
        head: hex(&chain.hash),
        broken: chain.broken,
    })
}

struct Chain {
    rows: i64,
    hash: Vec<u8>,
    /// Where the last row left the phase and the epoch.
    reached: Option<(String, i64)>,
    broken: Option<String>,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            rows: 0,
            hash: BEGINNING.to_vec(),
            reached: None,
            broken: None,
        }
    }
}

impl Chain {
    fn follow(&mut self, row: &Stored) {
        let (expected, found) = (self.rows + 1, row.content.seq);
        if found != expected {
            self.broken = Some(format!("row {expected} is missing"));
        } else if row.content.previous_hash != self.hash {
            self.broken = Some(format!("row {found} does not follow the one before it"));
        } else if row.content.hash() != row.hash {
            self.broken = Some(format!("row {found} was changed"));
        } else {
            self.rows = found;
            self.hash.clone_from(&row.hash);
            self.reached = Some((row.content.to_phase.clone(), row.content.epoch));
        }
    }

    /// What the control row says otherwise than the chain.
    async fn unlike(
        &self,
        conn: &mut AsyncPgConnection,
        head: &Head,
    ) -> QueryResult<Option<String>> {
        if self.hash != head.audit_hash {
            return Ok(Some(format!(
                "row {} is not the one that was written last",
                self.rows
            )));
        }
        let reached = self.reached.as_ref();
        let says = reached.map_or(("none", 0), |(phase, epoch)| (phase, *epoch));
        if says != (head.phase.word(), head.epoch) {
            return Ok(Some(format!(
                "the phase is `{}` in epoch {}, which no row tells of",
                head.phase, head.epoch
            )));
        }
        let beyond: Option<i64> = migration_audit::table
            .filter(migration_audit::seq.gt(self.rows))
            .select(diesel::dsl::min(migration_audit::seq))
            .first(conn)
            .await?;
        Ok(beyond.map(|seq| format!("row {seq} was added by somebody else")))
    }
}

async fn stored_after(
    conn: &mut AsyncPgConnection,
    after: i64,
    last: i64,
) -> QueryResult<Vec<Stored>> {
    statement(
        "SELECT seq, at, actor, action, from_phase, to_phase, epoch, details::text AS details, \
           previous_hash, hash \
         FROM migration_audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
    )
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(last)
    .bind::<BigInt, _>(AT_ONCE)
    .get_results(conn)
    .await
}
