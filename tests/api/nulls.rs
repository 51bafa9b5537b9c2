//! Null, where the SDL would take it: neither a condition nor a column that must be there.

use async_graphql::parser::types::{TypeDefinition, TypeKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    schema::{base, fields_of, types},
    support::TestApp,
};

/// The fields of an input that may be null, as the SDL has it.
fn nullable_fields(definition: &TypeDefinition) -> Vec<String> {
    let TypeKind::InputObject(input) = &definition.kind else {
        return Vec::new();
    };
    let fields = input.fields.iter().map(|field| &field.node);
    fields
        .filter(|field| field.ty.node.nullable)
        .map(|field| field.name.node.to_string())
        .collect()
}

#[tokio::test]
async fn no_condition_of_a_filter_takes_null_for_a_list_of_everything() {
    let app = TestApp::start().await;
    let root = app.admin("root").await;
    let types = types();
    let mut asked = 0;
    for field in fields_of(&types["Query"]).iter().map(|field| &field.node) {
        let filter = field.arguments.iter().map(|argument| &argument.node);
        let Some(filter) = filter.into_iter().find(|it| it.name.node == "filter") else {
            continue;
        };
        let (name, input) = (&field.name.node, base(&filter.ty.node));
        let TypeKind::InputObject(conditions) = &types[input].kind else {
            panic!("{input} is no input");
        };
        for condition in conditions.fields.iter().map(|it| &it.node.name.node) {
            let query =
                format!("query ($filter: {input}) {{ {name}(filter: $filter) {{ __typename }} }}");
            let mut nothing = serde_json::Map::new();
            nothing.insert(condition.to_string(), Value::Null);
            let refused = root.graphql(&query, json!({"filter": nothing})).await;
            assert!(
                ["VALIDATION", "BAD_VARIABLES"].contains(&refused.code()),
                "{name}(filter: {{{condition}: null}}): {:#}",
                refused.body
            );
            asked += 1;
        }
    }
    assert!(asked > 25, "only {asked} conditions");
    let changes = "{ changes(entities: null) { __typename } }";
    let refused = root.graphql(changes, json!({})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "entities")
    );
}

/// Each change that takes an input, and the fields that null clears.
const CHANGES: &[(&str, &str, &[&str])] = &[
    (
        "updateExercise",
        "UpdateExerciseInput",
        &["level", "description"],
    ),
    (
        "updateWorkout",
        "UpdateWorkoutInput",
        &["notes", "startedAt", "endedAt"],
    ),
    (
        "updateWorkoutExercise",
        "UpdateWorkoutExerciseInput",
        &[
            "supersetGroup",
            "targetSets",
            "targetReps",
            "targetRepsMax",
            "targetWeight",
            "targetRpe",
            "restSeconds",
            "notes",
        ],
    ),
    (
        "updateSet",
        "UpdateSetInput",
        &[
            "reps",
            "weight",
            "rpe",
            "durationSeconds",
            "distanceM",
            "restSeconds",
            "notes",
        ],
    ),
    (
        "updateHistory",
        "UpdateHistoryInput",
        &[
            "workoutName",
            "durationSeconds",
            "bodyweightKg",
            "rating",
            "notes",
        ],
    ),
    (
        "updateTask",
        "UpdateTaskInput",
        &[
            "description",
            "dueDate",
            "dueAt",
            "dueTimezone",
            "recurrence",
        ],
    ),
    (
        "bulkUpdateTasks",
        "BulkUpdateTasksInput",
        &["dueDate", "dueAt", "dueTimezone"],
    ),
    // An id that is null is as good as none.
    (
        "createWorkout",
        "WorkoutInput",
        &["id", "notes", "startedAt", "endedAt"],
    ),
    (
        "upsertWorkout",
        "WorkoutInput",
        &["id", "notes", "startedAt", "endedAt"],
    ),
    ("updateSettings", "UpdateSettingsInput", &[]),
    // A password is no column: null is as good as none.
    ("updateProfile", "UpdateProfileInput", &["currentPassword"]),
];

#[tokio::test]
async fn null_for_what_cannot_be_cleared_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let types = types();
    for (mutation, input, clearable) in CHANGES {
        let field = fields_of(&types["Mutation"])
            .iter()
            .find(|field| field.node.name.node == *mutation)
            .unwrap();
        let takes = |name| {
            let mut arguments = field.node.arguments.iter();
            arguments.any(|it| it.node.name.node == name)
        };
        let one = Uuid::now_v7();
        let id = match (takes("id"), takes("tasks")) {
            (true, _) => format!("id: \"{one}\", "),
            (_, true) => format!("tasks: [{{id: \"{one}\"}}], "),
            _ => String::new(),
        };
        let query = format!(
            "mutation ($input: {input}!) {{ {mutation}({id}input: $input) {{ __typename }} }}"
        );
        let required = nullable_fields(&types[*input]);
        let required = required
            .iter()
            .filter(|field| !clearable.contains(&field.as_str()));
        for field in required {
            let mut nothing = serde_json::Map::new();
            if *input == "WorkoutInput" {
                nothing.insert("name".to_owned(), json!("Legs"));
            }
            nothing.insert(field.clone(), Value::Null);
            let refused = ada.graphql(&query, json!({"input": nothing})).await;
            let path = format!("input.{field}");
            assert_eq!(refused.code(), "VALIDATION", "{mutation}: {path}");
            assert_eq!(refused.field(), path, "{mutation}");
        }
    }
}
