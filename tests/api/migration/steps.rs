//! The steps over the API: who may take them, what holds them back, and what they leave behind.

use std::time::Duration;

use diesel::QueryDsl;
use diesel_async::RunQueryDsl;
use regimen::{
    db::schema::migration_checkpoints,
    migration::{Actor, Phase, begin_with_files, finish_backfill, rollback},
};
use serde_json::json;

use super::{
    AUDIT, LASTING, ROLL_BACK, SET, STATUS, control, cut_over, done, prove, reach, sql, status,
};
use crate::support::{Socket, TestApp};

const PROGRESS: &str = "subscription { migrationProgress { phase epoch useDbDualWrite } }";

#[tokio::test]
async fn the_way_in_is_for_admins() {
    let app = TestApp::start().await;
    reach(&app, Phase::Legacy).await;
    let bob = app.user("bob").await;
    for request in [STATUS, SET, ROLL_BACK, AUDIT] {
        let variables = json!({"on": true});
        assert_eq!(
            app.graphql(request, variables.clone()).await.code(),
            "UNAUTHENTICATED"
        );
        assert_eq!(bob.graphql(request, variables).await.code(), "FORBIDDEN");
    }
    let mut socket = Socket::of(&bob).await;
    socket.subscribe("a", PROGRESS, json!({})).await;
    let refused = socket.next().await;
    assert!(refused.to_string().contains("FORBIDDEN"), "{refused}");
    assert_eq!(control(&app).await.phase, Phase::Legacy);
}

#[tokio::test]
async fn without_files_there_is_no_way_in_to_go() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let now = status(&root).await;
    assert_eq!((&now["phase"], &now["epoch"]), (&json!("NONE"), &json!(0)));
    assert_eq!(
        (&now["useDb"], &now["useDbDualWrite"]),
        (&json!(true), &json!(false))
    );
    let held = now["nextStep"]["heldBackBy"][0].as_str().unwrap();
    assert!(held.contains("REGIMEN_LEGACY_DIR"), "{held}");
    assert!(now["rollbackStep"].is_null());

    let on = root.graphql(SET, json!({"on": true})).await;
    assert_eq!(on.code(), "CONFLICT");
    assert!(
        on.message().contains("REGIMEN_LEGACY_DIR"),
        "{}",
        on.message()
    );
    let back = root.graphql(ROLL_BACK, json!({})).await;
    assert_eq!(back.code(), "CONFLICT");
    assert!(done(&root).await.is_empty());
}

#[tokio::test]
async fn the_whole_way_in_and_back_leaves_a_row_for_each_step() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let conn = &mut app.database.connect().await;
    begin_with_files(conn, Actor::Server).await.unwrap();
    begin_with_files(conn, Actor::Server).await.unwrap();
    assert_eq!(status(&root).await["readSource"], "FILES");

    let on = root.graphql(SET, json!({"on": true})).await;
    let on = &on.data()["setDualWrite"]["migration"];
    assert_eq!(
        (&on["phase"], &on["useDbDualWrite"]),
        (&json!("DUAL_WRITE"), &json!(true))
    );
    sql(
        &app,
        "INSERT INTO migration_checkpoints (job, state, term) VALUES ('backfill', 'done', 1);
        INSERT INTO mirror_places SELECT id, 0 FROM users",
    )
    .await;
    finish_backfill(conn, Actor::Server).await.unwrap();
    prove(conn, Duration::from_mins(1)).await;
    cut_over(&app.db, true).await.unwrap();
    let now = status(&root).await;
    assert_eq!(
        (&now["phase"], &now["useDb"]),
        (&json!("SOAK"), &json!(true))
    );
    assert_eq!(now["useDbDualWrite"], true);
    let off = root.graphql(SET, json!({"on": false})).await;
    assert_eq!(off.code(), "CONFLICT", "it is what makes a way back");

    let back = root.graphql(ROLL_BACK, json!({})).await;
    assert_eq!(
        back.data()["rollbackMigration"]["migration"]["phase"],
        "BACKFILLED"
    );
    let back = root.graphql(ROLL_BACK, json!({})).await;
    assert_eq!(
        back.data()["rollbackMigration"]["migration"]["phase"],
        "LEGACY"
    );

    let steps = [
        "serve the files: none legacy",
        "switch dual write on: legacy dual_write",
        "finish the backfill: dual_write backfilled",
        "certify parity: backfilled verified",
        "raise the fence: verified fence",
        "cut over: fence soak",
        "raise the fence: soak fence",
        "roll back: fence backfilled",
        "raise the fence: backfilled fence",
        "roll back: fence legacy",
    ];
    assert_eq!(done(&root).await, steps);
    assert_eq!(control(&app).await.epoch, 10);
    // What the database had grows old from here on, and is taken over anew.
    let jobs: i64 = migration_checkpoints::table
        .count()
        .get_result(conn)
        .await
        .unwrap();
    assert_eq!(jobs, 0);
}

#[tokio::test]
async fn switching_dual_write_to_what_it_is_does_nothing() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Legacy).await;
    for on in [false, true, true] {
        root.graphql(SET, json!({"on": on})).await.data();
    }
    assert_eq!(
        done(&root).await,
        [
            "serve the files: none legacy",
            "switch dual write on: legacy dual_write"
        ]
    );
    let actor = root.graphql(AUDIT, json!({"first": 1})).await;
    assert_eq!(
        actor.data()["migrationAudit"]["nodes"][0]["actor"],
        root.id.to_string()
    );
}

#[tokio::test]
async fn a_step_says_what_holds_it_back_until_nothing_does() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let conn = &mut app.database.connect().await;
    let held = async || status(&root).await["nextStep"]["heldBackBy"].to_string();
    reach(&app, Phase::DualWrite).await;
    assert!(held().await.contains("run `regimen backfill`"));
    let early = finish_backfill(conn, Actor::Server).await.unwrap_err();
    assert!(
        early.to_string().contains("run `regimen backfill`"),
        "{early}"
    );
    sql(
        &app,
        "INSERT INTO migration_checkpoints (job, state, term) VALUES ('backfill', 'paused', 1)",
    )
    .await;
    assert!(held().await.contains("`paused`"));
    sql(&app, "UPDATE migration_checkpoints SET state = 'done'").await;
    assert_eq!(held().await, "[]");
    finish_backfill(conn, Actor::Server).await.unwrap();

    prove(conn, Duration::from_millis(1)).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(held().await.contains("expired at"), "{}", held().await);
    assert!(cut_over(&app.db, true).await.is_err());
    prove(conn, Duration::from_mins(1)).await;
    assert_eq!(held().await, "[]");
    assert!(status(&root).await["certifiedUntil"].is_string());
}

#[tokio::test]
async fn where_both_sides_differ_all_stays_as_it_was_and_has_to_be_proved_anew() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Verified).await;
    let differ = cut_over(&app.db, false).await.unwrap_err();
    assert!(differ.to_string().contains("differ"), "{differ}");
    let now = control(&app).await;
    assert_eq!((now.phase, now.fence_deadline), (Phase::Verified, None));
    let stale = cut_over(&app.db, true).await.unwrap_err();
    assert!(
        stale.to_string().contains("`regimen parity` again"),
        "{stale}"
    );
    let last = root.graphql(AUDIT, json!({"first": 1})).await;
    let last = &last.data()["migrationAudit"]["nodes"][0];
    assert_eq!(last["action"], "lower the fence");
    assert!(
        last["details"]["reason"]
            .as_str()
            .unwrap()
            .contains("differ")
    );

    prove(&mut app.database.connect().await, LASTING).await;
    cut_over(&app.db, true).await.unwrap();
}

#[tokio::test]
async fn of_two_admins_who_roll_back_at_once_one_does() {
    let app = TestApp::start().await;
    let (one, two) = (app.admin("one").await, app.admin("two").await);
    let seen = reach(&app, Phase::Soak).await;
    let seen = json!({"epoch": seen.epoch});

    let (first, second) = tokio::join!(
        one.graphql(ROLL_BACK, seen.clone()),
        two.graphql(ROLL_BACK, seen)
    );

    let failed = [&first, &second]
        .into_iter()
        .find(|answer| !answer.body["errors"].is_null())
        .expect("the second one comes too late");
    assert_eq!(failed.code(), "CONFLICT");
    assert_eq!(control(&app).await.phase, Phase::Backfilled);
    let rows = done(&one).await;
    let backs = rows.iter().filter(|row| row.starts_with("roll back"));
    assert_eq!(backs.count(), 1, "{rows:?}");
}

#[tokio::test]
async fn of_many_who_switch_at_once_one_leaves_a_row() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Legacy).await;
    let all = (0..6).map(|_| root.graphql(SET, json!({"on": true})));
    for answer in futures_util::future::join_all(all).await {
        if !answer.body["errors"].is_null() {
            assert_eq!(answer.code(), "CONFLICT");
        }
    }
    assert_eq!(done(&root).await.len(), 2);
    assert_eq!(control(&app).await.phase, Phase::DualWrite);
}

#[tokio::test]
async fn going_back_waits_for_the_files_and_goes_on_once_they_have_everything() {
    let app = TestApp::start().await;
    let owner = reach_behind(&app, Phase::Soak).await;
    let db = app.db.clone();
    let back = tokio::spawn(async move { rollback(&db, Actor::Server, None, LASTING).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(control(&app).await.phase, Phase::Fence);
    sql(
        &app,
        &format!("UPDATE mirror_places SET seq = 3 WHERE user_id = '{owner}'"),
    )
    .await;
    assert_eq!(back.await.unwrap().unwrap().phase, Phase::Backfilled);
}

#[tokio::test]
async fn files_that_do_not_get_everything_in_time_stop_the_way_back() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach_behind(&app, Phase::Verified).await;
    assert_eq!(status(&root).await["behind"], 3);
    let late = rollback(&app.db, Actor::Server, None, Duration::from_millis(200)).await;
    let late = late.unwrap_err().to_string();
    assert!(late.contains("the files lack 3 changes"), "{late}");
    let now = control(&app).await;
    assert_eq!((now.phase, now.fence_from), (Phase::Verified, None));
    let rows = done(&root).await;
    assert_eq!(
        rows[rows.len() - 2..],
        [
            "raise the fence: verified fence",
            "lower the fence: fence verified"
        ]
    );
}

/// Somebody whose last three changes the mirror has not taken to the files.
async fn reach_behind(app: &TestApp, phase: Phase) -> String {
    let ada = app.user("ada").await;
    reach(app, phase).await;
    let owner = ada.id.to_string();
    sql(
        app,
        &format!(
            "INSERT INTO change_heads VALUES ('{owner}', 3);
        INSERT INTO mirror_places VALUES ('{owner}', 0)"
        ),
    )
    .await;
    owner
}

#[tokio::test]
async fn whoever_watches_is_told_where_it_stands_and_of_each_step() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Legacy).await;
    let mut socket = Socket::of(&root).await;
    socket.subscribe("a", PROGRESS, json!({})).await;
    let told = socket.next().await;
    let told = &told["payload"]["data"]["migrationProgress"];
    assert_eq!(
        told,
        &json!({"phase": "LEGACY", "epoch": 1, "useDbDualWrite": false})
    );
    root.graphql(SET, json!({"on": true})).await.data();
    let told = socket.next().await;
    let told = &told["payload"]["data"]["migrationProgress"];
    assert_eq!(
        told,
        &json!({"phase": "DUAL_WRITE", "epoch": 2, "useDbDualWrite": true})
    );
}
