//! Comparing without believing anything: the files are read again from the first byte to the last, the tables of both
//! sides are hashed anew, and only then the two sides are compared.

use std::sync::Arc;

use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::sync::mpsc;

use super::{Parity, compare, remake};
use crate::{
    changes::Entity,
    db::{Bulk, Db, statement},
    error::{Error, Result},
    legacy::{
        Item,
        record::{Kind, Record},
        wire::{COPY_BEGINS, COPY_ENDS},
    },
    migration::{
        files::Files,
        pace::Hurry,
        tables::{ENTITIES, Side},
    },
};

/// How much is gathered before it is sent.
const CHUNK: usize = 512 << 10;

/// Reads the files, if they are at hand, hashes both sides anew and compares them. The mirror waits meanwhile,
/// so that the files stay as they are.
pub async fn scrub(db: &Db, files: Option<&Arc<Files>>, entities: &[Entity]) -> Result<Parity> {
    let _hurry = Hurry::up(db).await?;
    let still = db.bulk().await.map_err(Error::internal)?;
    still
        .run("BEGIN; LOCK TABLE mirror_places IN EXCLUSIVE MODE")
        .await
        .map_err(Error::internal)?;
    // Each with a connection of its own: two sides and a file take as long as the slowest of them.
    let reading = async {
        match files {
            Some(files) => read(db, files).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(
        one_anew(db, Side::Files, entities),
        one_anew(db, Side::Database, entities),
        reading
    )?;
    let mut conn = db.conn().await?;
    conn.transaction(async |conn| {
        conn.batch_execute("SET LOCAL statement_timeout = 0")
            .await?;
        let mut parity = compare(conn, entities).await?;
        if files.is_some() {
            let read = faithful(conn).await?;
            parity.unfaithful = read.unfaithful;
            parity.equal &= read.unfaithful == 0;
            parity.read = Some(read.records);
        }
        Ok(parity)
    })
    .await
}

async fn one_anew(db: &Db, side: Side, entities: &[Entity]) -> Result<()> {
    let mut conn = db.conn().await?;
    conn.transaction(async |conn| side_anew(conn, side, side.look_here(), entities).await)
        .await
}

/// Makes all hashes anew from the tables of both sides.
pub async fn anew(conn: &mut AsyncPgConnection, entities: &[Entity]) -> Result<()> {
    conn.transaction(async |conn| {
        for side in Side::BOTH {
            side_anew(conn, side, side.look_here(), entities).await?;
        }
        conn.batch_execute(Side::Database.look_here()).await?;
        Ok(())
    })
    .await
}

/// Makes the hashes of one side anew.
pub async fn refresh(conn: &mut AsyncPgConnection, side: Side) -> Result<()> {
    rehash(conn, side, side.look_here()).await
}

/// The same, from wherever `look_here` has the connection look.
pub async fn rehash(
    conn: &mut AsyncPgConnection,
    side: Side,
    look_here: &'static str,
) -> Result<()> {
    conn.transaction(async |conn| side_anew(conn, side, look_here, &ENTITIES).await)
        .await
}

/// Takes the time that many records need.
async fn side_anew(
    conn: &mut AsyncPgConnection,
    side: Side,
    look_here: &'static str,
    entities: &[Entity],
) -> Result<()> {
    conn.batch_execute("SET LOCAL statement_timeout = 0")
        .await?;
    conn.batch_execute(look_here).await?;
    for entity in entities {
        remake(conn, side, *entity).await?;
    }
    Ok(())
}

/// Hashes every record of the files into a table.
async fn read(db: &Db, files: &Arc<Files>) -> Result<()> {
    let bulk = db.bulk().await.map_err(Error::internal)?;
    bulk.run("TRUNCATE parity_read")
        .await
        .map_err(Error::internal)?;
    let (sender, mut chunks) = mpsc::channel(1);
    // What the mirror knows of the files stays as it is: what others wrote is found by that.
    let files = files.apart();
    let reading = tokio::task::spawn_blocking(move || {
        let mut rows = COPY_BEGINS.to_vec();
        let outcome = files.read(|item| {
            if let Item::Record(record) = &item {
                row(record, &mut rows);
            }
            if rows.len() >= CHUNK {
                // Nobody waits for it only when storing has failed, which is told there.
                let _ = sender.blocking_send(std::mem::replace(&mut rows, COPY_BEGINS.to_vec()));
            }
        });
        let _ = sender.blocking_send(rows);
        outcome
    });
    while let Some(rows) = chunks.recv().await {
        store(&bulk, rows).await?;
    }
    reading.await.map_err(Error::internal)??;
    Ok(())
}

async fn store(bulk: &Bulk, mut rows: Vec<u8>) -> Result<()> {
    rows.extend_from_slice(COPY_ENDS);
    let copy = "COPY parity_read (entity, user_id, id, hash) FROM STDIN (FORMAT binary)";
    bulk.copy(copy, rows).await.map_err(Error::internal)?;
    Ok(())
}

/// A row of the table, as it is on the wire; accounts are nobody's copy.
fn row(record: &Record, rows: &mut Vec<u8>) {
    if record.kind() == Kind::User {
        return;
    }
    let key = record.key();
    let hash = record.hash();
    rows.extend_from_slice(&4_i16.to_be_bytes());
    for field in [
        key.kind.word().as_bytes(),
        key.owner.0.as_bytes(),
        key.id.as_bytes(),
        &hash,
    ] {
        rows.extend_from_slice(&i32::try_from(field.len()).unwrap_or_default().to_be_bytes());
        rows.extend_from_slice(field);
    }
}

#[derive(QueryableByName)]
struct Read {
    #[diesel(sql_type = BigInt)]
    records: i64,
    #[diesel(sql_type = BigInt)]
    unfaithful: i64,
}

/// How many records were read, and how many are not what was known of the files. The server's own library is
/// shown beside the files' exercises without being in a file.
async fn faithful(conn: &mut AsyncPgConnection) -> Result<Read> {
    Ok(statement(
        "SELECT (SELECT count(*) FROM parity_read) AS records, count(*) AS unfaithful \
         FROM parity_read r FULL JOIN (SELECT * FROM parity_leaves WHERE side = 'files') AS l \
           USING (entity, user_id, id) \
         WHERE r.hash IS DISTINCT FROM l.hash AND NOT (r.hash IS NULL AND entity = 'exercise' \
           AND user_id = '00000000-0000-0000-0000-000000000000' \
           AND EXISTS (SELECT FROM public.exercises e WHERE e.id = id AND e.source <> 'legacy'))",
    )
    .get_result(conn)
    .await?)
}
