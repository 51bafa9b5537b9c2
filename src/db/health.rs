//! Whether the database answers, and has the schema that this version needs.

use std::time::Duration;

use diesel::{QueryResult, dsl::sql, select, sql_types::Text};
use diesel_async::RunQueryDsl;
use tokio::time::timeout;

use super::{Conn, Db, migrations};

/// Whoever asks gives up soon, so a database that takes longer is as good as none.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a database says that answers.
pub struct Health {
    /// The version of PostgreSQL.
    pub version: String,
    /// The newest migration that it has: none where there is no schema.
    pub applied: Option<String>,
}

impl Health {
    /// Asks, or says in a few words why there is no answer; the log has all of them.
    pub async fn of(db: &Db) -> Result<Self, &'static str> {
        let asked = timeout(PATIENCE, asked(db)).await;
        asked.unwrap_or(Err("no answer in time"))
    }

    /// Whether the schema is at least the one that this version needs.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.applied.as_deref() >= Some(migrations::newest_known().as_str())
    }
}

async fn asked(db: &Db) -> Result<Health, &'static str> {
    let mut conn = db.conn().await.map_err(|error| {
        tracing::warn!("not ready: {error}");
        "no connection"
    })?;
    told(&mut conn).await.map_err(|error| {
        tracing::warn!("not ready: {error}");
        "no answer"
    })
}

async fn told(conn: &mut Conn<'_>) -> QueryResult<Health> {
    let version = sql::<Text>("current_setting('server_version')");
    Ok(Health {
        version: select(version).get_result(conn).await?,
        applied: migrations::applied(conn).await?.pop(),
    })
}
