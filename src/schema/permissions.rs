//! Who may use which field of the roots. A field that is not in the table can be used by nobody, so a
//! new one fails closed.

use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

use crate::{
    error::Error,
    viewer::{Caller, Role},
};

/// Who may use a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Anyone,
    Member,
    Admin,
}

use Access::{Admin, Anyone, Member};

/// Every field of the roots, by name.
pub const TABLE: &[(&str, Access)] = &[
    // The server.
    ("version", Anyone),
    ("server", Admin),
    ("node", Anyone),
    // Signing in.
    ("signUp", Anyone),
    ("signIn", Anyone),
    ("refreshSession", Anyone),
    ("signOut", Member),
    ("sessions", Member),
    ("endSession", Member),
    ("endOtherSessions", Member),
    // One's account and settings.
    ("viewer", Anyone),
    ("exportMyData", Member),
    ("changePassword", Member),
    ("updateProfile", Member),
    ("deleteAccount", Member),
    ("settings", Member),
    ("updateSettings", Member),
    // Everybody's accounts.
    ("user", Admin),
    ("users", Admin),
    ("setRole", Admin),
    // The way in from JSON files.
    ("migration", Admin),
    ("migrationAudit", Admin),
    ("setDualWrite", Admin),
    ("rollbackMigration", Admin),
    ("migrationProgress", Admin),
    // What changed.
    ("changes", Member),
    ("syncCursor", Member),
    ("changed", Member),
    // Exercises: the library is for everybody to read.
    ("exercise", Anyone),
    ("exercises", Anyone),
    ("createExercise", Member),
    ("updateExercise", Member),
    ("archiveExercise", Member),
    ("mergeExercises", Member),
    ("seedExercises", Admin),
    // Tasks.
    ("task", Member),
    ("tasks", Member),
    ("tags", Member),
    ("createTask", Member),
    ("updateTask", Member),
    ("completeTask", Member),
    ("reopenTask", Member),
    ("deleteTask", Member),
    ("restoreTask", Member),
    ("moveTask", Member),
    ("bulkUpdateTasks", Member),
    // Workouts, the exercises in them, and sets.
    ("workout", Member),
    ("workouts", Member),
    ("templates", Member),
    ("activeWorkout", Member),
    ("set", Member),
    ("sets", Member),
    ("createWorkout", Member),
    ("updateWorkout", Member),
    ("upsertWorkout", Member),
    ("deleteWorkout", Member),
    ("restoreWorkout", Member),
    ("reorderExercises", Member),
    ("startWorkout", Member),
    ("completeWorkout", Member),
    ("saveAsTemplate", Member),
    ("duplicateWorkout", Member),
    ("addWorkoutExercise", Member),
    ("updateWorkoutExercise", Member),
    ("removeWorkoutExercise", Member),
    ("addSet", Member),
    ("addSets", Member),
    ("updateSet", Member),
    ("deleteSets", Member),
    ("reorderSets", Member),
    // History.
    ("historyEntry", Member),
    ("history", Member),
    ("logHistory", Member),
    ("logHistoryBatch", Member),
    ("updateHistory", Member),
    ("deleteHistory", Member),
    ("restoreHistory", Member),
    ("backfillPlan", Admin),
    ("parity", Admin),
    ("parityRecord", Admin),
    ("mirror", Admin),
    ("quarantine", Admin),
    ("shadowFindings", Admin),
    ("legacyPeople", Admin),
    ("startBackfill", Admin),
    ("pauseBackfill", Admin),
    ("cancelBackfill", Admin),
    ("proveParity", Admin),
    ("cutOver", Admin),
    ("repairMirror", Admin),
    ("archiveFiles", Admin),
    ("completeMigration", Admin),
    ("retireFiles", Admin),
    ("restoreFiles", Admin),
    ("linkLegacyUser", Admin),
];

/// What somebody does who wants to be known; nothing else is let through where an address has spent too much.
const SIGNING_IN: &[&str] = &["signIn", "refreshSession", "signUp"];

/// Whether a field of the root is a way to sign in.
pub fn signs_in(field: &str) -> bool {
    SIGNING_IN.contains(&field)
}

/// Whether a text has the name of such a field in it.
pub fn speaks_of_signing_in(text: &str) -> bool {
    SIGNING_IN.iter().any(|name| text.contains(name))
}

/// The root fields of the schema that have no row here.
pub fn missing(sdl: &str) -> Vec<String> {
    let document = async_graphql::parser::parse_schema(sdl).map(|document| document.definitions);
    let mut missing = Vec::new();
    for definition in document.unwrap_or_default() {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let is_root =
            ["Query", "Mutation", "Subscription"].contains(&definition.node.name.node.as_str());
        if let (true, TypeKind::Object(object)) = (is_root, definition.node.kind) {
            let names = object
                .fields
                .iter()
                .map(|field| field.node.name.node.to_string());
            missing.extend(names.filter(|name| TABLE.iter().all(|(known, _)| known != name)));
        }
    }
    missing
}

/// Refuses a root field that the caller may not use.
pub fn allowed(field: &str, caller: Caller) -> Result<(), Error> {
    // Introspection is the schema's own.
    if field.starts_with("__") {
        return Ok(());
    }
    let access = TABLE
        .iter()
        .find(|(name, _)| *name == field)
        .map(|(_, access)| *access);
    match (access, caller.map(|viewer| viewer.role)) {
        (Some(Member | Admin), None) => Err(Error::SIGN_IN_FIRST),
        (Some(Admin), Some(Role::Member)) => Err(Error::ADMINS_ONLY),
        // Without a row it is no field at all, since every field has one: that is for the schema to say.
        _ => Ok(()),
    }
}
