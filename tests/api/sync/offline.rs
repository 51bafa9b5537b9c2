//! Clients that work offline, with a copy of their own.

use std::collections::BTreeMap;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use regimen::changes::{self as feed, Change, EVERYBODY, Entity};
use serde_json::{Value, json};
use uuid::Uuid;

use super::changes;
use crate::support::{TestApp, TestUser};

/// A kind of record that is copied.
struct Kind {
    /// As changes name it.
    entity: &'static str,
    /// The field of one.
    one: &'static str,
    /// The field of all, and what is asked of it to see them; none of what everybody has one of.
    all: &'static str,
    scopes: &'static [&'static str],
    fields: &'static str,
}

const KINDS: [Kind; 5] = [
    Kind {
        entity: "EXERCISE",
        one: "exercise",
        all: "exercises",
        scopes: &["filter: {archived: false}", "filter: {archived: true}"],
        fields: "id name description aliases archivedAt version isMine",
    },
    Kind {
        entity: "HISTORY",
        one: "historyEntry",
        all: "history",
        scopes: &["order: NEWEST"],
        fields: "id workoutName performedAt notes rating version deletedAt",
    },
    Kind {
        entity: "SETTINGS",
        one: "settings",
        all: "settings",
        scopes: &[],
        fields: "id units weekStart preferences version",
    },
    Kind {
        entity: "TASK",
        one: "task",
        all: "tasks",
        scopes: &["order: NEWEST"],
        fields: "id title description completed tags dueDate version deletedAt",
    },
    Kind {
        entity: "WORKOUT",
        one: "workout",
        all: "workouts",
        scopes: &["order: NEWEST"],
        fields: "id name notes version deletedAt exercises { id sets { id reps } }",
    },
];

type Key = (&'static str, String);

/// A client with a copy of its own: records by kind and id, each as it was last read.
struct Client<'a> {
    user: &'a TestUser<'a>,
    cursor: Value,
    copy: BTreeMap<Key, Value>,
    /// What it put into the trash, and may want back.
    trash: Vec<Key>,
    /// What it wants to do when it is online again.
    queue: Vec<(String, Value)>,
}

impl<'a> Client<'a> {
    /// Reads everything once, from a cursor that was taken before.
    async fn start(user: &'a TestUser<'a>) -> Self {
        let cursor = user.graphql("{ syncCursor }", json!({})).await.data()["syncCursor"].clone();
        let copy = everything(user).await;
        Self {
            user,
            cursor,
            copy,
            trash: Vec::new(),
            queue: Vec::new(),
        }
    }

    /// Something random to what it knows, without asking anybody.
    fn edit(&mut self, random: &mut StdRng) {
        let kind = KINDS.choose(random).unwrap();
        let own: Vec<String> = self
            .copy
            .iter()
            .filter(|((entity, _), it)| *entity == kind.entity && it["isMine"] != false)
            .map(|((_, id), _)| id.clone())
            .collect();
        let text = random.random::<u32>().to_string();
        let edit = match (kind.entity, own.choose(random), random.random_range(0..10)) {
            ("SETTINGS", _, action) => change_of_settings(action, &text),
            (entity, None, _) | (entity, _, 0..4) => create(entity, &text),
            ("EXERCISE", Some(id), action) => {
                let other = own.choose(random).unwrap();
                edit_of_exercise(id, other, action, &text)
            }
            (entity, Some(id), 4..7) => change(entity, id, &text),
            (entity, Some(id), 7..9) => {
                self.trash.push((entity, id.clone()));
                named(entity, "delete", id)
            }
            (_, Some(id), _) => match self.trash.choose(random) {
                Some((entity, id)) => named(entity, "restore", id),
                None => change(kind.entity, id, &text),
            },
        };
        self.queue.push(edit);
    }

    /// Sends its edits; one that is refused, because the record is gone, is dropped.
    async fn push(&mut self) -> usize {
        let mut taken = 0;
        for (query, variables) in std::mem::take(&mut self.queue) {
            let answer = self.user.graphql(&query, variables).await;
            let refused = answer.body["errors"][0]["extensions"]["code"].as_str();
            let expected = [
                None,
                Some("NOT_FOUND"),
                Some("CONFLICT"),
                Some("VALIDATION"),
            ];
            assert!(expected.contains(&refused), "{query}: {}", answer.body);
            taken += usize::from(refused.is_none());
        }
        taken
    }

    /// Takes over what changed, in pages of any size.
    async fn pull(&mut self, first: i32) {
        loop {
            let answer = changes(self.user, json!({"after": self.cursor, "first": first})).await;
            let page = &answer.data()["changes"];
            for change in page["changes"].as_array().unwrap() {
                let kind = KINDS.iter().find(|kind| change["entity"] == kind.entity);
                let kind = kind.unwrap_or_else(|| panic!("{change}"));
                let id = change["id"].as_str().unwrap().to_owned();
                let found = match change["operation"].as_str() {
                    Some("DELETE") => None,
                    _ => read(self.user, kind, &id).await,
                };
                match found {
                    Some(record) => {
                        assert!(record["version"].as_i64() >= change["version"].as_i64());
                        self.copy.insert((kind.entity, id), record);
                    }
                    // It may have gone since; that is told later.
                    None => drop(self.copy.remove(&(kind.entity, id))),
                }
            }
            self.cursor = page["endCursor"].clone();
            if page["hasMore"] == false {
                return;
            }
        }
    }
}

fn create(entity: &str, text: &str) -> (String, Value) {
    let id = Uuid::now_v7();
    match entity {
        "EXERCISE" => (
            "mutation ($input: CreateExerciseInput!) { createExercise(input: $input) { exercise { id } } }".to_owned(),
            json!({"input": {"id": id, "name": format!("exercise {id}"), "category": "legs"}}),
        ),
        "HISTORY" => (
            "mutation ($input: LogHistoryInput!) { logHistory(input: $input) { __typename } }".to_owned(),
            json!({"input": {"id": id, "workoutName": text, "performedAt": "2026-05-31T10:00:00Z"}}),
        ),
        "TASK" => (
            "mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }".to_owned(),
            json!({"input": {"id": id, "title": text, "tags": [text], "dueDate": "2026-05-31"}}),
        ),
        _ => (
            "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { id } } }".to_owned(),
            json!({"input": {"id": id, "name": text, "notes": text}}),
        ),
    }
}

fn edit_of_exercise(id: &str, other: &str, action: u32, text: &str) -> (String, Value) {
    match action {
        4..7 => (
            "mutation ($id: ID!, $text: String!) { updateExercise(id: $id, input: {description: $text}) { exercise { id } } }".to_owned(),
            json!({"id": id, "text": text}),
        ),
        7 => (
            "mutation ($id: ID!, $archived: Boolean!) { archiveExercise(id: $id, archived: $archived) { exercise { id } } }".to_owned(),
            json!({"id": id, "archived": text.len().is_multiple_of(2)}),
        ),
        _ => (
            "mutation ($from: ID!, $into: ID!) { mergeExercises(from: [$from], into: $into) { exercise { id } } }".to_owned(),
            json!({"from": id, "into": other}),
        ),
    }
}

fn change(entity: &str, id: &str, text: &str) -> (String, Value) {
    let query = match entity {
        "HISTORY" => {
            "mutation ($id: ID!, $text: String!) { updateHistory(id: $id, input: {notes: $text, rating: 4}) { __typename } }"
        }
        "TASK" => {
            "mutation ($id: ID!, $text: String!) { updateTask(id: $id, input: {description: $text, completed: true}) { task { id } } }"
        }
        _ => {
            "mutation ($id: ID!, $text: String!) { updateWorkout(id: $id, input: {notes: $text}) { workout { id } } }"
        }
    };
    (query.to_owned(), json!({"id": id, "text": text}))
}

fn change_of_settings(action: u32, text: &str) -> (String, Value) {
    let query =
        "mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { __typename } }";
    let input = match action {
        0..5 => json!({"weekStart": action + 1}),
        _ => json!({"preferences": {"x-app": {"seen": text}}}),
    };
    (query.to_owned(), json!({"input": input}))
}

/// Puts a record into the trash, or brings it back.
fn named(entity: &str, verb: &str, id: &str) -> (String, Value) {
    let name = match entity {
        "HISTORY" => "History",
        "TASK" => "Task",
        _ => "Workout",
    };
    let query = format!("mutation ($id: ID!) {{ {verb}{name}(id: $id) {{ __typename }} }}");
    (query, json!({"id": id}))
}

/// A record that is there and not in the trash.
async fn read(user: &TestUser<'_>, kind: &Kind, id: &str) -> Option<Value> {
    let (one, fields) = (kind.one, kind.fields);
    let query = if kind.scopes.is_empty() {
        format!("{{ {one} {{ {fields} }} }}")
    } else {
        format!("query ($id: ID!) {{ {one}(id: $id) {{ {fields} }} }}")
    };
    let answer = user.graphql(&query, json!({"id": id})).await;
    let record = answer.body["data"][one].clone();
    Some(record).filter(|it| it.is_object() && it["deletedAt"].is_null())
}

async fn everything(user: &TestUser<'_>) -> BTreeMap<Key, Value> {
    let mut all = BTreeMap::new();
    for kind in &KINDS {
        if kind.scopes.is_empty() {
            let record = read(user, kind, "").await.expect("everybody has one");
            let id = record["id"].as_str().unwrap().to_owned();
            all.insert((kind.entity, id), record);
        }
        for scope in kind.scopes {
            let mut after = json!(null);
            loop {
                let (field, fields) = (kind.all, kind.fields);
                let query = format!(
                    "query ($after: String) {{ {field}({scope}, first: 100, after: $after) {{ nodes {{ {fields} }} pageInfo {{ endCursor hasNextPage }} }} }}"
                );
                let answer = user.graphql(&query, json!({"after": after})).await;
                let list = &answer.data()[field];
                for record in list["nodes"].as_array().unwrap() {
                    let id = record["id"].as_str().unwrap().to_owned();
                    all.insert((kind.entity, id), record.clone());
                }
                if list["pageInfo"]["hasNextPage"] == false {
                    break;
                }
                after = list["pageInfo"]["endCursor"].clone();
            }
        }
    }
    all
}

#[tokio::test]
async fn clients_that_edit_offline_and_sync_end_with_what_the_server_has() {
    for seed in 0..3 {
        let app = TestApp::start().await;
        let ada = app.newcomer().await;
        let mut random = StdRng::seed_from_u64(seed);
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(Client::start(&ada).await);
        }
        let mut conn = app.database.connect().await;
        let (mut restored, mut taken) = (0, 0);
        for round in 0..8 {
            let mut online = Vec::new();
            for client in &mut clients {
                if random.random_ratio(1, 3) {
                    continue; // It stays offline and falls behind.
                }
                for _ in 0..random.random_range(0..14) {
                    client.edit(&mut random);
                }
                let restores = |(query, _): &&(String, Value)| query.contains("restore");
                restored += client.queue.iter().filter(restores).count();
                let first = random.random_range(1..20);
                online.push(async move {
                    let taken = client.push().await;
                    client.pull(first).await;
                    taken
                });
            }
            // All at once, each in the middle of what the others send.
            taken += join_all(online).await.into_iter().sum::<usize>();
            library_exercise(&mut conn, &format!("library {round}")).await;
        }
        for client in &mut clients {
            client.push().await;
        }
        let server = everything(&ada).await;
        for client in &mut clients {
            client.pull(7).await;
            assert_eq!(client.copy, server, "seed {seed}");
        }
        for kind in &KINDS {
            let of_kind = server.keys().filter(|(entity, _)| *entity == kind.entity);
            let least = if kind.scopes.is_empty() { 1 } else { 3 };
            assert!(of_kind.count() >= least, "seed {seed}: few of {}", kind.all);
        }
        assert!(
            restored > 0 && taken > 30,
            "seed {seed}: {restored} {taken}"
        );
    }
}

async fn library_exercise(conn: &mut AsyncPgConnection, name: &str) {
    let id = Uuid::now_v7();
    conn.batch_execute(&format!(
        "INSERT INTO exercises (id, name, category, measurement) VALUES ('{id}', '{name}', 'legs', 'reps')"
    ))
    .await
    .unwrap();
    let change = Change::created(Entity::Exercise, id);
    feed::append(conn, EVERYBODY, &[change]).await.unwrap();
}
