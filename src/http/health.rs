//! Is the process alive, and is it of use? Asked by load balancers, so both answers are quick.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use diesel::{QueryResult, dsl::sql, select, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::App;
use crate::{
    db::{Conn, Db, migrations},
    migration::{Control, Phase, queue},
};

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
    let (database, found) = match asked.unwrap_or(Err("no answer in time")) {
        Ok(found) => (
            json!({"status": "up", "version": found.server}),
            Some(found),
        ),
        Err(reason) => (json!({"status": "down", "reason": reason}), None),
    };
    let (applied, moving) = found.map_or((None, None), |found| (found.migration, found.moving));
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
        "phase": moving.map(|(phase, _)| phase.word()),
        "mirror": {"lag": moving.map(|(_, lag)| lag)},
    });
    (status, Json(body))
}

struct Found {
    server: String,
    /// The newest one applied: none where there is no schema.
    migration: Option<String>,
    /// The phase of the way in from files, and how many changes the files lack; none where there is no schema.
    moving: Option<(Phase, i64)>,
}

async fn ask_database(db: &Db) -> Result<Found, &'static str> {
    let mut conn = db.conn().await.map_err(|error| {
        tracing::warn!("not ready: {error}");
        "no connection"
    })?;
    found(&mut conn).await.map_err(|error| {
        tracing::warn!("not ready: {error}");
        "no answer"
    })
}

async fn found(conn: &mut Conn<'_>) -> QueryResult<Found> {
    let version = sql::<Text>("current_setting('server_version')");
    let server = select(version).get_result(conn).await?;
    let migration = migrations::applied(conn).await?.pop();
    let is_known = migration.as_deref() >= Some(migrations::newest_known().as_str());
    Ok(Found {
        server,
        migration,
        moving: if is_known {
            Some(moving(conn).await?)
        } else {
            None
        },
    })
}

/// Nothing follows anything where nothing is mirrored.
async fn moving(conn: &mut Conn<'_>) -> QueryResult<(Phase, i64)> {
    let control = Control::read(conn).await?;
    let lag = if control.standing().use_db_dual_write() {
        let lag = queue::lag(conn).await?;
        lag.changes + lag.queued
    } else {
        0
    };
    Ok((control.phase, lag))
}
