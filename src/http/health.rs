//! Is the process alive, and is it of use? Asked by load balancers, so both answers are quick.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use diesel::{OptionalExtension, QueryResult, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::App;
use crate::db::{Db, migrations};

/// Alive: the process answers.
pub(super) async fn live() -> Json<Value> {
    Json(json!({"status": "live"}))
}

/// Ready: the database answers and has the schema this version needs.
pub(super) async fn ready(State(app): State<App>) -> impl IntoResponse {
    let known = migrations::newest_known();
    let (database, applied) = match ask_database(&app.db).await {
        Ok(found) => (
            json!({"status": "up", "version": found.server}),
            Some(found.migration),
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
    #[diesel(sql_type = Text)]
    migration: String,
}

async fn ask_database(db: &Db) -> Result<Found, &'static str> {
    let mut conn = db.conn().await.map_err(|error| {
        tracing::warn!("not ready: {error}");
        "no connection"
    })?;
    let found: QueryResult<Option<Found>> = sql_query(
        "SELECT current_setting('server_version') AS server, coalesce(max(version), '') AS migration \
         FROM __diesel_schema_migrations",
    )
    .get_result(&mut conn)
    .await
    .optional();
    match found {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err("no answer"),
        Err(error) => {
            tracing::warn!("not ready: {error}");
            Err("the schema is missing: run `regimen migrate up`")
        }
    }
}
