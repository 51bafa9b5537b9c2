//! Sessions: begun, kept up, listed and ended.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use regimen::db::schema::sessions;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Tokens, base64, refresh, sign_in, sign_up, who};
use crate::support::{Answer, TestApp};

const SESSIONS: &str = "query ($first: Int, $after: String) {
    sessions(first: $first, after: $after) {
        nodes { id userAgent createdAt lastUsedAt expiresAt current }
        pageInfo { hasNextPage endCursor } totalCount
    }
}";

async fn list(app: &TestApp, token: &str) -> Value {
    let answer = app.graphql_with(token, SESSIONS, json!({})).await;
    answer.data()["sessions"].clone()
}

async fn end(app: &TestApp, token: &str, id: &Value) -> Answer {
    let query = "mutation ($id: ID!) { endSession(id: $id) { ended } }";
    app.graphql_with(token, query, json!({"id": id})).await
}

#[tokio::test]
async fn signing_up_in_staying_and_signing_out_is_one_story() {
    let app = TestApp::start().await;
    let first = sign_up(&app, "ada@example.com").await;
    assert_eq!(
        (&first.user["email"], &first.user["role"]),
        (&json!("ada@example.com"), &json!("MEMBER"))
    );
    assert_eq!(who(&app, &first.access).await.data()["viewer"], first.user);

    let second = sign_in(&app, " ADA@example.com").await;
    assert_eq!(second.user["id"], first.user["id"]);
    let third = Tokens::of(&refresh(&app, &second.refresh).await, "refreshSession");
    assert_eq!(third.user["id"], first.user["id"]);
    assert_ne!(third.refresh, second.refresh);
    assert_eq!(
        who(&app, &third.access).await.data()["viewer"]["id"],
        first.user["id"]
    );

    let out = app
        .graphql_with(&third.access, "mutation { signOut { ended } }", json!({}))
        .await;
    assert_eq!(out.data()["signOut"]["ended"], 1);
    assert_eq!(
        refresh(&app, &third.refresh).await.code(),
        "UNAUTHENTICATED"
    );
    assert_eq!(list(&app, &first.access).await["totalCount"], 1);
}

#[tokio::test]
async fn nobody_is_viewer_null_and_has_no_sessions() {
    let app = TestApp::start().await;
    let nobody = app.graphql("{ viewer { id } }", json!({})).await;
    assert_eq!(nobody.data()["viewer"], Value::Null);
    assert_eq!(
        app.graphql(SESSIONS, json!({})).await.code(),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_session_and_no_other() {
    let app = TestApp::start().await;
    let stolen = sign_up(&app, "ada@example.com").await;
    let phone = sign_in(&app, "ada@example.com").await;

    let next = Tokens::of(&refresh(&app, &stolen.refresh).await, "refreshSession");
    let again = refresh(&app, &stolen.refresh).await;

    assert_eq!(again.code(), "UNAUTHENTICATED");
    assert_eq!(refresh(&app, &next.refresh).await.code(), "UNAUTHENTICATED");
    assert_eq!(list(&app, &phone.access).await["totalCount"], 1);
    refresh(&app, &phone.refresh).await.data();
}

#[tokio::test]
async fn of_two_tabs_that_refresh_at_once_one_wins_and_the_session_ends() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;

    let (one, two) = tokio::join!(
        refresh(&app, &tokens.refresh),
        refresh(&app, &tokens.refresh)
    );

    let won = [&one, &two].map(|answer| answer.body["errors"].is_null());
    assert!(won[0] != won[1], "{one:?} {two:?}");
    let winner = if won[0] { one } else { two };
    let next = Tokens::of(&winner, "refreshSession");
    assert_eq!(refresh(&app, &next.refresh).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_session_lasts_from_its_last_use_and_then_ends() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;
    let mut conn = app.database.connect().await;
    let soon = chrono::Utc::now() + chrono::Duration::minutes(1);
    diesel::update(sessions::table)
        .set(sessions::expires_at.eq(soon))
        .execute(&mut conn)
        .await
        .unwrap();

    let next = Tokens::of(&refresh(&app, &tokens.refresh).await, "refreshSession");
    let longest: chrono::DateTime<chrono::Utc> = sessions::table
        .filter(sessions::used_at.is_null())
        .select(sessions::expires_at)
        .first(&mut conn)
        .await
        .unwrap();
    assert!(longest > chrono::Utc::now() + chrono::Duration::days(29));

    diesel::update(sessions::table)
        .set(sessions::expires_at.eq(chrono::Utc::now()))
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(refresh(&app, &next.refresh).await.code(), "UNAUTHENTICATED");
    assert_eq!(list(&app, &next.access).await["totalCount"], 0);

    // Signing in again sweeps what has expired.
    sign_in(&app, "ada@example.com").await;
    let rows: i64 = sessions::table.count().get_result(&mut conn).await.unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn the_database_holds_digests_of_refresh_tokens_and_nothing_more() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;
    assert_eq!(tokens.refresh.len(), 43);

    let kept: Vec<u8> = sessions::table
        .select(sessions::token_hash)
        .first(&mut app.database.connect().await)
        .await
        .unwrap();

    assert_eq!(kept, Sha256::digest(&tokens.refresh).to_vec());
}

#[tokio::test]
async fn a_refresh_token_that_was_never_given_is_refused() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    for wrong in [String::new(), "nonsense".to_owned(), base64([7; 32])] {
        assert_eq!(
            refresh(&app, &wrong).await.code(),
            "UNAUTHENTICATED",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn sessions_are_listed_the_latest_used_first_and_one_is_current() {
    let app = TestApp::start().await;
    let first = sign_up(&app, "ada@example.com").await;
    let second = sign_in(&app, "ada@example.com").await;
    sign_up(&app, "bob@example.com").await;
    let first = Tokens::of(&refresh(&app, &first.refresh).await, "refreshSession");

    let seen = list(&app, &second.access).await;
    let nodes = seen["nodes"].as_array().unwrap();

    assert_eq!(seen["totalCount"], 2);
    let current: Vec<&Value> = nodes.iter().map(|node| &node["current"]).collect();
    assert_eq!(current, [&json!(false), &json!(true)]);
    assert_ne!(nodes[0]["createdAt"], nodes[0]["lastUsedAt"]);
    assert!(nodes[0]["createdAt"].as_str() < nodes[1]["createdAt"].as_str());
    let own = list(&app, &first.access).await;
    assert_eq!(own["nodes"][0]["current"], true);

    let page = json!({"first": 1});
    let page = app.graphql_with(&first.access, SESSIONS, page).await.data()["sessions"].clone();
    assert_eq!(page["nodes"], json!([own["nodes"][0]]));
    let rest = json!({"first": 1, "after": page["pageInfo"]["endCursor"]});
    let rest = app.graphql_with(&first.access, SESSIONS, rest).await.data()["sessions"].clone();
    assert_eq!(rest["nodes"], json!([own["nodes"][1]]));
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
}

#[tokio::test]
async fn ones_own_sessions_can_be_ended_and_nobody_elses() {
    let app = TestApp::start().await;
    let ada = sign_up(&app, "ada@example.com").await;
    let phone = sign_in(&app, "ada@example.com").await;
    let bob = sign_up(&app, "bob@example.com").await;
    let id = list(&app, &phone.access).await["nodes"][0]["id"].clone();

    assert_eq!(end(&app, &bob.access, &id).await.code(), "NOT_FOUND");
    assert_eq!(
        end(&app, &ada.access, &id).await.data()["endSession"]["ended"],
        1
    );
    assert_eq!(end(&app, &ada.access, &id).await.code(), "NOT_FOUND");
    assert_eq!(
        refresh(&app, &phone.refresh).await.code(),
        "UNAUTHENTICATED"
    );

    sign_in(&app, "ada@example.com").await;
    sign_in(&app, "ada@example.com").await;
    let query = "mutation { endOtherSessions { ended } }";
    let ended = app.graphql_with(&ada.access, query, json!({})).await;
    assert_eq!(ended.data()["endOtherSessions"]["ended"], 2);
    assert_eq!(list(&app, &ada.access).await["totalCount"], 1);
    refresh(&app, &ada.refresh).await.data();
    refresh(&app, &bob.refresh).await.data();
}

#[tokio::test]
async fn signing_in_refreshing_and_listing_take_a_fixed_number_of_statements() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;
    let mut lists = Vec::new();
    for sessions in [1, 5, 10] {
        while list(&app, &tokens.access).await["totalCount"] != json!(sessions) {
            sign_in(&app, "ada@example.com").await;
        }
        let (count, _) = app.statements_of(list(&app, &tokens.access)).await;
        lists.push(count);
    }
    let (signing_in, _) = app.statements_of(sign_in(&app, "ada@example.com")).await;
    let (refreshing, _) = app.statements_of(refresh(&app, &tokens.refresh)).await;
    // The list and its count; look up, then lock, sweep and insert in a transaction; look up, then lock,
    // read, mark and insert in one.
    assert_eq!((lists, signing_in, refreshing), (vec![2, 2, 2], 6, 7));
}
