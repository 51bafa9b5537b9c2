//! What a server lets go of in time.

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use regimen::upkeep::{self, Forgotten};
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn what_is_old_goes_and_what_is_new_stays() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let create = "mutation ($key: String) {
        createTask(input: {title: \"Stretch\"}, idempotencyKey: $key) { task { id } } }";
    for key in ["old", "new"] {
        ada.graphql(create, json!({"key": key})).await.data();
    }
    let trash = "mutation {
        parent: createTask(input: {id: \"01890a5d-ac96-774b-bcce-b302099a8057\", title: \"Old\"}) { task { id } }
        part: createTask(input: {parentId: \"01890a5d-ac96-774b-bcce-b302099a8057\", title: \"Old\"}) { task { id } }
        delete: deleteTask(id: \"01890a5d-ac96-774b-bcce-b302099a8057\") { task { id } }
        recent: createTask(input: {id: \"01890a5d-ac96-774b-bcce-b302099a8058\", title: \"New\"}) { task { id } }
        away: deleteTask(id: \"01890a5d-ac96-774b-bcce-b302099a8058\") { task { id } }
    }";
    ada.graphql(trash, json!({})).await.data();
    let age = format!(
        "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'old';
         UPDATE changes SET at = now() - interval '91 days' WHERE seq = 1;
         UPDATE tasks SET deleted_at = now() - interval '31 days' WHERE title = 'Old';
         INSERT INTO sessions (user_id, id, family_id, token_hash, expires_at) VALUES
           ('{id}', gen_random_uuid(), gen_random_uuid(), sha256('old'), now() - interval '1 day'),
           ('{id}', gen_random_uuid(), gen_random_uuid(), sha256('new'), now() + interval '1 day')",
        id = ada.id,
    );
    app.database
        .connect()
        .await
        .batch_execute(&age)
        .await
        .unwrap();

    let first = upkeep::forget(&app.db, TimeDelta::days(90)).await.unwrap();
    let second = upkeep::forget(&app.db, TimeDelta::days(90)).await.unwrap();

    assert_eq!(
        first,
        Forgotten {
            changes: 1,
            keys: 1,
            sessions: 1,
            tasks: 2
        }
    );
    assert_eq!(second, Forgotten::default());
    let left = "{ tasks(filter: {deleted: true}) { nodes { title } } }";
    let left = ada.graphql(left, json!({})).await;
    assert_eq!(left.data()["tasks"]["nodes"], json!([{"title": "New"}]));
    let expired = ada
        .graphql("{ changes { changes { id } } }", json!({}))
        .await;
    assert_eq!(expired.code(), "CURSOR_EXPIRED");
}
