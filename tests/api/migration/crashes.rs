//! kill -9 at named points and at any other time, while clients write: what was acknowledged is there afterwards, and
//! in the end all is as if nothing had happened.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::{
    clients::{self, Clients, made},
    moved::{LONG_FILES, Moved},
};

/// Whether a long run is asked for.
pub fn is_long() -> bool {
    std::env::var_os("REGIMEN_TEST_LONG").is_some()
}

pub fn rounds(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// Everything that the API shows of both people and of the clients' work, without the times that a server chose.
pub async fn shown(moved: &Moved) -> Value {
    let mut shown = moved.reads().await;
    forget_times(&mut shown);
    shown
}

fn forget_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["createdAt", "updatedAt"] {
                members.remove(name);
            }
            if let Some(Value::Array(nodes)) = members.get_mut("nodes") {
                nodes.sort_by_key(|node| node["id"].to_string());
            }
            members.values_mut().for_each(forget_times);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// Fails with the places in which two values differ.
#[track_caller]
pub fn alike(one: &Value, other: &Value) {
    let mut found = Vec::new();
    differ("", one, other, &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

fn differ(path: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, value) in a {
                differ(&format!("{path}.{key}"), value, &b[key], found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (value, other)) in a.iter().zip(b).enumerate() {
                differ(&format!("{path}.{at}"), value, other, found);
            }
        }
        _ if one == other => {}
        _ => found.push(format!("{path}: {one} is not {other}")),
    }
}

fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("id").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| ids(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| ids(value, found)),
        _ => {}
    }
}

/// What was acknowledged before is there.
pub async fn nothing_is_lost(moved: &Moved, acknowledged: &[u32], when: &str) {
    let mut there = BTreeSet::new();
    ids(&moved.reads().await, &mut there);
    for (client, count) in (0..).zip(acknowledged) {
        for id in made(client, *count) {
            assert!(
                there.contains(&id),
                "{when}: `{id}` of client {client} is lost, of {count}; {}",
                moved.server.log()
            );
        }
    }
}

/// Clients write; the server dies at each of these points and starts again; then all is compared with a run in which
/// nothing happened.
async fn survives(mut moved: Moved, points: &[&str], random: usize) -> Moved {
    let points: Vec<String> = points.iter().map(|it| format!("{it} kill 3")).collect();
    survives_at(&mut moved, &points, random).await;
    moved
}

async fn survives_at(moved: &mut Moved, points: &[String], random: usize) {
    let clients = Clients::start(moved, &[0, 0, 0, 0]).await;
    let phase = moved.phase().await;
    for point in points {
        tokio::time::sleep(Duration::from_millis(150)).await;
        moved.fail_at(point);
        moved.has_died().await;
        back_again(moved, &clients, &phase, point).await;
    }
    for round in 0..random {
        let pause = uuid::Uuid::new_v4().as_u128() % 700;
        tokio::time::sleep(Duration::from_millis(u64::try_from(pause).unwrap())).await;
        moved.server.kill().await;
        back_again(
            moved,
            &clients,
            &phase,
            &format!("at random, round {round}"),
        )
        .await;
    }
    let (counts, _) = clients.stop().await;
    if phase != "legacy" {
        moved.caught_up().await;
    }
    let after = shown(moved).await;
    let other = Moved::start().await;
    clients::undisturbed(&other, &counts).await;
    alike(&after, &shown(&other).await);
}

async fn back_again(moved: &mut Moved, clients: &Clients, phase: &str, when: &str) {
    let acknowledged = clients.acknowledged();
    moved.start_again().await;
    if phase != "legacy" {
        moved.caught_up().await;
    }
    nothing_is_lost(moved, &acknowledged, when).await;
    clients.moved_to(moved);
}

#[tokio::test]
async fn in_legacy_whenever_the_server_dies_what_was_acknowledged_is_in_the_files() {
    let points = [
        "disk.create",
        "disk.write",
        "disk.sync",
        "disk.rename",
        "disk.sync_folder",
        "files.written",
        "mutation.before_commit",
        "mutation.committed",
    ];
    let mut moved = survives(Moved::start().await, &points, rounds(2, 100)).await;
    let before = moved.reads().await;
    moved.crash().await;
    assert_eq!(moved.reads().await, before);
}

#[tokio::test]
async fn while_both_sides_are_written_whenever_the_server_dies_both_have_what_was_acknowledged() {
    let points = [
        "disk.create",
        "disk.write",
        "disk.sync",
        "disk.rename",
        "disk.sync_folder",
        "mirror.begin",
        "mirror.written",
        "mirror.before_commit",
        "mutation.before_commit",
        "mutation.committed",
    ];
    let moved = survives(Moved::reach("backfilled").await, &points, rounds(2, 100)).await;
    let parity = moved.scrub().await;
    assert_eq!(parity["equal"], true, "{parity:#}");
}

#[tokio::test]
async fn whenever_the_server_dies_with_files_yet_to_be_written_they_are_given_what_was_acknowledged()
 {
    let points = [
        "mirror.put_off kill 3",
        "mirror.before_commit kill 3",
        "disk.write kill",
        "disk.rename kill",
        "disk.sync_folder kill",
        "mirror.written kill",
    ];
    let mut moved = Moved::told(LONG_FILES).await;
    moved.go_to("backfilled").await;
    survives_at(&mut moved, &points.map(str::to_owned), rounds(2, 100)).await;
    let parity = moved.scrub().await;
    assert_eq!(parity["equal"], true, "{parity:#}");
}

#[tokio::test]
async fn in_soak_whenever_the_server_dies_there_is_a_way_back_with_everything() {
    let points = [
        "disk.rename",
        "disk.sync_folder",
        "mirror.written",
        "mirror.before_commit",
        "mutation.committed",
    ];
    let moved = survives(Moved::reach("soak").await, &points, rounds(2, 100)).await;
    let before = moved.reads().await;
    moved.step("rollback").await;
    moved.sees("backfilled").await;
    assert_eq!(moved.reads().await, before);
    assert_eq!(moved.scrub().await["equal"], true);
}

/// A step that the server itself takes for an admin, which dies in the middle of it.
const STEPS: [(&str, &str, &str, &[&str]); 3] = [
    (
        "mutation { startBackfill { migration { phase } } }",
        "dual_write",
        "backfilled",
        &["backfill.batch"],
    ),
    (
        "mutation { cutOver { migration { phase } } }",
        "verified",
        "soak",
        &["fence.up", "fence.compared", "fence.switched"],
    ),
    (
        "mutation { rollbackMigration { migration { phase } } }",
        "soak",
        "backfilled",
        &["fence.up", "fence.compared", "fence.switched"],
    ),
];

#[tokio::test]
async fn whenever_the_server_dies_during_a_step_it_was_taken_or_not_and_nothing_is_lost() {
    let mut moved = Moved::reach("dual_write").await;
    let clients = Clients::start(&moved, &[0, 0, 0, 0]).await;
    for (mutation, from, to, points) in STEPS {
        for point in points {
            if from == "verified" {
                prove(&moved).await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(moved.phase().await, from);
            moved.fail_at(&format!("{point} kill"));
            let (url, token) = (moved.server.url.clone(), moved.ada.token.clone());
            let asked = tokio::spawn(async move {
                let body = json!({"query": mutation});
                let sent = reqwest::Client::new()
                    .post(format!("{url}/graphql"))
                    .bearer_auth(token)
                    .json(&body);
                sent.send().await.is_err()
            });
            moved.has_died().await;
            let unheard = asked.await.unwrap();
            assert!(
                unheard || from == "dual_write",
                "nobody was told that it was taken"
            );
            let acknowledged = clients.acknowledged();
            moved.start_again().await;
            clients.moved_to(&moved);
            // A fence whose holder is gone comes down by itself when its time is up.
            crate::support::eventually("no fence", async || moved.phase().await != "fence").await;
            moved.caught_up().await;
            nothing_is_lost(&moved, &acknowledged, point).await;
            let taken = *point == "fence.switched";
            assert_eq!(
                moved.phase().await,
                if taken { to } else { from },
                "{mutation} at {point}"
            );
        }
        if moved.phase().await != to {
            if from == "verified" {
                prove(&moved).await;
            }
            moved.done(mutation, json!({})).await;
        }
        crate::support::eventually(to, async || moved.phase().await == to).await;
        if to == "backfilled" && from == "dual_write" {
            prove(&moved).await;
        }
    }
    let (counts, _) = clients.stop().await;
    moved.caught_up().await;
    let parity = moved.scrub().await;
    assert_eq!(parity["equal"], true, "{parity:#}");
    let after = shown(&moved).await;
    let other = Moved::start().await;
    clients::undisturbed(&other, &counts).await;
    alike(&after, &shown(&other).await);
}

async fn prove(moved: &Moved) {
    let proved = "mutation { proveParity { parity { equal unfaithful } migration { phase } } }";
    let proved = moved.done(proved, json!({})).await;
    assert_eq!(
        proved["proveParity"]["migration"]["phase"], "VERIFIED",
        "{proved:#}"
    );
}
