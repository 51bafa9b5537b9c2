//! Clients that work offline, with a copy of their own.

use std::collections::BTreeMap;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use regimen::changes::{self as feed, Change, EVERYBODY, Entity};
use serde_json::{Value, json};
use uuid::Uuid;

use super::changes;
use crate::support::{TestApp, TestUser};

/// A client with a copy of its own: exercises by id, each as it was last read.
struct Client<'a> {
    user: &'a TestUser<'a>,
    cursor: Value,
    copy: BTreeMap<String, Value>,
    /// What it wants to do when it is online again.
    queue: Vec<Edit>,
}

enum Edit {
    Create(Uuid, String),
    Describe(String, String),
    Archive(String, bool),
    Merge(String, String),
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
            queue: Vec::new(),
        }
    }

    /// Something random to what it knows, without asking anybody.
    fn edit(&mut self, random: &mut StdRng) {
        let own: Vec<&String> = self
            .copy
            .iter()
            .filter(|(_, exercise)| exercise["isMine"] == true)
            .map(|(id, _)| id)
            .collect();
        let pick = |random: &mut StdRng| {
            own.get(random.random_range(0..own.len().max(1)))
                .copied()
                .cloned()
        };
        let edit = match (random.random_range(0..10), pick(random), pick(random)) {
            (0..4, _, _) | (_, None, _) => {
                let id = Uuid::now_v7();
                Edit::Create(id, format!("exercise {id}"))
            }
            (4..7, Some(id), _) => Edit::Describe(id, format!("{}", random.random::<u32>())),
            (7, Some(id), _) => Edit::Archive(id, random.random()),
            (_, Some(from), Some(into)) => Edit::Merge(from, into),
            (_, Some(id), None) => Edit::Archive(id, true),
        };
        self.queue.push(edit);
    }

    /// Sends its edits; one that is refused, because the record is gone, is dropped.
    async fn push(&mut self) {
        for edit in std::mem::take(&mut self.queue) {
            let (query, variables) = match edit {
                Edit::Create(id, name) => (
                    "mutation ($id: ID!, $name: String!) { createExercise(input: {id: $id, name: $name, category: \"legs\"}) { exercise { id } } }",
                    json!({"id": id, "name": name}),
                ),
                Edit::Describe(id, text) => (
                    "mutation ($id: ID!, $text: String!) { updateExercise(id: $id, input: {description: $text}) { exercise { id } } }",
                    json!({"id": id, "text": text}),
                ),
                Edit::Archive(id, archived) => (
                    "mutation ($id: ID!, $archived: Boolean!) { archiveExercise(id: $id, archived: $archived) { exercise { id } } }",
                    json!({"id": id, "archived": archived}),
                ),
                Edit::Merge(from, into) => (
                    "mutation ($from: ID!, $into: ID!) { mergeExercises(from: [$from], into: $into) { exercise { id } } }",
                    json!({"from": from, "into": into}),
                ),
            };
            self.user.graphql(query, variables).await;
        }
    }

    /// Takes over what changed, in pages of any size.
    async fn pull(&mut self, first: i32) {
        loop {
            let answer = changes(self.user, json!({"after": self.cursor, "first": first})).await;
            let page = &answer.data()["changes"];
            for change in page["changes"].as_array().unwrap() {
                let id = change["id"].as_str().unwrap().to_owned();
                let found = match change["operation"].as_str() {
                    Some("DELETE") => None,
                    _ => read(self.user, &id).await,
                };
                match found {
                    Some(exercise) => {
                        assert!(exercise["version"].as_i64() >= change["version"].as_i64());
                        self.copy.insert(id, exercise);
                    }
                    // It may have gone since; that is told later.
                    None => {
                        self.copy.remove(&id);
                    }
                }
            }
            self.cursor = page["endCursor"].clone();
            if page["hasMore"] == false {
                return;
            }
        }
    }
}

const FIELDS: &str = "id name description aliases archivedAt version isMine";

async fn read(user: &TestUser<'_>, id: &str) -> Option<Value> {
    let query = format!("query ($id: ID!) {{ exercise(id: $id) {{ {FIELDS} }} }}");
    let answer = user.graphql(&query, json!({"id": id})).await;
    Some(answer.body["data"]["exercise"].clone()).filter(Value::is_object)
}

async fn everything(user: &TestUser<'_>) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for archived in [false, true] {
        let mut after = json!(null);
        loop {
            let query = format!(
                "query ($archived: Boolean!, $after: String) {{ exercises(filter: {{archived: $archived}}, first: 100, after: $after) {{ nodes {{ {FIELDS} }} pageInfo {{ endCursor hasNextPage }} }} }}"
            );
            let answer = user
                .graphql(&query, json!({"archived": archived, "after": after}))
                .await;
            let list = &answer.data()["exercises"];
            for exercise in list["nodes"].as_array().unwrap() {
                all.insert(
                    exercise["id"].as_str().unwrap().to_owned(),
                    exercise.clone(),
                );
            }
            if list["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = list["pageInfo"]["endCursor"].clone();
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
        for round in 0..6 {
            for client in &mut clients {
                if random.random_ratio(1, 3) {
                    continue; // It stays offline and falls behind.
                }
                for _ in 0..random.random_range(0..5) {
                    client.edit(&mut random);
                }
                client.push().await;
                client.pull(random.random_range(1..20)).await;
            }
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
        assert!(server.len() > 10, "seed {seed}: {} exercises", server.len());
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
