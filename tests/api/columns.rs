//! What is kept of somebody is shown to them: every column is a field of the API, or stands here.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::TypeDefinition;

use crate::schema::{fields_of, types};

/// The types that show the rows of a table.
const SHOWN: &[(&str, &str)] = &[
    ("users", "User"),
    ("sessions", "Session"),
    ("user_settings", "Settings"),
    ("exercises", "Exercise"),
    ("workouts", "Workout"),
    ("workout_exercises", "WorkoutExercise"),
    ("sets", "WorkoutSet"),
    ("history", "HistoryEntry"),
    ("tasks", "Task"),
    ("changes", "Change"),
];

/// Columns that no field shows, and why.
const INTERNAL: &[(&str, &str)] = &[
    ("*.user_id", "one sees nothing but one's own"),
    ("users.password_hash", "a secret"),
    ("users.deleted_at", "who is gone is shown to nobody"),
    ("sessions.token_hash", "a secret"),
    ("sessions.family_id", "the session's `id`"),
    ("sessions.created_at", "the newest token's: `lastUsedAt`"),
    (
        "sessions.used_at",
        "a token that was used is no session any more",
    ),
    (
        "sessions.revoked_at",
        "a session that was ended is shown to nobody",
    ),
    ("exercises.owner_id", "`isMine` says it"),
    (
        "exercises.search_text",
        "made of the other columns, to be searched",
    ),
    ("changes.seq", "the `cursor` says it"),
    ("changes.entity_id", "the `id`"),
    ("changes.op", "the `operation`"),
    (
        "changes.image",
        "for what follows the feed: the record itself is the `node`",
    ),
    ("changes.mirrored_at", "for what follows the feed"),
];

/// Each table with its columns, as the code has it.
fn tables() -> HashMap<String, Vec<String>> {
    let mut tables: HashMap<String, Vec<String>> = HashMap::new();
    let mut table = String::new();
    for line in include_str!("../../src/db/schema.rs").lines() {
        let line = line.trim();
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
            name.clone_into(&mut table);
        } else if let Some((column, _)) = line.split_once(" -> ").filter(|_| !line.contains('!')) {
            tables
                .entry(table.clone())
                .or_default()
                .push(column.to_owned());
        }
    }
    tables
}

fn camel_case(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(1);
        name + &head.to_uppercase() + tail
    })
}

fn shows(definition: &TypeDefinition) -> HashSet<String> {
    let fields = fields_of(definition).iter();
    fields.map(|it| it.node.name.node.to_string()).collect()
}

#[test]
fn every_column_of_somebody_s_records_is_a_field_or_named_as_internal_with_the_reason() {
    let (tables, types) = (tables(), types());
    let mut used = HashSet::new();
    let mut missing = Vec::new();
    for (table, ty) in SHOWN {
        let fields = shows(&types[*ty]);
        for column in &tables[*table] {
            let names = [format!("{table}.{column}"), format!("*.{column}")];
            let known = INTERNAL
                .iter()
                .find(|(name, _)| names.iter().any(|it| it == name));
            match known {
                Some((name, _)) => drop(used.insert(*name)),
                None if fields.contains(&camel_case(column)) => {}
                None => missing.push(format!("{table}.{column} is no field of {ty}")),
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let unused: Vec<_> = INTERNAL
        .iter()
        .filter(|(name, _)| !used.contains(name))
        .collect();
    assert!(unused.is_empty(), "not there any more: {unused:?}");
}
