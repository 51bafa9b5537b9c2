//! The change feed: a gapless sequence for each owner, in the order of commits.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use regimen::{
    db::schema::{change_heads, changes, exercises},
    viewer::UserId,
};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, TestUser};

/// Makes an exercise, changes it twice, and merges another one into it.
async fn edit(user: &TestUser<'_>, client: usize) {
    let create = "mutation ($input: CreateExerciseInput!) { createExercise(input: $input) { exercise { id } } }";
    let update = "mutation ($id: ID!, $input: UpdateExerciseInput!) {
        updateExercise(id: $id, input: $input) { exercise { version } } }";
    let merge = "mutation ($from: [ID!]!, $into: ID!) {
        mergeExercises(from: $from, into: $into) { exercise { version } } }";
    let mut ids = Vec::new();
    for part in ["kept", "duplicate"] {
        let input = json!({"name": format!("{part} {client}"), "category": "legs"});
        let made = user.graphql(create, json!({"input": input})).await;
        ids.push(made.data()["createExercise"]["exercise"]["id"].clone());
    }
    for description in ["once", "twice"] {
        let input = json!({"description": description});
        user.graphql(update, json!({"id": ids[0], "input": input}))
            .await
            .data();
    }
    user.graphql(merge, json!({"from": [ids[1]], "into": ids[0]}))
        .await
        .data();
}

#[tokio::test]
async fn fifty_clients_of_one_user_write_one_gapless_sequence_that_replays_to_the_same_state() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;

    join_all((0..50).map(|client| edit(&ada, client))).await;

    let mut conn = app.database.connect().await;
    let feed: Vec<(i64, Uuid, String, i32)> = changes::table
        .filter(changes::user_id.eq(ada.id))
        .order(changes::seq)
        .select((
            changes::seq,
            changes::entity_id,
            changes::op,
            changes::version,
        ))
        .load(&mut conn)
        .await
        .unwrap();
    let head: i64 = change_heads::table
        .find(ada.id)
        .select(change_heads::seq)
        .first(&mut conn)
        .await
        .unwrap();
    let numbers: Vec<i64> = feed.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(numbers, (1..=head).collect::<Vec<_>>());
    assert_eq!(head, 50 * 6);

    let mut replayed = BTreeMap::new();
    for (_, id, op, version) in feed {
        let before = if op == "delete" {
            replayed.remove(&id)
        } else {
            replayed.insert(id, version)
        };
        assert!(
            before.unwrap_or(0) < version,
            "an older version after a newer one"
        );
    }
    let found: Vec<(Uuid, i32)> = exercises::table
        .filter(exercises::owner_id.eq(Option::<UserId>::Some(ada.id)))
        .select((exercises::id, exercises::version))
        .load(&mut conn)
        .await
        .unwrap();
    assert_eq!(replayed, found.into_iter().collect());
}
