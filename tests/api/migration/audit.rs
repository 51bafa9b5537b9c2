//! The audit: rows are only ever added, and what was tampered with is found.

use diesel_async::SimpleAsyncConnection;
use regimen::migration::{self, Phase};
use serde_json::{Value, json};

use super::{AUDIT, reach, sql};
use crate::support::TestApp;

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_a_row_whoever_asks() {
    let app = TestApp::start().await;
    reach(&app, Phase::Soak).await;
    let conn = &mut app.database.connect().await;
    for statement in [
        "UPDATE migration_audit SET actor = 'nobody' WHERE seq = 1",
        "UPDATE migration_audit SET actor = 'nobody' WHERE false",
        "DELETE FROM migration_audit",
        "TRUNCATE migration_audit",
        "SET session_replication_role = replica; DELETE FROM migration_audit",
    ] {
        let refused = conn.batch_execute(statement).await.unwrap_err().to_string();
        assert!(
            refused.contains("takes new rows only"),
            "{statement}: {refused}"
        );
    }
    let verdict = migration::verify(&mut app.database.connect().await)
        .await
        .unwrap();
    assert_eq!((verdict.rows, verdict.broken), (6, None));
}

/// As the owner of the table, with the trigger out of the way.
#[tokio::test]
async fn whatever_is_tampered_with_is_found() {
    for (statement, found) in [
        (
            "UPDATE migration_audit SET actor = 'nobody' WHERE seq = 3",
            "row 3 was changed",
        ),
        (
            "UPDATE migration_audit SET at = at + interval '1 microsecond' WHERE seq = 2",
            "row 2 was changed",
        ),
        (
            "UPDATE migration_audit SET details = '{\"a\": 1}' WHERE seq = 6",
            "row 6 was changed",
        ),
        (
            "UPDATE migration_audit SET previous_hash = hash WHERE seq = 4",
            "row 4 does not follow",
        ),
        (
            "DELETE FROM migration_audit WHERE seq = 2",
            "row 2 is missing",
        ),
        (
            "DELETE FROM migration_audit WHERE seq = 6",
            "row 6 is missing",
        ),
        ("DELETE FROM migration_audit", "row 1 is missing"),
        (
            "INSERT INTO migration_audit SELECT 7, at, actor, action, from_phase, to_phase, epoch, details, \
             hash, hash FROM migration_audit WHERE seq = 6",
            "row 7 was added by somebody else",
        ),
        (
            "DELETE FROM migration_audit WHERE seq = 6; UPDATE migration_control SET audit_seq = 5",
            "not the one that was written last",
        ),
        (
            "UPDATE migration_control SET epoch = 9",
            "the phase is `soak` in epoch 9",
        ),
    ] {
        let app = TestApp::start().await;
        reach(&app, Phase::Soak).await;
        sql(&app, "ALTER TABLE migration_audit DISABLE TRIGGER ALL").await;
        sql(&app, statement).await;
        let verdict = migration::verify(&mut app.database.connect().await)
            .await
            .unwrap();
        let broken = verdict.broken.expect(statement);
        assert!(broken.contains(found), "{statement}: {broken}");
    }
}

#[tokio::test]
async fn the_audit_is_read_page_by_page_with_the_newest_first() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    reach(&app, Phase::Soak).await;
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = root
            .graphql(AUDIT, json!({"first": 4, "after": after}))
            .await;
        let page = &page.data()["migrationAudit"];
        assert_eq!(page["totalCount"], 6);
        for node in page["nodes"].as_array().unwrap() {
            assert_eq!(node["hash"].as_str().unwrap().len(), 64);
            seen.push(node["seq"].as_i64().unwrap());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, [6, 5, 4, 3, 2, 1]);
}
