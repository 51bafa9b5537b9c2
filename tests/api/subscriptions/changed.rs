//! What a subscription tells: everything that happened, wherever it was done and whatever broke.

use diesel::sql_query;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use regimen::{
    changes::{self, Change, EVERYBODY, Entity},
    viewer::UserId,
};
use serde_json::json;
use uuid::Uuid;

use super::{CHANGED, create, cursor, describe};
use crate::support::{Socket, TestApp};

#[tokio::test]
async fn a_change_at_one_server_is_told_by_another() {
    let here = TestApp::start().await;
    let there = here.beside().await;
    let ada = here.user("ada").await;
    let bob = here.user("bob").await;
    let mut sockets = [
        Socket::of(&there.same(&ada)).await,
        Socket::of(&there.same(&bob)).await,
    ];
    for socket in &mut sockets {
        socket.subscribe("a", CHANGED, json!({})).await;
        socket.subscribe("ready", "{ version }", json!({})).await;
        socket.next().await;
        socket.next().await;
    }

    let id = create(&ada, "squat").await;
    let next = sockets[0].next().await;
    let told = &next["payload"]["data"]["changed"];
    assert_eq!(told["id"], id);
    assert_eq!(
        (&told["entity"], &told["operation"]),
        (&json!("EXERCISE"), &json!("UPSERT"))
    );
    describe(&ada, &id, "deep").await;
    assert_eq!(
        sockets[0].next().await["payload"]["data"]["changed"]["version"],
        2
    );
    assert!(
        sockets[1].is_quiet().await,
        "what is Ada's is not told to Bob"
    );
}

#[tokio::test]
async fn what_was_missed_comes_first_and_each_record_once() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let squat = create(&ada, "squat").await;
    let mut socket = Socket::of(&ada).await;
    let from = cursor(&ada).await;
    socket.subscribe("a", CHANGED, json!({"after": from})).await;
    describe(&ada, &squat, "deep").await;
    let seen = socket.next().await["payload"]["data"]["changed"]["cursor"].clone();
    drop(socket);

    let lunge = create(&ada, "lunge").await;
    for text in ["deeper", "deepest"] {
        describe(&ada, &squat, text).await;
    }

    let mut socket = Socket::of(&ada).await;
    socket.subscribe("a", CHANGED, json!({"after": seen})).await;
    for (id, version) in [(&lunge, 1), (&squat, 4)] {
        let next = socket.next().await;
        let told = &next["payload"]["data"]["changed"];
        assert_eq!((&told["id"], &told["version"]), (id, &json!(version)));
    }
    describe(&ada, &lunge, "wide").await;
    assert_eq!(
        socket.next().await["payload"]["data"]["changed"]["id"],
        lunge
    );
}

#[tokio::test]
async fn library_exercises_are_told_to_those_who_ask_for_exercises() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let from = cursor(&ada).await;
    let mut socket = Socket::of(&ada).await;
    for (id, variables) in [
        ("all", json!({"after": from})),
        (
            "exercises",
            json!({"after": from, "entities": ["EXERCISE"]}),
        ),
        ("tasks", json!({"after": from, "entities": ["TASK"]})),
    ] {
        socket.subscribe(id, CHANGED, variables).await;
    }

    let change = Change::created(Entity::Exercise, Uuid::now_v7());
    let mut conn = app.database.connect().await;
    changes::append(&mut conn, EVERYBODY, &[change])
        .await
        .unwrap();
    tell(&mut conn, EVERYBODY).await;

    let mut told = vec![];
    for _ in 0..2 {
        let next = socket.next().await;
        assert_eq!(
            next["payload"]["data"]["changed"]["id"],
            change.id.to_string()
        );
        told.push(next["id"].as_str().unwrap().to_owned());
    }
    told.sort();
    assert_eq!(told, ["all", "exercises"]);
    assert!(socket.is_quiet().await);
}

#[tokio::test]
async fn a_lost_connection_to_the_database_loses_no_change() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    socket.subscribe("a", CHANGED, json!({})).await;
    let first = create(&ada, "squat").await;
    assert_eq!(
        socket.next().await["payload"]["data"]["changed"]["id"],
        first
    );

    // Every connection of the server is cut, the listening one too; what happens now is not heard.
    let mut conn = app.database.connect().await;
    sql_query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .execute(&mut conn)
        .await
        .unwrap();
    let change = Change::created(Entity::Task, Uuid::now_v7());
    changes::append(&mut conn, ada.id, &[change]).await.unwrap();

    let next = socket.next().await;
    assert_eq!(
        next["payload"]["data"]["changed"]["id"],
        change.id.to_string()
    );
}

#[tokio::test]
async fn many_changes_of_one_transaction_are_one_ring_and_all_told() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    let from = cursor(&ada).await;
    socket.subscribe("a", CHANGED, json!({"after": from})).await;
    let many: Vec<Change> = (0..1000)
        .map(|_| Change::created(Entity::Task, Uuid::now_v7()))
        .collect();
    let mut conn = app.database.connect().await;
    changes::append(&mut conn, ada.id, &many).await.unwrap();
    tell(&mut conn, ada.id).await;
    for change in many {
        let next = socket.next().await;
        assert_eq!(
            next["payload"]["data"]["changed"]["id"],
            change.id.to_string()
        );
    }
    assert!(socket.is_quiet().await);
}

/// Tells all servers what another one has committed.
async fn tell(conn: &mut AsyncPgConnection, owner: UserId) {
    sql_query("SELECT pg_notify('regimen_changes', $1)")
        .bind::<diesel::sql_types::Text, _>(owner.to_string())
        .execute(conn)
        .await
        .unwrap();
}
