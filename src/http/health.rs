//! Is the process alive, and is it of use? Asked by load balancers, so both answers are quick.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::{Value, json};

use super::App;
use crate::{
    db::{Db, Health, migrations},
    error::Result,
    migration::{Control, Phase, queue},
};

/// Alive: the process answers.
pub(super) async fn live() -> Json<Value> {
    Json(json!({"status": "live"}))
}

/// Ready: the database answers and has the schema this version needs.
pub(super) async fn ready(State(app): State<App>) -> impl IntoResponse {
    let (database, health) = match Health::of(&app.db).await {
        Ok(health) => (
            json!({"status": "up", "version": health.version}),
            Some(health),
        ),
        Err(reason) => (json!({"status": "down", "reason": reason}), None),
    };
    let migrated = health.as_ref().is_some_and(Health::is_current);
    let moving = if migrated {
        moving(&app.db).await.ok()
    } else {
        None
    };
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
        "migration": {
            "applied": health.and_then(|health| health.applied),
            "known": migrations::newest_known(),
        },
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

/// The phase of the way in from files, and how many changes the files lack: nothing follows anything where nothing is
/// mirrored.
async fn moving(db: &Db) -> Result<(Phase, i64)> {
    let mut conn = db.conn().await?;
    let control = Control::read(&mut conn).await?;
    let lag = if control.standing().use_db_dual_write() {
        let lag = queue::lag(&mut conn).await?;
        lag.changes + lag.queued
    } else {
        0
    };
    Ok((control.phase, lag))
}
