//! How large a workout may be: the same whichever way it grows.

use diesel_async::SimpleAsyncConnection;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{exercises, plan, workout};
use crate::support::{TestApp, TestUser};

/// A workout with one exercise, and so many sets in the database.
async fn imported(app: &TestApp, user: &TestUser<'_>, sets: usize) -> (Value, Value) {
    let squat = exercises(user, &["Squat"]).await;
    let made = workout(user, plan("Legs", &squat, 1)).await;
    let (id, place) = (made["id"].clone(), made["exercises"][0]["id"].clone());
    let sql = format!(
        "INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, reps) \
         SELECT '{}', gen_random_uuid(), {}, {}, n, 5 FROM generate_series(1, {}) n",
        user.id,
        id.to_string().replace('"', "'"),
        place.to_string().replace('"', "'"),
        sets - 1
    );
    app.database
        .connect()
        .await
        .batch_execute(&sql)
        .await
        .unwrap();
    (id, place)
}

async fn count(user: &TestUser<'_>, id: &Value) -> Value {
    let query = "query ($id: ID!) { sets(workoutId: $id) { totalCount } }";
    let found = user.graphql(query, json!({"id": id})).await;
    found.data()["sets"]["totalCount"].clone()
}

#[tokio::test]
async fn a_full_workout_takes_no_more_sets_and_no_exercise_whichever_way_they_come() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (id, place) = imported(&app, &ada, 999).await;
    let squat = exercises(&ada, &["Press"]).await[0].clone();
    let one = json!({"workoutExerciseId": place, "reps": 5});
    let add = "mutation ($input: AddSetInput!, $key: String) {
        addSet(input: $input, idempotencyKey: $key) { set { id } } }";
    let add_many = "mutation ($id: ID!, $sets: [AddSetInput!]!) {
        addSets(workoutId: $id, sets: $sets) { sets { id } } }";
    let add_place = "mutation ($id: ID!, $input: WorkoutExerciseInput!) {
        addWorkoutExercise(workoutId: $id, input: $input) { workoutExercise { id } } }";
    let new_place = json!({"exerciseId": squat, "sets": [{"reps": 5}, {"reps": 5}]});
    for (query, variables, field) in [
        (add_many, json!({"id": id, "sets": [one, one]}), "sets"),
        (add_place, json!({"id": id, "input": new_place}), "input"),
    ] {
        let refused = ada.graphql(query, variables).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", field));
        assert!(
            refused.message().contains("1000 sets"),
            "{}",
            refused.message()
        );
    }
    ada.graphql(add, json!({"input": one})).await.data();
    assert_eq!(count(&ada, &id).await, 1000);
    for key in [json!(null), json!("k")] {
        let refused = ada.graphql(add, json!({"input": one, "key": key})).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", "input"));
    }
    assert_eq!(count(&ada, &id).await, 1000);
    // Full, but not too large: it can be copied.
    let copy = "mutation ($id: ID!) { duplicateWorkout(id: $id) { workout { id } } }";
    let copied = ada.graphql(copy, json!({"id": id})).await;
    let copied = &copied.data()["duplicateWorkout"]["workout"]["id"];
    assert_eq!(count(&ada, copied).await, 1000);
}

#[tokio::test]
async fn many_who_add_the_last_set_at_one_moment_add_one() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (id, place) = imported(&app, &ada, 999).await;
    // At places of their own, so that nothing but the size stands between them.
    let add_place = "mutation ($id: ID!, $input: WorkoutExerciseInput!) {
        addWorkoutExercise(workoutId: $id, input: $input) { workoutExercise { id } } }";
    let squat = exercises(&ada, &["Press"]).await[0].clone();
    let mut places = vec![place];
    for _ in 0..7 {
        let made = ada
            .graphql(add_place, json!({"id": id, "input": {"exerciseId": squat}}))
            .await;
        places.push(made.data()["addWorkoutExercise"]["workoutExercise"]["id"].clone());
    }
    let add = "mutation ($input: AddSetInput!) { addSet(input: $input) { set { id } } }";
    let sent = places.iter().map(|place| {
        let input = json!({"workoutExerciseId": place, "reps": 5});
        ada.graphql(add, json!({"input": input}))
    });
    let added = join_all(sent).await;
    let refused = added.iter().filter(|it| it.body["errors"].is_array());
    assert_eq!(refused.clone().count(), 7);
    for answer in refused {
        assert_eq!(answer.code(), "VALIDATION");
    }
    assert_eq!(count(&ada, &id).await, 1000);
}

#[tokio::test]
async fn what_was_imported_with_more_is_read_shrinks_and_is_not_copied() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (id, place) = imported(&app, &ada, 1200).await;
    let read = "query ($id: ID!) { workout(id: $id) { exercises { sets { id } } } }";
    let found = ada.graphql(read, json!({"id": id})).await;
    let sets = found.data()["workout"]["exercises"][0]["sets"].clone();
    let sets: Vec<Value> = sets.as_array().unwrap().clone();
    assert_eq!(sets.len(), 1200);

    for (query, field) in [
        (
            "mutation ($id: ID!) { duplicateWorkout(id: $id) { workout { id } } }",
            "id",
        ),
        (
            "mutation ($id: ID!) { saveAsTemplate(id: $id) { workout { id } } }",
            "id",
        ),
        (
            "mutation ($id: ID!) { startWorkout(input: {fromWorkoutId: $id}) { workout { id } } }",
            "input.fromWorkoutId",
        ),
    ] {
        let refused = ada.graphql(query, json!({"id": id})).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", field));
    }
    let rename =
        "mutation ($input: WorkoutInput!) { upsertWorkout(input: $input) { workout { name } } }";
    let named = json!({"id": id, "name": "Marathon"});
    ada.graphql(rename, json!({"input": named})).await.data();
    let exercise = exercises(&ada, &["Press"]).await[0].clone();
    let keep = |sets: Value| {
        json!({"id": id, "name": "Marathon", "exercises": [
            {"id": place, "exerciseId": exercise, "sets": sets}]})
    };
    let mut more: Vec<Value> = sets.iter().map(|set| json!({"id": set["id"]})).collect();
    more.push(json!({"reps": 1}));
    let refused = ada
        .graphql(rename, json!({"input": keep(json!(more))}))
        .await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.exercises")
    );
    let fewer = json!(more[..1100].to_vec());
    ada.graphql(rename, json!({"input": keep(fewer)}))
        .await
        .data();
    assert_eq!(count(&ada, &id).await, 1100);
    let delete = "mutation ($ids: [ID!]!) { deleteSets(ids: $ids) { deletedIds sets { id } } }";
    let ids: Vec<&Value> = sets[..200].iter().map(|set| &set["id"]).collect();
    let gone = ada.graphql(delete, json!({"ids": ids})).await;
    assert_eq!(
        gone.data()["deleteSets"],
        json!({"deletedIds": ids, "sets": []})
    );
    assert_eq!(count(&ada, &id).await, 900);
}

#[tokio::test]
async fn a_workout_shows_the_latest_twenty_entries_and_the_list_shows_all() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await;
    let made = workout(&ada, plan("Legs", &squat, 1)).await;
    let other = workout(&ada, plan("Other", &squat, 1)).await;
    let log = "mutation ($entries: [LogHistoryInput!]!) { logHistoryBatch(entries: $entries) { inserted } }";
    let entry = |n: usize| {
        let workout = if n < 30 { &made["id"] } else { &other["id"] };
        json!({"workoutId": workout, "performedAt": format!("2026-01-{:02}T10:00:00Z", n % 30 + 1),
            "sourceKey": n.to_string(), "source": "notebook", "rating": 1 + n % 5})
    };
    let entries: Vec<Value> = (0..33).map(entry).collect();
    ada.graphql(log, json!({"entries": entries})).await.data();

    let query = "query ($id: ID!, $other: ID!) {
        one: workout(id: $id) { history { performedAt } }
        page: workouts(order: NAME) { nodes { name history { performedAt } } }
        set: set(id: $other) { workoutExercise { workout { history { performedAt } } } }
        all: history(filter: {workoutId: $id}, first: 100) { totalCount } }";
    let set = &made["exercises"][0]["sets"][0]["id"];
    let found = ada
        .graphql(query, json!({"id": made["id"], "other": set}))
        .await;
    let found = found.data();
    let days: Vec<Value> = (11..=30)
        .rev()
        .map(|day| json!({"performedAt": format!("2026-01-{day:02}T10:00:00+00:00")}))
        .collect();
    assert_eq!(found["one"]["history"], json!(days));
    assert_eq!(found["page"]["nodes"][0]["history"], json!(days));
    assert_eq!(
        found["page"]["nodes"][1]["history"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        found["set"]["workoutExercise"]["workout"]["history"],
        json!(days)
    );
    assert_eq!(found["all"]["totalCount"], 30);
}
