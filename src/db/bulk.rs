//! A connection for what is too much for statements: rows streamed into a table as they are on the wire.

use futures_util::SinkExt;
use std::io::Cursor;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::{Address, ConnectError, Limits};

/// Such a connection. It closes when it is dropped, and what was not committed is gone.
pub struct Bulk {
    client: Client,
    driver: JoinHandle<()>,
}

/// What the database said.
#[derive(Debug, thiserror::Error)]
#[error("the database refused what was loaded: {}", reason(.0))]
pub struct BulkError(#[from] tokio_postgres::Error);

/// With the place in what was loaded, but never with the values: they are somebody's.
fn reason(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || error.to_string(),
        |error| match (error.table(), error.constraint()) {
            (Some(table), Some(constraint)) => {
                format!("{} (`{constraint}` of `{table}`)", error.message())
            }
            _ => error.message().to_owned(),
        },
    )
}

impl Address {
    /// Opens one, without a limit on how long a statement may take.
    pub async fn bulk(&self, limits: Limits) -> Result<Bulk, ConnectError> {
        let (client, connection) = self.open(limits).await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection for loading has ended");
            }
        });
        let bulk = Bulk { client, driver };
        let unlimited = bulk.run("SET statement_timeout = 0").await;
        unlimited.map_err(|BulkError(error)| self.explain(&error))?;
        Ok(bulk)
    }
}

impl Bulk {
    /// Runs statements that return nothing, one after the other.
    pub async fn run(&self, statements: &str) -> Result<(), BulkError> {
        Ok(self.client.batch_execute(statements).await?)
    }

    /// Runs one statement with values, and says how many rows it was about.
    pub async fn run_with(
        &self,
        statement: &str,
        values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<u64, BulkError> {
        Ok(self.client.execute(statement, values).await?)
    }

    /// Streams rows that are written as a binary `COPY` wants them, and says how many there were.
    pub async fn copy(&self, statement: &str, rows: Vec<u8>) -> Result<u64, BulkError> {
        let sink = self.client.copy_in(statement).await?;
        let mut sink = std::pin::pin!(sink);
        sink.send(Cursor::new(rows)).await?;
        Ok(sink.finish().await?)
    }
}

impl Drop for Bulk {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
