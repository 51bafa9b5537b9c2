//! Steps that are taken while many write: nothing is lost in either direction, and nobody waits for long.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    clients::{self, Clients},
    crashes::{alike, nothing_is_lost, rounds, shown},
    moved::{LONG_FILES, Moved},
};

#[tokio::test]
async fn rolled_back_and_cut_over_under_load_nothing_is_lost_and_fences_are_short() {
    let moved = Moved::reach("soak").await;
    let fences = there_and_back(&moved, rounds(3, 50)).await;
    assert!(at(&fences, 99) < Duration::from_secs(1), "{fences:?}");
}

#[tokio::test]
async fn with_files_that_are_written_now_and_then_no_step_leaves_anything_behind() {
    let moved = Moved::told(LONG_FILES).await;
    moved.go_to("soak").await;
    there_and_back(&moved, rounds(1, 20)).await;
}

/// From `soak` there and back while six clients write, and once from the files alone. How long each fence was up.
#[expect(clippy::print_stdout, reason = "for whoever runs the long form")]
async fn there_and_back(moved: &Moved, times: usize) -> Vec<Duration> {
    let clients = Clients::start(moved, &[0; 6]).await;
    for _ in 0..times {
        for (step, leads_to) in [
            ("rollback", "backfilled"),
            ("parity --prove", "verified"),
            ("cutover", "soak"),
        ] {
            sleep(Duration::from_millis(250)).await;
            moved.step(step).await;
            assert_eq!(moved.phase().await, leads_to);
            let acknowledged = clients.acknowledged();
            moved.sees(leads_to).await;
            nothing_is_lost(moved, &acknowledged, step).await;
        }
    }
    // All the way back to the files alone, too.
    moved.step("rollback").await;
    moved.step("rollback").await;
    sleep(Duration::from_millis(300)).await;
    let acknowledged = clients.acknowledged();
    moved.sees("legacy").await;
    nothing_is_lost(moved, &acknowledged, "back at the files").await;
    for step in ["dual-write on", "backfill", "parity --prove", "cutover"] {
        moved.step(step).await;
        sleep(Duration::from_millis(300)).await;
    }
    let (counts, waits) = clients.stop().await;
    let fences = fences(moved).await;
    println!("{}", told("fences", &fences));
    println!("{}", told("writes", &waits));

    moved.caught_up().await;
    let parity = moved.scrub().await;
    assert_eq!(parity["equal"], true, "{parity:#}");
    let after = shown(moved).await;
    let other = Moved::start().await;
    clients::undisturbed(&other, &counts).await;
    alike(&after, &shown(&other).await);
    fences
}

/// How long each fence was up, by the audit.
async fn fences(moved: &Moved) -> Vec<Duration> {
    let rows = moved.step("migration audit --json").await;
    let rows: Vec<Value> = rows
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let time =
        |row: &Value| chrono::DateTime::parse_from_rfc3339(row["at"].as_str().unwrap()).unwrap();
    let fences = rows.windows(2).filter(|pair| pair[0]["toPhase"] == "fence");
    fences
        .map(|pair| (time(&pair[1]) - time(&pair[0])).to_std().unwrap())
        .collect()
}

fn at(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn told(what: &str, times: &[Duration]) -> String {
    format!(
        "{} {what}: median {:?}, p99 {:?}, longest {:?}",
        times.len(),
        at(times, 50),
        at(times, 99),
        at(times, 100),
    )
}

#[tokio::test]
async fn a_long_transaction_across_the_fence_makes_the_step_give_up_in_time() {
    let moved = Moved::reach("verified").await;
    let before = moved.reads().await;
    // A row that a mutation needs is held, so the mutation is under way for as long.
    let holder = &mut moved.database.connect().await;
    holder
        .batch_execute("BEGIN; SELECT FROM workouts FOR UPDATE")
        .await
        .unwrap();
    let query = "mutation { updateWorkout(id: \"9945da32-0000-4000-8000-000000000002\", input: {name: \"late\"}) { workout { name } } }";
    let (url, token) = (moved.server.url.clone(), moved.ada.token.clone());
    let waiting = tokio::spawn(async move {
        let sent = reqwest::Client::new()
            .post(format!("{url}/graphql"))
            .bearer_auth(token)
            .json(&json!({"query": query}))
            .send();
        sent.await.unwrap().json::<Value>().await.unwrap()
    });
    sleep(Duration::from_millis(300)).await;
    let since = std::time::Instant::now();
    let refused = moved.command("cutover --within 2s").await;
    assert!(!refused.success, "{}", refused.stdout);
    assert!(
        since.elapsed() < Duration::from_secs(6),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(moved.phase().await, "verified");
    assert_eq!(moved.reads().await, before);
    holder.batch_execute("ROLLBACK").await.unwrap();
    let answer = waiting.await.unwrap();
    assert_eq!(
        answer["data"]["updateWorkout"]["workout"]["name"], "late",
        "{answer:#}"
    );
    moved.step("cutover").await;
    moved.sees("soak").await;
    assert_eq!(moved.scrub().await["equal"], true);
}
