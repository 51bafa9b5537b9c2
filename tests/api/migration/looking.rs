//! What admins look at on the way in: pieces that were not understood, how far the files are behind, and for how long
//! somebody may look.

use regimen::migration::Phase;
use serde_json::{Value, json};

use super::{SET, reach, sql};
use crate::support::{Socket, TestApp, TestUser};

const QUARANTINE: &str =
    "{ quarantine { number file position size shown isText text hex reason seenAt } }";
const MIRROR: &str =
    "{ mirror { behind queued waitingSince queue { entity owner id reason tries since } } }";

async fn asked(admin: &TestUser<'_>, query: &str) -> Value {
    admin.graphql(query, json!({})).await.data().clone()
}

#[tokio::test]
async fn a_piece_of_the_files_is_shown_as_it_is_and_says_how_much_of_it_is_shown() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    // Of the long one the limit cuts a letter of two bytes in two.
    sql(
        &app,
        r#"INSERT INTO migration_quarantine (file, position, line, "column", occurrence, bytes, reason) VALUES
          ('a.json', 7, 1, 8, 1, '\x7b2261223a2022ff227d', 'not UTF-8'),
          ('b.json', 9, 1, 10, 1, convert_to('x' || repeat('é', 3000), 'UTF8'), 'not a record')"#,
    )
    .await;

    let found = asked(&root, QUARANTINE).await;

    let [broken, long] = found["quarantine"].as_array().unwrap().as_slice() else {
        panic!("{found:#}");
    };
    assert_eq!(
        (&broken["size"], &broken["shown"]),
        (&json!(10), &json!(10))
    );
    assert_eq!(broken["isText"], false);
    assert_eq!(broken["hex"], "7b2261223a2022ff227d");
    assert_eq!(broken["text"], "{\"a\": \"\u{fffd}\"}");
    assert!(broken["seenAt"].is_string());
    assert_eq!(
        (&long["size"], &long["shown"]),
        (&json!(6001), &json!(3999))
    );
    assert_eq!(long["isText"], true);
    assert_eq!(long["hex"].as_str().unwrap().len(), 2 * 3999);
    assert_eq!(long["text"].as_str().unwrap().chars().count(), 2000);
}

#[tokio::test]
async fn the_mirror_says_since_when_the_oldest_change_waits_and_names_what_does() {
    let app = TestApp::start().await;
    let (root, ada) = (app.admin("root").await, app.user("ada").await);
    reach(&app, Phase::DualWrite).await;
    assert_eq!(
        asked(&root, MIRROR).await["mirror"]["waitingSince"],
        Value::Null
    );
    let owner = ada.id;
    sql(
        &app,
        &format!(
            "INSERT INTO change_heads VALUES ('{owner}', 3);
             INSERT INTO mirror_places VALUES ('{owner}', 1);
             INSERT INTO changes (user_id, seq, entity, entity_id, op, version, at) VALUES
               ('{owner}', 1, 'workout', gen_random_uuid(), 'upsert', 1, '2026-01-01T00:00:00Z'),
               ('{owner}', 2, 'workout', gen_random_uuid(), 'upsert', 1, '2026-02-01T00:00:00Z'),
               ('{owner}', 3, 'workout', gen_random_uuid(), 'upsert', 1, '2026-03-01T00:00:00Z')"
        ),
    )
    .await;
    let mirror = &asked(&root, MIRROR).await["mirror"];
    assert_eq!(mirror["behind"], 2, "{mirror:#}");
    assert_eq!(mirror["waitingSince"], "2026-02-01T00:00:00+00:00");

    let record = uuid::Uuid::now_v7();
    sql(
        &app,
        &format!(
            "INSERT INTO mirror_repairs (entity, user_id, id, reason, since)
             VALUES ('workout', '{owner}', '{record}', 'a full disk', '2026-01-15T00:00:00Z')"
        ),
    )
    .await;
    let mirror = &asked(&root, MIRROR).await["mirror"];
    assert_eq!(
        mirror["waitingSince"], "2026-01-15T00:00:00+00:00",
        "{mirror:#}"
    );
    assert_eq!(mirror["queue"][0]["id"], record.to_string());
}

#[tokio::test]
async fn whoever_is_no_admin_any_more_is_told_so_and_nothing_else() {
    let app = TestApp::start().await;
    let (root, ada) = (app.admin("root").await, app.admin("ada").await);
    reach(&app, Phase::Legacy).await;
    let mut socket = Socket::of(&ada).await;
    let watch = "subscription { migrationProgress { phase } }";
    socket.subscribe("a", watch, json!({})).await;
    let told = socket.next().await;
    assert_eq!(
        told["payload"]["data"]["migrationProgress"]["phase"],
        "LEGACY"
    );

    let demote = "mutation ($id: ID!) { setRole(userId: $id, role: MEMBER) { user { id } } }";
    root.graphql(demote, json!({"id": ada.id})).await.data();
    root.graphql(SET, json!({"on": true})).await.data();

    let told = socket.next().await;
    assert_eq!(told["type"], "error", "{told:#}");
    assert_eq!(told["payload"][0]["extensions"]["code"], "FORBIDDEN");
}
