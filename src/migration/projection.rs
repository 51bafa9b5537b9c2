//! The files as tables: a copy that is made anew whenever somebody else has written a file. Requests read it
//! with the statements that they use for everything.

use std::{collections::HashMap, sync::Arc};

use diesel::{QueryResult, QueryableByName, sql_types::Binary};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{
    files::{Files, FilesError, Read, lookups},
    mirror, parity,
    tables::{EXERCISES, PEOPLE, Side, TABLES, Table},
};
use crate::{
    config::failpoints,
    db::{Bulk, BulkError, ConnectError, Db, statement},
    error::Error,
    legacy::{
        Item, Quarantined,
        record::Record,
        wire::{COPY_BEGINS, COPY_ENDS, Form},
    },
};

/// Empty tables, and what makes them ready.
const BEGIN: &str = include_str!("sql/begin.sql");
const FINISH: &str = include_str!("sql/finish.sql");
/// What has them take their place.
const SHOW: &str = include_str!("sql/show.sql");
/// Makes a transaction see them before that.
const LOOK_AHEAD: &str = "SET LOCAL search_path = regimen_files_next, public";

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

const ACCOUNTS: &str =
    "INSERT INTO public.users SELECT * FROM regimen_files_next.people ON CONFLICT DO NOTHING";

const STRANGERS: &str = "DO $$ BEGIN \
       IF EXISTS (SELECT FROM regimen_files_next.people p WHERE NOT EXISTS (SELECT FROM public.users u WHERE u.id = p.id)) \
       THEN RAISE EXCEPTION 'an address in the files belongs to an account already: link the two with `regimen migration link`'; \
       END IF; END $$";

/// How often each piece was seen in this reading.
type Seen = HashMap<[u8; 32], i32>;

/// What could not be understood is evidence; what was seen before adds nothing, also where it has moved in its file. Of
/// pieces that are the same each is kept.
async fn keep(bulk: &Bulk, piece: &Quarantined, seen: &mut Seen) -> Result<(), BulkError> {
    let position = i64::try_from(piece.place.start).unwrap_or(i64::MAX);
    let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let part = piece.part.as_deref().map(|part| format!("`{part}`: "));
    let reason: String = format!("{}{}", part.unwrap_or_default(), piece.reason);
    let reason: String = reason.chars().take(1000).collect();
    let known = Sha256::new()
        .chain_update(format!("{}\0{reason}\0", piece.file))
        .chain_update(&piece.bytes);
    let occurrence = seen.entry(known.finalize().into()).or_default();
    *occurrence += 1;
    bulk.run_with(
        "INSERT INTO migration_quarantine AS q (file, position, line, \"column\", bytes, reason, occurrence) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (file, sha256(bytes), reason, occurrence) DO UPDATE \
           SET position = excluded.position, line = excluded.line, \"column\" = excluded.\"column\" \
           WHERE q.position <> excluded.position",
        &[
            &piece.file,
            &position,
            &whole(piece.line),
            &whole(piece.column),
            &piece.bytes,
            &reason,
            &*occurrence,
        ],
    )
    .await
    .map(drop)
}

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = Binary)]
    stamp: Vec<u8>,
}

/// Which state of the files the tables hold; none before they were made, or after a crash.
pub async fn shown(conn: &mut AsyncPgConnection) -> QueryResult<Option<Vec<u8>>> {
    let shown: Vec<Shown> = statement("SELECT stamp FROM regimen_files.projected")
        .load(conn)
        .await?;
    Ok(shown.into_iter().next().map(|row| row.stamp))
}

/// How much is gathered before it is sent.
const CHUNK: usize = 1 << 20;
/// The most pieces that cannot be understood of which more than the number is kept.
const MOST_QUARANTINED: usize = 10_000;

/// Why the files are not in the tables.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Load(#[from] BulkError),
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<diesel::result::Error> for ProjectionError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<ProjectionError> for Error {
    fn from(error: ProjectionError) -> Self {
        match error {
            ProjectionError::Files(error) => error.into(),
            ProjectionError::Database(error) => error,
            other => Self::unavailable(other),
        }
    }
}

/// The files' tables made anew, beside those that are shown. Whoever wants to write waits until these are shown, or
/// given up; readers see the others meanwhile.
pub struct Projection {
    /// In a transaction that holds the lock of writers.
    conn: AsyncPgConnection,
    pub read: Read,
    /// Which state of the files is shown yet.
    pub before: Option<Vec<u8>>,
}

impl Projection {
    pub async fn make(db: &Db, files: &Arc<Files>) -> Result<Self, ProjectionError> {
        let mut conn = db.dedicated().await?;
        Transactions::begin_transaction(&mut conn).await?;
        conn.batch_execute(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
             LOCK TABLE mirror_places IN EXCLUSIVE MODE",
        )
        .await?;
        // Whoever says who somebody of the files is holds the same lock.
        files.look_up(lookups(&mut conn).await?);
        // There is nothing to be found where nothing was shown yet.
        let before = conn.transaction(async |conn| shown(conn).await).await;
        let read = fill(db, files).await?;
        Ok(Self {
            conn,
            read,
            before: before.unwrap_or_default(),
        })
    }

    /// Hashes what was read, before anybody is shown it.
    pub async fn hash(&mut self) -> crate::error::Result<()> {
        parity::rehash(&mut self.conn, Side::Files, LOOK_AHEAD).await
    }

    /// What is done here is part of it.
    pub const fn conn(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }

    /// Has the tables take their place. Nobody sees them yet.
    pub async fn replace(&mut self) -> Result<(), ProjectionError> {
        self.conn.batch_execute(SHOW).await?;
        self.conn.batch_execute(Side::Database.look_here()).await?;
        failpoints::reach("projection.replaced");
        Ok(())
    }

    /// Shows them. Where the files follow the database, they have from the first moment on what was acknowledged.
    pub async fn show(mut self, follows: bool) -> Result<Read, ProjectionError> {
        if follows {
            mirror::show_acknowledged(&mut self.conn).await?;
        }
        Transactions::commit_transaction(&mut self.conn).await?;
        Ok(self.read)
    }
}

/// Fills tables that nobody is shown yet.
async fn fill(db: &Db, files: &Arc<Files>) -> Result<Read, ProjectionError> {
    let bulk = db.bulk().await?;
    bulk.run("BEGIN").await?;
    bulk.run(BEGIN).await?;
    let (sender, mut chunks) = mpsc::channel(1);
    let reading = read_into(Arc::clone(files), sender);
    let (mut quarantined, mut seen) = (0, Seen::new());
    while let Some(mut rows) = chunks.recv().await {
        for piece in std::mem::take(&mut rows.quarantined) {
            quarantined += 1;
            if quarantined <= MOST_QUARANTINED {
                keep(&bulk, &piece, &mut seen).await?;
            }
        }
        load(&bulk, rows).await?;
    }
    let read = reading
        .await
        .map_err(|error| FilesError::Broken(error.to_string()))??;
    bulk.run_with(ACCOUNTS, &[]).await?;
    bulk.run(STRANGERS).await?;
    bulk.run_with(&library(), &[]).await?;
    bulk.run_with(
        "INSERT INTO regimen_files_next.projected (stamp) VALUES ($1)",
        &[&read.stamp],
    )
    .await?;
    bulk.run(FINISH).await?;
    bulk.run("COMMIT").await?;
    Ok(read)
}

/// The server's own library can be used by whoever is in the files, too.
fn library() -> String {
    let Table { name, columns, .. } = EXERCISES;
    format!(
        "INSERT INTO regimen_files_next.{name} ({columns}) SELECT {columns} FROM public.{name} e \
         WHERE owner_id IS NULL AND source <> 'legacy' \
           AND NOT EXISTS (SELECT FROM regimen_files_next.{name} f WHERE f.id = e.id)"
    )
}

type Reading = tokio::task::JoinHandle<Result<Read, FilesError>>;

/// Reads everything on a thread that may wait for the disk, a chunk at a time.
fn read_into(files: Arc<Files>, sender: mpsc::Sender<Rows>) -> Reading {
    tokio::task::spawn_blocking(move || {
        let mut rows = Rows::default();
        let read = files.read(|item| {
            match item {
                Item::Record(record) => rows.add(&record),
                Item::Quarantined(piece) => rows.quarantined.push(piece),
            }
            if rows.size() >= CHUNK {
                // Nobody waits for it only when loading has failed, which is told there.
                let _ = sender.blocking_send(std::mem::take(&mut rows));
            }
        })?;
        let _ = sender.blocking_send(rows);
        Ok(read)
    })
}

async fn load(bulk: &Bulk, rows: Rows) -> Result<(), BulkError> {
    for (table, mut rows) in [PEOPLE].into_iter().chain(TABLES).zip(rows.of_tables) {
        if !rows.is_empty() {
            rows.extend_from_slice(COPY_ENDS);
            let Table { name, columns, .. } = table;
            let copy =
                format!("COPY regimen_files_next.{name} ({columns}) FROM STDIN (FORMAT binary)");
            bulk.copy(&copy, rows).await?;
        }
    }
    Ok(())
}

/// Some of what the files hold.
#[derive(Default)]
struct Rows {
    /// For each table, people first, as they are on the wire.
    of_tables: [Vec<u8>; 7],
    quarantined: Vec<Quarantined>,
}

impl Rows {
    fn size(&self) -> usize {
        let quarantined = self.quarantined.iter().map(|piece| piece.bytes.len());
        quarantined.chain(self.of_tables.iter().map(Vec::len)).sum()
    }

    fn of(&mut self, table: usize) -> &mut Vec<u8> {
        let rows = &mut self.of_tables[table];
        if rows.is_empty() {
            rows.extend_from_slice(COPY_BEGINS);
        }
        rows
    }

    fn add(&mut self, record: &Record) {
        match record {
            Record::User(user) => user.row(Form::Copy, self.of(0)),
            Record::Settings(settings) => settings.row(Form::Copy, self.of(1)),
            Record::Exercise(exercise) => exercise.row(Form::Copy, self.of(2)),
            Record::History(entry) => entry.row(Form::Copy, self.of(6)),
            Record::Workout(workout) => {
                workout.row(Form::Copy, self.of(3));
                for exercise in &workout.exercises {
                    exercise.row(Form::Copy, self.of(4));
                    for set in &exercise.sets {
                        set.row(Form::Copy, self.of(5));
                    }
                }
            }
        }
    }
}
