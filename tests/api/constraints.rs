//! What the database refuses below all checks is told as what it is: every constraint has its meaning.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::TypeKind;
use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use regimen::error::known_constraints;
use serde_json::json;

use crate::{schema::types, support::TestApp, workouts::CREATE};

/// What is written on behalf of clients.
const TABLES: &str = "'users', 'sessions', 'user_settings', 'exercises', 'workouts', 'workout_exercises', \
    'sets', 'history', 'tasks', 'identities', 'idempotency_keys'";

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The names of all fields of all inputs.
fn fields_of_inputs() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for definition in types().into_values() {
        if let TypeKind::InputObject(input) = definition.kind {
            names.extend(input.fields.iter().map(|it| it.node.name.node.to_string()));
        }
    }
    names
}

#[tokio::test]
async fn every_check_and_unique_key_has_a_meaning_and_every_meaning_a_constraint() {
    let app = TestApp::start().await;
    let query = format!(
        "SELECT conname::text AS name FROM pg_constraint WHERE contype IN ('c', 'u') \
           AND connamespace = 'public'::regnamespace AND conrelid::regclass::text IN ({TABLES}) \
         UNION SELECT indexrelid::regclass::text FROM pg_index \
         WHERE indisunique AND NOT indisprimary AND indrelid::regclass::text IN ({TABLES})"
    );
    let mut conn = app.database.connect().await;
    let found: Vec<Named> = sql_query(query).load(&mut conn).await.unwrap();
    let found: BTreeSet<String> = found.into_iter().map(|it| it.name).collect();
    let known: BTreeMap<&str, Option<&str>> = known_constraints().collect();
    let names: BTreeSet<String> = known.keys().map(ToString::to_string).collect();
    assert!(found.len() > 90, "only {}", found.len());
    assert_eq!(found, names);

    let fields = fields_of_inputs();
    for (name, field) in known {
        if let Some(field) = field {
            assert!(
                fields.contains(field),
                "no input has `{field}`, see `{name}`"
            );
        }
    }
}

#[tokio::test]
async fn a_constraint_that_breaks_names_the_field_and_what_to_do() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    // As if the checks before the database had a hole.
    let sql = "ALTER TABLE workouts DROP CONSTRAINT workouts_times_check;
        ALTER TABLE workouts ADD CONSTRAINT workouts_times_check CHECK (started_at IS NULL);
        ALTER TABLE sets DROP CONSTRAINT sets_weight_range_check;
        ALTER TABLE sets ADD CONSTRAINT sets_weight_range_check CHECK (weight < 10);
        ALTER TABLE tasks ADD CONSTRAINT tasks_version_range_check2 CHECK (title <> 'T')";
    app.database
        .connect()
        .await
        .batch_execute(sql)
        .await
        .unwrap();

    let times = json!({"name": "Legs", "startedAt": "2026-01-02T10:00:00Z"});
    let refused = ada.graphql(CREATE, json!({"input": times})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.endedAt")
    );
    assert_eq!(
        refused.message(),
        "`endedAt` needs a `startedAt`, and must not be before it"
    );
    let unknown = "mutation { createTask(input: {title: \"T\"}) { task { id } } }";
    assert_eq!(ada.graphql(unknown, json!({})).await.code(), "INTERNAL");
}
