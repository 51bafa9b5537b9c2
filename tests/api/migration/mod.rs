//! The way in from JSON files: its phases, who may change them, and the audit of what was done.

mod accounts;
mod audit;
mod clients;
mod commands;
mod crashes;
mod deciding;
mod disks;
mod endings;
mod fences;
mod fixture;
mod hashes;
mod leases;
mod load;
mod long_files;
mod looking;
mod model;
mod moved;
mod postgres;
mod steps;
mod telling;
mod two_servers;
mod way;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use regimen::{
    db::Db,
    migration::{
        Actor, Control, Failure, Fence, Phase, begin_with_files, certify, finish_backfill, pass,
        set_dual_write, step::Step,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{TestApp, TestUser};

pub const STATUS: &str =
    "{ migration { phase epoch readSource useDb useDbDualWrite behind certifiedUntil
    fenceDeadline jobs { job state } nextStep { to fenced heldBackBy }
    rollbackStep { to heldBackBy } } }";
pub const SET: &str = "mutation ($on: Boolean!, $epoch: Int) {
    setDualWrite(on: $on, expectedEpoch: $epoch) { migration { phase epoch useDbDualWrite } } }";
pub const ROLL_BACK: &str = "mutation ($epoch: Int) {
    rollbackMigration(expectedEpoch: $epoch) { migration { phase epoch useDb } } }";
pub const AUDIT: &str =
    "query ($first: Int, $after: String) { migrationAudit(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { seq actor action fromPhase toPhase epoch details hash } } }";

const LASTING: Duration = Duration::from_secs(5);

async fn sql(app: &TestApp, statements: &str) {
    let mut conn = app.database.connect().await;
    conn.batch_execute(statements).await.unwrap();
}

async fn control(app: &TestApp) -> Control {
    Control::read(&mut app.database.connect().await)
        .await
        .unwrap()
}

async fn status(admin: &TestUser<'_>) -> Value {
    admin.graphql(STATUS, json!({})).await.data()["migration"].clone()
}

/// Takes the way in as far as this phase, as those who do the work would.
async fn reach(app: &TestApp, phase: Phase) -> Control {
    let conn = &mut app.database.connect().await;
    let mut now = begin_with_files(conn, Actor::Server).await.unwrap();
    if phase == now.phase {
        return now;
    }
    now = set_dual_write(&app.db, Actor::Server, true, None, LASTING)
        .await
        .unwrap();
    if phase == now.phase {
        return now;
    }
    sql(
        app,
        "INSERT INTO migration_checkpoints (job, state, term) VALUES ('backfill', 'done', 1)",
    )
    .await;
    now = finish_backfill(conn, Actor::Server).await.unwrap();
    if phase == now.phase {
        return now;
    }
    now = prove(conn, Duration::from_mins(1)).await;
    if phase == now.phase {
        return now;
    }
    now = cut_over(&app.db, true).await.unwrap();
    assert_eq!(now.phase, phase);
    now
}

async fn prove(conn: &mut AsyncPgConnection, lasting: Duration) -> Control {
    let now = Control::read(conn).await.unwrap();
    certify(conn, Actor::Server, now.epoch, &json!({}), lasting)
        .await
        .unwrap()
}

fn cutover(lasting: Duration) -> Fence {
    Fence {
        step: Step::between(Phase::Verified, Phase::Soak).unwrap(),
        lasting,
        expected_epoch: None,
    }
}

async fn cut_over(db: &Db, equal: bool) -> Result<Control, Failure> {
    pass(db, Actor::Server, cutover(LASTING), async |_| Ok(equal)).await
}

/// What was done, the oldest first: action, the phase before, and the phase afterwards.
async fn done(admin: &TestUser<'_>) -> Vec<String> {
    let answer = admin.graphql(AUDIT, json!({"first": 100})).await;
    let rows = answer.data()["migrationAudit"]["nodes"]
        .as_array()
        .unwrap()
        .clone();
    let line = |row: &Value| {
        let word = |name: &str| row[name].as_str().unwrap().to_lowercase();
        format!(
            "{}: {} {}",
            word("action"),
            word("fromPhase"),
            word("toPhase")
        )
    };
    rows.iter().rev().map(line).collect()
}
