//! Files that are too long to be written with every change: what is changed is shown at once, and they follow.

use std::{
    collections::BTreeSet,
    os::unix::fs::MetadataExt,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    clients::Clients,
    moved::{LONG_FILES, Moved},
};
use crate::support::{Answer, eventually};

async fn make(moved: &Moved, number: u128, name: &str) -> Answer {
    let input = json!({"input": {"id": Uuid::from_u128(number).to_string(), "name": name}});
    let query =
        "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { name } } }";
    moved.ask(&moved.ada, query, input).await
}

async fn reached(phase: &str) -> Moved {
    let moved = Moved::told(LONG_FILES).await;
    moved.go_to(phase).await;
    moved.caught_up().await;
    moved
}

#[tokio::test]
async fn what_is_changed_is_shown_at_once_and_in_the_files_when_it_is_quiet() {
    for phase in ["backfilled", "soak"] {
        let moved = reached(phase).await;
        let before = moved.text("workouts.json");
        let made = make(&moved, 1, "at once").await;
        assert_eq!(made.data()["createWorkout"]["workout"]["name"], "at once");
        assert_eq!(moved.text("workouts.json"), before, "{phase}");
        let mirror = moved.mirror().await;
        assert!(mirror["behind"].as_i64().unwrap() > 0, "{mirror:#}");
        assert_eq!(
            (&mirror["queued"], &mirror["queue"]),
            (&json!(0), &json!([]))
        );
        let since = Instant::now();
        moved.caught_up().await;
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "{:?}",
            since.elapsed()
        );
        assert!(moved.text("workouts.json").contains("at once"), "{phase}");
        assert_eq!(moved.scrub().await["equal"], true, "{phase}");
    }
}

#[tokio::test]
async fn while_many_write_the_files_are_written_now_and_then_and_whoever_needs_them_has_it_done() {
    let moved = reached("backfilled").await;
    let clients = Clients::start(&moved, &[0; 4]).await;
    let mut files = BTreeSet::new();
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(12) {
        files.insert(
            std::fs::metadata(moved.files.join("workouts.json"))
                .unwrap()
                .ino(),
        );
        sleep(Duration::from_millis(20)).await;
    }
    let changes: u32 = clients.acknowledged().iter().sum();
    assert!(changes > 60, "{changes}");
    assert!(
        (2..=6).contains(&files.len()),
        "{files:?} for {changes} changes"
    );
    // A proof reads the files, so they have everything by then; and so it is behind a fence.
    moved.step("parity --prove").await;
    moved.step("cutover").await;
    moved.step("rollback").await;
    clients.stop().await;
    moved.caught_up().await;
    assert_eq!(moved.scrub().await["equal"], true);
}

#[tokio::test]
async fn an_edit_of_somebody_else_under_what_waits_is_not_written_over() {
    let moved = reached("backfilled").await;
    make(&moved, 1, "ours").await.data();
    moved.edit("workouts.json", |text| {
        text.replace("Heavy day", "Their day")
    });
    eventually("it is refused", async || {
        moved.mirror().await["queued"] == 1
    })
    .await;
    let reason = moved.mirror().await["queue"][0]["reason"].to_string();
    assert!(reason.contains("somebody else"), "{reason}");
    assert!(moved.text("workouts.json").contains("Their day"));
    let names = moved
        .done("{ workouts(first: 100) { nodes { name } } }", json!({}))
        .await;
    assert!(names.to_string().contains("ours"), "{names}");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_leaves_the_files_with_everything() {
    let mut moved = reached("soak").await;
    make(&moved, 1, "the last one").await.data();
    moved.server.signal(Signal::SIGTERM);
    moved.has_died().await;
    assert!(moved.text("workouts.json").contains("the last one"));
    moved.start_again().await;
    assert_eq!(moved.mirror().await["behind"], Value::from(0));
}
