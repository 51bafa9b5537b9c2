//! The schema as a whole: what is written down is what is served, everything is described, and nobody
//! reaches what is somebody else's.

use std::{collections::HashMap, fmt::Write as _};

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

/// Makes up values for a field's arguments; every id and every text in them is the one given.
struct Maker<'a> {
    types: &'a HashMap<String, TypeDefinition>,
    id: Uuid,
}

impl Maker<'_> {
    /// A request for one root field, or nothing where it takes no id.
    fn request(&self, root: &str, field: &FieldDefinition) -> Option<String> {
        let mut arguments = String::new();
        let mut has_id = false;
        for argument in &field.arguments {
            let argument = &argument.node;
            let required = !argument.ty.node.nullable;
            let takes_id = self.takes_id(&argument.ty.node, 0);
            has_id |= takes_id;
            if required || takes_id {
                let value = self.value(argument, 0);
                let _ = write!(arguments, "{}: {value}, ", argument.name.node);
            }
        }
        let scalar = ["String", "Int", "Float", "Boolean", "ID", "JSON"];
        let base = base(&field.ty.node);
        let leaf = scalar.contains(&base)
            || matches!(
                self.types.get(base).map(|t| &t.kind),
                Some(TypeKind::Scalar | TypeKind::Enum(_))
            );
        let selection = if leaf { "" } else { "{ __typename }" };
        let kind = root.to_lowercase();
        has_id.then(|| format!("{kind} {{ {}({arguments}) {selection} }}", field.name.node))
    }

    fn takes_id(&self, ty: &Type, depth: usize) -> bool {
        let name = base(ty);
        if name == "ID" {
            return true;
        }
        match self.types.get(name).map(|definition| &definition.kind) {
            Some(TypeKind::InputObject(input)) if depth < 4 => input
                .fields
                .iter()
                .any(|field| self.takes_id(&field.node.ty.node, depth + 1)),
            _ => false,
        }
    }

    fn value(&self, input: &InputValueDefinition, depth: usize) -> String {
        let ty = &input.ty.node;
        let single = self.single(input.name.node.as_str(), base(ty), depth);
        if matches!(ty.base, BaseType::List(_)) {
            format!("[{single}]")
        } else {
            single
        }
    }

    fn single(&self, name: &str, ty: &str, depth: usize) -> String {
        match ty {
            "ID" => format!("\"{}\"", self.id),
            "Int" | "Float" => "1".to_owned(),
            "Boolean" => "true".to_owned(),
            "DateTime" => "\"2026-01-02T03:04:05Z\"".to_owned(),
            "NaiveDate" | "Date" => "\"2026-01-02\"".to_owned(),
            "String" if name.to_lowercase().contains("timezone") => "\"UTC\"".to_owned(),
            "JSON" => "{}".to_owned(),
            _ => match self.types.get(ty).map(|definition| &definition.kind) {
                Some(TypeKind::Enum(it)) => it.values[0].node.value.node.to_string(),
                Some(TypeKind::InputObject(it)) => {
                    let mut text = String::from("{");
                    for field in it.fields.iter().map(|field| &field.node) {
                        let wanted = !field.ty.node.nullable && field.default_value.is_none();
                        if wanted || (depth < 4 && self.takes_id(&field.ty.node, depth + 1)) {
                            let value = self.value(field, depth + 1);
                            let _ = write!(text, "{}: {value}, ", field.name.node);
                        }
                    }
                    text + "}"
                }
                _ => format!("\"{}\"", self.id),
            },
        }
    }
}

pub fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

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

async fn ask(
    user: &TestUser<'_>,
    maker: &Maker<'_>,
    root: &str,
    field: &FieldDefinition,
) -> Option<(Value, String)> {
    let request = maker.request(root, field)?;
    let mut body = user.graphql(&request, json!({})).await.body;
    // What the request cost is not part of the answer, and a request has an id of its own.
    body.as_object_mut().unwrap().remove("extensions");
    Some((
        body.clone(),
        body.to_string().replace(&maker.id.to_string(), "ID"),
    ))
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
    let mut asked = 0;
    for (kind, id) in ids_of(&app, ada.id.0).await {
        for root in ["Query", "Mutation"] {
            for field in fields_of(&types[root]).iter().map(|field| &field.node) {
                let stranger = Maker {
                    types: &types,
                    id: Uuid::now_v7(),
                };
                let owned = Maker { types: &types, id };
                if (kind, field.name.node.as_str()) == ("exercises", "createExercise") {
                    // The one id that is taken for everybody: workouts of all point into one table.
                    continue;
                }
                // Each asks as somebody new, who has made nothing with that id before.
                let (bob, eve) = (app.newcomer().await, app.newcomer().await);
                let Some((_, expected)) = ask(&bob, &stranger, root, field).await else {
                    continue;
                };
                let (body, found) = ask(&eve, &owned, root, field).await.unwrap();
                let name = &field.name.node;
                assert_eq!(
                    found, expected,
                    "{name} tells a {kind} of somebody else from nothing: {body:#}"
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 20, "only {asked} requests took an id");
    assert_eq!(everything_of(&app, ada.id.0).await, before);
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
            let maker = Maker {
                types: &types,
                id: Uuid::now_v7(),
            };
            let mut with_arguments = field.clone();
            // Any argument will do: permission is looked at before anything else is.
            let request = maker.request(root, &with_arguments).unwrap_or_else(|| {
                with_arguments
                    .arguments
                    .retain(|argument| !argument.node.ty.node.nullable);
                let arguments: Vec<String> = with_arguments
                    .arguments
                    .iter()
                    .map(|it| format!("{}: {}", it.node.name.node, maker.value(&it.node, 0)))
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
