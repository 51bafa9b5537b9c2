//! Names and ids: what can be taken, and what is the same however it is written.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, TestUser};

async fn create(user: &TestUser<'_>, input: Value) -> Answer {
    let query = "mutation ($input: CreateExerciseInput!) { createExercise(input: $input) {
        exercise { id name aliases sourceKey source } } }";
    user.graphql(query, json!({"input": input})).await
}

#[tokio::test]
async fn nobody_takes_an_id_that_the_library_may_need_one_day() {
    let app = TestApp::seeded().await;
    let ada = app.user("ada").await;
    let root = app.admin("root").await;
    let future = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, b"a seed of tomorrow");
    let input = json!({"id": future, "name": "Squatter", "category": "legs"});
    let refused = create(&ada, input.clone()).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.id")
    );
    let seed = "mutation ($list: [CreateExerciseInput!]!) { seedExercises(exercises: $list) { inserted } }";
    let other = json!({"name": "Other", "category": "legs"});
    let refused = root.graphql(seed, json!({"list": [other, input]})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "exercises.1.id")
    );
    let version_7 =
        json!({"id": uuid::Uuid::now_v7(), "name": "Squat of mine", "category": "legs"});
    create(&ada, version_7).await.data();
}

#[tokio::test]
async fn where_an_exercise_came_from_is_told() {
    let app = TestApp::seeded().await;
    let list = "{ exercises(first: 1) { nodes { source sourceKey } } }";
    let found = app.graphql(list, json!({})).await;
    let first = &found.data()["exercises"]["nodes"][0];
    assert!(first["sourceKey"].is_string(), "{first}");
}

#[tokio::test]
async fn aliases_that_differ_in_case_are_one() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let input =
        json!({"name": "Zercher Carry", "category": "carry", "aliases": ["ZC", "zc", "z c"]});
    let made = create(&ada, input).await;
    let made = &made.data()["createExercise"]["exercise"];
    assert_eq!(made["aliases"], json!(["zc", "z c"]));
}

#[tokio::test]
async fn a_name_of_nothing_to_be_seen_is_blank_and_one_name_is_one_however_its_letters_are_made() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for blank in ["\u{200b}", "\u{200d}\u{2060} \u{feff}", "\u{202e}"] {
        let refused = create(&ada, json!({"name": blank, "category": "legs"})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", "input.name")
        );
    }
    let composed = create(
        &ada,
        json!({"name": "Pull-up \u{fc}ber", "category": "back"}),
    )
    .await;
    let composed = composed.data()["createExercise"]["exercise"].clone();
    let decomposed = create(
        &ada,
        json!({"name": "Pull-up u\u{308}ber", "category": "back"}),
    )
    .await;
    assert_eq!(decomposed.code(), "CONFLICT");
    assert_eq!(decomposed.error()["extensions"]["id"], composed["id"]);
    // What joins the parts of an emoji stays.
    let emoji = "\u{1f3cb}\u{fe0f}\u{200d}\u{2640}\u{fe0f}";
    let made = create(&ada, json!({"name": emoji, "category": "legs"})).await;
    assert_eq!(made.data()["createExercise"]["exercise"]["name"], emoji);
}

#[tokio::test]
async fn filters_by_words_mind_no_case() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let input = json!({"name": "Row", "category": "Back", "primaryMuscles": ["Lats"],
        "secondaryMuscles": ["Biceps"], "equipment": ["Cable"]});
    create(&ada, input).await.data();
    create(
        &ada,
        json!({"name": "Squat", "category": "legs", "equipment": ["barbell"]}),
    )
    .await
    .data();
    let list = "query ($filter: ExerciseFilter) { exercises(filter: $filter) { nodes { name } } }";
    for filter in [
        json!({"categories": ["bACK"]}),
        json!({"categories": ["BACK", "arms"]}),
        json!({"muscles": ["lats"]}),
        json!({"muscles": ["BICEPS"]}),
        json!({"equipment": ["cABLE"]}),
    ] {
        let found = ada.graphql(list, json!({"filter": filter})).await;
        let nodes = &found.data()["exercises"]["nodes"];
        assert_eq!(*nodes, json!([{"name": "Row"}]), "{filter}");
    }
}

#[tokio::test]
async fn what_is_left_of_binary_fractions_is_no_decimal() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let query = "mutation ($input: CreateExerciseInput!) { createExercise(input: $input) {
        exercise { bodyweightFactor } } }";
    let input = json!({"name": "Dip", "category": "arms", "bodyweightFactor": 0.30000000000000004});
    let made = ada.graphql(query, json!({"input": input})).await;
    assert_eq!(
        made.data()["createExercise"]["exercise"]["bodyweightFactor"],
        0.3
    );
    let input = json!({"name": "Dip 2", "category": "arms", "bodyweightFactor": 0.3001});
    let refused = ada.graphql(query, json!({"input": input})).await;
    assert_eq!(refused.field(), "input.bodyweightFactor");
    assert!(
        refused.message().contains("at most 3 decimals"),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn making_an_exercise_again_that_was_merged_since_answers_what_is_known_of_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let query = "mutation ($input: CreateExerciseInput!, $key: String) {
        createExercise(input: $input, idempotencyKey: $key) { exerciseId exercise { id version } } }";
    let keyed = json!({"input": {"name": "Copy", "category": "legs"}, "key": "k"});
    let first = ada.graphql(query, keyed.clone()).await;
    let first = &first.data()["createExercise"]["exerciseId"];
    let kept = ada
        .graphql(
            query,
            json!({"input": {"name": "Kept", "category": "legs"}}),
        )
        .await;
    let kept = &kept.data()["createExercise"]["exercise"];
    let merge = "mutation ($from: [ID!]!, $into: ID!, $version: Int) {
        mergeExercises(from: $from, into: $into, expectedVersion: $version) { exercise { version } } }";
    let stale = json!({"from": [first], "into": kept["id"], "version": 7});
    let refused = ada.graphql(merge, stale).await;
    assert_eq!(refused.code(), "CONFLICT");
    assert_eq!(refused.error()["extensions"]["id"], kept["id"]);
    let merged = json!({"from": [first], "into": kept["id"], "version": kept["version"]});
    ada.graphql(merge, merged).await.data();

    let again = ada.graphql(query, keyed).await;
    assert_eq!(
        again.data()["createExercise"],
        json!({"exerciseId": first, "exercise": null})
    );
}
