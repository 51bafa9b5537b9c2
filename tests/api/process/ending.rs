//! How a server ends: nobody who is being served notices, and nobody can keep it from ending.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{sql_query, sql_types::BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nix::sys::signal::Signal;
use tokio::task::JoinHandle;

use crate::support::{Sent, Server, TestDatabase, Wire, eventually, regimen, scratch_folder};

const SQUATS: &str = r#"{ exercises(filter: {search: "squat"}, first: 5) { nodes { name } } }"#;

struct Served {
    server: Server,
    database: TestDatabase,
    _folder: PathBuf,
}

async fn serve(deadline: &str) -> Served {
    let (folder, database) = (scratch_folder("ending"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_SHUTDOWN_DEADLINE", deadline);
    Served {
        server: Server::spawn(&mut command).await,
        database,
        _folder: folder,
    }
}

/// Keeps every request for exercises waiting until this session ends its transaction.
async fn hold_exercises(database: &TestDatabase) -> AsyncPgConnection {
    let mut holder = database.connect().await;
    holder
        .batch_execute("BEGIN; LOCK TABLE exercises IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    holder
}

/// Sends a request and waits until it hangs in the database.
async fn hanging_request(served: &Served) -> JoinHandle<Sent> {
    #[derive(diesel::QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let mut wire = Wire::to(&served.server.url);
    let request = tokio::spawn(async move { wire.graphql(SQUATS).await });
    eventually("the request hangs in the database", async || {
        let waiting: Waiting =
            sql_query("SELECT count(*) AS count FROM pg_locks WHERE NOT granted AND relation = 'exercises'::regclass")
                .get_result(&mut served.database.connect().await)
                .await
                .unwrap();
        waiting.count == 1
    })
    .await;
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_client_under_load_sees_a_stop() {
    let served = serve("20s").await;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<JoinHandle<usize>> = (0..16)
        .map(|_| {
            let (mut wire, answered) = (Wire::to(&served.server.url), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut count = 0;
                loop {
                    match wire.graphql(SQUATS).await {
                        Sent::Answered { status, body } => {
                            assert_eq!(status, 200, "{body}");
                            assert!(body.contains("Squat"), "{body}");
                            count += 1;
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        Sent::Refused => return count,
                        Sent::Cut(error) => panic!("cut off after {count} answers: {error}"),
                    }
                }
            })
        })
        .collect();
    eventually("the load is on", async || {
        answered.as_ref().load(Ordering::Relaxed) >= 200
    })
    .await;

    let since = Instant::now();
    assert!(served.server.stop().await, "it did not end well");

    assert!(since.elapsed() < Duration::from_secs(10));
    for client in clients {
        assert!(client.await.expect("no client was cut off") > 0);
    }
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_end() {
    let served = serve("20s").await;
    let mut holder = hold_exercises(&served.database).await;
    let request = hanging_request(&served).await;

    served.server.signal(Signal::SIGTERM);
    served.server.says("stopping: requests under way").await;
    // Longer than new requests are still taken.
    eventually("nobody listens", async || {
        matches!(
            Wire::to(&served.server.url).graphql("{ version }").await,
            Sent::Refused
        )
    })
    .await;
    assert!(!request.is_finished());
    holder.batch_execute("COMMIT").await.unwrap();

    match request.await.unwrap() {
        Sent::Answered { status: 200, body } => assert!(body.contains("Squat"), "{body}"),
        other => panic!("{other:?}"),
    }
    assert!(served.server.ended().await.success());
}

#[tokio::test]
async fn the_deadline_ends_what_would_not_end() {
    let served = serve("1s").await;
    let _holder = hold_exercises(&served.database).await;
    let request = hanging_request(&served).await;

    let since = Instant::now();
    served.server.signal(Signal::SIGTERM);
    served
        .server
        .says("stopped at the deadline: some requests were cut off")
        .await;
    let ended = served.server.ended().await;

    let took = since.elapsed();
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    // Being told to stop and stopping is no failure.
    assert!(ended.success(), "{ended}");
    assert!(matches!(request.await.unwrap(), Sent::Cut(_)));
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let served = serve("1m").await;
    let _holder = hold_exercises(&served.database).await;
    let _request = hanging_request(&served).await;

    served.server.signal(Signal::SIGTERM);
    served.server.says("stopping: requests under way").await;
    served.server.signal(Signal::SIGINT);

    assert_eq!(served.server.ended().await.code(), Some(130));
}
