//! What there is to beat: the same rows, put into the same tables with the same keys, indexes and checks by a plain
//! `COPY … (FORMAT binary)` over one connection.

use std::{
    fs::File,
    io::{Cursor, Read, Write},
    path::Path,
    pin::pin,
    time::Instant,
};

use futures_util::{SinkExt, StreamExt};
use tokio_postgres::Client;

use crate::{Failure, database::connect};

/// The tables that a backfill fills, parents first, and the accounts that they belong to.
const TABLES: [&str; 6] = [
    "user_settings",
    "exercises",
    "workouts",
    "workout_exercises",
    "sets",
    "history",
];
const ACCOUNTS: &str = "users";
/// How much is sent at a time.
const PIECE: usize = 256 << 10;

/// How many rows there are in all.
pub async fn rows(url: &str) -> Result<f64, Failure> {
    let client = connect(url).await?;
    let mut rows = 0.0;
    for table in TABLES {
        let count = format!("SELECT count(*)::float8 FROM public.{table}");
        rows += client.query_one(&count, &[]).await?.try_get::<_, f64>(0)?;
    }
    Ok(rows)
}

/// Writes all rows to files, as `COPY` gives them.
pub async fn take(url: &str, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let client = connect(url).await?;
    for table in [ACCOUNTS].into_iter().chain(TABLES) {
        let columns = columns(&client, table).await?;
        let copy = format!("COPY public.{table} ({columns}) TO STDOUT (FORMAT binary)");
        let mut rows = pin!(client.copy_out(&copy).await?);
        let mut file = File::create(folder.join(table))?;
        while let Some(piece) = rows.next().await {
            file.write_all(&piece?)?;
        }
    }
    Ok(())
}

/// Puts them into another database's tables, and says how many seconds that took, beside the accounts.
pub async fn put(url: &str, folder: &Path) -> Result<f64, Failure> {
    let client = connect(url).await?;
    load(&client, ACCOUNTS, folder).await?;
    client.batch_execute("CHECKPOINT").await?;
    let began = Instant::now();
    for table in TABLES {
        load(&client, table, folder).await?;
    }
    Ok(began.elapsed().as_secs_f64())
}

async fn load(client: &Client, table: &str, folder: &Path) -> Result<(), Failure> {
    let columns = columns(client, table).await?;
    let copy = format!("COPY public.{table} ({columns}) FROM STDIN (FORMAT binary)");
    let mut sink = pin!(client.copy_in::<_, Cursor<Vec<u8>>>(&copy).await?);
    let mut file = File::open(folder.join(table))?;
    loop {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        piece.truncate(read);
        sink.send(Cursor::new(piece)).await?;
    }
    sink.finish().await?;
    Ok(())
}

/// Those that are not computed from others.
async fn columns(client: &Client, table: &str) -> Result<String, Failure> {
    let columns = "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
         WHERE attrelid = ('public.' || $1)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";
    Ok(client.query_one(columns, &[&table]).await?.try_get(0)?)
}
