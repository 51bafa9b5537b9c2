//! Writers and fences: nobody writes while the sides change places, and nobody waits for ever.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_graphql::{Response, ServerError};
use diesel::{prelude::*, sql_query, sql_types::BigInt};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};
use regimen::{
    changes::{self, Change, Entity},
    db::Db,
    error::Error,
    graphql::present,
    migration::{self, Actor, Phase, pass, rollback, set_dual_write},
    viewer::UserId,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{LASTING, control, cutover, done, reach, sql};
use crate::support::TestApp;

async fn commit(conn: &mut AsyncPgConnection) {
    type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;
    Transactions::commit_transaction(conn).await.unwrap();
}

#[tokio::test]
async fn behind_a_fence_a_writer_is_told_when_to_come_again_and_then_let_in() {
    let app = TestApp::start().await;
    reach(&app, Phase::Verified).await;
    let (go, told) = oneshot::channel::<()>();
    let db = app.db.clone();
    let step = tokio::spawn(async move {
        let compare = async |_: &mut AsyncPgConnection| {
            told.await.unwrap();
            Ok(true)
        };
        pass(&db, Actor::Server, cutover(LASTING), compare).await
    });
    while control(&app).await.phase != Phase::Fence {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let conn = &mut app.database.connect().await;
    let refused = migration::begin(conn).await.unwrap_err();
    assert_eq!(refused.code(), "UNAVAILABLE");
    let Error::Paused { retry_after } = refused else {
        panic!("{refused:?}");
    };
    assert!(
        retry_after <= LASTING && !retry_after.is_zero(),
        "{retry_after:?}"
    );

    // One who waits gets in as soon as the step is taken, and under its rules.
    let mut other = app.database.connect().await;
    let (admission, ()) = tokio::join!(migration::begin(&mut other), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        go.send(()).unwrap();
    });
    let after = step.await.unwrap().unwrap();
    let admission = admission.unwrap();
    assert_eq!(
        (admission.phase, admission.epoch),
        (Phase::Soak, after.epoch)
    );
}

#[test]
fn whoever_has_to_come_again_reads_how_long_to_wait() {
    let retry_after = Duration::from_millis(1_200);
    let mut error = ServerError::new("", None);
    error.source = Some(Arc::new(Error::Paused { retry_after }));
    let shown = present(Response::from_errors(vec![error]), 10);
    let shown = serde_json::to_value(&shown.errors[0]).unwrap();
    assert_eq!(shown["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(shown["extensions"]["retryAfterSeconds"], 2);
    assert!(
        shown["message"]
            .as_str()
            .unwrap()
            .ends_with("send this again in 2s")
    );
}

#[tokio::test]
async fn a_writer_under_way_is_waited_for_and_keeps_the_phase_it_was_let_in_under() {
    let app = TestApp::start().await;
    let before = reach(&app, Phase::Legacy).await;
    let mut writer = app.database.connect().await;
    let admission = migration::begin(&mut writer).await.unwrap();
    assert_eq!(admission.epoch, before.epoch);

    let db = app.db.clone();
    let switch =
        tokio::spawn(async move { set_dual_write(&db, Actor::Server, true, None, LASTING).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!switch.is_finished());
    assert_eq!(control(&app).await.epoch, before.epoch);
    commit(&mut writer).await;
    assert_eq!(switch.await.unwrap().unwrap().phase, Phase::DualWrite);
}

#[tokio::test]
async fn a_long_transaction_makes_the_step_fail_in_time_and_leaves_all_as_it_was() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let before = reach(&app, Phase::Verified).await;
    let mut writer = app.database.connect().await;
    migration::begin(&mut writer).await.unwrap();

    let began = Instant::now();
    let failed = rollback(&app.db, Actor::Server, None, LASTING).await;
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    let failed: Error = failed.unwrap_err().into();
    assert_eq!(failed.code(), "UNAVAILABLE", "{failed:?}");
    assert_eq!(control(&app).await, before);
    assert!(done(&root).await.iter().all(|row| !row.contains("fence")));

    let mut other = app.database.connect().await;
    assert_eq!(
        migration::begin(&mut other).await.unwrap().epoch,
        before.epoch
    );
}

/// Nobody is let in while a fence is up; somebody who holds the lock all the same cannot keep it up.
#[tokio::test]
async fn a_transaction_that_reaches_across_the_fence_brings_it_down() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Verified).await;
    let mut writer = app.database.connect().await;
    let began = Instant::now();
    let failed = pass(&app.db, Actor::Server, cutover(LASTING), async |_| {
        let lock = "BEGIN; SELECT pg_advisory_xact_lock_shared(x'706861736573'::bigint)";
        writer.batch_execute(lock).await?;
        Ok(true)
    });
    let failed: Error = failed.await.unwrap_err().into();
    assert_eq!(failed.code(), "UNAVAILABLE", "{failed:?}");
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(control(&app).await.phase, Phase::Verified);
    assert_eq!(
        done(&root).await.last().unwrap(),
        "lower the fence: fence verified"
    );
    let mut other = app.database.connect().await;
    assert_eq!(
        migration::begin(&mut other).await.unwrap().phase,
        Phase::Verified
    );
}

#[tokio::test]
async fn a_fence_whose_owner_was_killed_is_taken_down_by_the_next_writer() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Soak).await;
    sql(
        &app,
        "UPDATE migration_control SET phase = 'fence', fence_from = 'soak', \
        fence_deadline = clock_timestamp() + interval '300 milliseconds'",
    )
    .await;
    let began = Instant::now();
    let conn = &mut app.database.connect().await;
    let admission = migration::begin(conn).await.unwrap();
    assert_eq!(admission.phase, Phase::Soak);
    assert!(began.elapsed() >= Duration::from_millis(250));
    commit(conn).await;
    let rows = done(&root).await;
    assert_eq!(rows.last().unwrap(), "lower the fence: fence soak");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// A mirror that is always done.
async fn follow(db: Db) {
    loop {
        let follow = "INSERT INTO mirror_places SELECT user_id, seq FROM change_heads \
            ON CONFLICT (user_id) DO UPDATE SET seq = excluded.seq";
        let mut conn = db.conn().await.unwrap();
        sql_query(follow).execute(&mut conn).await.unwrap();
        drop(conn);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What was compared is what is switched: under load, no write is let in between the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_no_write_falls_between_the_fence_and_the_switch() {
    let app = TestApp::start().await;
    reach(&app, Phase::Verified).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let (address, stop) = (app.database.address.clone(), Arc::clone(&stop));
            let limits = crate::support::TestDatabase::limits();
            tokio::spawn(async move {
                let mut conn = address.connect(limits).await.unwrap();
                let owner = UserId::new();
                let mut written = 0_i64;
                while !AtomicBool::load(&stop, Ordering::Relaxed) {
                    match migration::begin(&mut conn).await {
                        Ok(_) => {
                            let change = Change::created(Entity::Workout, Uuid::now_v7());
                            changes::append(&mut conn, owner, &[change]).await.unwrap();
                            commit(&mut conn).await;
                            written += 1;
                        }
                        Err(error) => assert_eq!(error.code(), "UNAVAILABLE"),
                    }
                }
                written
            })
        })
        .collect();
    let following = tokio::spawn(follow(app.db.clone()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let compare = async |conn: &mut AsyncPgConnection| {
        let count = "SELECT count(*) AS n FROM changes";
        let first: Count = sql_query(count).get_result(conn).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let second: Count = sql_query(count).get_result(conn).await?;
        assert!(first.n > 0);
        assert_eq!(first.n, second.n);
        Ok(true)
    };
    pass(&app.db, Actor::Server, cutover(LASTING), compare)
        .await
        .unwrap();
    following.abort();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.store(true, Ordering::Relaxed);
    let mut total = 0;
    for writer in writers {
        total += writer.await.unwrap();
    }
    let between = "SELECT count(*) AS n FROM changes c WHERE c.at \
        BETWEEN (SELECT at FROM migration_audit WHERE action = 'raise the fence') \
        AND (SELECT at FROM migration_audit WHERE action = 'cut over')";
    let conn = &mut app.database.connect().await;
    let between: Count = sql_query(between).get_result(conn).await.unwrap();
    let all: Count = sql_query("SELECT count(*) AS n FROM changes")
        .get_result(conn)
        .await
        .unwrap();
    assert_eq!((between.n, all.n), (0, total));
}
