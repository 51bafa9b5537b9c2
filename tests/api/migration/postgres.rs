//! A PostgreSQL that crashes or is restarted while clients write: what was acknowledged is there afterwards, and in
//! between nobody is shown less than there is.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use diesel::{QueryableByName, sql_query, sql_types::Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use regimen::{
    config::{Config, Secret},
    db::{
        Address,
        embedded::{Cluster, Lifetime, Options},
        migrations::Schema,
    },
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{
    clients::{self, Clients},
    crashes::{alike, nothing_is_lost, shown},
    moved::Moved,
};
use crate::support::{TestDatabase, eventually, scratch_folder};

fn options(folder: &Path) -> Options {
    Options {
        data_dir: folder.to_owned(),
        binaries: Config::defaults().unwrap().postgres,
    }
}

/// A database on a PostgreSQL that no other test uses.
async fn alone(cluster: &Cluster) -> TestDatabase {
    let url = cluster.url();
    let address = Address::parse("DATABASE_URL", &Secret::new(url.clone())).unwrap();
    let mut schema = Schema::lock(&address, TestDatabase::limits())
        .await
        .unwrap();
    schema.up().unwrap();
    schema.unlock().await.unwrap();
    // Nothing of this name is in the PostgreSQL that the others share.
    let name = "on_a_server_of_its_own".to_owned();
    TestDatabase { name, address, url }
}

/// One process of PostgreSQL dies without a word, and with it everything that it kept in memory alone.
async fn crash(database: &TestDatabase) {
    #[derive(QueryableByName)]
    struct Backend {
        #[diesel(sql_type = Integer)]
        pid: i32,
    }
    let conn: &mut AsyncPgConnection = &mut database.connect().await;
    let backend: Backend = sql_query("SELECT pg_backend_pid() AS pid")
        .get_result(conn)
        .await
        .unwrap();
    kill(Pid::from_raw(backend.pid), Signal::SIGKILL).unwrap();
}

async fn is_back(moved: &Moved) {
    answers(&moved.database).await;
    for query in [
        "{ migration { phase } }",
        "{ workouts(first: 1) { totalCount } }",
    ] {
        eventually("it serves", async || {
            let asked = moved.ask(&moved.ada, query, json!({})).await;
            asked.body["errors"].is_null()
        })
        .await;
    }
}

async fn answers(database: &TestDatabase) {
    eventually("PostgreSQL is back", async || {
        database
            .address
            .connect(TestDatabase::limits())
            .await
            .is_ok()
    })
    .await;
}

/// Reads all the time, and says the least that it was ever shown.
fn watch(moved: &Moved, stop: &Arc<AtomicBool>) -> JoinHandle<i64> {
    let (url, token, stop) = (
        moved.server.url.clone(),
        moved.ada.token.clone(),
        Arc::clone(stop),
    );
    tokio::spawn(async move {
        let http = reqwest::Client::new();
        let mut least = i64::MAX;
        while !AtomicBool::load(&stop, Ordering::SeqCst) {
            let body = json!({"query": "{ workouts(first: 1) { totalCount } }"});
            let sent = http
                .post(format!("{url}/graphql"))
                .bearer_auth(&token)
                .json(&body)
                .send();
            let answer: Value = sent.await.unwrap().json().await.unwrap();
            if let Some(count) = answer["data"]["workouts"]["totalCount"].as_i64() {
                least = least.min(count);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        least
    })
}

async fn survives(phase: &str) {
    let folder = scratch_folder("alone");
    let cluster = Cluster::start(&options(&folder), Lifetime::WithUs)
        .await
        .unwrap();
    let moved = Moved::over(alone(&cluster).await).await;
    moved.go_to(phase).await;
    let clients = Clients::start(&moved, &[0; 4]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let watching = watch(&moved, &stop);
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        crash(&moved.database).await;
        let acknowledged = clients.acknowledged();
        tokio::time::sleep(Duration::from_millis(500)).await;
        is_back(&moved).await;
        if phase != "legacy" {
            moved.caught_up().await;
        }
        nothing_is_lost(&moved, &acknowledged, phase).await;
    }
    let acknowledged = clients.acknowledged();
    cluster.stop().await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let _cluster = Cluster::start(&options(&folder), Lifetime::WithUs)
        .await
        .unwrap();
    answers(&moved.database).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    nothing_is_lost(&moved, &acknowledged, phase).await;

    let (counts, _) = clients.stop().await;
    stop.store(true, Ordering::SeqCst);
    assert!(
        watching.await.unwrap() >= 2,
        "somebody was shown less than there is"
    );
    if phase != "legacy" {
        moved.caught_up().await;
        let parity = moved.scrub().await;
        assert_eq!(
            parity["equal"],
            true,
            "{parity:#} {:#?}",
            moved.unfaithful().await
        );
    }
    let after = shown(&moved).await;
    let other = Moved::start().await;
    clients::undisturbed(&other, &counts).await;
    alike(&after, &shown(&other).await);
}

/// Made anew, the files' tables are held up between what the files say and what they have yet to be given.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_are_made_anew_are_shown_with_all_that_was_acknowledged() {
    let folder = scratch_folder("alone");
    let cluster = Cluster::start(&options(&folder), Lifetime::WithUs)
        .await
        .unwrap();
    let moved = Moved::over(alone(&cluster).await).await;
    moved.go_to("backfilled").await;
    moved.fail_at("disk.write full\nprojection.replaced pause=1500");
    let make =
        "mutation ($name: String!) { createWorkout(input: {name: $name}) { workout { id } } }";
    for name in ["one", "two"] {
        moved.done(make, json!({"name": name})).await;
    }
    let clients = Clients::start(&moved, &[0; 2]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let watching = watch(&moved, &stop);
    let repair = "mutation { repairMirror { migration { behind } } }";
    for _ in 0..2 {
        crash(&moved.database).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        is_back(&moved).await;
        // By a repair they are made anew under the eyes of readers who have a connection.
        moved.done(repair, json!({})).await;
    }
    stop.store(true, Ordering::SeqCst);
    assert!(
        watching.await.unwrap() >= 4,
        "somebody was shown less than was acknowledged"
    );
    clients.stop().await;
    moved.fail_at("");
    // What was refused often is tried again a minute later only.
    moved.done(repair, json!({})).await;
    moved.caught_up().await;
    assert_eq!(moved.scrub().await["equal"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_legacy_a_crash_of_the_database_takes_nothing_away() {
    survives("legacy").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_both_sides_are_written_a_crash_of_the_database_takes_nothing_away() {
    survives("backfilled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_soak_a_crash_of_the_database_takes_nothing_away() {
    survives("soak").await;
}
