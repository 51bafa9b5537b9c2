//! Delta sync: whoever follows the cursor ends with what the server has.

mod offline;

use chrono::{Duration, Utc};
use diesel::{prelude::*, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use regimen::changes::{self as feed, Change, Entity};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, TestApp, TestUser};

const CHANGES: &str = "query ($after: String, $first: Int = 200, $entities: [ChangeEntity!]) {
    changes(after: $after, first: $first, entities: $entities) {
        changes { cursor entity id operation version } endCursor hasMore
    }
}";

async fn changes(user: &TestUser<'_>, variables: Value) -> Answer {
    user.graphql(CHANGES, variables).await
}

/// The changes of a page, short: what, which and its version.
fn told(page: &Value) -> Vec<(String, Uuid, i64)> {
    let changes = page["changes"].as_array().unwrap();
    let short = changes.iter().map(|change| {
        let word = |name: &str| change[name].as_str().unwrap().to_owned();
        (
            word("operation"),
            word("id").parse().unwrap(),
            change["version"].as_i64().unwrap(),
        )
    });
    short.collect()
}

async fn append(conn: &mut AsyncPgConnection, user: &TestUser<'_>, changes: &[Change]) {
    feed::append(conn, user.id, changes).await.unwrap();
}

fn tasks(count: usize) -> Vec<Change> {
    (0..count)
        .map(|_| Change::created(Entity::Task, Uuid::now_v7()))
        .collect()
}

#[tokio::test]
async fn pages_are_bounded_and_tell_each_record_once_with_its_newest_change() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut conn = app.database.connect().await;
    let [a, b, c] = [(); 3].map(|()| Uuid::now_v7());
    let task = Entity::Task;
    append(
        &mut conn,
        &ada,
        &[
            Change::created(task, a),
            Change::created(task, b),
            Change::updated(task, a, 2),
            Change::deleted(task, b, 2),
            Change::created(task, c),
        ],
    )
    .await;

    let all = changes(&ada, json!({})).await;
    let page = &all.data()["changes"];
    let word = str::to_owned;
    assert_eq!(
        told(page),
        [
            (word("UPSERT"), a, 2),
            (word("DELETE"), b, 2),
            (word("UPSERT"), c, 1)
        ]
    );
    assert_eq!(page["hasMore"], false);

    let first = changes(&ada, json!({"first": 4})).await;
    let page = &first.data()["changes"];
    assert_eq!((told(page).len(), &page["hasMore"]), (2, &json!(true)));
    let rest = changes(&ada, json!({"after": page["endCursor"]})).await;
    assert_eq!(told(&rest.data()["changes"]), [(word("UPSERT"), c, 1)]);

    let behind_a = changes(
        &ada,
        json!({"after": all.data()["changes"]["changes"][0]["cursor"]}),
    )
    .await;
    assert_eq!(
        told(&behind_a.data()["changes"]),
        [(word("DELETE"), b, 2), (word("UPSERT"), c, 1)]
    );
    for first in [0, -1, 1001] {
        assert_eq!(
            changes(&ada, json!({"first": first})).await.field(),
            "first"
        );
    }
}

#[tokio::test]
async fn a_cursor_leads_on_among_what_it_has_followed_and_nowhere_else() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let bob = app.newcomer().await;
    let of = |entities: Value| changes(&ada, json!({"entities": entities}));
    let all = changes(&ada, json!({})).await.data()["changes"]["endCursor"].clone();
    let tasks = of(json!(["TASK"])).await.data()["changes"]["endCursor"].clone();
    for (cursor, entities, good) in [
        (&all, None, true),
        (&all, Some(json!(["TASK"])), true),
        (&tasks, Some(json!(["TASK"])), true),
        (&tasks, Some(json!(["TASK", "EXERCISE"])), false),
        (&tasks, None, false),
    ] {
        let mut variables = json!({"after": cursor});
        if let Some(entities) = entities {
            variables["entities"] = entities;
        }
        let answer = changes(&ada, variables.clone()).await;
        assert_eq!(answer.body["errors"].is_null(), good, "{variables}");
    }
    assert_eq!(changes(&bob, json!({"after": all})).await.field(), "after");
    assert_eq!(changes(&ada, json!({"after": "x"})).await.field(), "after");
    assert_eq!(of(json!([])).await.field(), "entities");
    assert_eq!(of(json!(null)).await.field(), "entities");
    assert_eq!(
        app.graphql(CHANGES, json!({})).await.code(),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn one_page_is_one_statement() {
    let app = TestApp::seeded().await;
    let ada = app.newcomer().await;
    let (statements, answer) = app
        .statements_of(changes(&ada, json!({"first": 1000})))
        .await;
    assert!(
        told(&answer.data()["changes"]).len() > 100,
        "the library is part of it"
    );
    assert_eq!(statements, 1);
}

#[tokio::test]
async fn a_cursor_older_than_what_is_kept_is_told_to_start_over() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut conn = app.database.connect().await;
    append(&mut conn, &ada, &tasks(10)).await;
    let page = changes(&ada, json!({"first": 4})).await.data()["changes"].clone();
    let (third, fourth) = (&page["changes"][2]["cursor"], &page["endCursor"]);
    let old = Utc::now() - Duration::days(91);
    sql_query("UPDATE changes SET at = $1 WHERE seq <= 4")
        .bind::<diesel::sql_types::Timestamptz, _>(old)
        .execute(&mut conn)
        .await
        .unwrap();

    let cutoff = Utc::now() - Duration::days(90);
    let mut gone = Vec::new();
    loop {
        match feed::forget_older_than(&mut conn, cutoff, 3).await.unwrap() {
            0 => break,
            some => gone.push(some),
        }
    }

    assert_eq!(gone, [3, 1]);
    assert_eq!(
        told(&changes(&ada, json!({"after": fourth})).await.data()["changes"]).len(),
        6
    );
    assert_eq!(
        changes(&ada, json!({"after": third})).await.code(),
        "CURSOR_EXPIRED"
    );
    assert_eq!(changes(&ada, json!({})).await.code(), "CURSOR_EXPIRED");
    let fresh = ada.graphql("{ syncCursor }", json!({})).await.data()["syncCursor"].clone();
    append(&mut conn, &ada, &tasks(1)).await;
    assert_eq!(
        told(&changes(&ada, json!({"after": fresh})).await.data()["changes"]).len(),
        1
    );
}

#[tokio::test]
async fn everything_can_be_forgotten_but_where_a_feed_ends() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut conn = app.database.connect().await;
    append(&mut conn, &ada, &tasks(5)).await;
    let end = ada.graphql("{ syncCursor }", json!({})).await.data()["syncCursor"].clone();
    let soon = Utc::now() + Duration::hours(1);
    assert_eq!(
        feed::forget_older_than(&mut conn, soon, 100).await.unwrap(),
        5
    );
    assert_eq!(
        told(&changes(&ada, json!({"after": end})).await.data()["changes"]),
        []
    );
    let next = tasks(1);
    append(&mut conn, &ada, &next).await;
    let told = told(&changes(&ada, json!({"after": end})).await.data()["changes"]);
    assert_eq!(told, [("UPSERT".to_owned(), next[0].id, 1)]);
}

#[tokio::test]
async fn forgetting_leaves_no_holes_and_nothing_unmirrored_behind() {
    let app = TestApp::start().await;
    let [ada, bob] = [app.newcomer().await, app.newcomer().await];
    let mut conn = app.database.connect().await;
    append(&mut conn, &ada, &tasks(5)).await;
    append(&mut conn, &bob, &tasks(5)).await;
    // Ada's third change seems newer than her fourth: a clock was set back. Bob's third waits to be
    // mirrored.
    conn.batch_execute(&format!(
        "UPDATE changes SET at = now() - interval '1 year' WHERE seq IN (1, 2, 4);
         UPDATE changes SET image = '{{}}' WHERE seq = 3 AND user_id = '{}'",
        bob.id
    ))
    .await
    .unwrap();
    let cutoff = Utc::now() - Duration::days(90);
    feed::forget_older_than(&mut conn, cutoff, 100)
        .await
        .unwrap();
    let kept: Vec<(bool, i64)> = regimen::db::schema::changes::table
        .select((
            regimen::db::schema::changes::user_id.eq(ada.id),
            regimen::db::schema::changes::seq,
        ))
        .order((
            regimen::db::schema::changes::user_id.eq(ada.id).desc(),
            regimen::db::schema::changes::seq,
        ))
        .load(&mut conn)
        .await
        .unwrap();
    assert_eq!(kept, [(true, 5), (false, 3), (false, 4), (false, 5)]);
}

#[tokio::test]
async fn a_database_that_was_set_back_is_noticed() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut conn = app.database.connect().await;
    append(&mut conn, &ada, &tasks(3)).await;
    let end = ada.graphql("{ syncCursor }", json!({})).await.data()["syncCursor"].clone();
    conn.batch_execute("DELETE FROM changes WHERE seq = 3; UPDATE change_heads SET seq = 2")
        .await
        .unwrap();
    assert_eq!(
        changes(&ada, json!({"after": end})).await.code(),
        "CURSOR_EXPIRED"
    );
}

#[tokio::test]
async fn kinds_that_a_newer_server_writes_are_passed_over() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut conn = app.database.connect().await;
    append(&mut conn, &ada, &tasks(3)).await;
    conn.batch_execute("UPDATE changes SET entity = 'program' WHERE seq = 2")
        .await
        .unwrap();
    let answer = changes(&ada, json!({})).await;
    assert_eq!(told(&answer.data()["changes"]).len(), 2);
}
