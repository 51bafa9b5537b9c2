//! Rows that write themselves answer as the executor would have: random documents, both ways.

use std::{collections::BTreeSet, fmt::Write};

use apollo_compiler::{Schema, schema::ExtendedType, validation::Valid};
use regimen::{
    exercises::Exercise,
    graphql::written::{Row, is_spelled},
    history::{HistoryEntry, Summary, SummaryExercise, SummarySet},
    tasks::Task,
    users::User,
    workouts::{Set, Workout, WorkoutExercise},
};
use serde_json::json;

use crate::support::{TestApp, TestUser};

/// Makes the executor merge values, for which it resolves all of them itself.
const TWICE: &str = "merged: tasks(first: 0) { __typename } merged: tasks(first: 0) { __typename }";
const ONCE: &str = "merged: tasks(first: 0) { __typename }";

/// The types of rows, and what each writes.
const ROWS: [(&str, &[&str]); 10] = [
    ("Workout", Workout::WRITTEN),
    ("WorkoutExercise", WorkoutExercise::WRITTEN),
    ("WorkoutSet", Set::WRITTEN),
    ("Exercise", Exercise::WRITTEN),
    ("HistoryEntry", HistoryEntry::WRITTEN),
    ("HistorySummary", Summary::WRITTEN),
    ("HistorySummaryExercise", SummaryExercise::WRITTEN),
    ("HistorySummarySet", SummarySet::WRITTEN),
    ("Task", Task::WRITTEN),
    ("User", User::WRITTEN),
];

#[tokio::test]
async fn rows_write_what_the_executor_would_have_answered() {
    let app = TestApp::seeded().await;
    let demo = app.demo_user().await;
    let first = demo
        .graphql("{ workouts(first: 1) { nodes { id } } }", json!({}))
        .await;
    let workout = first.data()["workouts"]["nodes"][0]["id"].to_string();
    let mut author = Author::new(0x5EED);
    let mut longest = 0;
    for round in 0..200 {
        let (fields, fragments) = author.document(&workout);
        let written = answer(&demo, &fields, ONCE, &fragments).await;
        let resolved = answer(&demo, &fields, TWICE, &fragments).await;
        assert_eq!(written, resolved, "round {round}: {fields} {fragments}");
        assert!(written.contains("\"data\":{\""), "{written}");
        longest = longest.max(written.len());
    }
    assert!(
        longest > 3000,
        "the documents ask for next to nothing: {longest}"
    );
}

/// The text of the answer, without what it cost.
async fn answer(user: &TestUser<'_>, fields: &str, more: &str, fragments: &str) -> String {
    let query = format!(
        "query ($yes: Boolean! = true, $no: Boolean! = false) {{ {fields} {more}
            version @skip(if: $yes) @include(if: $no) }} {fragments}"
    );
    let request = user.app.client.post(format!("{}/graphql", user.app.url));
    let request = request.bearer_auth(&user.token);
    let answer = request.json(&json!({"query": query})).send().await.unwrap();
    let text = answer.text().await.unwrap();
    let (text, _) = text.split_once(",\"extensions\":{\"cost\"").expect(&text);
    text.to_owned()
}

#[test]
fn every_plain_field_of_a_row_is_written_by_the_row() {
    let schema = schema();
    // They take a statement.
    let fetched = ["subtaskCount", "completedSubtaskCount"];
    let mut forgotten = BTreeSet::new();
    for (ty, written) in ROWS {
        for field in fields_of(&schema, ty)
            .into_iter()
            .filter(|it| it.below.is_none())
        {
            let known = written.iter().any(|ours| is_spelled(ours, &field.name));
            if !known && !fetched.contains(&field.name.as_str()) {
                forgotten.insert(format!("{ty}.{}", field.name));
            }
        }
    }
    assert_eq!(
        forgotten,
        BTreeSet::new(),
        "add them to `parts!` of their rows"
    );
}

#[test]
fn no_field_that_a_row_writes_takes_arguments() {
    let schema = schema();
    for (ty, written) in ROWS {
        let object = schema.get_object(ty).expect("a type");
        for field in object.fields.values().filter(|it| !it.arguments.is_empty()) {
            let written = written.iter().any(|ours| is_spelled(ours, &field.name));
            assert!(
                !written,
                "the row would ignore the arguments of `{ty}.{}`",
                field.name
            );
        }
    }
}

fn schema() -> Valid<Schema> {
    Schema::parse_and_validate(regimen::schema::sdl(), "schema.graphql").expect("our own schema")
}

/// A field that needs no arguments.
#[derive(Clone)]
struct Field {
    name: String,
    /// The type of what is below it.
    below: Option<String>,
}

fn fields_of(schema: &Schema, ty: &str) -> Vec<Field> {
    let object = schema.get_object(ty).expect("a type");
    let fields = object.fields.values().filter(|it| it.arguments.is_empty());
    fields
        .map(|field| {
            let below = field.ty.inner_named_type().as_str();
            let has_fields = matches!(schema.types[below], ExtendedType::Object(_));
            Field {
                name: field.name.to_string(),
                below: has_fields.then(|| below.to_owned()),
            }
        })
        .collect()
}

/// Writes random documents.
struct Author {
    schema: Valid<Schema>,
    state: u64,
    fragments: String,
    count: usize,
}

impl Author {
    fn new(seed: u64) -> Self {
        Self {
            schema: schema(),
            state: seed,
            fragments: String::new(),
            count: 0,
        }
    }

    /// Root fields, and the fragments that they spread.
    fn document(&mut self, workout: &str) -> (String, String) {
        let one = format!("workout(id: {workout})");
        let lists = [
            (one.as_str(), "Workout"),
            ("workouts(first: 3)", "WorkoutConnection"),
            ("templates(last: 2)", "WorkoutConnection"),
            ("exercises(first: 4)", "ExerciseConnection"),
            ("history(first: 3)", "HistoryEntryConnection"),
            ("tasks(first: 5)", "TaskConnection"),
        ];
        let (list, ty) = lists[self.below(lists.len())];
        let fields = self.selection(ty, 5);
        (
            format!("{list} {fields}"),
            std::mem::take(&mut self.fragments),
        )
    }

    fn selection(&mut self, ty: &str, depth: usize) -> String {
        let fields = fields_of(&self.schema, ty);
        let mut text = "{".to_owned();
        for _ in 0..=self.below(6) {
            text.push(' ');
            text.push_str(&self.part(ty, &fields, depth));
        }
        // Something is always left, whatever was skipped.
        text.push_str(" __typename }");
        text
    }

    fn part(&mut self, ty: &str, fields: &[Field], depth: usize) -> String {
        let directive = self.directive();
        let object = self.schema.get_object(ty).expect("a type");
        let is_page = object.implements_interfaces.is_empty();
        match self.below(12) {
            0 => format!("__typename{directive}"),
            // A page that is named twice is merged, and so would be none of ours.
            1 if depth > 0 && !is_page => {
                format!("...{directive} {}", self.selection(ty, depth - 1))
            }
            2 if depth > 0 && !is_page => {
                let on = if self.below(2) == 0 { ty } else { "Node" };
                let below = if on == "Node" {
                    "{ id }".to_owned()
                } else {
                    self.selection(ty, depth - 1)
                };
                format!("... on {on}{directive} {below}")
            }
            3 if depth > 0 && !is_page => {
                self.count += 1;
                let name = format!("F{}", self.count);
                let below = self.selection(ty, depth - 1);
                write!(self.fragments, " fragment {name} on {ty} {below}").unwrap();
                format!("...{name}{directive}")
            }
            _ => {
                let field = fields[self.below(fields.len())].clone();
                self.field(&field, is_page, depth, &directive)
            }
        }
    }

    fn field(&mut self, field: &Field, is_page: bool, depth: usize, directive: &str) -> String {
        let name = &field.name;
        // One name has one meaning everywhere.
        let alias = match self.below(4) {
            0 if !is_page => format!("{name}Again: "),
            _ if is_page && field.below.is_some() => {
                self.count += 1;
                format!("{name}{}: ", self.count)
            }
            _ => String::new(),
        };
        match &field.below {
            None => format!("{alias}{name}{directive}"),
            Some(_) if depth == 0 => "__typename".to_owned(),
            Some(below) => {
                let below = self.selection(below, depth - 1);
                format!("{alias}{name}{directive} {below}")
            }
        }
    }

    fn directive(&mut self) -> String {
        match self.below(12) {
            0 => " @include(if: $yes)",
            1 => " @include(if: $no)",
            2 => " @skip(if: $yes)",
            3 => " @skip(if: $no) @include(if: $yes)",
            _ => "",
        }
        .to_owned()
    }

    fn below(&mut self, end: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.state >> 33).unwrap() % end
    }
}
