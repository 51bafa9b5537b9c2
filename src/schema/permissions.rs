//! Who may use which field of the roots. A field that is not in the table can be used by nobody, so a
//! new one fails closed.

use async_graphql::{
    Positioned, Request, Response, ServerError,
    parser::types::{ExecutableDocument, Selection, SelectionSet, TypeKind, TypeSystemDefinition},
};

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
];

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

/// Refuses a request that uses a field which the caller may not use. What cannot be parsed is left to
/// the schema to complain about.
pub fn check(request: &mut Request, caller: Caller) -> Result<(), Response> {
    let name = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else {
        return Ok(());
    };
    for (operation_name, operation) in document.operations.iter() {
        let chosen = match (&name, operation_name) {
            (Some(wanted), Some(found)) => found.as_str() == wanted,
            (Some(_), None) => false,
            (None, _) => true,
        };
        if chosen {
            let set = &operation.node.selection_set.node;
            check_set(document, set, caller, 0)?;
        }
    }
    Ok(())
}

/// Deeper than any sensible nesting of fragments at the root; the schema refuses cycles itself.
const DEEPEST: usize = 32;

fn check_set(
    document: &ExecutableDocument,
    set: &SelectionSet,
    caller: Caller,
    depth: usize,
) -> Result<(), Response> {
    if depth > DEEPEST {
        return Ok(());
    }
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let name = field.node.name.node.as_str();
                if let Err(refused) = allowed(name, caller) {
                    return Err(refuse(
                        &refused,
                        field,
                        field.node.response_key().node.as_str(),
                    ));
                }
            }
            Selection::InlineFragment(fragment) => {
                let set = &fragment.node.selection_set.node;
                check_set(document, set, caller, depth + 1)?;
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    let set = &fragment.node.selection_set.node;
                    check_set(document, set, caller, depth + 1)?;
                }
            }
        }
    }
    Ok(())
}

fn allowed(field: &str, caller: Caller) -> Result<(), Error> {
    // Introspection is the schema's own.
    if field.starts_with("__") {
        return Ok(());
    }
    let access = TABLE
        .iter()
        .find(|(name, _)| *name == field)
        .map(|(_, access)| *access);
    match (access, caller.map(|viewer| viewer.role)) {
        (Some(Anyone), _) | (Some(Member), Some(_)) | (Some(Admin), Some(Role::Admin)) => Ok(()),
        (Some(_), None) => Err(Error::SIGN_IN_FIRST),
        (Some(_), Some(_)) => Err(Error::ADMINS_ONLY),
        // Not a field at all, since every field has a row: that is for the schema to say.
        (None, _) => Ok(()),
    }
}

fn refuse<T>(error: &Error, at: &Positioned<T>, key: &str) -> Response {
    let error = async_graphql::Error::from(error.clone());
    let mut error: ServerError = error.into_server_error(at.pos);
    error
        .path
        .push(async_graphql::PathSegment::Field(key.to_owned()));
    Response::from_errors(vec![error])
}
