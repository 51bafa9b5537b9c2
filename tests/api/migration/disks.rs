//! Disks that are full or broken, files that somebody else writes, and a database that goes away: nothing that was
//! acknowledged is lost, and all goes on by itself where it can.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{fixture::OLD_SESSION, moved::Moved};
use crate::support::{Answer, eventually};

const STEPS: [&str; 5] = [
    "disk.create",
    "disk.write",
    "disk.sync",
    "disk.rename",
    "disk.sync_folder",
];

/// Makes a workout that is called so.
pub async fn make(moved: &Moved, id: Uuid, name: &str) -> Answer {
    let input = json!({"input": {"id": id.to_string(), "name": name}});
    let query =
        "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { id } } }";
    moved.ask(&moved.ada, query, input).await
}

async fn names(moved: &Moved) -> Vec<String> {
    let found = moved
        .done("{ workouts(first: 100) { nodes { name } } }", json!({}))
        .await;
    let found = found["workouts"]["nodes"].as_array().unwrap().clone();
    found
        .iter()
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn rename(moved: &Moved, name: &str) -> Answer {
    let id = "9945da32-0000-4000-8000-000000000002";
    let query = "mutation ($id: ID!, $name: String!) { updateWorkout(id: $id, input: {name: $name}) { workout { id } } }";
    moved
        .ask(&moved.ada, query, json!({"id": id, "name": name}))
        .await
}

#[tokio::test]
async fn in_legacy_a_disk_that_fails_refuses_the_write_and_the_next_one_works() {
    let moved = Moved::start().await;
    for (number, step) in (1..).zip(STEPS) {
        for (again, fault) in (0..).zip(["full", "broken"]) {
            let before = names(&moved).await;
            moved.fail_at(&format!("{step} {fault}"));
            let (id, name) = (
                Uuid::from_u128(number * 10 + again),
                format!("{step} {fault}"),
            );
            let refused = make(&moved, id, &name).await;
            assert_eq!(refused.code(), "UNAVAILABLE", "{name}: {:#}", refused.body);
            let told = refused.body["errors"][0]["message"].as_str().unwrap();
            assert!(told.contains("could not be written"), "{told}");
            moved.fail_at("");
            // What is in its place by then may stay there; nothing else may be seen of it.
            if *step != *"disk.sync_folder" {
                assert_eq!(names(&moved).await, before, "{name}");
            }
            eventually("the same works", async || {
                make(&moved, id, &name).await.body["errors"].is_null()
            })
            .await;
            assert!(names(&moved).await.contains(&name));
            assert!(moved.session(&id.to_string()).is_some(), "{name}");
        }
    }
    assert!(moved.text("workouts.json").contains(OLD_SESSION));
    let left = fs::read_dir(&moved.files)
        .unwrap()
        .map(|it| it.unwrap().file_name());
    let left: Vec<_> = left
        .filter(|name| name.to_string_lossy().ends_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn while_both_sides_are_written_a_disk_that_fails_keeps_no_write_waiting_and_gets_it_later() {
    let moved = Moved::reach("backfilled").await;
    let faults = STEPS.iter().flat_map(|step| {
        [
            (step, "full", "No space left"),
            (step, "broken", "Input/output error"),
        ]
    });
    for (number, (step, fault, words)) in (1..).zip(faults) {
        moved.fail_at(&format!("{step} {fault}"));
        let (id, name) = (Uuid::from_u128(number), format!("{step} {fault}"));
        make(&moved, id, &name).await.data();
        let mirror = moved.mirror().await;
        assert_eq!(mirror["queued"], 1, "{name}: {mirror:#}");
        let reason = mirror["queue"][0]["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{reason}");
        let held = moved.command("rollback --within 1s").await;
        assert_eq!(held.code, Some(3), "{}{}", held.stdout, held.stderr);
        assert_eq!(moved.phase().await, "backfilled");
        moved.fail_at("");
        moved.caught_up().await;
        assert!(moved.session(&id.to_string()).is_some(), "{name}");
        assert!(names(&moved).await.contains(&name));
    }
    assert_eq!(moved.scrub().await["equal"], true);
}

#[tokio::test]
async fn one_record_that_the_files_do_not_take_keeps_no_other_one_waiting() {
    let moved = Moved::reach("soak").await;
    moved.fail_at("legacy.put full");
    make(&moved, Uuid::from_u128(1), "refused").await.data();
    let mirror = moved.mirror().await;
    assert_eq!(mirror["queued"], 1, "{mirror:#}");
    moved.fail_at("");
    // It is not due yet, and another one is written.
    make(&moved, Uuid::from_u128(2), "taken").await.data();
    assert!(moved.session(&Uuid::from_u128(2).to_string()).is_some());
    moved.caught_up().await;
    assert!(moved.session(&Uuid::from_u128(1).to_string()).is_some());
    // Of two at once only the first is refused.
    moved.fail_at("mirror.begin pause=300\nlegacy.put full 1");
    let (one, other) = (Uuid::from_u128(3), Uuid::from_u128(4));
    let (a, b) = tokio::join!(make(&moved, one, "one"), make(&moved, other, "other"));
    a.data();
    b.data();
    assert!(moved.mirror().await["queued"].as_i64().unwrap() >= 1);
    moved.fail_at("");
    moved.caught_up().await;
    assert_eq!(moved.scrub().await["equal"], true);
}

#[tokio::test]
async fn in_legacy_what_somebody_else_writes_is_read_soon() {
    let moved = Moved::start().await;
    moved.edit("workouts.json", |text| {
        text.replace("Heavy day", "Their day")
    });
    eventually("it is read", async || {
        names(&moved).await.contains(&"Their day".to_owned())
    })
    .await;
    rename(&moved, "Our day").await.data();
    let session = moved
        .session("9945da32-0000-4000-8000-000000000002")
        .unwrap();
    assert_eq!(
        (&session["name"], &session["mood"]["before"]),
        (&json!("Our day"), &json!("tired"))
    );
    // A file that was not there before is read, too.
    fs::write(
        moved.files.join("more-workouts.json"),
        "[{\"id\": \"0e3a17ce-0000-4000-8000-000000000001\", \"userId\": \"user-1\", \"name\": \"More\", \"startTime\": \"2025-01-01T00:00:00Z\", \"endTime\": \"2025-01-01T01:00:00Z\", \"exercises\": []}]",
    )
    .unwrap();
    eventually("it is read", async || {
        names(&moved).await.contains(&"More".to_owned())
    })
    .await;
}

#[tokio::test]
async fn while_both_sides_are_written_what_somebody_else_writes_is_held_until_an_admin_decides() {
    let mut moved = Moved::reach("backfilled").await;
    moved.edit("workouts.json", |text| {
        text.replace("Heavy day", "Their day")
    });
    make(&moved, Uuid::from_u128(1), "ours").await.data();
    is_held(&moved, 1).await;
    // Asking whether both are equal is not a decision, and neither is a restart.
    let proof = moved
        .done(
            "mutation { proveParity { parity { equal unfaithful } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        proof["proveParity"]["parity"],
        json!({"equal": false, "unfaithful": 3}),
        "theirs, what is recorded of it, and ours"
    );
    make(&moved, Uuid::from_u128(2), "ours, too").await.data();
    is_held(&moved, 2).await;
    moved.crash().await;
    make(&moved, Uuid::from_u128(3), "and this").await.data();
    is_held(&moved, 5).await;
    moved.crash().await;
    make(&moved, Uuid::from_u128(4), "this as well")
        .await
        .data();
    is_held(&moved, 6).await;

    moved
        .done(
            "mutation { repairMirror { migration { behind } } }",
            json!({}),
        )
        .await;
    moved.caught_up().await;
    assert!(
        moved.text("workouts.json").contains(OLD_SESSION),
        "the database was right"
    );
    assert!(names(&moved).await.contains(&"ours".to_owned()));
    assert_eq!(moved.scrub().await["equal"], true);
}

#[tokio::test]
async fn a_write_that_cannot_be_shown_yet_is_not_acknowledged_and_can_be_sent_again() {
    let moved = Moved::reach("backfilled").await;
    let id = Uuid::from_u128(1);
    // For a moment it is waited for.
    moved.fail_at("mirror.begin broken");
    let (made, ()) = tokio::join!(make(&moved, id, "late"), async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        moved.fail_at("");
    });
    made.data();
    moved.fail_at("mirror.begin broken");
    let id = Uuid::from_u128(2);
    let unseen = make(&moved, id, "later").await;
    assert_eq!(unseen.code(), "UNAVAILABLE", "{:#}", unseen.body);
    assert!(unseen.body.to_string().contains("this is written"));
    moved.fail_at("");
    make(&moved, id, "later").await.data();
    let names = names(&moved).await;
    assert_eq!(names.iter().filter(|name| *name == "later").count(), 1);
    // Where the database is what is read, nobody has to wait for the files.
    moved.step("parity --prove").await;
    moved.step("cutover").await;
    moved.sees("soak").await;
    moved.fail_at("mirror.begin broken");
    make(&moved, Uuid::from_u128(3), "at once").await.data();
    moved.fail_at("");
    moved.caught_up().await;
    assert_eq!(moved.scrub().await["equal"], true);
}

#[tokio::test]
async fn files_that_could_not_be_read_for_a_while_are_not_written_over() {
    let moved = Moved::reach("backfilled").await;
    let away = moved.files.with_extension("away");
    fs::rename(&moved.files, &away).unwrap();
    let repair = "mutation { repairMirror { migration { behind } } }";
    let refused = moved.ask(&moved.ada, repair, json!({})).await;
    assert_eq!(refused.code(), "UNAVAILABLE", "{:#}", refused.body);
    assert!(refused.body.to_string().contains("could not be read"));
    let path = away.join("workouts.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("Heavy day", "Their day")).unwrap();
    fs::rename(&away, &moved.files).unwrap();
    eventually("they are read again", async || {
        moved.mirror().await["queued"] == 2
    })
    .await;
    make(&moved, Uuid::from_u128(1), "ours").await.data();
    is_held(&moved, 3).await;
}

async fn is_held(moved: &Moved, queued: i64) {
    let mirror = moved.mirror().await;
    assert_eq!(mirror["queued"], queued, "{mirror:#}");
    assert!(
        moved.text("workouts.json").contains("Their day"),
        "{mirror:#}"
    );
    let status: Value = serde_json::from_str(&moved.step("migration status --json").await).unwrap();
    assert_eq!(status["behind"], queued);
    let reason = mirror["queue"].to_string();
    assert!(reason.contains("somebody else"), "{reason}");
}

#[tokio::test]
async fn what_somebody_else_writes_while_no_server_runs_is_held_where_both_sides_are_written() {
    for phase in ["backfilled", "soak"] {
        let mut moved = Moved::reach(phase).await;
        // Ours was on its way when the server died: that is no edit of somebody else.
        moved.fail_at("mirror.written kill");
        let _ = tokio::time::timeout(Duration::from_secs(5), async {
            let body = json!({"query": "mutation { updateSettings(input: {weekStart: 3}) { settings { version } } }"});
            let url = format!("{}/graphql", moved.server.url);
            let sent = reqwest::Client::new().post(url).bearer_auth(&moved.ada.token).json(&body).send();
            assert!(sent.await.is_err());
        })
        .await;
        moved.has_died().await;
        moved.start_again().await;
        moved.caught_up().await;
        assert_eq!(moved.scrub().await["equal"], true, "{phase}");

        moved.server.kill().await;
        moved.edit("workouts.json", |text| {
            text.replace("Heavy day", "Their day")
        });
        moved.start_again().await;
        let held = moved.mirror().await;
        assert_eq!(
            held["queued"], 2,
            "{phase}: the workout, and what is recorded of it: {held:#}"
        );
        rename(&moved, "Our day").await.data();
        assert!(moved.text("workouts.json").contains("Their day"), "{phase}");
        moved
            .done(
                "mutation { repairMirror { migration { behind } } }",
                json!({}),
            )
            .await;
        moved.caught_up().await;
        assert!(moved.text("workouts.json").contains("Our day"), "{phase}");
        assert_eq!(moved.scrub().await["equal"], true, "{phase}");
    }
}

#[tokio::test]
async fn a_torn_sidecar_is_left_alone_and_said_to_be_broken_until_somebody_mends_it() {
    let mut moved = Moved::start().await;
    let log = "mutation { logHistory(input: {performedAt: \"2026-01-03T10:00:00Z\", rating: 2}) { historyEntry { id } } }";
    moved.done(log, json!({})).await;
    let whole = moved.text(".regimen/history.json");
    let torn = &whole[..whole.len() / 2];
    moved.server.kill().await;
    fs::write(moved.files.join(".regimen/history.json"), torn).unwrap();
    moved.start_again().await;
    let refused = moved.ask(&moved.ada, log, json!({})).await;
    assert_eq!(refused.code(), "UNAVAILABLE", "{:#}", refused.body);
    assert!(refused.body.to_string().contains("is damaged"));
    assert_eq!(moved.text(".regimen/history.json"), torn);
    // What has nothing to do with it works.
    make(&moved, Uuid::from_u128(1), "works").await.data();
    fs::write(moved.files.join(".regimen/history.json"), &whole).unwrap();
    eventually("it works again", async || {
        moved.ask(&moved.ada, log, json!({})).await.body["errors"].is_null()
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_takes_no_files_is_waited_for() {
    let moved = Moved::reach("backfilled").await;
    moved.caught_up().await;
    // Whoever is root may write to a folder that is read-only, so it is in the way otherwise.
    let ours = moved.files.join(".regimen");
    let away = moved.files.join("away");
    if ours.exists() {
        fs::rename(&ours, &away).unwrap();
    }
    fs::write(&ours, "").unwrap();
    make(&moved, Uuid::from_u128(1), "waits").await.data();
    let mirror = moved.mirror().await;
    assert_eq!(mirror["queued"], 1, "{mirror:#}");
    fs::remove_file(&ours).unwrap();
    if away.exists() {
        fs::rename(&away, &ours).unwrap();
    }
    moved.caught_up().await;
    assert_eq!(moved.scrub().await["equal"], true);
}
