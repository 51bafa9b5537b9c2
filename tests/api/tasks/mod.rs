//! Tasks, over GraphQL.

mod bulk;
mod changes;
mod lists;
mod moves;
mod recurrence;
mod refused;
mod subtasks;

use serde_json::{Value, json};

use crate::support::{Answer, TestUser};

const FIELDS: &str = "fragment F on Task {
    id parentId title description completed completedAt priority tags dueDate dueAt dueTimezone
    recurrence recurrenceBasis seriesId position version createdAt updatedAt deletedAt
}";

const CREATE: &str = "mutation ($input: CreateTaskInput!, $key: String) {
    createTask(input: $input, idempotencyKey: $key) { task { ...F } }
}";

const UPDATE: &str = "mutation ($id: ID!, $input: UpdateTaskInput!, $version: Int, $key: String) {
    updateTask(id: $id, input: $input, expectedVersion: $version, idempotencyKey: $key) {
        task { ...F } next { ...F } withdrawnId
    }
}";

const MOVE: &str = "mutation ($id: ID!, $to: MoveTaskInput!, $version: Int) {
    moveTask(id: $id, to: $to, expectedVersion: $version) { task { ...F } }
}";

const LIST: &str = "query ($filter: TaskFilter, $order: TaskOrder! = POSITION, $first: Int,
    $after: String, $last: Int, $before: String) {
    tasks(filter: $filter, order: $order, first: $first, after: $after, last: $last, before: $before) {
        nodes { ...F }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

async fn ask(user: &TestUser<'_>, query: &str, variables: Value) -> Answer {
    user.graphql(&format!("{query} {FIELDS}"), variables).await
}

/// Makes a task and gives it.
async fn create(user: &TestUser<'_>, input: Value) -> Value {
    let made = ask(user, CREATE, json!({"input": input})).await;
    made.data()["createTask"]["task"].clone()
}

async fn titled(user: &TestUser<'_>, title: &str) -> Value {
    create(user, json!({"title": title})).await
}

async fn update(user: &TestUser<'_>, task: &Value, input: Value) -> Answer {
    ask(user, UPDATE, json!({"id": task["id"], "input": input})).await
}

/// The task after a change that must work.
async fn updated(user: &TestUser<'_>, task: &Value, input: Value) -> Value {
    let answer = update(user, task, input).await;
    answer.data()["updateTask"]["task"].clone()
}

async fn move_to(user: &TestUser<'_>, task: &Value, to: Value) -> Answer {
    ask(user, MOVE, json!({"id": task["id"], "to": to})).await
}

/// One of the mutations that take nothing but a task.
async fn act(user: &TestUser<'_>, field: &str, task: &Value, version: Option<i64>) -> Answer {
    let query = format!(
        "mutation ($id: ID!, $version: Int) {{ {field}(id: $id, expectedVersion: $version) {{
            task {{ ...F }} next {{ ...F }} withdrawnId
        }} }}"
    );
    ask(user, &query, json!({"id": task["id"], "version": version})).await
}

/// What such a mutation answers when it must work.
async fn done(user: &TestUser<'_>, field: &str, task: &Value) -> Value {
    act(user, field, task, None).await.data()[field].clone()
}

async fn task(user: &TestUser<'_>, id: &Value) -> Value {
    let query = "query ($id: ID!) { task(id: $id) { ...F subtasks { ...F } } }";
    ask(user, query, json!({"id": id})).await.data()["task"].clone()
}

async fn list(user: &TestUser<'_>, variables: Value) -> Vec<Value> {
    let answer = ask(user, LIST, variables).await;
    answer.data()["tasks"]["nodes"].as_array().unwrap().clone()
}

async fn titles(user: &TestUser<'_>, filter: Value) -> Vec<String> {
    let tasks = list(user, json!({"filter": filter, "first": 100})).await;
    each(&tasks, "title")
}

fn each(tasks: &[Value], field: &str) -> Vec<String> {
    tasks
        .iter()
        .map(|task| task[field].as_str().unwrap_or_default().to_owned())
        .collect()
}
