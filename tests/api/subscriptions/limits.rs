//! What a client may take of the server, and how it is told when that is over.

use std::time::{Duration, Instant};

use regimen::{seeds, viewer::Role};
use serde_json::json;
use tokio::net::TcpStream;

use super::{CHANGED, create};
use crate::support::{EventStream, Socket, TestApp};

/// A query with an answer of a megabyte, made by this many statements.
fn large_query() -> (String, u64) {
    let fields = "nodes { id name instructions description aliases equipment primaryMuscles }";
    let lists: Vec<String> = (0..20)
        .map(|i| format!("e{i}: exercises(first: 100) {{ {fields} }}"))
        .collect();
    (format!("{{ {} }}", lists.join(" ")), 20)
}

/// Asks for more than a connection can hold, and reads nothing.
async fn ask_for_too_much(app: &TestApp, sockets: &mut [Socket<TcpStream>]) -> u64 {
    let (query, statements) = large_query();
    for number in 0..40 {
        for socket in &mut *sockets {
            socket
                .subscribe(&number.to_string(), &query, json!({}))
                .await;
        }
    }
    // Until nothing more is done about it.
    let done = || app.db.meter().read().statements;
    let mut before = 0;
    while before == 0 || before < done() {
        before = done();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    before / statements
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go_and_nothing_piles_up_for_it() {
    let app = TestApp::start_streaming(|limits| limits.patience = Duration::from_secs(5)).await;
    seeds::plant(&mut app.database.connect().await, false)
        .await
        .unwrap();
    let ada = app.newcomer().await;
    let mut sockets = [Socket::narrow(&ada).await];

    let answers = ask_for_too_much(&app, &mut sockets).await;

    assert!(answers < 25, "{answers} answers of 40 were made for nobody");
    let begun = Instant::now();
    while app.streams.open() > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "it is still there"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn clients_that_do_not_read_keep_no_connection_from_others() {
    let app = TestApp::start().await;
    seeds::plant(&mut app.database.connect().await, false)
        .await
        .unwrap();
    let ada = app.newcomer().await;
    let mut sockets = [Socket::narrow(&ada).await, Socket::narrow(&ada).await];

    ask_for_too_much(&app, &mut sockets).await;

    assert_eq!(app.streams.open(), 2, "they are still waited for");
    let pool = app.db.pool_state();
    assert_eq!(
        pool.idle_connections, pool.connections,
        "some are not given back"
    );
}

#[tokio::test]
async fn a_peer_that_is_silent_is_taken_for_dead_and_one_that_answers_pings_is_not() {
    let app =
        TestApp::start_streaming(|limits| limits.keep_alive = Duration::from_millis(300)).await;
    let ada = app.newcomer().await;
    let mut silent = Socket::of(&ada).await;
    let mut alive = Socket::of(&ada).await;
    // Reading is what answers pings.
    for _ in 0..4 {
        assert!(alive.is_quiet().await);
    }
    assert_eq!(
        silent.end().await,
        (1001, "no answer to the server's pings".to_owned())
    );
    assert!(alive.is_quiet().await);
}

#[tokio::test]
async fn a_connection_has_so_many_operations_and_goes_on_with_them() {
    let app = TestApp::start_streaming(|limits| limits.operations_of_a_connection = 3).await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    for id in ["a", "b", "c", "d"] {
        socket.subscribe(id, CHANGED, json!({})).await;
    }
    let error = socket.next().await;
    assert_eq!(
        (&error["type"], &error["id"]),
        (&json!("error"), &json!("d"))
    );
    assert_eq!(
        error["payload"][0]["extensions"]["code"],
        "TOO_MANY_AT_ONCE"
    );
    socket.send(&json!({"type": "complete", "id": "a"})).await;
    socket.subscribe("d", "{ version }", json!({})).await;
    assert_eq!(socket.next().await["type"], "next");
}

#[tokio::test]
async fn a_user_and_the_server_have_so_many_connections() {
    let app = TestApp::start_streaming(|limits| {
        limits.connections_of_a_user = 2;
        limits.connections = 4;
    })
    .await;
    let ada = app.newcomer().await;
    let bob = app.newcomer().await;
    let first = Socket::of(&ada).await;
    let second = Socket::of(&ada).await;
    let mut third = Socket::open(&app).await;
    third.init(&ada.token).await;
    assert_eq!(
        third.end().await,
        (
            1013,
            "you have too many connections: close another one".to_owned()
        )
    );

    let others = [Socket::of(&bob).await, Socket::of(&bob).await];
    let mut fifth = Socket::open(&app).await;
    assert_eq!(fifth.end().await.0, 1013);
    drop((first, second, others));
    while app.streams.open() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Socket::of(&ada).await;
}

#[tokio::test]
async fn a_mutation_that_finds_no_seat_changes_nothing() {
    let app = TestApp::start_streaming(|limits| limits.connections_of_a_user = 1).await;
    let ada = app.newcomer().await;
    let seat = Socket::of(&ada).await;
    let write = r#"mutation { createTask(input: {title: "Stretch"}) { task { id } } }"#;

    let (statements, refused) = app
        .statements_of(async {
            let refused = EventStream::of(&ada, write, json!({})).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            refused
        })
        .await;

    assert_eq!((statements, refused.response.status().as_u16()), (0, 429));
    drop(seat);
}

#[tokio::test]
async fn a_token_that_expires_ends_the_connection() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let token = app.token(ada.id, Role::Member, Duration::ZERO);
    let mut socket = Socket::open(&app).await;
    socket.init(&token).await;
    assert_eq!(socket.next().await["type"], "connection_ack");
    socket.subscribe("a", CHANGED, json!({})).await;
    assert_eq!(socket.end().await, (4403, "token expired".to_owned()));
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_answers_what_was_asked() {
    let mut app = TestApp::start().await;
    let (mut idle, mut busy) = {
        let ada = app.newcomer().await;
        create(&ada, "squat").await;
        (Socket::of(&ada).await, Socket::of(&ada).await)
    };
    idle.subscribe("a", CHANGED, json!({})).await;
    idle.subscribe("ready", "{ version }", json!({})).await;
    idle.next().await;
    idle.next().await;
    let mut lock = app.database.connect().await;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut lock, "BEGIN; LOCK TABLE exercises")
        .await
        .unwrap();
    busy.subscribe("a", "{ exercises { totalCount } }", json!({}))
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;

    app.stop();

    assert_eq!(
        idle.end().await,
        (1001, "the server stops: reconnect".to_owned())
    );
    diesel_async::SimpleAsyncConnection::batch_execute(&mut lock, "COMMIT")
        .await
        .unwrap();
    assert_eq!(
        busy.next().await["payload"]["data"]["exercises"]["totalCount"],
        1
    );
    assert_eq!(busy.end().await.0, 1001);
}

#[tokio::test]
async fn those_who_are_not_signed_in_have_so_many_connections_from_one_address() {
    let app = TestApp::start_streaming(|limits| limits.connections_of_an_address = 2).await;
    let ada = app.newcomer().await;
    let mut silent = Socket::open(&app).await;
    let anonymous = Socket::open(&app).await;
    let mut third = Socket::open(&app).await;
    assert_eq!(
        third.end().await,
        (
            1013,
            "your address has too many connections: sign in, or close another one".to_owned()
        )
    );
    let events = app.client.post(format!("{}/graphql", app.url));
    let events = events.header("accept", "text/event-stream");
    let refused = events.json(&json!({"query": "{ version }"})).send().await;
    assert_eq!(refused.unwrap().status(), 429);
    // A stream of somebody who is signed in is theirs from the beginning.
    let stream = EventStream::of(&ada, CHANGED, json!({})).await;
    assert_eq!(stream.response.status(), 200);

    // Whoever says who they are is counted by that, and makes room.
    silent.init(&ada.token).await;
    assert_eq!(silent.next().await["type"], "connection_ack");
    let mut fourth = Socket::of(&ada).await;
    fourth.subscribe("a", "{ version }", json!({})).await;
    assert_eq!(fourth.next().await["type"], "next");
    drop((anonymous, silent, fourth, stream));
    while app.streams.open() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Socket::open(&app).await;
}
