//! The end of the way in: files that are put away hold everything, and come back with what they missed. And reading
//! on both sides beforehand.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};

use super::moved::Moved;

const ADD: &str =
    "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { id } } }";

async fn make(moved: &Moved, name: &str) {
    moved.done(ADD, json!({"input": {"name": name}})).await;
}

fn archive_of(printed: &Value, moved: &Moved) -> PathBuf {
    assert!(printed["files"].as_array().unwrap().len() >= 3, "{printed}");
    let beside = moved.files.parent().unwrap();
    let name = moved
        .files
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let mut found: Vec<PathBuf> = std::fs::read_dir(beside)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let other = path.file_name().unwrap().to_string_lossy();
            other.starts_with(&format!("{name}.archive-"))
        })
        .collect();
    found.sort();
    found.pop().expect("an archive")
}

#[tokio::test]
async fn files_are_put_away_when_the_archive_holds_everything_and_come_back_with_what_they_missed()
{
    let moved = Moved::reach("soak").await;
    let printed = moved.step("archive --json").await;
    let archive = archive_of(&serde_json::from_str(&printed).unwrap(), &moved);

    // What is written after it was made is not in it.
    make(&moved, "later").await;
    moved.caught_up().await;
    let refused = moved.command("complete").await;
    assert!(refused.failure().contains("run `regimen archive` again"));
    assert_eq!(moved.phase().await, "soak");
    // The name of the folder counts seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let again = moved.step("archive --json").await;
    let newer = archive_of(&serde_json::from_str(&again).unwrap(), &moved);
    assert_ne!(newer, archive);

    // Nothing goes before the end, nor from an archive that was touched.
    assert!(
        moved
            .command("archive --retire")
            .await
            .failure()
            .contains("needs the phase")
    );
    moved.step("complete").await;
    moved.sees("complete").await;
    let before = moved.reads().await;
    let kept = std::fs::read(newer.join("workouts.json")).unwrap();
    std::fs::write(newer.join("workouts.json"), b"[]").unwrap();
    assert!(
        moved
            .command("archive --retire")
            .await
            .failure()
            .contains("is not what")
    );
    assert!(moved.files.join("workouts.json").exists());
    std::fs::write(newer.join("workouts.json"), kept).unwrap();
    moved.step("archive --retire").await;
    assert!(!moved.files.join("workouts.json").exists());
    assert_eq!(moved.reads().await, before);
    let removed = "{ migration { filesRemovedAt } }";
    let removed_at = moved.done(removed, json!({})).await;
    assert!(removed_at["migration"]["filesRemovedAt"].is_string());

    make(&moved, "while they were away").await;
    moved.step("restore").await;
    moved.sees("soak").await;
    moved.caught_up().await;
    assert!(moved.text("workouts.json").contains("while they were away"));
    let removed_at = moved.done(removed, json!({})).await;
    assert_eq!(removed_at["migration"]["filesRemovedAt"], Value::Null);
    let parity = moved.scrub().await;
    assert_eq!(
        (&parity["equal"], &parity["unfaithful"]),
        (&json!(true), &json!(0)),
        "{parity:#}"
    );
    moved.step("rollback").await;
    moved.sees("backfilled").await;
    for folder in [archive, newer] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[tokio::test]
async fn a_query_that_both_sides_answer_differently_is_found_and_others_are_not() {
    let moved = Moved::reach("backfilled").await;
    let findings = "{ shadowFindings { query fields owner } }";
    moved
        .done(
            "query Same { workouts(first: 5) { nodes { name } } }",
            json!({}),
        )
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let found = moved.done(findings, json!({})).await;
    assert_eq!(found["shadowFindings"], json!([]));

    moved
        .sql("UPDATE public.workouts SET name = 'Another' WHERE name = 'Heavy day'")
        .await;
    moved
        .done(
            "query Other { workouts(first: 5) { nodes { name } } }",
            json!({}),
        )
        .await;
    let mut found = Value::Null;
    for _ in 0..100 {
        found = moved.done(findings, json!({})).await["shadowFindings"].clone();
        if found[0]["query"] == "Other" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{found:#}");
}
