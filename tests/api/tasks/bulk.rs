//! Changing many tasks together.

use serde_json::{Value, json};

use super::{ask, create, done, each, list, task, titled, titles};
use crate::support::{Answer, TestApp, TestUser};

const BULK: &str =
    "mutation ($tasks: [BulkTaskInput!]!, $input: BulkUpdateTasksInput!, $key: String) {
    bulkUpdateTasks(tasks: $tasks, input: $input, idempotencyKey: $key) {
        tasks { ...F } next { ...F } withdrawnIds
    }
}";

fn refs(tasks: &[Value]) -> Vec<Value> {
    tasks.iter().map(|task| json!({"id": task["id"]})).collect()
}

async fn bulk(user: &TestUser<'_>, tasks: &[Value], input: Value) -> Answer {
    ask(user, BULK, json!({"tasks": refs(tasks), "input": input})).await
}

/// Makes tasks, as many in one request as a document may ask for.
async fn many(user: &TestUser<'_>, count: usize, rest: &str) -> Vec<Value> {
    let mut tasks = Vec::new();
    let numbers: Vec<usize> = (0..count).collect();
    for some in numbers.chunks(50) {
        let fields: Vec<String> = some
            .iter()
            .map(|n| {
                format!("t{n}: createTask(input: {{title: \"{n}\" {rest}}}) {{ task {{ id }} }}")
            })
            .collect();
        let query = format!("mutation {{ {} }}", fields.join(" "));
        let made = user.graphql(&query, json!({})).await;
        tasks.extend(
            some.iter()
                .map(|n| made.data()[format!("t{n}")]["task"].clone()),
        );
    }
    tasks
}

#[tokio::test]
async fn many_tasks_change_in_the_same_way() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let one = create(&ada, json!({"title": "1", "tags": ["a", "b"]})).await;
    let two = create(
        &ada,
        json!({"title": "2", "tags": ["c"], "dueDate": "2026-01-01"}),
    )
    .await;

    let input = json!({
        "completed": true, "priority": "URGENT", "addTags": ["x", "a"], "removeTags": ["b"],
        "dueAt": "2026-05-04T10:00:00Z",
    });
    let answer = bulk(&ada, &[two, one], input).await;

    let tasks = &answer.data()["bulkUpdateTasks"]["tasks"];
    assert_eq!(each(tasks.as_array().unwrap(), "title"), ["2", "1"]);
    assert_eq!(
        (&tasks[0]["tags"], &tasks[1]["tags"]),
        (&json!(["c", "x", "a"]), &json!(["a", "x"]))
    );
    for task in tasks.as_array().unwrap() {
        assert_eq!(
            (
                &task["completed"],
                &task["priority"],
                &task["dueDate"],
                &task["version"]
            ),
            (&json!(true), &json!("URGENT"), &Value::Null, &json!(2))
        );
        assert!(task["completedAt"].is_string() && task["dueAt"].is_string());
    }
}

#[tokio::test]
async fn one_bad_id_changes_nothing_and_each_bad_one_is_named() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let theirs = titled(&bob, "Theirs").await;
    let (good, gone) = (titled(&ada, "Good").await, titled(&ada, "Gone").await);
    done(&ada, "deleteTask", &gone).await;
    let before = task(&ada, &good["id"]).await;

    let tasks = [
        json!({"id": good["id"]}),
        json!({"id": theirs["id"]}),
        json!({"id": gone["id"]}),
    ];
    let variables = json!({"tasks": tasks, "input": {"priority": "LOW"}});
    let refused = ask(&ada, BULK, variables).await;

    let errors = refused.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2);
    for (error, (code, field)) in errors
        .iter()
        .zip([("NOT_FOUND", "tasks.1.id"), ("CONFLICT", "tasks.2.id")])
    {
        assert_eq!(error["extensions"]["code"], code);
        assert_eq!(error["extensions"]["field"], field);
        assert_eq!(error["path"], json!(["bulkUpdateTasks"]));
    }
    assert!(refused.message().contains(theirs["id"].as_str().unwrap()));
    assert_eq!(refused.body["data"], json!({"bulkUpdateTasks": null}));
    assert_eq!(task(&ada, &good["id"]).await, before);
    assert_eq!(task(&bob, &theirs["id"]).await["version"], 1);

    let stale =
        json!({"tasks": [{"id": good["id"], "expectedVersion": 7}], "input": {"priority": "LOW"}});
    let refused = ask(&ada, BULK, stale).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("CONFLICT", "tasks.0.id")
    );
    assert_eq!(refused.error()["extensions"]["version"], 1);
}

#[tokio::test]
async fn what_fits_one_and_not_another_changes_neither() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let full: Vec<String> = (0..32).map(|n| format!("t{n}")).collect();
    let plain = titled(&ada, "Plain").await;
    let full = create(&ada, json!({"title": "Full", "tags": full})).await;
    let daily = json!({"title": "Daily", "dueDate": "2026-05-04", "recurrence": "FREQ=DAILY"});
    let daily = create(&ada, daily).await;

    for (tasks, input) in [
        ([&plain, &full], json!({"addTags": ["more"]})),
        (
            [&plain, &daily],
            json!({"dueDate": null, "priority": "LOW"}),
        ),
    ] {
        let refused = bulk(&ada, &tasks.map(Clone::clone), input.clone()).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", "tasks.1.id"),
            "{input}"
        );
    }
    assert_eq!(task(&ada, &plain["id"]).await["version"], 1);
}

#[tokio::test]
async fn too_many_none_twice_or_contradicting_changes_are_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let one = titled(&ada, "1").await;
    let nobody: Vec<Value> = (0..201)
        .map(|n| json!({"id": format!("01890a5d-ac96-774b-bcce-{n:012}")}))
        .collect();
    for (tasks, input, field) in [
        (nobody.clone(), json!({"priority": "LOW"}), "tasks"),
        (vec![], json!({"priority": "LOW"}), "tasks"),
        (
            vec![one.clone(), one.clone()],
            json!({"priority": "LOW"}),
            "tasks.1.id",
        ),
        (
            vec![one.clone()],
            json!({"delete": true, "priority": "LOW"}),
            "input.delete",
        ),
        (
            vec![one.clone()],
            json!({"addTags": [" "]}),
            "input.addTags.0",
        ),
        (
            vec![one.clone()],
            json!({"dueDate": "2026-01-01", "dueAt": "2026-01-01T00:00:00Z"}),
            "input.dueAt",
        ),
    ] {
        let refused = bulk(&ada, &tasks, input.clone()).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{input}"
        );
    }
    let missing = bulk(&ada, &nobody[..200], json!({"priority": "LOW"})).await;
    assert_eq!(missing.code(), "NOT_FOUND");
}

#[tokio::test]
async fn recurring_tasks_completed_together_each_have_a_next() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let daily = many(
        &ada,
        3,
        "dueDate: \"2026-05-04\" recurrence: \"FREQ=DAILY\"",
    )
    .await;
    create(&ada, json!({"title": "Part", "parentId": daily[1]["id"]})).await;

    let answer = bulk(&ada, &daily, json!({"completed": true})).await;
    let next = answer.data()["bulkUpdateTasks"]["next"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(each(&next, "dueDate"), ["2026-05-05"; 3]);
    let order = titles(&ada, json!({"topLevelOnly": true})).await;
    assert_eq!(order, ["0", "0", "1", "1", "2", "2"]);

    let open = bulk(&ada, &daily, json!({"completed": false})).await;
    let withdrawn = open.data()["bulkUpdateTasks"]["withdrawnIds"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(withdrawn.len(), 3);
    assert_eq!(list(&ada, json!({})).await.len(), 4);
}

#[tokio::test]
async fn deleting_together_takes_the_parts_along() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let tasks = many(&ada, 2, "").await;
    let part = create(&ada, json!({"title": "Part", "parentId": tasks[0]["id"]})).await;
    create(
        &ada,
        json!({"title": "Other part", "parentId": tasks[1]["id"]}),
    )
    .await;

    let all = [tasks[0].clone(), part, tasks[1].clone()];
    bulk(&ada, &all, json!({"delete": true})).await.data();

    assert_eq!(titles(&ada, json!({})).await, Vec::<String>::new());
    assert_eq!(titles(&ada, json!({"deleted": true})).await.len(), 4);
    done(&ada, "restoreTask", &tasks[0]).await;
    assert_eq!(titles(&ada, json!({})).await, ["0", "Part"]);
}

#[tokio::test]
async fn the_same_key_changes_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let daily = many(
        &ada,
        2,
        "dueDate: \"2026-05-04\" recurrence: \"FREQ=DAILY\"",
    )
    .await;
    let request = |priority: &str| json!({"tasks": refs(&daily), "input": {"completed": true, "priority": priority}, "key": "k"});
    let first = ask(&ada, BULK, request("LOW")).await;
    let again = ask(&ada, BULK, request("LOW")).await;
    assert_eq!(first.data(), again.data());
    assert_eq!(list(&ada, json!({})).await.len(), 4);
    assert_eq!(ask(&ada, BULK, request("HIGH")).await.code(), "CONFLICT");
}

#[tokio::test]
async fn two_hundred_take_as_many_statements_as_two() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut counts = Vec::new();
    for size in [2, 20, 200] {
        let tasks = many(
            &ada,
            size,
            "dueDate: \"2026-05-04\" recurrence: \"FREQ=DAILY\"",
        )
        .await;
        create(&ada, json!({"title": "Part", "parentId": tasks[0]["id"]})).await;
        let mut row = Vec::new();
        for input in [
            json!({"priority": "LOW", "addTags": ["x"]}),
            json!({"completed": true}),
            json!({"completed": false}),
            json!({"delete": true}),
        ] {
            let (statements, answer) = app.statements_of(bulk(&ada, &tasks, input)).await;
            answer.data();
            row.push(statements);
        }
        counts.push(row);
    }
    assert_eq!(counts[0], counts[1]);
    assert_eq!(counts[0], counts[2]);
    assert_eq!(
        counts[0],
        [7, 12, 12, 9],
        "statements for a change, completing, reopening, deleting"
    );
}
