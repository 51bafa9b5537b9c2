//! Sets, over GraphQL.

use diesel::{prelude::*, sql_query, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    support::{TestApp, TestUser},
    workouts::{each, exercises, plan, read, squats, workout},
};

const ADD: &str = "mutation ($input: AddSetInput!, $version: Int, $key: String) {
    addSet(input: $input, expectedWorkoutVersion: $version, idempotencyKey: $key) { workoutVersion
        set { id orderIndex setType side reps weight weightUnit weightKg rpe durationSeconds distanceM
            restSeconds isCompleted notes performedAt version } } }";
const ADD_MANY: &str = "mutation ($id: ID!, $sets: [AddSetInput!]!, $version: Int) {
    addSets(workoutId: $id, sets: $sets, expectedWorkoutVersion: $version) {
        workoutVersion sets { id orderIndex reps workoutExerciseId } } }";
const UPDATE: &str = "mutation ($id: ID!, $input: UpdateSetInput!, $version: Int) {
    updateSet(id: $id, input: $input, expectedVersion: $version) { workoutVersion
        set { reps weight weightUnit weightKg rpe notes durationSeconds version } } }";
const DELETE: &str = "mutation ($ids: [ID!]!, $version: Int) {
    deleteSets(ids: $ids, expectedWorkoutVersion: $version) { workoutVersion sets { id }
        workout { exercises { sets { id orderIndex } } } } }";
const REORDER: &str = "mutation ($id: ID!, $order: [ID!]!) {
    reorderSets(workoutExerciseId: $id, order: $order) {
        workoutExercise { sets { id orderIndex version } } workout { version } } }";

async fn add(user: &TestUser<'_>, input: Value) -> Value {
    let added = user.graphql(ADD, json!({"input": input})).await;
    added.data()["addSet"].clone()
}

#[tokio::test]
async fn a_set_is_added_in_one_statement_after_the_others() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (_, place) = squats(&ada, 2).await;
    let input = json!({"workoutExerciseId": place, "reps": 3, "weight": 225.5, "weightUnit": "LB",
        "rpe": 9.5, "setType": "REST_PAUSE", "side": "LEFT", "restSeconds": 90, "notes": "hard",
        "performedAt": "2026-03-01T10:00:00.123456789Z"});
    let (statements, added) = app.statements_of(add(&ada, input)).await;
    assert_eq!(statements, 1);
    let id = added["set"]["id"].clone();
    assert_eq!(
        added,
        json!({"workoutVersion": 2, "set": {"id": id, "orderIndex": 2,
        "setType": "REST_PAUSE", "side": "LEFT", "reps": 3, "weight": 225.5, "weightUnit": "LB",
        "weightKg": 102.285_079, "rpe": 9.5, "durationSeconds": null, "distanceM": null,
        "restSeconds": 90, "isCompleted": false, "notes": "hard",
        "performedAt": "2026-03-01T10:00:00.123456+00:00", "version": 1}})
    );
}

#[derive(QueryableByName)]
struct Prepared {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[tokio::test]
async fn what_adds_a_set_is_prepared_once_and_kept() {
    let app = TestApp::start_with(|options| options.size = 1).await;
    let ada = app.user("ada").await;
    let (_, place) = squats(&ada, 1).await;
    for reps in 0..3 {
        add(&ada, json!({"workoutExerciseId": place, "reps": reps})).await;
    }
    for reps in 0..3 {
        let keyed =
            json!({"input": {"workoutExerciseId": place, "reps": reps}, "key": reps.to_string()});
        ada.graphql(ADD, keyed).await.data();
    }
    // On the one connection of the pool: all at once; taking the workout, adding the set, the change.
    let kept = sql_query(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'WITH n AS%' OR statement LIKE 'UPDATE workouts w%' \
         OR statement LIKE 'WITH taken AS%' OR statement LIKE 'WITH change AS%'",
    );
    let kept: Prepared = kept
        .get_result(&mut *app.db.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept.count, 4);
}

#[tokio::test]
async fn sets_added_at_the_same_moment_get_places_and_versions_of_their_own() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (_, place) = squats(&ada, 1).await;
    let adds = (0..12).map(|reps| add(&ada, json!({"workoutExerciseId": place, "reps": reps})));
    let added = join_all(adds).await;
    let sorted = |of: &dyn Fn(&Value) -> &Value| {
        let mut numbers: Vec<i64> = added.iter().filter_map(|one| of(one).as_i64()).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(
        sorted(&|one| &one["workoutVersion"]),
        (2..=13).collect::<Vec<_>>()
    );
    assert_eq!(
        sorted(&|one| &one["set"]["orderIndex"]),
        (1..=12).collect::<Vec<_>>()
    );
    let changes = app.graphql_with(&ada.token, "{ changes { changes { version } } }", json!({}));
    let told = changes.await.data()["changes"]["changes"].clone();
    assert_eq!(
        told.as_array().and_then(|all| all.last()).unwrap()["version"],
        13
    );
}

#[tokio::test]
async fn the_same_set_is_added_once_by_id_and_by_key() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, place) = squats(&ada, 0).await;
    let input = json!({"id": "0192f0c1-2222-7000-8000-000000000001", "workoutExerciseId": place, "reps": 3});
    let first = add(&ada, input.clone()).await;
    assert_eq!(add(&ada, input).await, first);

    let keyed = json!({"input": {"workoutExerciseId": place, "reps": 4}, "key": "k"});
    let one = ada.graphql(ADD, keyed.clone()).await;
    assert_eq!(ada.graphql(ADD, keyed).await.data(), one.data());
    let other = json!({"input": {"workoutExerciseId": place, "reps": 5}, "key": "k"});
    assert_eq!(ada.graphql(ADD, other).await.code(), "CONFLICT");
    let found = read(&ada, &made["id"]).await;
    assert_eq!(each(&found["exercises"][0]["sets"], "reps"), [3, 4]);
    assert_eq!(found["version"], 3);

    let elsewhere = workout(
        &ada,
        plan(
            "Other",
            &[found["exercises"][0]["exercise"]["id"].clone()],
            0,
        ),
    )
    .await;
    let elsewhere = &elsewhere["exercises"][0]["id"];
    let taken = json!({"id": "0192f0c1-2222-7000-8000-000000000001", "workoutExerciseId": elsewhere, "reps": 3});
    let refused = ada.graphql(ADD, json!({"input": taken})).await;
    assert_eq!((refused.code(), refused.field()), ("CONFLICT", "input.id"));
}

#[tokio::test]
async fn sets_added_at_the_same_time_have_each_their_place_and_versions_without_gaps() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, place) = squats(&ada, 1).await;
    let additions = (0..8).map(|reps| add(&ada, json!({"workoutExerciseId": place, "reps": reps})));
    let added = join_all(additions).await;

    let mut versions: Vec<i64> = added
        .iter()
        .map(|it| it["workoutVersion"].as_i64().unwrap())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=9).collect::<Vec<_>>());
    let found = read(&ada, &made["id"]).await;
    assert_eq!(found["version"], 9);
    let orders = each(&found["exercises"][0]["sets"], "orderIndex");
    assert_eq!(orders, (0..9).map(|order| json!(order)).collect::<Vec<_>>());
}

#[tokio::test]
async fn many_sets_are_added_to_several_exercises_in_as_many_statements_as_one() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press"]).await;
    let made = workout(&ada, plan("Legs", &trained, 1)).await;
    let places = each(&made["exercises"], "id");
    let mut counts = Vec::new();
    for (round, size) in [1, 100].into_iter().enumerate() {
        let sets: Vec<Value> = (0..size)
            .map(|i| json!({"workoutExerciseId": places[i % 2], "reps": i}))
            .collect();
        let variables = json!({"id": made["id"], "sets": sets, "version": round + 1});
        let (statements, added) = app.statements_of(ada.graphql(ADD_MANY, variables)).await;
        let added = &added.data()["addSets"];
        assert_eq!(added["workoutVersion"], round + 2);
        let reps: Vec<Value> = (0..size).map(|i| json!(i)).collect();
        assert_eq!(each(&added["sets"], "reps"), reps);
        counts.push(statements);
    }
    assert_eq!(counts, [7, 7]);
    let found = read(&ada, &made["id"]).await;
    assert_eq!(found["exercises"][0]["sets"].as_array().unwrap().len(), 52);

    let other = workout(&ada, plan("Other", &trained, 0)).await;
    let foreign = json!([{"workoutExerciseId": places[0], "reps": 1},
        {"workoutExerciseId": other["exercises"][0]["id"], "reps": 1}]);
    let refused = ada
        .graphql(ADD_MANY, json!({"id": made["id"], "sets": foreign}))
        .await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("NOT_FOUND", "sets.1.workoutExerciseId")
    );
    let stale = json!({"id": made["id"], "version": 1, "sets": [{"workoutExerciseId": places[0], "reps": 1}]});
    let stale = ada.graphql(ADD_MANY, stale).await;
    assert_eq!(
        (stale.code(), &stale.error()["extensions"]["version"]),
        ("CONFLICT", &json!(3))
    );
    for (wrong, field) in [
        (json!([]), "sets"),
        (
            json!([{"workoutExerciseId": places[0], "reps": 1}, {"workoutExerciseId": places[0], "reps": -1}]),
            "sets.1.reps",
        ),
        (json!([{"workoutExerciseId": places[0]}]), "sets.0.reps"),
    ] {
        let refused = ada
            .graphql(ADD_MANY, json!({"id": made["id"], "sets": wrong}))
            .await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", field));
    }
    assert_eq!(read(&ada, &made["id"]).await["version"], 3);
}

#[tokio::test]
async fn a_change_of_a_set_takes_what_is_given_and_counts_in_both_versions() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, _) = squats(&ada, 1).await;
    let set = made["exercises"][0]["sets"][0]["id"].clone();
    let change =
        |input: Value, version: i32| json!({"id": set, "input": input, "version": version});

    let input = json!({"weight": 102.5, "rpe": 7, "notes": "belt"});
    let changed = ada.graphql(UPDATE, change(input, 1)).await;
    assert_eq!(
        changed.data()["updateSet"],
        json!({"workoutVersion": 2, "set": {"reps": 5, "weight": 102.5,
        "weightUnit": "KG", "weightKg": 102.5, "rpe": 7, "notes": "belt", "durationSeconds": null, "version": 2}})
    );
    let cleared = ada
        .graphql(UPDATE, change(json!({"rpe": null, "weight": null}), 2))
        .await;
    let cleared = &cleared.data()["updateSet"]["set"];
    assert_eq!(
        (&cleared["rpe"], &cleared["weightKg"], &cleared["notes"]),
        (&Value::Null, &Value::Null, &json!("belt"))
    );
    let stale = ada.graphql(UPDATE, change(json!({"reps": 1}), 2)).await;
    assert_eq!(
        (stale.code(), &stale.error()["extensions"]["version"]),
        ("CONFLICT", &json!(3))
    );
    for (input, field) in [
        (json!({"reps": null}), "input.reps"),
        (json!({"reps": -1}), "input.reps"),
        (json!({"rpe": 10.5}), "input.rpe"),
        (json!({"durationSeconds": -5}), "input.durationSeconds"),
    ] {
        let refused = ada.graphql(UPDATE, change(input, 3)).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", field));
    }
    assert_eq!(read(&ada, &made["id"]).await["version"], 3);
    let swapped = json!({"reps": null, "durationSeconds": 30});
    let swapped = ada.graphql(UPDATE, change(swapped, 3)).await;
    assert_eq!(swapped.data()["updateSet"]["set"]["durationSeconds"], 30);
}

#[tokio::test]
async fn sets_are_deleted_together_or_not_at_all() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, place) = squats(&ada, 3).await;
    let sets = each(&made["exercises"][0]["sets"], "id");
    let other = workout(
        &ada,
        plan(
            "Other",
            &[made["exercises"][0]["exercise"]["id"].clone()],
            1,
        ),
    )
    .await;
    let foreign = &other["exercises"][0]["sets"][0]["id"];

    let mixed = ada
        .graphql(DELETE, json!({"ids": [sets[0], foreign]}))
        .await;
    assert_eq!(mixed.code(), "NOT_FOUND");
    let stale = ada
        .graphql(DELETE, json!({"ids": [sets[0]], "version": 9}))
        .await;
    assert_eq!(stale.code(), "CONFLICT");
    let none = ada.graphql(DELETE, json!({"ids": []})).await;
    assert_eq!((none.code(), none.field()), ("VALIDATION", "ids"));
    let twice = json!({"ids": [sets[0], sets[1], sets[0]]});
    let twice = ada.graphql(DELETE, twice).await;
    assert_eq!((twice.code(), twice.field()), ("VALIDATION", "ids.2"));
    assert!(twice.message().contains(sets[0].as_str().unwrap()));
    let many: Vec<Value> = (0..501).map(|_| json!(uuid::Uuid::now_v7())).collect();
    let many = ada.graphql(DELETE, json!({"ids": many})).await;
    assert_eq!((many.code(), many.field()), ("VALIDATION", "ids"));
    let gone = ada
        .graphql(DELETE, json!({"ids": [sets[0], sets[1]], "version": 1}))
        .await;
    let gone = &gone.data()["deleteSets"];
    assert_eq!(
        (&gone["workoutVersion"], &gone["sets"]),
        (&json!(2), &json!([]))
    );
    let left = json!([{"id": sets[2], "orderIndex": 2}]);
    assert_eq!(gone["workout"]["exercises"][0]["sets"], left);
    let next = add(&ada, json!({"workoutExerciseId": place, "reps": 1})).await;
    assert_eq!(next["set"]["orderIndex"], 3);
    assert_eq!(
        ada.graphql(DELETE, json!({"ids": [sets[0]]})).await.code(),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn sets_are_put_in_another_order_by_a_list_that_names_each_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await[0].clone();
    let made = workout(&ada, plan("Legs", &[squat.clone(), squat], 3)).await;
    let place = &made["exercises"][0]["id"];
    let ids = each(&made["exercises"][0]["sets"], "id");
    let foreign = &made["exercises"][1]["sets"][0]["id"];
    for (order, field, named) in [
        (json!([ids[2], ids[0]]), "order", &ids[1]),
        (json!([ids[2], foreign, ids[1]]), "order.1", foreign),
        (json!([ids[2], ids[2], ids[1]]), "order.1", &ids[2]),
    ] {
        let refused = ada
            .graphql(REORDER, json!({"id": place, "order": order}))
            .await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", field));
        assert!(refused.message().contains(named.as_str().unwrap()));
    }
    let order = json!([ids[1], ids[0], ids[2]]);
    let done = ada
        .graphql(REORDER, json!({"id": place, "order": order}))
        .await;
    let expected = json!({"workout": {"version": 2}, "workoutExercise": {"sets": [
        {"id": ids[1], "orderIndex": 0, "version": 2},
        {"id": ids[0], "orderIndex": 1, "version": 2},
        {"id": ids[2], "orderIndex": 2, "version": 1}]}});
    assert_eq!(done.data()["reorderSets"], expected);
}

#[tokio::test]
async fn the_sets_of_a_workout_are_read_page_by_page_in_both_directions() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press"]).await;
    let made = workout(&ada, plan("Legs", &trained, 4)).await;
    let mut all = each(&made["exercises"][0]["sets"], "id");
    all.extend(each(&made["exercises"][1]["sets"], "id"));
    let list = "query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
        sets(workoutId: $id, first: $first, after: $after, last: $last, before: $before) {
            nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    for (size, cursor, edge, more) in [
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ] {
        let mut seen = Vec::new();
        let mut from = Value::Null;
        loop {
            let variables = json!({"id": made["id"], size: 3, cursor: from});
            let page = ada.graphql(list, variables).await;
            let page = page.data()["sets"].clone();
            assert_eq!(page["totalCount"], 8);
            let ids = each(&page["nodes"], "id");
            let at = if size == "last" { 0 } else { seen.len() };
            seen.splice(at..at, ids);
            from = page["pageInfo"][edge].clone();
            if page["pageInfo"][more] == false {
                break;
            }
        }
        assert_eq!(seen, all, "{size}");
    }
    let other = workout(&ada, plan("Other", &trained, 1)).await;
    let page = ada
        .graphql(list, json!({"id": made["id"], "first": 1}))
        .await;
    let cursor = &page.data()["sets"]["pageInfo"]["endCursor"];
    let foreign = json!({"id": other["id"], "first": 1, "after": cursor});
    let refused = ada.graphql(list, foreign).await;
    assert_eq!((refused.code(), refused.field()), ("VALIDATION", "after"));
    let refused = ada
        .graphql(list, json!({"id": made["id"], "first": 101}))
        .await;
    assert_eq!((refused.code(), refused.field()), ("VALIDATION", "first"));
}

#[tokio::test]
async fn a_known_set_is_added_once_and_one_that_cannot_be_is_named_by_its_place_in_the_request() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, place) = squats(&ada, 1).await;
    let known = json!({"workoutExerciseId": place, "reps": 5,
        "id": "0192f0c1-1111-7000-8000-000000000011"});
    add(&ada, known.clone()).await;
    let mut other = known.clone();
    other["reps"] = json!(6);
    let other = ada.graphql(ADD, json!({"input": other})).await;
    assert_eq!(
        (other.code(), &other.error()["extensions"]["id"]),
        ("CONFLICT", &known["id"])
    );

    let nowhere = json!({"workoutExerciseId": made["id"], "reps": 5});
    let sets = json!({"id": made["id"], "sets": [known, nowhere]});
    let refused = ada.graphql(ADD_MANY, sets).await;

    assert_eq!(
        (refused.code(), refused.field()),
        ("NOT_FOUND", "sets.1.workoutExerciseId")
    );
}

#[tokio::test]
async fn a_set_answers_with_its_workout_also_when_it_is_asked_for_under_another_name() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, place) = squats(&ada, 1).await;
    let mutation = "mutation ($input: AddSetInput!) { addSet(input: $input) {
        whole: workout { id version exercises { sets { reps } } } } }";
    let input = json!({"workoutExerciseId": place, "reps": 3});
    let added = ada.graphql(mutation, json!({"input": input})).await;
    assert_eq!(
        added.data()["addSet"]["whole"],
        json!({"id": made["id"], "version": 2, "exercises": [{"sets": [{"reps": 5}, {"reps": 3}]}]})
    );
}
