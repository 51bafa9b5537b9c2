//! Settings, over GraphQL.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use regimen::db::schema::{changes, user_settings};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, TestUser};

const READ: &str = "{ settings { units timezone weekStart preferences version } }";
const UPDATE: &str = "mutation ($input: UpdateSettingsInput!, $version: Int, $key: String) {
    updateSettings(input: $input, expectedVersion: $version, idempotencyKey: $key) {
        settings { units timezone weekStart preferences version }
    }
}";

async fn update(user: &TestUser<'_>, input: Value) -> Answer {
    user.graphql(UPDATE, json!({"input": input})).await
}

/// The preferences after a patch that must be taken.
async fn prefer(user: &TestUser<'_>, patch: Value) -> Value {
    let answer = update(user, json!({"preferences": patch})).await;
    answer.data()["updateSettings"]["settings"]["preferences"].clone()
}

#[tokio::test]
async fn everybody_has_settings_from_the_first_time_they_are_asked_for() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let defaults = json!({
        "units": "METRIC", "timezone": "UTC", "weekStart": 1, "preferences": {}, "version": 1,
    });
    assert_eq!(
        ada.graphql(READ, json!({})).await.data()["settings"],
        defaults
    );
    let viewer = ada.graphql("{ viewer { settings { version } } }", json!({}));
    let (statements, viewer) = app.statements_of(viewer).await;
    assert_eq!(viewer.data()["viewer"]["settings"]["version"], 1);
    assert_eq!(statements, 2);
    assert_eq!(app.graphql(READ, json!({})).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn signing_up_takes_units_and_time_zone() {
    let app = TestApp::start().await;
    let query = "mutation { signUp(input: {email: \"ada@example.com\", password: \"a long password\",
        units: IMPERIAL, timezone: \"America/New_York\"}) { user { settings { units timezone } } } }";
    let made = app.graphql(query, json!({})).await;
    assert_eq!(
        made.data()["signUp"]["user"]["settings"],
        json!({"units": "IMPERIAL", "timezone": "America/New_York"})
    );
}

#[tokio::test]
async fn a_change_takes_what_is_given_and_is_recorded_with_its_version() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;

    let first = update(&ada, json!({"units": "IMPERIAL"})).await;
    assert_eq!(first.data()["updateSettings"]["settings"]["version"], 2);
    let input = json!({"timezone": "Europe/Berlin", "weekStart": 7});
    let second = ada
        .graphql(UPDATE, json!({"input": input, "version": 2}))
        .await;
    assert_eq!(
        second.data()["updateSettings"]["settings"],
        json!({"units": "IMPERIAL", "timezone": "Europe/Berlin", "weekStart": 7,
            "preferences": {}, "version": 3})
    );

    let stale = ada
        .graphql(UPDATE, json!({"input": {"weekStart": 1}, "version": 2}))
        .await;
    assert_eq!(
        (stale.code(), &stale.error()["extensions"]["version"]),
        ("CONFLICT", &json!(3))
    );
    let feed: Vec<(i64, String, i32)> = changes::table
        .filter(changes::user_id.eq(ada.id))
        .order(changes::seq)
        .select((changes::seq, changes::entity, changes::version))
        .load(&mut app.database.connect().await)
        .await
        .unwrap();
    let record = |seq, version| (seq, "settings".to_owned(), version);
    assert_eq!(feed, [record(1, 1), record(2, 2), record(3, 3)]);
}

#[tokio::test]
async fn the_same_key_changes_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let change = |day: i32| json!({"input": {"weekStart": day}, "key": "k1"});
    let first = ada.graphql(UPDATE, change(7)).await;
    let second = ada.graphql(UPDATE, change(7)).await;
    assert_eq!(first.data(), second.data());
    assert_eq!(ada.graphql(UPDATE, change(6)).await.code(), "CONFLICT");
}

#[tokio::test]
async fn preferences_are_merged_as_the_rfc_says() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let patch = json!({"theme": "dark", "reminders": {"workouts": true, "time": "07:30"},
        "x-app": {"a": [1, 2], "b": {"c": 1}}});
    assert_eq!(prefer(&ada, patch.clone()).await, patch);

    let patch = json!({"theme": null, "restTimerSeconds": 90, "reminders": {"time": null, "tasks": false},
        "x-app": {"a": [3], "b": {"c": null, "d": {"e": null}}}});
    assert_eq!(
        prefer(&ada, patch).await,
        json!({"restTimerSeconds": 90, "reminders": {"workouts": true, "tasks": false},
            "x-app": {"a": [3], "b": {"d": {}}}})
    );

    let input = json!({"preferences": {"theme": "light"}, "replacePreferences": true});
    let replaced = update(&ada, input).await;
    let settings = &replaced.data()["updateSettings"]["settings"];
    assert_eq!(settings["preferences"], json!({"theme": "light"}));
    assert_eq!(prefer(&ada, json!({})).await, json!({"theme": "light"}));
}

#[tokio::test]
async fn every_known_preference_is_taken_and_described() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let all = json!({
        "theme": "system", "language": "pt-BR", "defaultWeightUnit": "lb", "defaultDistanceUnit": "mi",
        "restTimerSeconds": 0, "restTimerSound": true, "restTimerVibration": false, "weeklyGoal": 3,
        "showRpe": true, "keepScreenOn": false, "dismissedHints": ["first-workout"],
        "reminders": {"workouts": true, "tasks": true, "time": "23:59"},
    });
    assert_eq!(prefer(&ada, all.clone()).await, all);
    let sdl = regimen::schema::sdl();
    for key in all.as_object().unwrap().keys() {
        assert!(
            sdl.contains(&format!("`{key}`")),
            "`{key}` is not described"
        );
    }
}

async fn refuses(user: &TestUser<'_>, input: Value, field: &str) {
    let refused = update(user, input.clone()).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", field),
        "{input}"
    );
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (wrong, field) in [
        (json!({"timezone": "Mars/Olympus"}), "input.timezone"),
        (json!({"timezone": ""}), "input.timezone"),
        (json!({"weekStart": 8}), "input.weekStart"),
        (json!({"weekStart": 0}), "input.weekStart"),
        (json!({"preferences": null}), "input.preferences"),
        (json!({"preferences": [1]}), "input.preferences"),
        (json!({"preferences": "dark"}), "input.preferences"),
        (
            json!({"replacePreferences": true}),
            "input.replacePreferences",
        ),
    ] {
        refuses(&ada, wrong, field).await;
    }
    assert_eq!(
        ada.graphql(READ, json!({})).await.data()["settings"]["version"],
        1
    );
}

#[tokio::test]
async fn a_preference_that_is_unknown_or_not_as_described_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (key, wrong) in [
        ("colour", json!("red")),
        ("X-app", json!(1)),
        ("theme", json!("pink")),
        ("theme", json!(1)),
        ("language", json!("not a language")),
        ("defaultWeightUnit", json!("lbs")),
        ("restTimerSeconds", json!(7201)),
        ("restTimerSeconds", json!(1.5)),
        ("weeklyGoal", json!(0)),
        ("showRpe", json!("yes")),
        ("dismissedHints", json!(["ok", ""])),
        ("dismissedHints", json!(vec!["x"; 101])),
        ("reminders", json!(true)),
        ("x-nul", json!({"a": "b\0c"})),
        ("x-deep", (0..20).fold(json!(1), |inner, _| json!([inner]))),
    ] {
        let input = json!({"preferences": {key: wrong}});
        refuses(&ada, input, &format!("input.preferences.{key}")).await;
    }
    for (key, wrong) in [("time", json!("25:00")), ("x-own", json!(1))] {
        let input = json!({"preferences": {"reminders": {key: wrong}}});
        refuses(&ada, input, &format!("input.preferences.reminders.{key}")).await;
    }
    // The second is small as it is sent, and large as the database writes numbers.
    for wrong in [json!("x".repeat(16 * 1024)), json!(vec![1e300; 60])] {
        let input = json!({"preferences": {"x-large": wrong}});
        refuses(&ada, input, "input.preferences").await;
    }
    assert_eq!(
        ada.graphql(READ, json!({})).await.data()["settings"]["version"],
        1
    );
}

#[tokio::test]
async fn preferences_are_full_at_sixteen_kilobytes_after_the_merge() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    // {"x-1": "…"} has twelve bytes beside its text, and each further entry ten.
    let most = "é".repeat((16 * 1024 - 12) / 2);
    assert_eq!(prefer(&ada, json!({"x-1": most})).await["x-1"], json!(most));
    let refused = update(&ada, json!({"preferences": {"x-2": ""}})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.preferences")
    );
    assert!(refused.message().contains("16384"), "{}", refused.message());
    assert_eq!(
        prefer(&ada, json!({"x-1": null, "x-2": 1})).await,
        json!({"x-2": 1})
    );
}

#[tokio::test]
async fn preferences_from_elsewhere_stay_until_somebody_removes_them() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    prefer(&ada, json!({"theme": "light"})).await;
    diesel::update(user_settings::table.find(ada.id))
        .set(user_settings::preferences.eq(json!({"legacyUnit": "lbs"})))
        .execute(&mut app.database.connect().await)
        .await
        .unwrap();
    assert_eq!(
        prefer(&ada, json!({"theme": "dark"})).await,
        json!({"legacyUnit": "lbs", "theme": "dark"})
    );
    assert_eq!(
        prefer(&ada, json!({"legacyUnit": null})).await,
        json!({"theme": "dark"})
    );
}
