//! Merging exercises while their workouts are used, over GraphQL.

use std::time::Duration;

use diesel::{prelude::*, sql_query, sql_types::BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join;
use regimen::db::schema::changes;
use serde_json::{Value, json};

use crate::{
    support::{Answer, TestApp, TestUser},
    workouts::{CREATE, each, exercises, plan, read, workout},
};

async fn merge(user: &TestUser<'_>, from: &[Value], into: &Value) -> Answer {
    let mutation = "mutation ($from: [ID!]!, $into: ID!) {
        mergeExercises(from: $from, into: $into) { exercise { id aliases } } }";
    user.graphql(mutation, json!({"from": from, "into": into}))
        .await
}

/// The last change of a record that the feed tells.
async fn last_change(app: &TestApp, id: &Value) -> (String, i32) {
    let id: uuid::Uuid = id.as_str().unwrap().parse().unwrap();
    changes::table
        .filter(changes::entity_id.eq(id))
        .order(changes::seq.desc())
        .select((changes::op, changes::version))
        .first(&mut app.database.connect().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn history_of_a_merged_exercise_is_found_under_the_one_that_stays() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Squat (Bar)", "Press"]).await;
    let made = workout(&ada, plan("Legs", &trained[1..], 2)).await;
    let complete = "mutation ($id: ID!) { completeWorkout(id: $id) { historyEntry { id } } }";
    let done = ada.graphql(complete, json!({"id": made["id"]})).await;
    let entry = done.data()["completeWorkout"]["historyEntry"]["id"].clone();

    merge(&ada, &trained[1..2], &trained[0]).await.data();

    let list = "query ($id: ID!) { history(filter: {exerciseId: $id}) {
        nodes { id version summary { exercises { exerciseId name } } } } }";
    let found = ada.graphql(list, json!({"id": trained[0]})).await;
    let nodes = &found.data()["history"]["nodes"];
    assert_eq!(json!(each(nodes, "id")), json!([entry]));
    assert_eq!(each(nodes, "version"), [2]);
    let frozen = &nodes[0]["summary"]["exercises"];
    assert_eq!(
        each(frozen, "exerciseId"),
        [trained[0].clone(), trained[2].clone()]
    );
    assert_eq!(each(frozen, "name"), ["Squat (Bar)", "Press"]);
    assert_eq!(last_change(&app, &entry).await, ("upsert".to_owned(), 2));
}

#[tokio::test]
async fn a_merge_leaves_a_workout_in_the_trash_deleted_for_the_feed() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Squat (Bar)"]).await;
    let made = workout(&ada, plan("Legs", &trained[1..], 1)).await;
    let id = json!({"id": made["id"]});
    let delete = "mutation ($id: ID!) { deleteWorkout(id: $id) { workout { id } } }";
    ada.graphql(delete, id.clone()).await.data();

    merge(&ada, &trained[1..], &trained[0]).await.data();

    let (op, version) = last_change(&app, &made["id"]).await;
    assert_eq!((op.as_str(), version), ("delete", 3));
    let restore = "mutation ($id: ID!) { restoreWorkout(id: $id) { workout { id } } }";
    ada.graphql(restore, id).await.data();
    let found = read(&ada, &made["id"]).await;
    assert_eq!(found["exercises"][0]["exercise"]["id"], trained[0]);
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Returns once a statement of this database waits for a lock.
async fn somebody_waits(conn: &mut AsyncPgConnection) {
    let sql = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..500 {
        let found: Waiting = sql_query(sql).get_result(conn).await.unwrap();
        if found.count > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

#[tokio::test]
async fn an_exercise_that_goes_while_it_is_being_used_is_refused_where_it_stands() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press"]).await;
    let mut conn = app.database.connect().await;
    let press = trained[1].as_str().unwrap();
    conn.batch_execute(&format!(
        "BEGIN; DELETE FROM exercises WHERE id = '{press}'"
    ))
    .await
    .unwrap();

    let making = ada.graphql(CREATE, json!({"input": plan("Legs", &trained, 1)}));
    let going = async {
        somebody_waits(&mut app.database.connect().await).await;
        conn.batch_execute("COMMIT").await.unwrap();
    };
    let (refused, ()) = join(making, going).await;

    assert_eq!(
        (refused.code(), refused.field()),
        ("NOT_FOUND", "input.exercises.1.exerciseId")
    );
}

#[tokio::test]
async fn merges_that_cross_each_other_and_changes_of_their_workouts_never_wait_in_a_circle() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let upsert =
        "mutation ($input: WorkoutInput!) { upsertWorkout(input: $input) { workout { id } } }";
    for round in 0..10 {
        let names = [format!("One {round}"), format!("Two {round}")];
        let trained = exercises(&ada, &names.each_ref().map(String::as_str)).await;
        let made = workout(&ada, plan("Legs", &trained, 1)).await;
        let mut input = plan("Legs", &trained, 2);
        input["id"] = made["id"].clone();
        let ((there, back), changed) = join(
            join(
                merge(&ada, &trained[..1], &trained[1]),
                merge(&ada, &trained[1..], &trained[0]),
            ),
            ada.graphql(upsert, json!({"input": input})),
        )
        .await;

        let outcome = |answer: &Answer| match &answer.body["errors"] {
            Value::Null => "DONE".to_owned(),
            _ => answer.code().to_owned(),
        };
        let mut merges = [outcome(&there), outcome(&back)];
        merges.sort();
        assert_eq!(merges, ["DONE", "NOT_FOUND"]);
        let changed = outcome(&changed);
        assert!(
            ["DONE", "NOT_FOUND"].contains(&changed.as_str()),
            "{changed}"
        );
    }
}
