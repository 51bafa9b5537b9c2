//! Which exercises are listed, and in what order.

use serde_json::json;

use super::{CREATE, LIST, create, names};
use crate::support::{TestApp, TestUser};

/// One's own exercises that a search finds.
async fn own(user: &TestUser<'_>, search: &str) -> Vec<String> {
    let filter = json!({"search": search, "scope": "MINE"});
    names(&user.graphql(LIST, json!({"filter": filter})).await)
}

#[tokio::test]
async fn a_search_forgives_one_wrong_letter_and_takes_any_beginning() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for name in ["Squat", "Push Press", "Pull Over"] {
        create(&ada, name).await;
    }
    for search in ["sqaut", "squt", "squaat", "squot", "s", "sq", "SQU"] {
        assert_eq!(own(&ada, search).await, ["Squat"], "{search}");
    }
    assert_eq!(own(&ada, "pull").await, ["Pull Over"]);
    assert_eq!(own(&ada, "press pu").await, ["Push Press"]);
    for nothing in ["quat", "press pull", "!", ".*", "\\"] {
        assert_eq!(own(&ada, nothing).await, Vec::<String>::new(), "{nothing}");
    }
    assert_eq!(own(&ada, "  ").await.len(), 3);
}

#[tokio::test]
async fn each_condition_of_a_filter_limits_the_list_by_itself() {
    let app = TestApp::seeded().await;
    let ada = app.user("ada").await;
    for input in [
        json!({"name": "A", "category": "cellar", "primaryMuscles": ["left"], "equipment": ["rope"], "level": "EXPERT"}),
        json!({"name": "B", "category": "attic", "secondaryMuscles": ["left"], "equipment": ["rope", "bar"]}),
        json!({"name": "C", "category": "attic", "primaryMuscles": ["right"]}),
    ] {
        ada.graphql(CREATE, json!({"input": input})).await.data();
    }
    for (mut filter, expected) in [
        (json!({"categories": ["attic"]}), vec!["B", "C"]),
        (json!({"categories": []}), vec![]),
        (json!({"muscles": ["left"]}), vec!["A", "B"]),
        (json!({"equipment": ["rope"]}), vec!["A", "C"]),
        (json!({"equipment": []}), vec!["C"]),
        (json!({"levels": ["EXPERT"]}), vec!["A"]),
        (
            json!({"muscles": ["left"], "categories": ["attic"]}),
            vec!["B"],
        ),
        (json!({"archived": true}), vec![]),
    ] {
        filter["scope"] = json!("MINE");
        let found = ada.graphql(LIST, json!({"filter": filter})).await;
        assert_eq!(names(&found), expected, "{filter}");
    }
    let count = async |scope: &str| {
        let found = ada.graphql(LIST, json!({"filter": {"scope": scope}})).await;
        found.data()["exercises"]["totalCount"].as_i64().unwrap()
    };
    assert_eq!(count("MINE").await, 3);
    assert!(count("LIBRARY").await > 3);
    assert_eq!(count("ALL").await, count("LIBRARY").await + 3);
}

#[tokio::test]
async fn the_newest_come_first_where_that_is_asked_for_and_an_offset_skips() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for name in ["B", "A", "C"] {
        create(&ada, name).await;
    }
    let newest = "query ($after: String) { exercises(order: NEWEST, first: 2, after: $after) {
        nodes { name } pageInfo { endCursor } } }";
    let first = ada.graphql(newest, json!({})).await;
    assert_eq!(names(&first), ["C", "A"]);
    let after = &first.data()["exercises"]["pageInfo"]["endCursor"];
    let rest = ada.graphql(newest, json!({"after": after})).await;
    assert_eq!(names(&rest), ["B"]);
    let skipping = "{ exercises(offset: 1, first: 1) { nodes { name } } }";
    assert_eq!(names(&ada.graphql(skipping, json!({})).await), ["B"]);
}

#[tokio::test]
async fn what_is_put_away_is_listed_apart_until_it_is_brought_back() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let made = create(&ada, "Squat").await;
    let archive = "mutation ($id: ID!, $archived: Boolean!) {
        archiveExercise(id: $id, archived: $archived) { exercise { archivedAt } } }";
    let lists = async || {
        let mut lists = Vec::new();
        for archived in [false, true] {
            let filter = json!({"filter": {"archived": archived}});
            lists.push(names(&ada.graphql(LIST, filter).await).len());
        }
        lists
    };
    let put = json!({"id": made["id"], "archived": true});
    assert_eq!(bob.graphql(archive, put.clone()).await.code(), "NOT_FOUND");
    ada.graphql(archive, put).await.data();
    assert_eq!(lists().await, [0, 1]);
    let back = json!({"id": made["id"], "archived": false});
    ada.graphql(archive, back).await.data();
    assert_eq!(lists().await, [1, 0]);
}

#[tokio::test]
async fn a_null_character_in_a_filter_or_a_summary_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    for (field, input, condition) in [
        ("exercises", "ExerciseFilter", "search"),
        ("exercises", "ExerciseFilter", "categories"),
        ("exercises", "ExerciseFilter", "muscles"),
        ("exercises", "ExerciseFilter", "equipment"),
        ("workouts", "WorkoutFilter", "search"),
        ("users", "UserFilter", "search"),
        ("tasks", "TaskFilter", "search"),
        ("tasks", "TaskFilter", "tagsAny"),
    ] {
        let query = format!(
            "query ($f: {input}) {{ {field}(filter: $f) {{ __typename nodes {{ id }} }} }}"
        );
        let (value, path) = if condition == "search" {
            (json!("a\0b"), format!("filter.{condition}"))
        } else {
            (json!(["a\0b"]), format!("filter.{condition}.0"))
        };
        let refused = root.graphql(&query, json!({"f": {condition: value}})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", path.as_str())
        );
    }
    let log =
        "mutation ($input: LogHistoryInput!) { logHistory(input: $input) { historyEntry { id } } }";
    for summary in [json!({"a\0": 1}), json!({"a": ["b\0"]})] {
        let input = json!({"performedAt": "2026-03-01T10:00:00Z", "summary": summary});
        let refused = root.graphql(log, json!({"input": input})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", "input.summary")
        );
    }
}

#[tokio::test]
async fn what_meets_a_search_best_comes_first_page_by_page_in_both_directions() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (name, alias) in [
        ("Back Squat", "zercher"),
        ("Squat", "legs"),
        ("Squad Run", "laps"),
        ("Squat Jump", "hop"),
        ("Air Squat", "plain"),
        ("Knee Bend", "squat"),
        ("Row", "pull"),
    ] {
        let input = json!({"name": name, "category": "legs", "aliases": [alias]});
        ada.graphql(CREATE, json!({"input": input})).await.data();
    }
    let list = "query ($search: String, $first: Int, $after: String, $last: Int, $before: String) {
        exercises(filter: {search: $search}, order: RELEVANCE, first: $first, after: $after,
            last: $last, before: $before) {
            nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    // Called so; begins so; has the word; is also called so; almost.
    let expected = [
        "Squat",
        "Squat Jump",
        "Air Squat",
        "Back Squat",
        "Knee Bend",
        "Squad Run",
    ];
    for (size, cursor, edge, more) in [
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ] {
        let (mut seen, mut from) = (Vec::new(), json!(null));
        loop {
            let page = json!({"search": " SQUAT ", size: 2, cursor: from});
            let page = ada.graphql(list, page).await;
            let at = if size == "last" { 0 } else { seen.len() };
            seen.splice(at..at, names(&page));
            let info = &page.data()["exercises"]["pageInfo"];
            from = info[edge].clone();
            if info[more] == false {
                break;
            }
        }
        assert_eq!(seen, expected, "{size}");
    }
    let page = ada
        .graphql(list, json!({"search": "squat", "first": 1}))
        .await;
    let cursor = &page.data()["exercises"]["pageInfo"]["endCursor"];
    let other = ada
        .graphql(list, json!({"search": "row", "after": cursor}))
        .await;
    assert_eq!((other.code(), other.field()), ("VALIDATION", "after"));
    for search in [json!(""), json!("!"), json!("'\\(")] {
        ada.graphql(list, json!({"search": search})).await.data();
    }
}
