//! The schema as a whole: what is written down is what is served, everything is described, and nobody
//! reaches what is somebody else's.

use std::{
    cell::Cell,
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
};

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
        TypeSystemDefinition,
    },
};
use diesel::{prelude::*, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use regimen::schema::{
    permissions::{self, Access},
    sdl,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, TestUser};

#[test]
fn the_schema_in_the_repository_is_the_one_that_is_served() {
    let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql"));
    assert!(
        written.unwrap() == sdl(),
        "write it anew with `cargo run -- schema > schema.graphql`"
    );
}

pub fn types() -> HashMap<String, TypeDefinition> {
    let document = parse_schema(sdl()).unwrap();
    let types = document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        });
    types
        .map(|definition| (definition.name.node.to_string(), definition))
        .collect()
}

pub fn fields_of(definition: &TypeDefinition) -> &[async_graphql::Positioned<FieldDefinition>] {
    match &definition.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        _ => &[],
    }
}

#[test]
fn every_type_field_argument_and_value_is_described() {
    let mut bare = Vec::new();
    for (name, definition) in types() {
        let is_root = ["Query", "Mutation", "Subscription"].contains(&name.as_str());
        if definition.description.is_none() && !is_root {
            bare.push(name.clone());
        }
        for field in fields_of(&definition) {
            let place = format!("{name}.{}", field.node.name.node);
            if field.node.description.is_none() {
                bare.push(place.clone());
            }
            let plain = [
                "first", "after", "last", "before", "filter", "order", "input", "id",
            ];
            let arguments = field.node.arguments.iter().map(|argument| &argument.node);
            bare.extend(
                arguments
                    .filter(|it| {
                        it.description.is_none() && !plain.contains(&it.name.node.as_str())
                    })
                    .map(|it| format!("{place}({})", it.name.node)),
            );
        }
        match &definition.kind {
            TypeKind::Enum(it) => bare.extend(
                it.values
                    .iter()
                    .filter(|value| value.node.description.is_none())
                    .map(|value| format!("{name}.{}", value.node.value.node)),
            ),
            TypeKind::InputObject(it) => bare.extend(
                it.fields
                    .iter()
                    .filter(|field| field.node.description.is_none())
                    .map(|field| format!("{name}.{}", field.node.name.node)),
            ),
            _ => {}
        }
    }
    bare.sort();
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

#[test]
fn every_root_field_has_a_row_in_the_table_of_permissions_and_every_row_a_field() {
    assert_eq!(permissions::missing(&sdl()), Vec::<String>::new());
    let types = types();
    let roots = ["Query", "Mutation", "Subscription"]
        .into_iter()
        .filter_map(|root| types.get(root));
    let fields: Vec<String> = roots
        .flat_map(fields_of)
        .map(|field| field.node.name.node.to_string())
        .collect();
    let extra: Vec<_> = permissions::TABLE
        .iter()
        .filter(|(name, _)| !fields.iter().any(|f| f == name))
        .collect();
    assert!(extra.is_empty(), "no such fields: {extra:?}");
}

/// Makes up values for a field's arguments. Of the ids it could send it sends the one given in one place
/// alone: others are left out where they may be, and are else the asking user's own.
struct Maker<'a> {
    types: &'a HashMap<String, TypeDefinition>,
    id: Uuid,
    /// The number of the place where the id is sent.
    target: usize,
    /// How many places have been passed.
    passed: Cell<usize>,
}

impl<'a> Maker<'a> {
    fn new(types: &'a HashMap<String, TypeDefinition>, id: Uuid, target: usize) -> Self {
        Self {
            types,
            id,
            target,
            passed: Cell::new(0),
        }
    }

    /// How many places a field has for an id.
    fn places(types: &'a HashMap<String, TypeDefinition>, field: &FieldDefinition) -> usize {
        let maker = Self::new(types, Uuid::nil(), usize::MAX);
        maker.arguments(field);
        maker.passed.get()
    }

    /// A request for one root field, or nothing where it has no such place for an id.
    fn request(&self, root: &str, field: &FieldDefinition) -> Option<String> {
        let (arguments, sent) = self.arguments(field);
        let scalar = ["String", "Int", "Float", "Boolean", "ID", "JSON"];
        let base = base(&field.ty.node);
        let leaf = scalar.contains(&base)
            || matches!(
                self.types.get(base).map(|t| &t.kind),
                Some(TypeKind::Scalar | TypeKind::Enum(_))
            );
        let selection = if leaf { "" } else { "{ __typename }" };
        let kind = root.to_lowercase();
        sent.then(|| format!("{kind} {{ {}({arguments}) {selection} }}", field.name.node))
    }

    /// The arguments, and whether the id is among them.
    fn arguments(&self, field: &FieldDefinition) -> (String, bool) {
        let arguments = field.arguments.iter().map(|argument| &argument.node);
        self.entries(&field.name.node, arguments, 0)
    }

    fn entries<'b>(
        &self,
        of: &str,
        inputs: impl Iterator<Item = &'b InputValueDefinition>,
        depth: usize,
    ) -> (String, bool) {
        let (mut text, mut sent) = (String::new(), false);
        for input in inputs {
            let (value, has_id) = self.value(of, input, depth);
            let required = !input.ty.node.nullable && input.default_value.is_none();
            // Needed as well, though the SDL cannot say so: a measure of a set, what an entry of a batch
            // is known by, and a place for a task that names no neighbour.
            let needed = match input.name.node.as_str() {
                "reps" | "sourceKey" => true,
                "edge" => self.target == 0,
                _ => false,
            };
            if required || has_id || needed {
                let _ = write!(text, "{}: {value}, ", input.name.node);
            }
            sent |= has_id;
        }
        (text, sent)
    }

    fn value(&self, of: &str, input: &InputValueDefinition, depth: usize) -> (String, bool) {
        let ty = &input.ty.node;
        let (single, sent) = self.single(of, input.name.node.as_str(), base(ty), depth);
        if matches!(ty.base, BaseType::List(_)) {
            (format!("[{single}]"), sent)
        } else {
            (single, sent)
        }
    }

    fn single(&self, of: &str, name: &str, ty: &str, depth: usize) -> (String, bool) {
        let text = match ty {
            "ID" => {
                let place = self.passed.replace(self.passed.get() + 1);
                if place == self.target {
                    return (format!("\"{}\"", self.id), true);
                }
                format!("\"{}\"", own(of, name))
            }
            "Int" | "Float" => "1".to_owned(),
            "Boolean" => "true".to_owned(),
            "DateTime" => "\"2026-01-02T03:04:05Z\"".to_owned(),
            "NaiveDate" | "Date" => "\"2026-01-02\"".to_owned(),
            "String" if name.to_lowercase().contains("timezone") => "\"UTC\"".to_owned(),
            "JSON" => "{}".to_owned(),
            _ => match self.types.get(ty).map(|definition| &definition.kind) {
                Some(TypeKind::Enum(it)) => it.values[0].node.value.node.to_string(),
                Some(TypeKind::InputObject(it)) if depth < 4 => {
                    let fields = it.fields.iter().map(|field| &field.node);
                    let (text, sent) = self.entries(of, fields, depth + 1);
                    return (format!("{{{text}}}"), sent);
                }
                _ => format!("\"{}\"", self.id),
            },
        };
        (text, false)
    }
}

/// What stands for an id of the asking user's own, until there is one.
fn own(of: &str, name: &str) -> &'static str {
    match (of, name) {
        (_, "from" | "into" | "exerciseId") => "OWN EXERCISE",
        ("updateWorkoutExercise", "id") | (_, "workoutExerciseId" | "order") => "OWN PLACE",
        ("moveTask" | "updateTask", "id") => "OWN TASK",
        _ => "OWN WORKOUT",
    }
}

pub fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

/// Places for ids, by number, where an unknown one is not answered with `NOT_FOUND`, and why.
const ELSE: &[&str] = &[
    // Ids that clients choose for what they make: other people's are free.
    "addSet 1 null",
    "addSets 2 null",
    "addWorkoutExercise 1 null",
    "addWorkoutExercise 3 null",
    "completeWorkout 1 null",
    "createExercise 0 null",
    "createTask 0 null",
    "createWorkout 0 null",
    "createWorkout 1 null",
    "createWorkout 3 null",
    "duplicateWorkout 1 null",
    "logHistory 0 null",
    "logHistoryBatch 0 null",
    "saveAsTemplate 1 null",
    "upsertWorkout 0 null",
    "upsertWorkout 1 null",
    "upsertWorkout 3 null",
    // Conditions: nothing meets them.
    "history 0 null",
    "history 1 null",
    "tasks 0 null",
    "tasks 1 null",
    // Orders, which must name what is there and nothing else.
    r#"reorderExercises 1 "VALIDATION""#,
    r#"reorderSets 1 "VALIDATION""#,
    // A new id goes with something to copy.
    r#"startWorkout 3 "VALIDATION""#,
    // For admins.
    r#"parityRecord 0 "FORBIDDEN""#,
    r#"parityRecord 1 "FORBIDDEN""#,
    r#"seedExercises 0 "FORBIDDEN""#,
    r#"setRole 0 "FORBIDDEN""#,
    r#"user 0 "FORBIDDEN""#,
];

/// Tables with rows of one owner, and the column that says whose.
const OWNED: &[(&str, &str)] = &[
    ("users", "id"),
    ("sessions", "user_id"),
    ("user_settings", "user_id"),
    ("exercises", "owner_id"),
    ("workouts", "user_id"),
    ("workout_exercises", "user_id"),
    ("sets", "user_id"),
    ("history", "user_id"),
    ("tasks", "user_id"),
    ("changes", "user_id"),
];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Everything that belongs to a user, as text.
async fn everything_of(app: &TestApp, owner: Uuid) -> Vec<String> {
    let mut conn = app.database.connect().await;
    let mut all = Vec::new();
    for (table, column) in OWNED {
        let query = format!(
            "SELECT '{table} ' || t::text AS line FROM {table} t WHERE {column} = '{owner}' ORDER BY 1"
        );
        let lines: Vec<Line> = sql_query(query).load(&mut conn).await.unwrap();
        assert!(
            !lines.is_empty() || *table == "sessions",
            "nothing in {table} to protect"
        );
        all.extend(lines.into_iter().map(|line| line.line));
    }
    all
}

/// One id of each kind that the owner has.
async fn ids_of(app: &TestApp, owner: Uuid) -> Vec<(&'static str, Uuid)> {
    let mut conn = app.database.connect().await;
    let mut ids = vec![("users", owner)];
    for (table, column) in OWNED
        .iter()
        .filter(|(table, _)| !["users", "user_settings", "changes", "sessions"].contains(table))
    {
        let query =
            format!("SELECT id::text AS line FROM {table} WHERE {column} = '{owner}' LIMIT 1");
        let line: Line = sql_query(query).get_result(&mut conn).await.unwrap();
        ids.push((*table, line.line.parse().unwrap()));
    }
    ids
}

/// Puts ids of records of the user's own into a request, which are made for it.
async fn with_own_ids(user: &TestUser<'_>, request: &str) -> String {
    if !request.contains("OWN ") {
        return request.to_owned();
    }
    let make = "mutation ($exercise: ID!) {
        createExercise(input: {id: $exercise, name: \"Squat\", category: \"legs\"}) { exercise { id } }
        createWorkout(input: {name: \"Legs\", exercises: [{exerciseId: $exercise}]}) {
            workout { id exercises { id } } }
        createTask(input: {title: \"Stretch\"}) { task { id } }
    }";
    let made = user
        .graphql(make, json!({"exercise": Uuid::now_v7()}))
        .await;
    let made = made.data();
    let workout = &made["createWorkout"]["workout"];
    let ids = [
        ("OWN EXERCISE", &made["createExercise"]["exercise"]["id"]),
        ("OWN PLACE", &workout["exercises"][0]["id"]),
        ("OWN TASK", &made["createTask"]["task"]["id"]),
        ("OWN WORKOUT", &workout["id"]),
    ];
    ids.iter().fold(request.to_owned(), |request, (name, id)| {
        request.replace(name, id.as_str().unwrap())
    })
}

/// What the server answers to somebody new, with the id blotted out.
async fn ask(app: &TestApp, request: &str, id: Uuid) -> Value {
    // Somebody new has made nothing with that id before.
    let user = app.newcomer().await;
    let request = with_own_ids(&user, request).await;
    let mut body = user.graphql(&request, json!({})).await.body;
    let code = body["errors"][0]["extensions"]["code"].clone();
    // What the request cost is not part of the answer, and a request has an id of its own.
    body.as_object_mut().unwrap().remove("extensions");
    json!({"code": code, "body": body.to_string().replace(&id.to_string(), "ID")})
}

#[tokio::test]
async fn an_id_of_somebody_else_answers_like_one_of_nobody_and_changes_nothing() {
    let app = TestApp::seeded().await;
    let ada = app.demo_user().await;
    ada.graphql(
        r#"mutation { createExercise(input: {name: "Cellar Squat", category: "legs"}) { exercise { id } } }"#,
        json!({}),
    )
    .await
    .data();
    let before = everything_of(&app, ada.id.0).await;
    let types = types();
    let ids = ids_of(&app, ada.id.0).await;
    let mut unlike = BTreeSet::new();
    for root in ["Query", "Mutation"] {
        for field in fields_of(&types[root]).iter().map(|field| &field.node) {
            let name = field.name.node.as_str();
            for place in 0..Maker::places(&types, field) {
                let nobody = Maker::new(&types, Uuid::now_v7(), place);
                let request = nobody.request(root, field).unwrap();
                let expected = ask(&app, &request, nobody.id).await;
                if expected["code"] != "NOT_FOUND" {
                    unlike.insert(format!("{name} {place} {}", expected["code"]));
                }
                for (kind, id) in &ids {
                    if (*kind, name) == ("exercises", "createExercise") {
                        // The one id that is nobody else's to use: see ARCHITECTURE.md.
                        continue;
                    }
                    let request = Maker::new(&types, *id, place).request(root, field).unwrap();
                    if name == "createExercise" && id.get_version_num() == 5 {
                        // Whoever's they are: these may be the library's.
                        assert_eq!(ask(&app, &request, *id).await["code"], "VALIDATION");
                        continue;
                    }
                    let found = ask(&app, &request, *id).await;
                    assert_eq!(
                        found["body"], expected["body"],
                        "{name} tells a {kind} of somebody else from nothing: {request}"
                    );
                }
            }
        }
    }
    assert_eq!(everything_of(&app, ada.id.0).await, before);
    let expected: BTreeSet<String> = ELSE.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(unlike, expected);
}

#[tokio::test]
async fn what_is_for_members_is_refused_to_nobody_and_what_is_for_admins_to_members() {
    let app = TestApp::start().await;
    let bob = app.user("bob").await;
    let types = types();
    for root in ["Query", "Mutation"] {
        for field in fields_of(&types[root]).iter().map(|field| &field.node) {
            let name = field.name.node.as_str();
            let (_, access) = permissions::TABLE
                .iter()
                .find(|(known, _)| *known == name)
                .unwrap();
            let maker = Maker::new(&types, Uuid::now_v7(), 0);
            let mut with_arguments = field.clone();
            // Any argument will do: permission is looked at before anything else is.
            let request = maker.request(root, &with_arguments).unwrap_or_else(|| {
                with_arguments
                    .arguments
                    .retain(|argument| !argument.node.ty.node.nullable);
                let arguments: Vec<String> = with_arguments
                    .arguments
                    .iter()
                    .map(|it| {
                        format!(
                            "{}: {}",
                            it.node.name.node,
                            maker.value(name, &it.node, 0).0
                        )
                    })
                    .collect();
                let arguments = if arguments.is_empty() {
                    String::new()
                } else {
                    format!("({})", arguments.join(", "))
                };
                let selection = match types.get(base(&field.ty.node)).map(|it| &it.kind) {
                    Some(TypeKind::Object(_)) => "{ __typename }",
                    _ => "",
                };
                format!(
                    "{} {{ {name}{arguments} {selection} }}",
                    root.to_lowercase()
                )
            });
            // No record of one's own is needed either, but every id has to be one.
            let owns = ["EXERCISE", "PLACE", "TASK", "WORKOUT"];
            let request = owns.iter().fold(request, |request, kind| {
                request.replace(&format!("OWN {kind}"), &Uuid::now_v7().to_string())
            });
            if *access != Access::Anyone {
                assert_eq!(
                    app.graphql(&request, json!({})).await.code(),
                    "UNAUTHENTICATED",
                    "{name}"
                );
            }
            if *access == Access::Admin {
                assert_eq!(
                    bob.graphql(&request, json!({})).await.code(),
                    "FORBIDDEN",
                    "{name}"
                );
            }
        }
    }
}
