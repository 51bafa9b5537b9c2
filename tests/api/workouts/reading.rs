//! Lists, pages and how many statements they take.

use serde_json::{Value, json};

use super::{each, exercises, plan, read, squats, workout};
use crate::support::{TestApp, TestUser};

const LIST: &str = "query ($filter: WorkoutFilter, $order: WorkoutOrder! = NEWEST, $first: Int,
    $after: String, $last: Int, $before: String) {
    workouts(filter: $filter, order: $order, first: $first, after: $after, last: $last, before: $before) {
        nodes { id name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
    }
}";

const DEEP: &str =
    "query ($first: Int!) { workouts(first: $first) { edges { node { ...detail } } } }
    fragment detail on Workout { id name exercises { id exercise { name } ... on WorkoutExercise {
        sets { id reps } } } history { id } }";

#[tokio::test]
async fn a_page_with_all_that_is_in_it_takes_as_many_statements_for_1_as_for_100_workouts() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press", "Row", "Curl", "Plank"]).await;
    for day in 0..100 {
        workout(&ada, plan(&format!("Day {day}"), &trained, 4)).await;
    }
    for first in [1, 20, 100] {
        let deep = ada.graphql(DEEP, json!({"first": first}));
        let (statements, answer) = app.statements_of(deep).await;
        let nodes = each(&answer.data()["workouts"]["edges"], "node");
        assert_eq!(nodes.len(), first);
        for node in &nodes {
            assert_eq!(each(&node["exercises"], "exercise")[1]["name"], "Press");
            assert_eq!(node["exercises"][4]["sets"].as_array().unwrap().len(), 4);
        }
        // The page; then exercises, sets, names and history together.
        assert_eq!(statements, 5, "for {first} workouts");
    }
    let shallow = "{ workouts(first: 100) { nodes { id } } }";
    let (statements, _) = app.statements_of(ada.graphql(shallow, json!({}))).await;
    assert_eq!(statements, 1);
}

#[tokio::test]
async fn what_is_reached_another_way_is_loaded_in_batches() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press"]).await;
    let mut sets = Vec::new();
    for day in 0..6 {
        let made = workout(&ada, plan(&format!("Day {day}"), &trained, 2)).await;
        sets.push(made["exercises"][1]["sets"][0]["id"].clone());
    }
    for count in [1, 6] {
        let fields: Vec<String> = (0..count)
            .map(|i| {
                format!(
                    "s{i}: set(id: {}) {{ workoutExercise {{ exercise {{ name }} sets {{ reps }} workout {{
                        name exercises {{ id }} history {{ id }} }} }} }}",
                    sets[i]
                )
            })
            .collect();
        let query = format!("{{ {} }}", fields.join(" "));
        let (statements, answer) = app.statements_of(ada.graphql(&query, json!({}))).await;
        let found = &answer.data()[format!("s{}", count - 1)]["workoutExercise"];
        assert_eq!(found["exercise"]["name"], "Press");
        assert_eq!(found["workout"]["name"], format!("Day {}", count - 1));
        assert_eq!(found["workout"]["exercises"].as_array().unwrap().len(), 2);
        // Sets, places, exercises, sets of those, workouts, their exercises, their history.
        assert_eq!(statements, 7, "for {count} sets");
    }
}

#[tokio::test]
async fn one_workout_with_all_that_is_in_it_is_one_round_trip_of_five_statements() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, _) = squats(&ada, 3).await;
    let (statements, found) = app.statements_of(read(&ada, &made["id"])).await;
    assert_eq!(found["exercises"][0]["sets"].as_array().unwrap().len(), 3);
    assert_eq!(statements, 5);
}

#[tokio::test]
async fn pages_stay_in_step_while_workouts_are_added() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut made = Vec::new();
    for day in 0..7 {
        made.push(workout(&ada, json!({"name": format!("Day {day}")})).await["id"].clone());
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = ada.graphql(LIST, json!({"first": 3, "after": after})).await;
        let list = &page.data()["workouts"];
        seen.extend(each(&list["nodes"], "id"));
        workout(&ada, json!({"name": "Between"})).await;
        after = list["pageInfo"]["endCursor"].clone();
        if list["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, made);

    // Backwards from there: the same ones, up to those that came in between.
    let back = ada.graphql(LIST, json!({"last": 6, "before": after})).await;
    assert_eq!(each(&back.data()["workouts"]["nodes"], "id"), made[..6]);
    let oldest = json!({"first": 2, "order": "OLDEST"});
    let oldest = ada.graphql(LIST, oldest).await;
    assert_eq!(
        each(&oldest.data()["workouts"]["nodes"], "name"),
        ["Day 0", "Day 1"]
    );
    let wrong = json!({"first": 2, "order": "OLDEST", "after": after});
    let refused = ada.graphql(LIST, wrong).await;
    assert_eq!((refused.code(), refused.field()), ("VALIDATION", "after"));
}

#[tokio::test]
async fn a_list_is_narrowed_by_status_name_and_time_and_leaves_templates_out() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    workout(&ada, json!({"name": "Push 100%"})).await;
    workout(&ada, json!({"name": "Pull"})).await;
    let done = json!({"name": "Push done", "status": "COMPLETED"});
    workout(&ada, done).await;
    workout(&ada, json!({"name": "Push plan", "isTemplate": true})).await;
    let names = async |filter: Value| {
        let variables = json!({"filter": filter, "order": "NAME"});
        let found = ada.graphql(LIST, variables).await;
        let list = &found.data()["workouts"];
        let names = each(&list["nodes"], "name");
        assert_eq!(list["totalCount"], names.len());
        names
    };
    assert_eq!(names(json!({})).await, ["Pull", "Push 100%", "Push done"]);
    assert_eq!(
        names(json!({"search": "push"})).await,
        ["Push 100%", "Push done"]
    );
    assert_eq!(names(json!({"search": "100%"})).await, ["Push 100%"]);
    assert_eq!(names(json!({"search": "_"})).await, [] as [&str; 0]);
    assert_eq!(
        names(json!({"statuses": ["COMPLETED"]})).await,
        ["Push done"]
    );
    assert_eq!(names(json!({"statuses": []})).await, [] as [&str; 0]);
    assert_eq!(names(json!({"templates": "ONLY"})).await, ["Push plan"]);
    assert_eq!(names(json!({"templates": "ALL"})).await.len(), 4);
    assert_eq!(
        names(json!({"to": "2020-01-01T00:00:00Z"})).await,
        [] as [&str; 0]
    );
    assert_eq!(
        names(json!({"from": "2020-01-01T00:00:00Z"})).await.len(),
        3
    );
    let null = json!({"filter": {"statuses": null}});
    let refused = ada.graphql(LIST, null).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "filter.statuses")
    );

    let templates = ada
        .graphql("{ templates { nodes { name } totalCount } }", json!({}))
        .await;
    assert_eq!(
        templates.data()["templates"],
        json!({"nodes": [{"name": "Push plan"}], "totalCount": 1})
    );
}

/// Names of a whole list, read in pages of two from one end to the other.
async fn pages(user: &TestUser<'_>, order: &str, backward: bool) -> Vec<Value> {
    let (size, cursor, edge, more) = if backward {
        ("last", "before", "startCursor", "hasPreviousPage")
    } else {
        ("first", "after", "endCursor", "hasNextPage")
    };
    let (mut seen, mut from) = (Vec::new(), Value::Null);
    loop {
        let page = json!({"order": order, size: 2, cursor: from});
        let page = user.graphql(LIST, page).await;
        let list = &page.data()["workouts"];
        let at = if backward { 0 } else { seen.len() };
        seen.splice(at..at, each(&list["nodes"], "name"));
        from = list["pageInfo"][edge].clone();
        if list["pageInfo"][more] == false {
            return seen;
        }
    }
}

#[tokio::test]
async fn the_diary_shows_the_last_begun_first_and_what_is_not_begun_at_the_end() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let at = |micros: u32| format!("2026-03-01T10:00:00.00000{micros}Z");
    for (name, started) in [
        ("later", Some(at(2))),
        ("plan", None),
        ("tie", Some(at(1))),
        ("other tie", Some(at(1))),
        ("early", Some("1900-01-01T00:00:00Z".to_owned())),
        ("other plan", None),
    ] {
        let input = json!({"name": name, "startedAt": started});
        workout(&ada, input).await;
    }
    let expected = ["later", "other tie", "tie", "early", "other plan", "plan"];
    for backward in [false, true] {
        assert_eq!(
            pages(&ada, "STARTED", backward).await,
            expected,
            "{backward}"
        );
    }
    let names = async |filter: Value| {
        let found = ada
            .graphql(LIST, json!({"filter": filter, "order": "STARTED"}))
            .await;
        let list = &found.data()["workouts"];
        let names = each(&list["nodes"], "name");
        assert_eq!(list["totalCount"], names.len());
        names
    };
    let between = json!({"startedFrom": at(1), "startedTo": at(2)});
    assert_eq!(names(between).await, ["other tie", "tie"]);
    assert_eq!(names(json!({"startedTo": at(1)})).await, ["early"]);
    assert_eq!(
        names(json!({"startedFrom": "1900-01-01T00:00:00Z"}))
            .await
            .len(),
        4
    );
}
