//! A server with a PostgreSQL of its own: begun, kept, shared, lost and found again.

use std::{fs::File, time::Duration};

use diesel::{sql_query, sql_types::BigInt};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;

use crate::support::{
    Finished, Server, eventually, give_to_postgres, is_alive, postmaster, regimen, scratch_folder,
    session,
};

const SQUATS: &str =
    r#"{ exercises(filter: {search: "back squat"}, first: 1) { nodes { name } } }"#;

/// The server answers from its database.
async fn answers(server: &Server) {
    let answer = server.graphql(SQUATS).await;
    assert_eq!(
        answer.data()["exercises"]["nodes"][0]["name"],
        "Barbell Back Squat"
    );
}

async fn ends(pid: i32) {
    eventually("the process ends", async || !is_alive(pid)).await;
}

fn kill_9(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn a_new_folder_gets_a_database_that_ends_with_its_server() {
    let folder = scratch_folder("new");
    let data = folder.join(".regimen");

    let server = Server::start(&folder).await;
    server.says("Ctrl-C stops everything").await;
    let banner = server.text();
    for line in [
        format!("GraphQL    {}/graphql\n", server.url),
        format!("GraphiQL   {}/graphiql\n", server.url),
        format!("Console    {}/console\n", server.url),
        format!("Data       {}\n", data.display()),
    ] {
        assert!(banner.contains(&line), "no `{line}` in: {banner}");
    }
    answers(&server).await;

    let postgres = postmaster(&data);
    assert!(is_alive(postgres));
    assert!(server.stop().await, "it did not end well");
    assert!(!is_alive(postgres), "PostgreSQL outlived its server");
    assert!(!data.join("postgres/postmaster.pid").exists());
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_one_kept() {
    #[derive(diesel::QueryableByName)]
    struct Kept {
        #[diesel(sql_type = BigInt)]
        answer: i64,
    }
    let folder = scratch_folder("again");
    let data = folder.join(".regimen");
    let first = Server::start(&folder).await;
    first.says("applied migration").await;
    session(&data)
        .await
        .batch_execute("CREATE TABLE kept AS SELECT 42::bigint AS answer")
        .await
        .unwrap();
    assert!(first.stop().await);

    let second = Server::start(&folder).await;

    answers(&second).await;
    let kept: Kept = sql_query("SELECT answer FROM kept")
        .get_result(&mut session(&data).await)
        .await
        .unwrap();
    assert_eq!(kept.answer, 42);
    for once in ["making a new", "applied migration", "seeded"] {
        let text = second.text();
        assert!(!text.contains(once), "`{once}` a second time: {text}");
    }
}

#[tokio::test]
async fn a_killed_server_leaves_nothing_in_the_way_of_the_next() {
    let folder = scratch_folder("killed");
    let data = folder.join(".regimen");
    let mut server = Server::start(&folder).await;

    // Its PostgreSQL is on its way out just when the next one looks for it: several times, because
    // it is not always found at the same step.
    for _ in 0..4 {
        let orphan = postmaster(&data);
        server.kill().await;
        server = Server::start(&folder).await;
        answers(&server).await;
        ends(orphan).await;
        assert!(is_alive(postmaster(&data)));
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_killed_postgresql_comes_back_by_itself() {
    let folder = scratch_folder("crash");
    let data = folder.join(".regimen");
    let server = Server::spawn(regimen(&folder).env("DATABASE_POOL_TIMEOUT", "500ms")).await;
    // Several connections are open and idle, each of which could be handed out dead.
    let eight = (0..8).map(|i| format!("e{i}: exercises(first: 1) {{ nodes {{ id }} }}"));
    let many = format!("{{ {} }}", eight.collect::<Vec<_>>().join(" "));
    server.graphql(&many).await.data();
    assert_eq!(server.ready().await.0, 200);

    // Whoever starts PostgreSQL takes this lock first: holding it, we see the time in between.
    let lock = File::open(data.join("start.lock")).unwrap();
    lock.lock().unwrap();
    let crashed = postmaster(&data);
    kill_9(crashed);
    // Its children outlive it for a moment.
    eventually("it sees that nobody answers", async || {
        let (status, report) = server.ready().await;
        status == 503 && report["database"] == json!({"status": "down", "reason": "no connection"})
    })
    .await;
    assert_eq!(server.graphql(SQUATS).await.code(), "UNAVAILABLE");

    lock.unlock().unwrap();
    eventually("it is ready", async || server.ready().await.0 == 200).await;
    for _ in 0..16 {
        answers(&server).await;
    }
    assert_ne!(postmaster(&data), crashed);
    assert!(server.stop().await);
}

#[tokio::test]
async fn two_starts_at_once_share_one_database() {
    let folder = scratch_folder("twins");
    let data = folder.join(".regimen");

    let (one, other) = tokio::join!(Server::start(&folder), Server::start(&folder));

    answers(&one).await;
    answers(&other).await;
    let made: Vec<bool> = [&one, &other]
        .iter()
        .map(|server| server.text().contains("making a new"))
        .collect();
    assert_ne!(made[0], made[1], "exactly one of them made it: {made:?}");
    let postgres = postmaster(&data);
    assert!(one.stop().await);
    eventually("the other answers", async || other.ready().await.0 == 200).await;
    answers(&other).await;
    assert!(other.stop().await);
    ends(postgres).await;
    assert!(!data.join("postgres/postmaster.pid").exists());
}

#[tokio::test]
async fn a_guest_starts_postgresql_again_when_its_host_ends() {
    let folder = scratch_folder("guest");
    let data = folder.join(".regimen");
    let host = Server::start(&folder).await;
    let guest = Server::start(&folder).await;
    answers(&guest).await;
    let first = postmaster(&data);

    assert!(host.stop().await);

    assert!(!is_alive(first), "the host's PostgreSQL ends with the host");
    eventually("the guest answers", async || guest.ready().await.0 == 200).await;
    answers(&guest).await;
    let second = postmaster(&data);
    assert_ne!(second, first);
    assert!(guest.stop().await);
    assert!(!is_alive(second), "now it was the guest's to stop");
}

#[tokio::test]
async fn a_postgresql_started_by_hand_outlives_its_guests_and_is_brought_back_by_them() {
    let folder = scratch_folder("by-hand");
    let data = folder.join(".regimen");
    let db = async |verb| Finished::of(regimen(&folder).args(["db", verb])).await;
    assert!(db("start").await.success);
    let by_hand = postmaster(&data);

    let server = Server::start(&folder).await;
    server.says("Ctrl-C stops the server; its PostgreSQL").await;
    answers(&server).await;
    assert!(server.stop().await);
    assert!(is_alive(by_hand), "it was not the server's to stop");

    let server = Server::start(&folder).await;
    kill_9(by_hand);
    server.says("PostgreSQL runs again").await;
    answers(&server).await;
    assert_ne!(postmaster(&data), by_hand);
    assert!(server.stop().await);
    assert_eq!(db("stop").await.stdout, "it was not running\n");
}

#[tokio::test]
async fn a_database_half_made_by_a_killed_process_is_made_anew() {
    let folder = scratch_folder("leftover");
    let leftover = folder.join(".regimen/postgres.new");
    std::fs::create_dir_all(leftover.join("base/1")).unwrap();
    std::fs::write(leftover.join("PG_VERSION"), "garbage").unwrap();
    std::fs::write(leftover.join("base/1/1259"), [0; 100]).unwrap();
    give_to_postgres(&leftover);

    let server = Server::start(&folder).await;

    answers(&server).await;
    assert!(!leftover.exists());
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_kill_in_the_middle_of_the_first_start_is_in_nobodys_way() {
    let folder = scratch_folder("cut-short");
    let data = folder.join(".regimen");
    let mut server = Server::begin(&mut regimen(&folder));
    // Far enough in that there is something half made.
    let begun = data.join("postgres.new/PG_VERSION");
    eventually("it makes a database", async || begun.exists()).await;

    server.kill().await;

    assert!(!data.join("postgres").exists(), "it was complete already");
    let server = Server::start(&folder).await;
    answers(&server).await;
    assert!(!data.join("postgres.new").exists());
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_stop_in_the_middle_of_the_first_start_leaves_nothing_running() {
    let folder = scratch_folder("hasty");
    let data = folder.join(".regimen");
    let mut child = regimen(&folder).env("REGIMEN_PORT", "0").spawn().unwrap();
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    eventually("it makes a database", async || {
        data.join("postgres.new").exists()
    })
    .await;

    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;

    assert!(ended.unwrap().unwrap().success());
    assert!(!data.join("postgres/postmaster.pid").exists());
    let server = Server::start(&folder).await;
    answers(&server).await;
    assert!(server.stop().await);
}
