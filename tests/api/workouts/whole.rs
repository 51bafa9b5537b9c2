//! A workout as a whole: made, changed and replaced by one mutation.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{CREATE, each, exercises, plan, read, workout};
use crate::support::{Answer, TestApp, TestUser};

const UPSERT: &str = "mutation ($input: WorkoutInput!, $version: Int) {
    upsertWorkout(input: $input, expectedVersion: $version) { workout {
        id name notes status version exercises { id notes exercise { name }
            sets { id reps version performedAt createdAt } } } }
}";

async fn upsert(user: &TestUser<'_>, input: Value) -> Answer {
    user.graphql(UPSERT, json!({"input": input})).await
}

#[tokio::test]
async fn five_exercises_and_twenty_sets_are_one_mutation_of_as_many_statements_as_one_set() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press", "Row", "Curl", "Plank"]).await;

    let small = workout(&ada, plan("Small", &trained[..1], 1));
    let (few, _) = app.statements_of(small).await;
    let large = workout(&ada, plan("Large", &trained, 4));
    let (many, made) = app.statements_of(large).await;

    // All that is made, and what the exercises are.
    assert_eq!((few, many), (2, 2));
    let names = each(&made["exercises"], "exercise");
    assert_eq!(
        each(&json!(names), "name"),
        ["Squat", "Press", "Row", "Curl", "Plank"]
    );
    assert_eq!(each(&made["exercises"], "orderIndex"), [0, 1, 2, 3, 4]);
    for exercise in made["exercises"].as_array().unwrap() {
        assert_eq!(each(&exercise["sets"], "orderIndex"), [0, 1, 2, 3]);
    }
    assert_eq!(
        (&made["version"], &made["status"]),
        (&json!(1), &json!("PLANNED"))
    );
}

#[tokio::test]
async fn a_workout_with_the_same_id_is_made_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await;
    let mut input = plan("Legs", &[squat[0].clone(), squat[0].clone()], 2);
    input["id"] = json!("0192f0c1-1111-7000-8000-000000000001");
    let first = workout(&ada, input.clone()).await;
    assert_eq!(workout(&ada, input.clone()).await, first);
    let one = json!({"reps": 5, "weight": 100});
    for (part, other) in [
        ("/name", json!("Other")),
        ("/exercises", json!([])),
        ("/exercises/0/sets/1/reps", json!(6)),
        ("/exercises/1/notes", json!("deep")),
        (
            "/exercises/1/id",
            json!("0192f0c1-1111-7000-8000-000000000003"),
        ),
        ("/exercises/1/sets", json!([one])),
        (
            "/exercises/1/sets/0/id",
            json!("0192f0c1-1111-7000-8000-000000000004"),
        ),
    ] {
        let mut changed = input.clone();
        let (at, field) = part.rsplit_once('/').unwrap();
        changed.pointer_mut(at).unwrap()[field] = other;
        let other = ada.graphql(CREATE, json!({"input": changed})).await;
        assert_eq!(
            (other.code(), other.field()),
            ("CONFLICT", "input.id"),
            "{part}"
        );
        assert_eq!(other.error()["extensions"]["id"], input["id"], "{part}");
        assert_eq!(other.error()["extensions"]["version"], 1, "{part}");
    }
    assert_eq!(read(&ada, &input["id"]).await["version"], 1);

    let keyed = json!({"input": {"name": "Keyed"}, "key": "k"});
    let one = ada.graphql(CREATE, keyed.clone()).await;
    assert_eq!(ada.graphql(CREATE, keyed).await.data(), one.data());
    let other = json!({"input": {"name": "Other"}, "key": "k"});
    assert_eq!(ada.graphql(CREATE, other).await.code(), "CONFLICT");
}

#[tokio::test]
async fn what_is_upserted_keeps_its_ids_moves_and_loses_what_is_not_named() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press", "Row"]).await;
    let made = workout(&ada, plan("Legs", &trained, 2)).await;
    let (places, sets) = (each(&made["exercises"], "id"), |i: usize| {
        each(&made["exercises"][i]["sets"], "id")
    });
    let before = upsert_as_it_is(&ada, &made).await;

    // Row first; Squat's two sets swapped, one of them changed; Press gone, but one of its sets under
    // Row; a new exercise and a new set.
    let input = json!({"id": made["id"], "name": "Legs and back", "exercises": [
        {"id": places[2], "exerciseId": trained[2], "sets": [
            {"id": sets(2)[0], "reps": 5, "weight": 100}, {"id": sets(1)[1], "reps": 5, "weight": 100}]},
        {"id": places[0], "exerciseId": trained[0], "notes": "deep", "sets": [
            {"id": sets(0)[1], "reps": 8, "weight": 100}, {"id": sets(0)[0], "reps": 5, "weight": 100},
            {"reps": 12}]},
        {"exerciseId": trained[0]},
    ]});
    let after = upsert(&ada, input).await.data()["upsertWorkout"]["workout"].clone();

    assert_eq!(
        (&after["name"], &after["version"]),
        (&json!("Legs and back"), &json!(2))
    );
    let found = after["exercises"].as_array().unwrap();
    assert_eq!((&found[0]["id"], &found[1]["id"]), (&places[2], &places[0]));
    assert_eq!(found[2]["exercise"]["name"], "Squat");
    assert_eq!(
        each(&found[0]["sets"], "id"),
        [sets(2)[0].clone(), sets(1)[1].clone()]
    );
    let squats = found[1]["sets"].as_array().unwrap();
    assert_eq!(
        (&squats[0]["id"], &squats[1]["id"]),
        (&sets(0)[1], &sets(0)[0])
    );
    assert_eq!(each(&found[1]["sets"], "reps"), [8, 5, 12]);
    assert_eq!(
        squats[0]["performedAt"],
        before["exercises"][0]["sets"][1]["performedAt"]
    );
    assert_eq!(
        squats[0]["createdAt"],
        before["exercises"][0]["sets"][1]["createdAt"]
    );
    // A set that is as it was keeps its version; one that changed has a new one.
    assert_eq!(found[0]["sets"][0]["version"], 1);
    assert_eq!(squats[0]["version"], 2);
}

/// Upserts a workout as it is, which changes nothing.
async fn upsert_as_it_is(user: &TestUser<'_>, made: &Value) -> Value {
    let exercises: Vec<Value> =
        made["exercises"]
            .as_array()
            .unwrap()
            .iter()
            .map(|place| {
                let sets: Vec<Value> = place["sets"].as_array().unwrap().iter().map(|set| {
            json!({"id": set["id"], "reps": set["reps"], "weight": set["weight"]})
        }).collect();
                json!({"id": place["id"], "exerciseId": place["exercise"]["id"], "sets": sets})
            })
            .collect();
    let input = json!({"id": made["id"], "name": made["name"], "exercises": exercises});
    let same = upsert(user, input).await.data()["upsertWorkout"]["workout"].clone();
    assert_eq!(
        each(&same["exercises"], "id"),
        each(&made["exercises"], "id")
    );
    for place in same["exercises"].as_array().unwrap() {
        assert!(
            each(&place["sets"], "version")
                .iter()
                .all(|version| *version == 1)
        );
    }
    same
}

#[tokio::test]
async fn an_upsert_takes_as_many_statements_for_one_set_as_for_many() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press", "Row", "Curl", "Plank"]).await;
    let mut counts = Vec::new();
    for (exercises, sets) in [(1, 1), (5, 20)] {
        let made = workout(&ada, plan("Legs", &trained[..exercises], sets)).await;
        let mut input = plan("Again", &trained[..exercises], sets);
        input["id"] = made["id"].clone();
        let (statements, answer) = app.statements_of(upsert(&ada, input)).await;
        assert_eq!(answer.data()["upsertWorkout"]["workout"]["version"], 2);
        counts.push(statements);
    }
    // Begin, lock, two for what is there, exercises checked, workout, three for the exercises, two for
    // the sets, change, commit; then four for the answer.
    assert_eq!(counts, [17, 17]);
}

#[tokio::test]
async fn an_upsert_makes_what_is_not_there_and_leaves_status_and_times_alone() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let id = json!("0192f0c1-1111-7000-8000-000000000002");
    let start = "2026-01-02T10:00:00Z";
    let new = json!({"id": id, "name": "New", "status": "COMPLETED", "startedAt": start});
    let made = upsert(&ada, new).await;
    assert_eq!(made.data()["upsertWorkout"]["workout"]["version"], 1);

    upsert(&ada, json!({"id": id, "name": "Renamed"}))
        .await
        .data();
    let found = read(&ada, &id).await;
    assert_eq!(
        (&found["name"], &found["status"], &found["startedAt"]),
        (
            &json!("Renamed"),
            &json!("COMPLETED"),
            &json!("2026-01-02T10:00:00+00:00")
        )
    );
    let ended = json!({"id": id, "name": "Ended", "endedAt": "2026-01-02T09:00:00Z"});
    let refused = upsert(&ada, ended).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.endedAt")
    );

    let absent = json!({"input": {"name": "Expected"}, "version": 1});
    assert_eq!(ada.graphql(UPSERT, absent).await.code(), "NOT_FOUND");
    let stale = json!({"input": {"id": id, "name": "Late"}, "version": 1});
    let stale = ada.graphql(UPSERT, stale).await;
    assert_eq!(stale.code(), "CONFLICT");
    assert_eq!(stale.error()["extensions"]["version"], 2);
}

#[tokio::test]
async fn the_same_workout_upserted_many_times_at_one_moment_is_made_once_and_no_one_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for round in 0..4 {
        let id = format!("0192f0c1-1111-7000-8000-00000000001{round}");
        let sent = (0..6).map(|_| upsert(&ada, json!({"id": id, "name": "At once"})));
        for answer in join_all(sent).await {
            assert_eq!(answer.data()["upsertWorkout"]["workout"]["version"], 1);
        }
    }
}

/// When each exercise and each set of a workout was last changed.
async fn times_of(user: &TestUser<'_>, workout: &Value) -> BTreeMap<String, String> {
    let query = "query ($id: ID!) { workout(id: $id) { exercises { id updatedAt
        sets { id updatedAt } } } }";
    let found = user.graphql(query, json!({"id": workout})).await;
    let places = found.data()["workout"]["exercises"].clone();
    let places = places.as_array().unwrap().clone();
    let sets = places
        .iter()
        .flat_map(|it| it["sets"].as_array().unwrap().clone());
    let times = sets.chain(places.clone());
    times
        .map(|it| (it["id"].to_string(), it["updatedAt"].to_string()))
        .collect()
}

#[tokio::test]
async fn parts_that_an_upsert_leaves_alone_keep_the_time_of_their_last_change() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press", "Row"]).await;
    let made = workout(&ada, plan("Legs", &trained, 3)).await;
    let (places, sets) = (each(&made["exercises"], "id"), |i: usize| {
        each(&made["exercises"][i]["sets"], "id")
    });
    let all: Vec<Value> = (0..3)
        .map(|i| {
            let sets: Vec<Value> = sets(i)
                .iter()
                .map(|id| json!({"id": id, "reps": 5, "weight": 100}))
                .collect();
            json!({"id": places[i], "exerciseId": trained[i], "sets": sets})
        })
        .collect();
    let mut input = json!({"id": made["id"], "name": "Legs", "exercises": all});
    input["exercises"][1]["notes"] = json!("deep");
    input["exercises"][1]["sets"][2]["reps"] = json!(6);
    let order = "mutation ($id: ID!, $order: [ID!]!) {
        reorderExercises(workoutId: $id, order: $order) { workout { id } } }";
    let sets_order = "mutation ($id: ID!, $order: [ID!]!) {
        reorderSets(workoutExerciseId: $id, order: $order) { workout { id } } }";
    let (first, second) = (sets(0), sets(1));
    for (request, variables, moved) in [
        (
            UPSERT,
            json!({"input": input}),
            vec![&places[1], &second[2]],
        ),
        (
            order,
            json!({"id": made["id"], "order": [places[1], places[0], places[2]]}),
            vec![&places[0], &places[1]],
        ),
        (
            sets_order,
            json!({"id": places[0], "order": [first[0], first[2], first[1]]}),
            vec![&first[1], &first[2]],
        ),
    ] {
        let before = times_of(&ada, &made["id"]).await;
        ada.graphql(request, variables).await.data();
        let after = times_of(&ada, &made["id"]).await;
        let changed: Vec<&String> = after
            .keys()
            .filter(|id| before[*id] != after[*id])
            .collect();
        let mut moved: Vec<String> = moved.iter().map(ToString::to_string).collect();
        moved.sort();
        assert_eq!(changed, moved.iter().collect::<Vec<_>>(), "{request}");
    }
}

#[tokio::test]
async fn ids_of_another_workout_s_parts_are_refused_where_they_stand() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await;
    let other = workout(&ada, plan("Other", &squat, 1)).await;
    let made = workout(&ada, plan("Legs", &squat, 1)).await;
    let before = read(&ada, &other["id"]).await;
    let (place, set) = (
        &other["exercises"][0]["id"],
        &other["exercises"][0]["sets"][0]["id"],
    );
    for (exercise, field) in [
        (
            json!({"id": place, "exerciseId": squat[0]}),
            "input.exercises.1.id",
        ),
        (
            json!({"exerciseId": squat[0], "sets": [{"reps": 1}, {"id": set, "reps": 1}]}),
            "input.exercises.1.sets.1.id",
        ),
    ] {
        let input = json!({"id": made["id"], "name": "Legs", "exercises": [
            {"exerciseId": squat[0], "sets": []}, exercise]});
        let refused = upsert(&ada, input.clone()).await;
        assert_eq!((refused.code(), refused.field()), ("CONFLICT", field));
        let mut fresh = input;
        fresh.as_object_mut().unwrap().remove("id");
        let refused = ada.graphql(CREATE, json!({"input": fresh})).await;
        assert_eq!((refused.code(), refused.field()), ("CONFLICT", field));
        assert_eq!(refused.error()["extensions"]["version"], 1);
    }
    assert_eq!(read(&ada, &other["id"]).await, before);
    assert_eq!(read(&ada, &made["id"]).await["version"], 1);
}

#[tokio::test]
async fn an_upsert_leaves_a_template_a_template_and_what_is_left_out_as_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let squat = exercises(&ada, &["Squat"]).await;
    let mut input = plan("Legs", &squat, 1);
    input["isTemplate"] = json!(true);
    input["notes"] = json!("heavy");
    input["exercises"][0]["sets"][0]["isCompleted"] = json!(true);
    let made = workout(&ada, input).await;
    let place = &made["exercises"][0];
    let set = &place["sets"][0]["id"];

    let input = json!({"id": made["id"], "name": "Big legs", "exercises": [{"id": place["id"],
        "exerciseId": squat[0], "sets": [{"id": set, "reps": 5}, {"reps": 6}]}]});
    upsert(&ada, input).await.data();

    let one = "query ($id: ID!) { workout(id: $id) { name isTemplate notes
        exercises { sets { isCompleted } } } }";
    let found = ada.graphql(one, json!({"id": made["id"]})).await;
    assert_eq!(
        found.data()["workout"],
        json!({"name": "Big legs", "isTemplate": true, "notes": "heavy",
            "exercises": [{"sets": [{"isCompleted": true}, {"isCompleted": false}]}]})
    );
    let cleared = json!({"id": made["id"], "name": "Big legs", "notes": null});
    let cleared = upsert(&ada, cleared).await;
    assert_eq!(
        cleared.data()["upsertWorkout"]["workout"]["notes"],
        Value::Null
    );
}
