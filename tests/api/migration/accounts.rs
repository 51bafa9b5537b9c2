//! Accounts that are made while an app is moved here, and what is only asked for.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    clients::Clients,
    moved::{Moved, Person},
};

const SIGN_UP: &str =
    "mutation ($email: String!) { signUp(input: {email: $email, password: \"a long password\",
    units: IMPERIAL, timezone: \"America/New_York\"}) { accessToken user { id } } }";
const SETTINGS: &str = "{ settings { units timezone version } }";

async fn sign_up(moved: &Moved, name: &str) -> Person {
    let made = moved
        .done(SIGN_UP, json!({"email": format!("{name}@example.com")}))
        .await;
    let token = made["signUp"]["accessToken"].as_str().unwrap().to_owned();
    Person { token }
}

async fn settings(moved: &Moved, who: &Person) -> Value {
    moved.ask(who, SETTINGS, json!({})).await.data()["settings"].clone()
}

#[tokio::test]
async fn whoever_signs_up_on_the_way_keeps_their_settings_in_every_phase() {
    let mut moved = Moved::start().await;
    let wanted = json!({"units": "IMPERIAL", "timezone": "America/New_York", "version": 1});
    let mut people = Vec::new();
    for (number, step) in [
        "",
        "dual-write on",
        "backfill",
        "parity --prove",
        "cutover",
        "rollback",
        "rollback",
    ]
    .into_iter()
    .enumerate()
    {
        if !step.is_empty() {
            moved.step(step).await;
            let phase = moved.phase().await;
            moved.sees(&phase).await;
        }
        people.push(sign_up(&moved, &format!("person-{number}")).await);
        for (who, person) in people.iter().enumerate() {
            assert_eq!(
                settings(&moved, person).await,
                wanted,
                "{who} after `{step}`"
            );
        }
    }
    moved.crash().await;
    for person in &people {
        assert_eq!(settings(&moved, person).await, wanted);
    }
}

#[tokio::test]
async fn accounts_that_are_made_while_others_write_are_not_passed_over() {
    let moved = Moved::start().await;
    let clients = Clients::start(&moved, &[0; 4]).await;
    for number in 0..3 {
        sign_up(&moved, &format!("early-{number}")).await;
    }
    moved.step("dual-write on").await;
    moved.sees("dual_write").await;
    for number in 0..3 {
        sign_up(&moved, &format!("late-{number}")).await;
    }
    moved.step("backfill").await;
    clients.stop().await;
    moved.caught_up().await;
    let parity = moved.scrub().await;
    assert_eq!(parity["equal"], true, "{parity:#}");
}

#[tokio::test]
async fn asking_for_settings_that_were_never_made_makes_no_difference_between_the_sides() {
    let moved = Moved::start().await;
    let cy = moved.newcomer(3, "cy").await;
    let defaults = json!({"units": "METRIC", "timezone": "UTC", "version": 1});
    assert_eq!(settings(&moved, &cy).await, defaults);
    moved.step("dual-write on").await;
    moved.sees("dual_write").await;
    assert_eq!(settings(&moved, &cy).await, defaults);
    assert_eq!(moved.mirror().await["behind"], 0);
    moved.step("backfill").await;
    assert_eq!(settings(&moved, &cy).await, defaults);
    assert_eq!(moved.scrub().await["equal"], true);
    let change = "mutation { updateSettings(input: {weekStart: 7}, expectedVersion: 1) { settings { version } } }";
    moved.ask(&cy, change, json!({})).await.data();
    moved.caught_up().await;
    assert_eq!(moved.scrub().await["equal"], true);
}

#[tokio::test]
async fn a_backfill_that_something_holds_up_hears_at_once_that_it_is_to_wait_and_does() {
    let moved = Moved::start().await;
    moved.step("dual-write on").await;
    moved.sees("dual_write").await;
    let mut holder = moved.database.connect().await;
    diesel_async::SimpleAsyncConnection::batch_execute(
        &mut holder,
        "BEGIN; INSERT INTO migration_adopted SELECT id FROM users WHERE email = 'bob@example.com'",
    )
    .await
    .unwrap();
    let start = "mutation { startBackfill { migration { jobs { job state } } } }";
    moved.done(start, json!({})).await;
    sleep(Duration::from_secs(1)).await;
    let told = moved.done(
        "mutation { pauseBackfill { migration { jobs { job state } } } }",
        json!({}),
    );
    let told = tokio::time::timeout(Duration::from_secs(3), told).await;
    let paused = json!([{"job": "backfill", "state": "PAUSED"}]);
    assert_eq!(
        told.expect("at once")["pauseBackfill"]["migration"]["jobs"],
        paused
    );
    // Longer than its lease lasts: nobody takes it for dead, and nobody goes on with it.
    sleep(Duration::from_secs(12)).await;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut holder, "ROLLBACK")
        .await
        .unwrap();
    sleep(Duration::from_secs(3)).await;
    let jobs = "{ migration { phase jobs { job state } } }";
    let now = moved.done(jobs, json!({})).await;
    assert_eq!(
        now["migration"],
        json!({"phase": "DUAL_WRITE", "jobs": paused})
    );
    moved.done(start, json!({})).await;
    moved.sees("backfilled").await;
    assert_eq!(moved.scrub().await["equal"], true);
}
