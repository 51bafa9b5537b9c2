//! The order that people arrange by hand.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use regimen::db::schema::tasks;
use serde_json::{Value, json};

use super::{create, each, list, move_to, task, titled, titles};
use crate::support::{TestApp, TestUser};

async fn five(user: &TestUser<'_>) -> Vec<Value> {
    let mut made = Vec::new();
    for title in ["A", "B", "C", "D", "E"] {
        made.push(titled(user, title).await);
    }
    made
}

async fn order(user: &TestUser<'_>) -> String {
    titles(user, json!({"topLevelOnly": true})).await.concat()
}

#[tokio::test]
async fn a_task_goes_before_after_and_to_the_ends_and_no_other_row_changes() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = five(&ada).await;
    let id = |index: usize| made[index]["id"].clone();

    for (index, to, expected) in [
        (4, json!({"before": id(1)}), "AEBCD"),
        (0, json!({"after": id(3)}), "EBCDA"),
        (2, json!({"edge": "START"}), "CEBDA"),
        (4, json!({"edge": "END"}), "CBDAE"),
        (1, json!({"parentId": null}), "CDAEB"),
        (1, json!({"after": id(4)}), "CDAEB"),
        (2, json!({"before": id(1)}), "DAECB"),
    ] {
        move_to(&ada, &made[index], to.clone()).await.data();
        assert_eq!(order(&ada).await, expected, "{to}");
    }
    let mut versions = each(&list(&ada, json!({})).await, "title");
    versions.sort();
    assert_eq!(versions.len(), 5);
    // Each was written as often as it was moved, and where it was there already it was not.
    for (index, version) in [(0, 2), (1, 2), (2, 3), (3, 1), (4, 3)] {
        assert_eq!(task(&ada, &id(index)).await["version"], version, "{index}");
    }
}

#[tokio::test]
async fn a_move_of_a_stale_task_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = five(&ada).await;
    let to = json!({"edge": "END"});
    let variables = json!({"id": made[0]["id"], "to": to, "version": 2});
    let refused = super::ask(&ada, super::MOVE, variables).await;
    assert_eq!(refused.code(), "CONFLICT");
    assert_eq!(order(&ada).await, "ABCDE");
}

#[tokio::test]
async fn places_that_tie_are_numbered_anew_when_something_goes_between() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut made = Vec::new();
    for title in ["A", "B", "C"] {
        made.push(create(&ada, json!({"title": title, "position": "a5"})).await);
    }
    assert_eq!(order(&ada).await, "ABC", "ties are broken by id");

    move_to(&ada, &made[2], json!({"before": made[1]["id"]}))
        .await
        .data();

    assert_eq!(order(&ada).await, "ACB");
    let mut places = each(&list(&ada, json!({})).await, "position");
    places.dedup();
    assert_eq!(places.len(), 3, "{places:?}");
}

#[tokio::test]
async fn a_place_that_grows_too_long_or_is_malformed_is_numbered_anew() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let long = format!("a0{}1", "0".repeat(196));
    let low = create(&ada, json!({"title": "A", "position": "a0"})).await;
    create(&ada, json!({"title": "B", "position": long})).await;
    let moved = create(&ada, json!({"title": "C", "position": "a9"})).await;
    // Between these two there is no place of 200 characters: make it so.
    diesel::update(tasks::table.filter(tasks::title.eq("B")))
        .set(tasks::position.eq(format!("a0{}1", "0".repeat(197))))
        .execute(&mut app.database.connect().await)
        .await
        .unwrap();
    move_to(&ada, &moved, json!({"after": low["id"]}))
        .await
        .data();
    assert_eq!(order(&ada).await, "ACB");
    let longest = each(&list(&ada, json!({})).await, "position")
        .iter()
        .map(String::len)
        .max();
    assert_eq!(longest, Some(2));

    diesel::update(tasks::table.filter(tasks::title.eq("B")))
        .set(tasks::position.eq("zz not a place"))
        .execute(&mut app.database.connect().await)
        .await
        .unwrap();
    titled(&ada, "D").await;
    assert_eq!(order(&ada).await, "ACBD");
}

#[tokio::test]
async fn moves_to_the_same_place_at_the_same_time_keep_one_order() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut made = Vec::new();
    for n in 0..12 {
        made.push(titled(&ada, &format!("{n:02}")).await);
    }
    let anchor = made[0]["id"].clone();

    let moves = made[1..]
        .iter()
        .map(|task| move_to(&ada, task, json!({"before": anchor})));
    for moved in join_all(moves).await {
        moved.data();
    }
    let creations = (12..18).map(|n| create(&ada, json!({"title": format!("{n}")})));
    join_all(creations.collect::<Vec<_>>()).await;

    let tasks = list(&ada, json!({"first": 100})).await;
    assert_eq!(tasks.len(), 18);
    assert_eq!(tasks[11]["id"], anchor);
    let places = each(&tasks, "position");
    assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
}
