//! Two servers on one database and one folder: both take writes all the time, one at a time writes the files, and what
//! one was told the other shows.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::{
    clients::{self, Clients},
    crashes::{alike, nothing_is_lost, shown},
    disks,
    moved::{LONG_FILES, Moved, Settings},
};
use crate::support::eventually;

async fn two(settings: Settings) -> Moved {
    let mut moved = Moved::told(settings).await;
    let other = moved.another().await;
    moved.others.push(other);
    moved
}

/// Both see the phase, and both show what either has acknowledged.
async fn both_show_it(moved: &mut Moved, clients: &Clients, phase: &str) {
    for _ in 0..2 {
        moved.sees(phase).await;
        moved.ask_the_next();
    }
    let acknowledged = clients.acknowledged();
    for _ in 0..2 {
        nothing_is_lost(moved, &acknowledged, phase).await;
        moved.ask_the_next();
    }
}

async fn there_and_back(settings: Settings) {
    let mut moved = two(settings).await;
    let clients = Clients::start(&moved, &[0; 4]).await;
    sleep(Duration::from_secs(2)).await;
    both_show_it(&mut moved, &clients, "legacy").await;
    for (step, phase) in [
        ("dual-write on", "dual_write"),
        ("backfill", "backfilled"),
        ("parity --prove", "verified"),
        ("cutover", "soak"),
        ("rollback", "backfilled"),
        ("parity --prove", "verified"),
        ("cutover", "soak"),
    ] {
        moved.step(step).await;
        sleep(Duration::from_millis(500)).await;
        both_show_it(&mut moved, &clients, phase).await;
    }
    // One of the two dies, and the other goes on.
    moved.others[0].kill().await;
    let other = moved.another().await;
    moved.others = vec![other];
    clients.moved_to(&moved);
    moved.step("rollback").await;
    both_show_it(&mut moved, &clients, "backfilled").await;
    let (counts, _) = clients.stop().await;
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    moved.caught_up().await;
    let parity = moved.scrub().await;
    assert_eq!(parity["equal"], true, "{parity:#}");
    let after = shown(&moved).await;
    moved.ask_the_next();
    alike(&after, &shown(&moved).await);
    let alone = Moved::start().await;
    clients::undisturbed(&alone, &counts).await;
    alike(&after, &shown(&alone).await);
}

#[tokio::test]
async fn through_every_phase_and_back_nothing_that_either_acknowledged_is_lost() {
    there_and_back(&[]).await;
}

#[tokio::test]
async fn the_same_holds_where_files_are_written_now_and_then() {
    there_and_back(LONG_FILES).await;
}

#[tokio::test]
async fn an_edit_of_somebody_else_that_one_holds_is_not_written_over_by_the_other() {
    let mut moved = two(&[]).await;
    moved.go_to("backfilled").await;
    moved.server.kill().await;
    moved.others[0].kill().await;
    moved.edit("workouts.json", |text| {
        text.replace("Heavy day", "Their day")
    });
    moved.start_again().await;
    moved.others = vec![moved.another().await];
    eventually("it is held", async || moved.mirror().await["queued"] == 2).await;
    for number in 1..5 {
        moved.ask_the_next();
        disks::make(&moved, uuid::Uuid::from_u128(number), "ours")
            .await
            .data();
        sleep(Duration::from_millis(700)).await;
        assert!(moved.text("workouts.json").contains("Their day"));
    }
    // Either may be told who is right.
    moved
        .done(
            "mutation { repairMirror { migration { behind } } }",
            json!({}),
        )
        .await;
    moved.caught_up().await;
    assert!(moved.text("workouts.json").contains("Heavy day"));
    for number in 5..9 {
        moved.ask_the_next();
        disks::make(&moved, uuid::Uuid::from_u128(number), "ours")
            .await
            .data();
    }
    moved.caught_up().await;
    assert_eq!(moved.scrub().await["equal"], true);
}
