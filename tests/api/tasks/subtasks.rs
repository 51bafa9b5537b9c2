//! Tasks that are parts of others.

use serde_json::{Value, json};

use super::{CREATE, act, ask, create, done, each, move_to, task, titled, titles};
use crate::support::{TestApp, TestUser};

async fn part(user: &TestUser<'_>, parent: &Value, title: &str) -> Value {
    create(user, json!({"title": title, "parentId": parent["id"]})).await
}

async fn parts(user: &TestUser<'_>, parent: &Value) -> Vec<String> {
    each(
        task(user, &parent["id"]).await["subtasks"]
            .as_array()
            .unwrap(),
        "title",
    )
}

#[tokio::test]
async fn parts_are_shown_in_order_counted_and_listed() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trip = titled(&ada, "Trip").await;
    for title in ["Tent", "Map", "Food"] {
        part(&ada, &trip, title).await;
    }
    let map = &task(&ada, &trip["id"]).await["subtasks"][1];
    done(&ada, "completeTask", map).await;
    move_to(&ada, map, json!({"edge": "START"})).await.data();

    let query = "query ($id: ID!) { task(id: $id) {
        subtaskCount completedSubtaskCount subtasks { title completed parent { title } }
    } }";
    let read = ada.graphql(query, json!({"id": trip["id"]})).await;
    let read = &read.data()["task"];
    assert_eq!(read["subtaskCount"], 3);
    assert_eq!(read["completedSubtaskCount"], 1);
    let map = json!({"title": "Map", "completed": true, "parent": {"title": "Trip"}});
    assert_eq!(read["subtasks"][0], map);
    assert_eq!(parts(&ada, &trip).await, ["Map", "Tent", "Food"]);
    let below = json!({"parentId": trip["id"], "completed": false});
    assert_eq!(titles(&ada, below).await, ["Tent", "Food"]);
    assert_eq!(titles(&ada, json!({"topLevelOnly": true})).await, ["Trip"]);
}

#[tokio::test]
async fn there_is_one_level_of_parts() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (trip, other) = (titled(&ada, "Trip").await, titled(&ada, "Other").await);
    let tent = part(&ada, &trip, "Tent").await;

    let grandchild = json!({"input": {"title": "Pegs", "parentId": tent["id"]}});
    let refused = ask(&ada, CREATE, grandchild).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.parentId")
    );
    let below_part = move_to(&ada, &other, json!({"parentId": tent["id"]})).await;
    assert_eq!(
        (below_part.code(), below_part.field()),
        ("VALIDATION", "to.parentId")
    );
    for to in [
        json!({"parentId": other["id"]}),
        json!({"after": tent["id"]}),
    ] {
        let parent_as_part = move_to(&ada, &trip, to.clone()).await;
        assert_eq!(parent_as_part.code(), "VALIDATION", "{to}");
    }
    let beside_part = move_to(&ada, &other, json!({"after": tent["id"]})).await;
    assert_eq!(
        beside_part.data()["moveTask"]["task"]["parentId"],
        trip["id"]
    );
    let top = move_to(&ada, &tent, json!({"parentId": null, "edge": "START"})).await;
    assert_eq!(top.data()["moveTask"]["task"]["parentId"], Value::Null);
    assert_eq!(
        titles(&ada, json!({"topLevelOnly": true})).await,
        ["Tent", "Trip"]
    );
}

#[tokio::test]
async fn what_recurs_is_no_part() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trip = titled(&ada, "Trip").await;
    let daily = json!({"title": "Daily", "dueDate": "2026-05-04", "recurrence": "FREQ=DAILY"});
    let recurring = create(&ada, daily.clone()).await;

    let mut input = daily;
    input["parentId"] = trip["id"].clone();
    let refused = ask(&ada, CREATE, json!({"input": input})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.recurrence")
    );
    let moved = move_to(&ada, &recurring, json!({"parentId": trip["id"]})).await;
    assert!(moved.message().contains("recurring"), "{}", moved.message());
}

#[tokio::test]
async fn parts_go_to_the_trash_and_come_back_with_their_parent() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trip = titled(&ada, "Trip").await;
    let (tent, map) = (
        part(&ada, &trip, "Tent").await,
        part(&ada, &trip, "Map").await,
    );
    done(&ada, "deleteTask", &map).await;

    done(&ada, "deleteTask", &trip).await;
    assert_eq!(titles(&ada, json!({})).await, Vec::<String>::new());
    assert_eq!(parts(&ada, &trip).await, ["Tent"]);
    let alone = act(&ada, "restoreTask", &tent, None).await;
    assert_eq!(
        (alone.code(), &alone.error()["extensions"]["id"]),
        ("CONFLICT", &trip["id"])
    );
    let below = json!({"input": {"title": "Pegs", "parentId": trip["id"]}});
    assert_eq!(ask(&ada, CREATE, below).await.code(), "CONFLICT");

    done(&ada, "restoreTask", &trip).await;
    assert_eq!(parts(&ada, &trip).await, ["Tent"]);
    done(&ada, "restoreTask", &map).await;
    assert_eq!(parts(&ada, &trip).await, ["Tent", "Map"]);
}

#[tokio::test]
async fn a_task_has_at_most_two_hundred_parts() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trip = titled(&ada, "Trip").await;
    let numbers: Vec<usize> = (0..200).collect();
    for some in numbers.chunks(50) {
        let fields: Vec<String> = some
            .iter()
            .map(|n| {
                format!(
                    "t{n}: createTask(input: {{title: \"{n}\", parentId: $id}}) {{ task {{ id }} }}"
                )
            })
            .collect();
        let query = format!("mutation ($id: ID!) {{ {} }}", fields.join(" "));
        ada.graphql(&query, json!({"id": trip["id"]})).await.data();
    }

    let more = json!({"input": {"title": "201", "parentId": trip["id"]}});
    let refused = ask(&ada, CREATE, more).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.parentId")
    );
    let other = titled(&ada, "Other").await;
    for to in [json!({"parentId": trip["id"]}), json!({})] {
        let refused = move_to(&ada, &other, to).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", "to"));
    }
    assert_eq!(parts(&ada, &trip).await.len(), 200);
}
