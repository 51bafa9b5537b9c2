//! Is the process alive, and is it of use? Asked by load balancers, so both answers are quick.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use diesel::{
    QueryResult,
    result::Error,
    sql_query,
    sql_types::{Nullable, Text},
};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::App;
use crate::db::{Conn, Db, migrations};

/// Whoever asks gives up soon, so a database that takes longer is as good as none.
const PATIENCE: Duration = Duration::from_secs(2);

/// Alive: the process answers.
pub(super) async fn live() -> Json<Value> {
    Json(json!({"status": "live"}))
}

/// Ready: the database answers and has the schema this version needs.
pub(super) async fn ready(State(app): State<App>) -> impl IntoResponse {
    let known = migrations::newest_known();
    let asked = timeout(PATIENCE, ask_database(&app.db)).await;
    let (database, applied) = match asked.unwrap_or(Err("no answer in time")) {
        Ok(found) => (
            json!({"status": "up", "version": found.server}),
            found.migration,
        ),
        Err(reason) => (json!({"status": "down", "reason": reason}), None),
    };
    let migrated = applied
        .as_deref()
        .is_some_and(|applied| applied >= known.as_str());
    let draining = app.draining.is_on();
    let ready = migrated && !draining;
    let pool = app.db.pool_state();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "status": if ready { "ready" } else if draining { "stopping" } else { "not ready" },
        "database": database,
        "migration": {"applied": applied, "known": known},
        "pool": {
            "open": pool.connections,
            "idle": pool.idle_connections,
            "timed_out": pool.statistics.get_timed_out,
        },
        // No legacy store is attached: PostgreSQL is read and written, and nothing is mirrored.
        "phase": "complete",
        "mirror": {"lag": 0},
    });
    (status, Json(body))
}

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    server: String,
    #[diesel(sql_type = Nullable<Text>)]
    migration: Option<String>,
}

async fn ask_database(db: &Db) -> Result<Found, &'static str> {
    let mut conn = db.conn().await.map_err(|error| {
        tracing::warn!("not ready: {error}");
        "no connection"
    })?;
    newest_applied(&mut conn).await.map_err(|error| {
        tracing::warn!("not ready: {error}");
        "no answer"
    })
}

/// The newest migration that the database has: none where it has no schema.
async fn newest_applied(conn: &mut Conn<'_>) -> QueryResult<Found> {
    const SERVER: &str = "current_setting('server_version') AS server";
    let found = sql_query(format!(
        "SELECT {SERVER}, max(version) AS migration FROM __diesel_schema_migrations"
    ))
    .get_result(conn)
    .await;
    match found {
        // This error has no kind of its own; in every language its message names the table.
        Err(Error::DatabaseError(_, about))
            if about.message().contains("__diesel_schema_migrations") =>
        {
            sql_query(format!("SELECT {SERVER}, NULL AS migration"))
                .get_result(conn)
                .await
        }
        found => found,
    }
}
