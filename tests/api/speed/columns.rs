//! Rows are read in part: what is asked for is there whatever else is not, and pages know their places.

use std::collections::BTreeSet;

use apollo_compiler::{Schema, schema::ExtendedType};
use serde_json::{Value, json};

use crate::support::{TestApp, TestUser};

/// Where rows are read in part: the type, the way to a list of them, and the orders of that list.
const LISTS: [(&str, &str, &str); 5] = [
    ("Task", "tasks", "TaskOrder"),
    ("Exercise", "exercises", "ExerciseOrder"),
    ("HistoryEntry", "history", "HistoryOrder"),
    ("WorkoutExercise", "workouts exercises", ""),
    ("WorkoutSet", "workouts exercises sets", ""),
];

#[tokio::test]
async fn a_field_has_the_same_value_whatever_is_asked_for_with_it() {
    let app = TestApp::seeded().await;
    let demo = app.demo_user().await;
    let schema = Schema::parse_and_validate(regimen::schema::sdl(), "schema.graphql").unwrap();
    for (ty, way, _) in LISTS {
        let fields: Vec<String> = schema
            .get_object(ty)
            .unwrap()
            .fields
            .iter()
            .filter(|(_, field)| {
                let below = field.ty.inner_named_type().as_str();
                !matches!(schema.types[below], ExtendedType::Object(_))
            })
            .map(|(name, _)| name.to_string())
            .collect();
        let all = rows(&demo, way, &fields).await;
        assert!(all.len() > 1, "no rows of {ty}");
        // Each field is asked for in some of these and left out of others, whichever two one takes.
        let mut seen = BTreeSet::new();
        for bit in 0..5 {
            for side in [0, 1] {
                let chosen = fields.iter().enumerate();
                let chosen = chosen.filter(|(place, _)| place >> bit & 1 == side);
                let chosen: Vec<String> = chosen.map(|(_, name)| name.clone()).collect();
                if chosen.is_empty() {
                    continue;
                }
                let some = rows(&demo, way, &chosen).await;
                assert_eq!(some.len(), all.len());
                for (some, all) in some.iter().zip(&all) {
                    for name in &chosen {
                        assert_eq!(some[name], all[name], "{ty}.{name} among {chosen:?}");
                        seen.insert(name.clone());
                    }
                }
            }
        }
        assert_eq!(seen.len(), fields.len());
    }
}

#[tokio::test]
async fn a_page_that_shows_nothing_of_its_rows_leads_on_in_every_order() {
    let app = TestApp::seeded().await;
    let demo = app.demo_user().await;
    let schema = Schema::parse_and_validate(regimen::schema::sdl(), "schema.graphql").unwrap();
    for (_, list, orders) in LISTS
        .into_iter()
        .filter(|(_, _, orders)| !orders.is_empty())
    {
        for order in schema.get_enum(orders).unwrap().values.keys() {
            let ask = async |first: usize, after: Value, what: &str| {
                let query = format!(
                    "query ($first: Int!, $after: String) {{ list: {list}(order: {order}, first: $first,
                        after: $after) {{ {what} }} }}"
                );
                let variables = json!({"first": first, "after": after});
                demo.graphql(&query, variables).await.data()["list"].clone()
            };
            let whole = ask(4, Value::Null, "nodes { id }").await;
            let page = ask(2, Value::Null, "pageInfo { endCursor }").await;
            let after = page["pageInfo"]["endCursor"].clone();
            let rest = ask(2, after, "nodes { id }").await;
            let expected = &whole["nodes"].as_array().unwrap()[2..];
            assert_eq!(
                rest["nodes"].as_array().unwrap(),
                expected,
                "{list} by {order}"
            );
        }
    }
}

/// All rows at the end of the way, with these fields.
async fn rows(user: &TestUser<'_>, way: &str, fields: &[String]) -> Vec<Value> {
    let mut way = way.split(' ');
    let list = way.next().unwrap();
    let below: Vec<&str> = way.collect();
    let query = format!(
        "{{ {list} {{ nodes {{ {} {} {} }} }} }}",
        below
            .iter()
            .flat_map(|name| [*name, " { "])
            .collect::<String>(),
        fields.join(" "),
        "} ".repeat(below.len()),
    );
    let answer = user.graphql(&query, json!({})).await;
    let mut found = answer.data()[list]["nodes"].as_array().unwrap().clone();
    for name in below {
        let inner = found
            .iter()
            .flat_map(|row| row[name].as_array().unwrap().clone());
        found = inner.collect();
    }
    found
}
