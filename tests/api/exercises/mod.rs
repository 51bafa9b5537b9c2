//! Exercises, over GraphQL.

mod lists;
mod names;

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use regimen::db::schema::{workout_exercises, workouts};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, TestUser};

const LIST: &str =
    "query ($filter: ExerciseFilter, $first: Int, $after: String, $last: Int, $before: String) {
    exercises(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        nodes { id name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
    }
}";

const CREATE: &str = "mutation ($input: CreateExerciseInput!, $key: String) {
    createExercise(input: $input, idempotencyKey: $key) {
        exercise { id name isMine version aliases bodyweightFactor }
    }
}";

const UPDATE: &str = "mutation ($id: ID!, $input: UpdateExerciseInput!, $version: Int) {
    updateExercise(id: $id, input: $input, expectedVersion: $version) {
        exercise { id name version description level }
    }
}";

fn names(answer: &Answer) -> Vec<String> {
    let nodes = answer.data()["exercises"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn create(user: &TestUser<'_>, name: &str) -> Value {
    let input = json!({"name": name, "category": "legs"});
    let made = user.graphql(CREATE, json!({"input": input})).await;
    made.data()["createExercise"]["exercise"].clone()
}

#[tokio::test]
async fn an_exercise_is_found_by_words_beginnings_aliases_and_with_typos() {
    let app = TestApp::seeded().await;
    for search in ["BACK squat", "barbell back sq", "back squatt", "squat back"] {
        let found = app
            .graphql(LIST, json!({"filter": {"search": search}}))
            .await;
        assert!(
            names(&found).contains(&"Barbell Back Squat".to_owned()),
            "{search}: {found:?}"
        );
    }
    let nothing = app
        .graphql(LIST, json!({"filter": {"search": "xylophone"}}))
        .await;
    assert_eq!(names(&nothing), Vec::<String>::new());
}

#[tokio::test]
async fn many_exercises_by_id_are_one_statement() {
    let app = TestApp::seeded().await;
    let list = app.graphql(LIST, json!({"first": 3})).await;
    let nodes = list.data()["exercises"]["nodes"].as_array().unwrap();
    let fields: Vec<String> = (0..3)
        .map(|i| format!("e{i}: exercise(id: {}) {{ id name }}", nodes[i]["id"]))
        .collect();

    let query = format!("{{ {} }}", fields.join(" "));
    let (statements, answer) = app.statements_of(app.graphql(&query, json!({}))).await;

    assert_eq!(answer.data()["e2"], nodes[2]);
    assert_eq!(statements, 1);
}

#[tokio::test]
async fn pages_forward_and_backward_show_every_exercise_once() {
    let app = TestApp::seeded().await;
    let mut forward = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = app
            .graphql(LIST, json!({"first": 50, "after": after}))
            .await;
        forward.extend(names(&page));
        let info = &page.data()["exercises"]["pageInfo"];
        after = info["endCursor"].clone();
        if info["hasNextPage"] == false {
            break;
        }
    }
    let mut backward = Vec::new();
    let mut before = Value::Null;
    loop {
        let page = app
            .graphql(LIST, json!({"last": 50, "before": before}))
            .await;
        backward.splice(0..0, names(&page));
        let info = &page.data()["exercises"]["pageInfo"];
        before = info["startCursor"].clone();
        if info["hasPreviousPage"] == false {
            break;
        }
    }

    let total = app.graphql(LIST, json!({})).await.data()["exercises"]["totalCount"].clone();
    assert_eq!(json!(forward.len()), total);
    assert_eq!(forward, backward);
    let sorted = {
        let mut names = forward.clone();
        names.sort_by_key(|name| name.to_lowercase());
        names
    };
    assert_eq!(forward, sorted);
}

#[tokio::test]
async fn a_page_larger_than_a_hundred_or_a_damaged_cursor_is_refused() {
    let app = TestApp::seeded().await;
    let page = app.graphql(LIST, json!({"first": 1})).await;
    let cursor = page.data()["exercises"]["pageInfo"]["endCursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let damaged = format!("A{}", &cursor[1..]);
    for (variables, field) in [
        (json!({"first": 101}), "first"),
        (json!({"last": -1}), "last"),
        (json!({"first": 1, "last": 1}), "last"),
        (json!({"after": damaged}), "after"),
        (json!({"after": "nonsense"}), "after"),
    ] {
        let refused = app.graphql(LIST, variables.clone()).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{variables}"
        );
    }
}

#[tokio::test]
async fn an_exercise_of_ones_own_is_seen_by_nobody_else() {
    let app = TestApp::seeded().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let made = create(&ada, "Cellar Squat").await;
    assert_eq!(
        (&made["isMine"], &made["version"]),
        (&json!(true), &json!(1))
    );

    let one = "query ($id: ID!) { exercise(id: $id) { name } }";
    let id = json!({"id": made["id"]});
    assert_eq!(
        ada.graphql(one, id.clone()).await.data()["exercise"]["name"],
        "Cellar Squat"
    );
    assert_eq!(bob.graphql(one, id.clone()).await.code(), "NOT_FOUND");
    assert_eq!(app.graphql(one, id).await.code(), "NOT_FOUND");
    let search = json!({"filter": {"search": "cellar"}});
    assert_eq!(
        names(&bob.graphql(LIST, search.clone()).await),
        Vec::<String>::new()
    );
    assert_eq!(names(&ada.graphql(LIST, search).await), ["Cellar Squat"]);

    let theft = json!({"id": made["id"], "input": {"name": "Mine"}});
    assert_eq!(bob.graphql(UPDATE, theft).await.code(), "NOT_FOUND");
}

#[tokio::test]
async fn a_name_is_taken_once_whatever_its_case() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let first = create(&ada, "Cellar Squat").await;

    let again = json!({"input": {"name": " cellar SQUAT ", "category": "legs"}});
    let refused = ada.graphql(CREATE, again).await;

    assert_eq!(refused.code(), "CONFLICT");
    assert_eq!(refused.error()["extensions"]["id"], first["id"]);
    assert_eq!(refused.error()["path"], json!(["createExercise"]));
    assert_eq!(refused.body["data"], json!({"createExercise": null}));
}

#[tokio::test]
async fn the_same_key_makes_one_exercise_and_other_arguments_under_it_are_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let variables = json!({"input": {"name": "Cellar Squat", "category": "legs"}, "key": "k1"});

    let first = ada.graphql(CREATE, variables.clone()).await;
    let second = ada.graphql(CREATE, variables).await;
    let other = json!({"input": {"name": "Attic Squat", "category": "legs"}, "key": "k1"});
    let refused = ada.graphql(CREATE, other).await;

    assert_eq!(first.data(), second.data());
    assert_eq!(refused.code(), "CONFLICT");
}

#[tokio::test]
async fn a_change_takes_what_is_given_and_a_stale_one_is_told_the_version() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = create(&ada, "Cellar Squat").await;
    let change =
        |input: Value, version: i32| json!({"id": made["id"], "input": input, "version": version});

    let input = json!({"description": "Deep.", "level": "EXPERT"});
    let changed = ada.graphql(UPDATE, change(input, 1)).await;
    let exercise = &changed.data()["updateExercise"]["exercise"];
    assert_eq!(
        (&exercise["name"], &exercise["version"]),
        (&json!("Cellar Squat"), &json!(2))
    );

    let stale = ada
        .graphql(UPDATE, change(json!({"name": "Late"}), 1))
        .await;
    assert_eq!(
        (stale.code(), &stale.error()["extensions"]["version"]),
        ("CONFLICT", &json!(2))
    );

    let cleared = ada
        .graphql(UPDATE, change(json!({"description": null}), 2))
        .await;
    let exercise = &cleared.data()["updateExercise"]["exercise"];
    assert_eq!(
        (&exercise["description"], &exercise["level"]),
        (&Value::Null, &json!("EXPERT"))
    );
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (wrong, field) in [
        (json!({"name": "  ", "category": "legs"}), "input.name"),
        (
            json!({"name": "x".repeat(10_000), "category": "legs"}),
            "input.name",
        ),
        (json!({"name": "a\u{7}b", "category": "legs"}), "input.name"),
        (json!({"name": "Squat", "category": ""}), "input.category"),
        (
            json!({"name": "Squat", "category": "legs", "bodyweightFactor": 1.5}),
            "input.bodyweightFactor",
        ),
        (
            json!({"name": "Squat", "category": "legs", "aliases": ["ok", " "]}),
            "input.aliases.1",
        ),
    ] {
        let refused = ada.graphql(CREATE, json!({"input": wrong})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{wrong}"
        );
    }
    let emoji = create(&ada, "Kniebeuge 🏋️").await;
    assert_eq!(emoji["name"], "Kniebeuge 🏋️");
}

#[tokio::test]
async fn the_library_is_changed_by_admins_alone() {
    let app = TestApp::seeded().await;
    let (ada, root) = (app.user("ada").await, app.admin("root").await);
    let list = app.graphql(LIST, json!({"first": 1})).await;
    let id = list.data()["exercises"]["nodes"][0]["id"].clone();
    let change = json!({"id": id, "input": {"description": "Better."}});

    assert_eq!(
        ada.graphql(UPDATE, change.clone()).await.code(),
        "FORBIDDEN"
    );
    let changed = root.graphql(UPDATE, change).await;
    assert_eq!(
        changed.data()["updateExercise"]["exercise"]["description"],
        "Better."
    );
}

#[tokio::test]
async fn nobody_changes_anything_without_signing_in() {
    let app = TestApp::start().await;
    let input = json!({"name": "Squat", "category": "legs"});
    let refused = app.graphql(CREATE, json!({"input": input})).await;
    assert_eq!(refused.code(), "UNAUTHENTICATED");
}

const MERGE: &str = "mutation ($from: [ID!]!, $into: ID!) {
    mergeExercises(from: $from, into: $into) { exercise { name aliases version } }
}";

/// A workout of the owner's that uses the exercise.
async fn workout_with(app: &TestApp, owner: &TestUser<'_>, exercise: &Value) -> uuid::Uuid {
    let workout = uuid::Uuid::now_v7();
    let (owner, exercise) = (owner.id, exercise.as_str().unwrap());
    let sql = format!(
        "INSERT INTO workouts (user_id, id, name) VALUES ('{owner}', '{workout}', 'Legs');
         INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, order_index)
         VALUES ('{owner}', gen_random_uuid(), '{workout}', '{exercise}', 0)"
    );
    app.database
        .connect()
        .await
        .batch_execute(&sql)
        .await
        .unwrap();
    workout
}

#[tokio::test]
async fn merged_duplicates_leave_their_names_and_their_workouts_behind() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (kept, duplicate) = (
        create(&ada, "Back Squat").await,
        create(&ada, "Squat (Bar)").await,
    );
    let workout = workout_with(&app, &ada, &duplicate["id"]).await;

    let request = json!({"from": [duplicate["id"]], "into": kept["id"]});
    let merged = ada.graphql(MERGE, request.clone()).await;

    let exercise = &merged.data()["mergeExercises"]["exercise"];
    assert_eq!(exercise["aliases"], json!(["squat (bar)"]));
    let mut conn = app.database.connect().await;
    let (version, exercise_id): (i32, uuid::Uuid) = workouts::table
        .inner_join(workout_exercises::table.on(workout_exercises::workout_id.eq(workouts::id)))
        .filter(workouts::id.eq(workout))
        .select((workouts::version, workout_exercises::exercise_id))
        .first(&mut conn)
        .await
        .unwrap();
    assert_eq!((version, json!(exercise_id)), (2, kept["id"].clone()));
    assert_eq!(ada.graphql(MERGE, request).await.code(), "NOT_FOUND");
}

#[tokio::test]
async fn only_ones_own_exercises_are_merged_away() {
    let app = TestApp::seeded().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let mine = create(&ada, "Cellar Squat").await;
    let library = app.graphql(LIST, json!({"first": 1})).await;
    let library = &library.data()["exercises"]["nodes"][0]["id"];
    for (user, from, into) in [(&ada, library, &mine["id"]), (&bob, &mine["id"], library)] {
        let refused = user
            .graphql(MERGE, json!({"from": [from], "into": into}))
            .await;
        assert_eq!(refused.code(), "NOT_FOUND");
    }
    let itself = ada
        .graphql(MERGE, json!({"from": [mine["id"]], "into": mine["id"]}))
        .await;
    assert_eq!((itself.code(), itself.field()), ("VALIDATION", "from.0"));
}

#[tokio::test]
async fn adding_to_the_library_twice_adds_once() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let add = "mutation ($exercises: [CreateExerciseInput!]!) {
        seedExercises(exercises: $exercises) { inserted skipped }
    }";
    let two = json!({"exercises": [
        {"name": "Squat", "category": "legs"}, {"name": "Press", "category": "chest"},
    ]});

    let first = root.graphql(add, two.clone()).await;
    let second = root.graphql(add, two).await;
    let wrong =
        json!({"exercises": [{"name": "Row", "category": "back"}, {"name": "", "category": "x"}]});
    let refused = root.graphql(add, wrong).await;

    assert_eq!(
        first.data()["seedExercises"],
        json!({"inserted": 2, "skipped": []})
    );
    assert_eq!(
        second.data()["seedExercises"],
        json!({"inserted": 0, "skipped": ["Squat", "Press"]})
    );
    assert_eq!(refused.field(), "exercises.1.name");
}

#[tokio::test]
async fn other_names_that_are_too_long_together_are_refused_with_the_place_in_the_list() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let add = "mutation ($exercises: [CreateExerciseInput!]!) {
        seedExercises(exercises: $exercises) { inserted } }";
    let aliases: Vec<String> = (0..20).map(|n| format!("{n:0>110}")).collect();
    let exercises = json!([
        {"name": "Row", "category": "back"},
        {"name": "Ski", "category": "back", "aliases": aliases},
    ]);
    let refused = root.graphql(add, json!({"exercises": exercises})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "exercises.1.aliases")
    );
}
