//! No list, and no field below one, takes more statements where there are more rows. The schema is walked, so
//! a new field is looked at without being named here.

use std::fmt::Write;

use apollo_compiler::{
    Schema,
    schema::{ExtendedType, FieldDefinition},
    validation::Valid,
};
use serde_json::json;

use super::data::{Size, fill};
use crate::support::{TestApp, TestUser};

const SIZE: Size = Size {
    users: 60,
    workouts: 60,
    places: 3,
    sets: 3,
    tasks: 60,
    entries: 60,
    exercises: 100,
};
/// Both pages have tasks with parents and with subtasks, and whatever else differs between rows.
const FEW: usize = 4;
const MANY: usize = 40;
/// There are only as many of these as steps were taken, pieces not understood and answers different while an app was
/// moved, and nothing hangs below them.
pub const SHORT: [&str; 4] = [
    "legacyPeople",
    "migrationAudit",
    "quarantine",
    "shadowFindings",
];

#[tokio::test]
async fn no_list_and_no_field_below_one_takes_more_statements_for_more_rows() {
    let app = TestApp::start().await;
    let ada = app.admin("ada").await;
    fill(&app, ada.id, SIZE).await;
    let schema = schema();
    let query = schema.get_object("Query").unwrap();
    let newest = ada
        .graphql("{ workouts(first: 2) { nodes { id } } }", json!({}))
        .await;
    let workout = newest.data()["workouts"]["nodes"][1]["id"].to_string();
    let mut looked_at = 0;
    for (list, field) in &query.fields {
        if SHORT.contains(&list.as_str()) {
            continue;
        }
        let Some((way, row)) = rows_of(&schema, field) else {
            continue;
        };
        let arguments = arguments(list, field, &workout);
        for below in selections(&schema, &row) {
            let document = |first: usize| {
                let nodes = way
                    .iter()
                    .rev()
                    .fold(below.clone(), |inner, name| format!("{name} {{ {inner} }}"));
                format!("{{ {list}(first: {first}{arguments}) {{ {nodes} }} }}")
            };
            let few = counted(&ada, &document(FEW), list, &way, FEW).await;
            // A loader's batch may be cut in two where the machine is busy; what multiplies always does.
            let mut many = u64::MAX;
            for _ in 0..3 {
                many = many.min(counted(&ada, &document(MANY), list, &way, MANY).await);
                if many <= few {
                    break;
                }
            }
            assert!(
                many <= few,
                "{many} statements for {MANY}, {few} for {FEW}: {}",
                document(MANY)
            );
            looked_at += 1;
        }
    }
    assert!(
        looked_at >= 20,
        "only {looked_at} selections were looked at"
    );
}

/// How many statements it takes, all rows being there.
async fn counted(
    user: &TestUser<'_>,
    document: &str,
    list: &str,
    way: &[&str],
    rows: usize,
) -> u64 {
    let asked = user.graphql(document, json!({}));
    let (statements, answer) = user.app.statements_of(asked).await;
    let list = &answer.data()[list];
    let found = way.iter().fold(list, |value, name| &value[*name]);
    let found = found.as_array().map_or(0, Vec::len);
    assert!(
        found * 2 > rows,
        "{found} rows of {rows}: make more in `fill` for {document}"
    );
    statements
}

pub fn schema() -> Valid<Schema> {
    Schema::parse_and_validate(regimen::schema::sdl(), "schema.graphql").unwrap()
}

/// The way to a list's rows, and their type; none for what is no list that can be as long as one likes.
pub fn rows_of(schema: &Schema, field: &FieldDefinition) -> Option<(Vec<&'static str>, String)> {
    field.arguments.iter().find(|it| it.name == "first")?;
    let page = schema.get_object(field.ty.inner_named_type())?;
    let rows = ["nodes", "changes"].into_iter();
    let mut rows = rows.filter_map(|name| Some((name, page.fields.get(name)?)));
    let (name, rows) = rows
        .next_back()
        .expect("a list has its rows in `nodes`: say where these are");
    Some((vec![name], rows.ty.inner_named_type().to_string()))
}

/// What a list has to be told beside its length.
fn arguments(list: &str, field: &FieldDefinition, workout: &str) -> String {
    let known = match list {
        "sets" => ", workoutId: WORKOUT",
        _ => "",
    };
    for argument in &field.arguments {
        let is_given = known.contains(&format!(" {}:", argument.name)) || argument.name == "first";
        assert!(
            is_given || !argument.is_required(),
            "say here what `{list}` needs: `{}`",
            argument.name
        );
    }
    known.replace("WORKOUT", workout)
}

/// Of a row: its own fields, and each field below which there is more, with what is below that.
pub fn selections(schema: &Schema, row: &str) -> Vec<String> {
    let mut all = vec![plain(schema, row)];
    for (name, ty) in nested(schema, row) {
        let mut inner = plain(schema, &ty);
        for (name, ty) in nested(schema, &ty) {
            write!(inner, " {name} {{ {} }}", plain(schema, &ty)).unwrap();
        }
        all.push(format!("{name} {{ {inner} }}"));
    }
    all
}

fn plain(schema: &Schema, ty: &str) -> String {
    let mut names = vec!["__typename".to_owned()];
    if let Some(object) = schema.get_object(ty) {
        let fields = object
            .fields
            .iter()
            .filter(|(_, field)| below(schema, field).is_none());
        names.extend(fields.map(|(name, _)| name.to_string()));
    }
    names.join(" ")
}

fn nested(schema: &Schema, ty: &str) -> Vec<(String, String)> {
    let object = schema.get_object(ty).into_iter();
    let fields = object.flat_map(|object| &object.fields);
    fields
        .filter_map(|(name, field)| Some((name.to_string(), below(schema, field)?)))
        .collect()
}

/// The type below a field that has fields.
fn below(schema: &Schema, field: &FieldDefinition) -> Option<String> {
    let required = field.arguments.iter().find(|it| it.is_required());
    assert!(required.is_none(), "say here what `{}` needs", field.name);
    let ty = field.ty.inner_named_type();
    let has_fields = !matches!(
        schema.types[ty],
        ExtendedType::Scalar(_) | ExtendedType::Enum(_)
    );
    has_fields.then(|| ty.to_string())
}
