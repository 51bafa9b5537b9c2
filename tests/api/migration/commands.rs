//! The same by command line, for people and for scripts.

use regimen::migration::Phase;
use serde_json::Value;

use super::{control, done, reach, sql};
use crate::support::{Finished, TestApp, regimen, scratch_folder};

async fn command(app: &TestApp, line: &str) -> Finished {
    let folder = scratch_folder("migration");
    Finished::of(
        regimen(&folder)
            .env("DATABASE_URL", &app.database.url)
            .args(line.split(' ')),
    )
    .await
}

#[tokio::test]
async fn scripts_can_tell_what_is_held_back_from_what_failed_and_from_wrong_usage() {
    let app = TestApp::start().await;
    let held = command(&app, "dual-write on").await;
    assert_eq!(held.code, Some(3), "{}", held.stderr);
    assert!(
        held.failure().contains("REGIMEN_LEGACY_DIR"),
        "{}",
        held.failure()
    );
    assert_eq!(command(&app, "dual-write sideways").await.code, Some(2));
    let folder = scratch_folder("migration");
    let mut nowhere = regimen(&folder);
    nowhere
        .env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        .args(["migration", "status"]);
    assert_eq!(Finished::of(&mut nowhere).await.code, Some(1));

    reach(&app, Phase::Legacy).await;
    let seen = control(&app).await.epoch;
    let late = command(&app, &format!("dual-write on --epoch {}", seen + 1)).await;
    assert_eq!(late.code, Some(3), "{}", late.stderr);
    assert!(
        late.failure().contains("look at the state again"),
        "{}",
        late.failure()
    );
    assert_eq!(control(&app).await.phase, Phase::Legacy);
}

#[tokio::test]
async fn what_an_admin_does_by_mutation_a_person_does_by_command() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Legacy).await;
    let on = command(&app, "dual-write on").await;
    assert_eq!(
        on.stdout, "dual write is on: phase `dual_write`, epoch 2\n",
        "{}",
        on.stderr
    );
    assert_eq!(on.code, Some(0));
    let state = command(&app, "dual-write status --json").await;
    let state: Value = serde_json::from_str(&state.stdout).unwrap();
    assert_eq!(state["useDbDualWrite"], true);

    let status = command(&app, "migration status").await.stdout;
    for line in [
        "phase              dual_write since",
        "USE_DB             off",
        "USE_DB_DUAL_WRITE  on",
        "next step          backfilled",
        "held back: not all records are in the database",
        "step back          legacy",
    ] {
        assert!(status.contains(line), "no `{line}` in {status}");
    }
    let json = command(&app, "migration status --json").await.stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["phase"], &json["epoch"]),
        (&"dual_write".into(), &2.into())
    );

    let off = command(&app, "rollback --epoch 2 --within 1s").await;
    assert_eq!(off.code, Some(0), "{}", off.stderr);
    assert!(
        off.stdout.contains("phase              legacy"),
        "{}",
        off.stdout
    );
    assert_eq!(command(&app, "rollback").await.code, Some(3));
    let rows = done(&root).await;
    assert_eq!(rows.last().unwrap(), "roll back: fence legacy");
    let audit = command(&app, "migration audit").await.stdout;
    assert_eq!(audit.lines().count(), rows.len(), "{audit}");
    assert!(
        audit.contains("legacy -> dual_write  command line: switch dual write on"),
        "{audit}"
    );
    let first = command(&app, "migration audit --json").await.stdout;
    let first: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["seq"], &first["toPhase"]),
        (&1.into(), &"legacy".into())
    );
}

#[tokio::test]
async fn a_tampered_audit_fails_its_verification() {
    let app = TestApp::start().await;
    reach(&app, Phase::Verified).await;
    let whole = command(&app, "migration audit --verify").await;
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    assert!(
        whole.stdout.starts_with("4 rows hold; the last hash is "),
        "{}",
        whole.stdout
    );
    sql(
        &app,
        "ALTER TABLE migration_audit DISABLE TRIGGER ALL; \
        UPDATE migration_audit SET actor = 'somebody else' WHERE seq = 2",
    )
    .await;
    let broken = command(&app, "migration audit --verify --json").await;
    assert_eq!(broken.code, Some(1));
    assert!(
        broken.failure().contains("row 2 was changed"),
        "{}",
        broken.failure()
    );
    let verdict: Value = serde_json::from_str(&broken.stdout).unwrap();
    assert_eq!(verdict["rows"], 1);
}
