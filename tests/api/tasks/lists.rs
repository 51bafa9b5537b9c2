//! Lists of tasks: filters, orders, pages, and what they cost.

use regimen::settings::{Settings, Units};
use serde_json::{Value, json};

use super::{LIST, ask, create, done, each, list, titled, titles, updated};
use crate::support::{TestApp, TestUser};

#[tokio::test]
async fn tags_are_matched_any_all_and_none() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (title, tags) in [
        ("A", vec!["x"]),
        ("B", vec!["x", "y"]),
        ("C", vec!["z"]),
        ("D", vec![]),
    ] {
        create(&ada, json!({"title": title, "tags": tags})).await;
    }
    for (filter, expected) in [
        (json!({"tagsAny": ["x", "z"]}), "ABC"),
        (json!({"tagsAny": []}), ""),
        (json!({"tagsAll": ["x", "y"]}), "B"),
        (json!({"tagsAll": []}), "ABCD"),
        (json!({"tagsNone": ["x"]}), "CD"),
        (json!({"tagsAny": ["x", "z"], "tagsNone": ["y"]}), "AC"),
    ] {
        assert_eq!(
            titles(&ada, filter.clone()).await.concat(),
            expected,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn tags_are_counted_for_their_owner_alone() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let first = create(&ada, json!({"title": "A", "tags": ["x", "y"]})).await;
    create(&ada, json!({"title": "B", "tags": ["x"]})).await;
    let gone = create(&ada, json!({"title": "C", "tags": ["z"]})).await;
    create(&bob, json!({"title": "D", "tags": ["w"]})).await;
    done(&ada, "completeTask", &first).await;
    done(&ada, "deleteTask", &gone).await;

    let answer = ada
        .graphql("{ tags { tag tasks openTasks } }", json!({}))
        .await;
    assert_eq!(
        answer.data()["tags"],
        json!([{"tag": "x", "tasks": 2, "openTasks": 1}, {"tag": "y", "tasks": 1, "openTasks": 0}])
    );
}

#[tokio::test]
async fn words_are_found_in_titles_and_descriptions_and_by_their_beginnings() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    create(
        &ada,
        json!({"title": "Buy oat milk", "description": "at the Käsehaus"}),
    )
    .await;
    create(&ada, json!({"title": "Buy bread"})).await;
    create(
        &ada,
        json!({"title": "Call Miller", "description": "about the milk"}),
    )
    .await;
    for (search, expected) in [
        ("milk", 2),
        ("MIL", 2),
        ("buy mil", 1),
        ("käse", 1),
        ("buy -milk", 1),
        ("bread or miller", 2),
        ("\"oat milk\"", 1),
        ("\"milk oat\"", 0),
        ("!!! & | ' : * ( \\ <->", 0),
        ("it's 'quoted':* & !x", 0),
        ("   ", 3),
    ] {
        let found = titles(&ada, json!({"search": search})).await;
        assert_eq!(found.len(), expected, "{search}: {found:?}");
    }
}

#[tokio::test]
async fn due_days_are_those_of_the_owners_time_zone() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut conn = app.database.connect().await;
    Settings::insert_missing(&mut conn, ada.id, Units::Metric, "Asia/Tokyo")
        .await
        .unwrap();
    create(&ada, json!({"title": "D3", "dueDate": "2026-05-03"})).await;
    create(&ada, json!({"title": "D4", "dueDate": "2026-05-04"})).await;
    // Midnight of the 4th in Tokyo is 15:00 of the 3rd in UTC.
    create(
        &ada,
        json!({"title": "M3", "dueAt": "2026-05-03T14:59:59Z"}),
    )
    .await;
    create(
        &ada,
        json!({"title": "M4", "dueAt": "2026-05-03T15:00:00Z"}),
    )
    .await;
    titled(&ada, "none").await;

    for (filter, expected) in [
        (json!({"dueFrom": "2026-05-04"}), vec!["D4", "M4"]),
        (json!({"dueTo": "2026-05-04"}), vec!["D3", "M3"]),
        (
            json!({"dueFrom": "2026-05-03", "dueTo": "2026-05-04"}),
            vec!["D3", "M3"],
        ),
        (json!({"dueFrom": "2026-05-05"}), vec![]),
        (
            json!({"overdue": true, "asOf": "2026-05-03T15:00:00Z"}),
            vec!["D3", "M3"],
        ),
        (
            json!({"overdue": true, "asOf": "2026-05-03T14:59:59Z"}),
            vec![],
        ),
        (
            json!({"overdue": false, "asOf": "2026-05-03T15:00:00Z"}),
            vec!["D4", "M4", "none"],
        ),
        (
            json!({"overdue": true, "asOf": "2026-05-09T00:00:00Z"}),
            vec!["D3", "D4", "M3", "M4"],
        ),
    ] {
        assert_eq!(titles(&ada, filter.clone()).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn what_is_done_is_not_overdue_and_is_filtered_with_priorities() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let late = create(
        &ada,
        json!({"title": "A", "dueDate": "2020-01-01", "priority": "HIGH"}),
    )
    .await;
    create(&ada, json!({"title": "B", "priority": "LOW"})).await;
    assert_eq!(titles(&ada, json!({"overdue": true})).await, ["A"]);
    done(&ada, "completeTask", &late).await;
    for (filter, expected) in [
        (json!({"overdue": true}), ""),
        (json!({"overdue": false}), "AB"),
        (json!({"completed": true}), "A"),
        (json!({"completed": false}), "B"),
        (json!({"priorities": ["LOW", "URGENT"]}), "B"),
        (json!({"priorities": []}), ""),
    ] {
        assert_eq!(
            titles(&ada, filter.clone()).await.concat(),
            expected,
            "{filter}"
        );
    }
}

/// Thirty tasks with many ties in everything that they can be ordered by.
async fn thirty(user: &TestUser<'_>) {
    for n in 0..30 {
        let mut input = json!({
            "title": format!("{n:02}"),
            "priority": (["NONE", "LOW", "URGENT"][n % 3]),
            "position": (["a0", "Zz", "a1"][n % 3]),
        });
        match n % 4 {
            0 => input["dueDate"] = json!(format!("2026-05-0{}", n % 3 + 1)),
            1 => input["dueAt"] = json!(format!("2026-05-0{}T00:00:00Z", n % 3 + 1)),
            2 => input["dueAt"] = json!("2026-05-02T12:00:00.123456Z"),
            _ => {}
        }
        create(user, input).await;
    }
}

async fn walk(user: &TestUser<'_>, order: &str, forward: bool) -> Vec<Value> {
    let (size, from, more, next) = if forward {
        ("first", "after", "hasNextPage", "endCursor")
    } else {
        ("last", "before", "hasPreviousPage", "startCursor")
    };
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = ask(user, LIST, json!({"order": order, size: 7, from: cursor})).await;
        let page = page.data()["tasks"].clone();
        let nodes = page["nodes"].as_array().unwrap().clone();
        let at = if forward { all.len() } else { 0 };
        all.splice(at..at, nodes);
        if page["pageInfo"][more] == false {
            return all;
        }
        cursor = page["pageInfo"][next].clone();
    }
}

#[tokio::test]
async fn pages_forward_and_backward_show_every_task_once_in_every_order() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut conn = app.database.connect().await;
    Settings::insert_missing(&mut conn, ada.id, Units::Metric, "America/New_York")
        .await
        .unwrap();
    thirty(&ada).await;
    for order in ["POSITION", "DUE", "PRIORITY", "NEWEST", "UPDATED"] {
        let (forward, backward) = (
            walk(&ada, order, true).await,
            walk(&ada, order, false).await,
        );
        assert_eq!(forward.len(), 30, "{order}");
        assert_eq!(each(&forward, "id"), each(&backward, "id"), "{order}");
        let whole = list(&ada, json!({"order": order, "first": 100})).await;
        assert_eq!(each(&forward, "id"), each(&whole, "id"), "{order}");
    }
    let by = |order: &'static str| {
        let ada = &ada;
        async move { list(ada, json!({"order": order, "first": 100})).await }
    };
    assert!(each(&by("POSITION").await, "position").is_sorted());
    assert!(each(&by("NEWEST").await, "createdAt").is_sorted_by(|a, b| a >= b));
    assert_eq!(by("PRIORITY").await[9]["priority"], "URGENT");
    let due = by("DUE").await;
    assert!(
        due[23..]
            .iter()
            .all(|task| task["dueDate"].is_null() && task["dueAt"].is_null())
    );
    // In New York the moment 2026-05-01T00:00Z is still in April, before the whole day of 1 May.
    assert_eq!(due[0]["dueAt"], "2026-05-01T00:00:00+00:00");
}

#[tokio::test]
async fn what_was_changed_last_comes_first_by_change() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let first = titled(&ada, "A").await;
    titled(&ada, "B").await;
    updated(&ada, &first, json!({"priority": "LOW"})).await;
    let by = |order: &str| json!({"order": order});
    assert_eq!(each(&list(&ada, by("UPDATED")).await, "title"), ["A", "B"]);
    assert_eq!(each(&list(&ada, by("NEWEST")).await, "title"), ["B", "A"]);
}

#[tokio::test]
async fn a_hundred_tasks_with_parts_take_as_many_statements_as_one() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let query = "query ($first: Int) { tasks(first: $first, filter: {topLevelOnly: true}) { totalCount nodes {
        title subtaskCount completedSubtaskCount parent { id } subtasks { title subtaskCount parent { title } }
    } } }";
    let mut counts = Vec::new();
    let mut made = 0;
    for size in [1, 20, 100] {
        while made < size {
            let parent = titled(&ada, &format!("{made}")).await;
            create(&ada, json!({"title": "part", "parentId": parent["id"]})).await;
            made += 1;
        }
        let (statements, answer) = app
            .statements_of(ada.graphql(query, json!({"first": size})))
            .await;
        let tasks = answer.data()["tasks"]["nodes"].as_array().unwrap();
        assert_eq!(tasks.len(), size);
        assert_eq!(
            tasks[size - 1]["subtasks"][0]["parent"]["title"],
            tasks[size - 1]["title"]
        );
        counts.push(statements);
    }
    assert_eq!(
        counts,
        [5, 5, 5],
        "the page, the total, the parts, their numbers, their parents"
    );
    let plain = "{ tasks { nodes { title } } }";
    assert_eq!(app.statements_of(ada.graphql(plain, json!({}))).await.0, 1);
}
