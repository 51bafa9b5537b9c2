//! Which mutations are safe to repeat, and which can be told what was seen: all but those named here.

use async_graphql::parser::types::FieldDefinition;

use crate::schema::{fields_of, types};

/// Mutations without `idempotencyKey`, and why.
const NO_KEY: &[(&str, &str)] = &[
    ("signUp", TOKEN),
    ("signIn", TOKEN),
    ("refreshSession", TOKEN),
    ("changePassword", PASSWORD),
    ("updateProfile", PASSWORD),
    ("deleteAccount", PASSWORD),
    ("setDualWrite", STEP),
    ("rollbackMigration", STEP),
    ("startBackfill", STEP),
    ("pauseBackfill", STEP),
    ("cancelBackfill", STEP),
    ("proveParity", STEP),
    ("cutOver", STEP),
    ("repairMirror", STEP),
    ("archiveFiles", STEP),
    ("completeMigration", STEP),
    ("retireFiles", STEP),
    ("restoreFiles", STEP),
    ("linkLegacyUser", STEP),
];
const TOKEN: &str = "what is kept with a key would be a token";
const PASSWORD: &str = "the digest that is kept with a key could be tried against for the password";
const STEP: &str =
    "a step of the migration is told by the phase that it is taken from, and repeated from there";

/// Mutations without `expectedVersion` or `expectedWorkoutVersion`, beside those above, and why.
const NO_VERSION: &[(&str, &str)] = &[
    ("createExercise", NEW),
    ("seedExercises", NEW),
    ("createTask", NEW),
    ("createWorkout", NEW),
    ("logHistory", NEW),
    ("logHistoryBatch", NEW),
    ("saveAsTemplate", NEW),
    ("duplicateWorkout", NEW),
    (
        "bulkUpdateTasks",
        "each task that it names has one of its own",
    ),
    (
        "setRole",
        "an account has no version: a role is set whole, and the last who sets it wins",
    ),
    ("signOut", ENDS),
    ("endSession", ENDS),
    ("endOtherSessions", ENDS),
];
const NEW: &str = "nothing that is there is changed";
const ENDS: &str = "a session that is ended stays so, whatever was seen of it";

fn mutations_without(arguments: &[&str]) -> Vec<String> {
    let takes = |field: &FieldDefinition| {
        let names = field.arguments.iter().map(|it| it.node.name.node.as_str());
        names.into_iter().any(|name| arguments.contains(&name))
    };
    let types = types();
    let all = fields_of(&types["Mutation"]).iter().map(|it| &it.node);
    all.filter(|field| !takes(field))
        .map(|field| field.name.node.to_string())
        .collect()
}

fn names(lists: &[&[(&str, &str)]]) -> Vec<String> {
    let all = lists.iter().flat_map(|list| list.iter());
    all.map(|(name, _)| (*name).to_owned()).collect()
}

#[test]
fn every_mutation_takes_an_idempotency_key_or_says_why_not() {
    let mut without = mutations_without(&["idempotencyKey"]);
    let mut known = names(&[NO_KEY]);
    without.sort();
    known.sort();
    assert_eq!(without, known);
    let page = include_str!("../../docs/api.md");
    let own = NO_KEY.iter().filter(|(_, why)| *why != STEP);
    for (name, _) in own {
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/api.md does not name `{name}`"
        );
    }
}

#[test]
fn every_mutation_that_changes_a_record_can_be_told_which_version_was_seen() {
    let arguments = ["expectedVersion", "expectedWorkoutVersion"];
    let mut without = mutations_without(&arguments);
    let mut known = names(&[NO_KEY, NO_VERSION]);
    without.sort();
    known.sort();
    assert_eq!(without, known);
}
