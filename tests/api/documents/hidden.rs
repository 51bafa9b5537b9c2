//! What a server that hides its schema tells those who guess: hundreds of documents that all but fit,
//! and in no answer a name that was not in the question.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt::Write,
};

use apollo_compiler::{
    Name, Schema,
    ast::{FieldDefinition, Type},
    schema::ExtendedType,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::support::TestApp;

/// Words that messages are made of and that happen to be names as well.
const ENGLISH: &[&str] = &[
    "field", "id", "input", "missing", "name", "to", "type", "value",
];

struct Guess {
    query: String,
    variables: Value,
}

impl Guess {
    fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            variables: json!({}),
        }
    }
}

fn schema() -> Schema {
    Schema::parse(regimen::schema::sdl(), "schema.graphql").unwrap()
}

/// Every name in the schema.
fn names(schema: &Schema) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let fields = |fields: &[&FieldDefinition]| {
        let mut found: Vec<Name> = Vec::new();
        for field in fields {
            found.push(field.name.clone());
            found.extend(field.arguments.iter().map(|argument| argument.name.clone()));
        }
        found
    };
    for (name, kind) in &schema.types {
        if kind.is_built_in() {
            continue;
        }
        let inside: Vec<Name> = match kind {
            ExtendedType::Object(it) => {
                fields(&it.fields.values().map(|it| &**it).collect::<Vec<_>>())
            }
            ExtendedType::Interface(it) => {
                fields(&it.fields.values().map(|it| &**it).collect::<Vec<_>>())
            }
            ExtendedType::Enum(it) => it.values.keys().cloned().collect(),
            ExtendedType::InputObject(it) => it.fields.keys().cloned().collect(),
            _ => Vec::new(),
        };
        names.insert(name.to_string());
        names.extend(inside.iter().map(ToString::to_string));
    }
    names
}

/// The shortest way from a root to every object, as the names of fields.
fn ways(schema: &Schema) -> Vec<(String, Vec<Name>, Name)> {
    let roots = [
        ("query", "Query"),
        ("mutation", "Mutation"),
        ("subscription", "Subscription"),
    ];
    let mut seen = BTreeSet::new();
    let mut ways = Vec::new();
    let mut next: VecDeque<(String, Vec<Name>, Name)> = roots
        .iter()
        .map(|(kind, root)| ((*kind).to_owned(), Vec::new(), Name::new(root).unwrap()))
        .collect();
    while let Some((kind, way, ty)) = next.pop_front() {
        if !seen.insert(ty.clone()) {
            continue;
        }
        if let Some(object) = schema.get_object(&ty) {
            for field in object.fields.values() {
                let below = field.ty.inner_named_type().clone();
                let further = way.iter().chain([&field.name]).cloned().collect();
                next.push_back((kind.clone(), further, below));
            }
            ways.push((kind, way, ty));
        }
    }
    ways
}

/// A name with one letter wrong that is none in the schema.
fn misspelled(name: &str, names: &BTreeSet<String>) -> String {
    let mut wrong = name[..name.len() - 1].to_owned();
    wrong.push(if name.ends_with('q') { 'z' } else { 'q' });
    if names.contains(&wrong) {
        wrong.push('q');
    }
    wrong
}

fn document(kind: &str, way: &[Name], selections: &str) -> String {
    let mut text = format!("{kind} {{");
    for field in way {
        write!(text, " {field} {{").unwrap();
    }
    write!(text, " {selections} {}", "}".repeat(way.len() + 1)).unwrap();
    text
}

/// As text in a document.
fn literal(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", literal(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(literal).collect::<Vec<_>>().join(", ")
        ),
        // Stands for a value of an enum.
        Value::String(text) if text.starts_with("NO_") => text.clone(),
        other => other.to_string(),
    }
}

/// Values that all but fit an input type, one mistake in each.
fn misfits(schema: &Schema, ty: &Type, names: &BTreeSet<String>, depth: usize) -> Vec<Value> {
    let mut found = vec![
        json!(true),
        json!("NO_SUCH_VALUE"),
        json!({"zzz": 1}),
        json!([[7.5]]),
    ];
    let Some(input) = schema.get_input_object(ty.inner_named_type()) else {
        return found;
    };
    found.push(json!({}));
    for (name, field) in &input.fields {
        found.push(json!({misspelled(name, names): null}));
        if depth > 0 {
            let below = misfits(schema, &field.ty, names, depth - 1);
            let few = below.into_iter().step_by(if depth > 1 { 1 } else { 3 });
            found.extend(few.map(|value| json!({name.as_str(): value})));
        }
    }
    found
}

fn guesses(schema: &Schema, names: &BTreeSet<String>) -> Vec<Guess> {
    let mut guesses = Vec::new();
    for (kind, way, ty) in ways(schema) {
        let fields = &schema.get_object(&ty).unwrap().fields;
        // No more at once than errors are listed.
        let all: Vec<&Name> = fields.keys().collect();
        for some in all.chunks(6) {
            let wrong: Vec<String> = some.iter().map(|name| misspelled(name, names)).collect();
            guesses.push(Guess::new(document(&kind, &way, &wrong.join(" "))));
            let odd = some.iter().map(|name| format!("{name}(zzz: 1) {{ zzz }} "));
            guesses.push(Guess::new(document(&kind, &way, &odd.collect::<String>())));
            let bare: Vec<&str> = some.iter().map(|name| name.as_str()).collect();
            guesses.push(Guess::new(document(&kind, &way, &bare.join(" "))));
        }
        guesses.push(Guess::new(document(
            &kind,
            &way,
            "... on Zzz { a } ... on Error { a }",
        )));
        for field in fields.values() {
            for argument in &field.arguments {
                let name = &argument.name;
                let wrong = misspelled(name, names);
                let text = format!("{}({wrong}: 1) {{ __typename }}", field.name);
                guesses.push(Guess::new(document(&kind, &way, &text)));
                let other = format!("{kind} ($v: Boolean) {{");
                let text = format!("{}({name}: $v) {{ __typename }}", field.name);
                let text = document(&kind, &way, &text).replacen(&format!("{kind} {{"), &other, 1);
                guesses.push(Guess::new(text));
                for value in misfits(schema, &argument.ty, names, 2) {
                    let text = format!(
                        "{}({name}: {}) {{ __typename }}",
                        field.name,
                        literal(&value)
                    );
                    guesses.push(Guess::new(document(&kind, &way, &text)));
                    if way.is_empty() && value.is_object() {
                        let text = format!(
                            "{kind} ($v: {}) {{ {}({name}: $v) {{ __typename }} }}",
                            argument.ty, field.name
                        );
                        guesses.push(Guess {
                            query: text,
                            variables: json!({"v": value}),
                        });
                    }
                }
            }
        }
    }
    guesses
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|it: char| !it.is_alphanumeric() && it != '_')
        .collect()
}

/// The names in the answer's errors that were not in the question.
async fn leaks(app: &TestApp, token: &str, guess: &Guess, names: &BTreeSet<String>) -> Vec<String> {
    let answer = app
        .graphql_with(token, &guess.query, guess.variables.clone())
        .await;
    let asked = format!("{} {}", guess.query, guess.variables);
    let asked = words(&asked);
    let mut found = Vec::new();
    for error in answer.body["errors"].as_array().unwrap_or(&Vec::new()) {
        let mut told = error["message"].as_str().unwrap().to_owned();
        let mut extensions = error["extensions"].clone();
        extensions.as_object_mut().unwrap().remove("code");
        told += &extensions
            .as_object()
            .unwrap()
            .values()
            .fold(String::new(), |all, it| format!("{all} {it}"));
        let new = words(&told).into_iter().filter(|word| {
            names.contains(*word) && !asked.contains(word) && !ENGLISH.contains(word)
        });
        found.extend(new.map(|word| format!("`{word}` in `{told}` for {}", guess.query)));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_guess_is_answered_with_a_name_that_was_not_in_it() {
    let open = TestApp::start().await;
    let closed = TestApp::start_guarded(|options| options.rules.introspection = false).await;
    let schema = schema();
    let names = names(&schema);
    let guesses = guesses(&schema, &names);
    assert!(
        names.len() > 300 && guesses.len() > 1000,
        "{} {}",
        names.len(),
        guesses.len()
    );
    let (ada, bob) = (closed.newcomer().await, open.newcomer().await);

    // Where nothing is hidden the same questions bring names to light: the test can fail.
    let sample = stream::iter(guesses.iter().step_by(guesses.len() / 100));
    let told = sample.then(|guess| leaks(&open, &bob.token, guess, &names));
    let told = told
        .filter(|found| std::future::ready(!found.is_empty()))
        .count()
        .await;
    assert!(told > 50, "{told}");

    let answers = stream::iter(&guesses).map(|guess| leaks(&closed, &ada.token, guess, &names));
    let leaked: Vec<Vec<String>> = answers.buffer_unordered(8).collect().await;
    let leaked: Vec<String> = leaked.into_iter().flatten().collect();
    let mut by_word: HashMap<&str, (usize, &str)> = HashMap::new();
    for leak in &leaked {
        let word = leak.split('`').nth(1).unwrap();
        by_word.entry(word).or_insert((0, leak)).0 += 1;
    }
    assert!(
        leaked.is_empty(),
        "{} of {}: {by_word:#?}",
        leaked.len(),
        guesses.len()
    );
}

#[tokio::test]
async fn a_value_that_no_scalar_takes_is_refused_without_the_names_of_types() {
    let app = TestApp::start_guarded(|options| options.rules.introspection = false).await;
    let ada = app.newcomer().await;
    for (query, says) in [
        (r#"{ task(id: "x") { title } }"#, "UUID"),
        (
            r#"mutation { createTask(input: {title: "a", dueDate: "x"}) { task { title } } }"#,
            "a date is a day that exists, written such as `2026-05-31`",
        ),
        (
            r#"mutation { createTask(input: {title: "a", dueAt: "x"}) { task { title } } }"#,
            "a moment is written as in RFC 3339, such as `2026-05-31T10:00:00Z`",
        ),
    ] {
        let answer = ada.graphql(query, json!({})).await;
        let message = answer.message();
        assert!(message.contains(says), "{message}");
        for name in ["DateTime", "\"Date\"", "Input", "parsing", "Expected"] {
            assert!(!message.contains(name), "{message}");
        }
    }
}

#[tokio::test]
async fn a_dictionary_beside_the_question_does_not_make_an_answer_say_more() {
    let app = TestApp::start_guarded(|options| options.rules.introspection = false).await;
    let ada = app.newcomer().await;
    let input = json!({"name": "W", "endedAt": "2026-05-31T10:00:00Z"});
    let query =
        "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { id } } }";
    let with = |name: &str, value: Value| {
        let mut variables = json!({"input": input});
        variables[name] = value;
        (query.to_owned(), variables)
    };
    let inside = |field: &str, value: &str| {
        let mut input = input.clone();
        input[field] = json!(value);
        (query.to_owned(), json!({"input": input}))
    };
    let one = json!({"input": input});
    for (query, variables) in [
        (query.to_owned(), one.clone()),
        (format!("# startedAt\n{query}"), one.clone()),
        (
            query.replace("workout {", "startedAt: workout {"),
            one.clone(),
        ),
        (query.replace("mutation", "mutation startedAt"), one),
        with("startedAt", json!(1)),
        with("other", json!({"startedAt": "startedAt"})),
        inside("notes", "startedAt"),
    ] {
        let refused = ada.graphql(&query, variables.clone()).await;
        assert_eq!(refused.code(), "VALIDATION", "{query} {variables}");
        let message = refused.message();
        assert_eq!(message, "`endedAt` needs a `…`", "{query} {variables}");
    }
    // Whoever uses the name is told it.
    let mut both = input.clone();
    both["startedAt"] = json!(null);
    let told = ada.graphql(query, json!({"input": both})).await;
    assert_eq!(told.message(), "`endedAt` needs a `startedAt`");
}
