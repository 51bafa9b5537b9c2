//! Variables, coerced by the specification before anything runs, and documents mended where a variable
//! was left out: the executor takes an absent variable for an error where an argument has a default.

use apollo_compiler::{
    Schema, executable::Operation, request::coerce_variable_values, response::JsonMap,
    validation::Valid,
};
use async_graphql::{
    Name, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};

use super::{
    JsonValue, Prepared, Refusal,
    astray::{self, Astray},
    wording::Wording,
};

/// The values that the operation is run with: defaults filled in, wrong ones refused.
pub(super) fn coerce(
    schema: &Valid<Schema>,
    document: &Prepared,
    operation: &Operation,
    given: &JsonMap,
    wording: Wording,
) -> Result<Valid<JsonMap>, Refusal> {
    coerce_variable_values(schema, operation, given).map_err(|error| {
        let anything = Astray::Anything;
        let found = astray::of_variables(&document.checked, operation, given, schema, anything);
        let (message, field) = match wording {
            // What is inside of an input is for those who know it.
            Wording::Nameless => (
                nameless(schema, operation, given),
                found.map(|(_, place)| place),
            ),
            _ => (error.message().to_string(), found.map(|(path, _)| path)),
        };
        Refusal::request("BAD_VARIABLES", message).of_field(field)
    })
}

/// Which variable is wrong, without a word on the types of what is inside of it.
fn nameless(schema: &Valid<Schema>, operation: &Operation, given: &JsonMap) -> String {
    let wrong = operation.variables.iter().find(|variable| {
        let mut alone = operation.clone();
        alone.variables = vec![(*variable).clone()];
        coerce_variable_values(schema, &alone, given).is_err()
    });
    wrong.map_or_else(
        || "the variables do not fit their types".to_owned(),
        |variable| {
            let (name, ty) = (&variable.name, &variable.ty);
            format!("the value of the variable `{name}` does not fit its type `{ty}`")
        },
    )
}

/// The same values as the executor takes them.
pub fn for_executor(values: &JsonMap) -> Variables {
    let values = values
        .iter()
        .map(|(name, value)| (Name::new(name.as_str()), taken(value)));
    let mut variables = Variables::default();
    variables.extend(values);
    variables
}

fn taken(value: &JsonValue) -> ConstValue {
    match value {
        JsonValue::Null => ConstValue::Null,
        JsonValue::Bool(it) => ConstValue::Boolean(*it),
        JsonValue::Number(it) => ConstValue::Number(it.clone()),
        JsonValue::String(it) => ConstValue::String(it.as_str().to_owned()),
        JsonValue::Array(items) => ConstValue::List(items.iter().map(taken).collect()),
        JsonValue::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (Name::new(name.as_str()), taken(value)));
            ConstValue::Object(fields.collect())
        }
    }
}

/// Takes the arguments and input fields that stand for an absent variable out of a document of one operation,
/// which is what the specification means by it. Directives keep theirs: theirs are never absent.
pub fn drop_absent(document: &mut ExecutableDocument, operation: &Operation, given: &JsonMap) {
    let absent: Vec<&str> = operation
        .variables
        .iter()
        .map(|variable| variable.name.as_str())
        .filter(|name| !given.contains_key(*name))
        .collect();
    if absent.is_empty() {
        return;
    }
    let sets = document
        .fragments
        .values_mut()
        .map(|it| &mut it.node.selection_set.node);
    sets.for_each(|set| mend_set(set, &absent));
    if let DocumentOperations::Single(operation) = &mut document.operations {
        mend_set(&mut operation.node.selection_set.node, &absent);
    }
}

fn mend_set(set: &mut SelectionSet, absent: &[&str]) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                field
                    .node
                    .arguments
                    .retain_mut(|(_, value)| keep(&mut value.node, absent));
                mend_set(&mut field.node.selection_set.node, absent);
            }
            Selection::InlineFragment(fragment) => {
                mend_set(&mut fragment.node.selection_set.node, absent);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// False where the value is an absent variable. In a list it is null, as the specification has it.
fn keep(value: &mut Value, absent: &[&str]) -> bool {
    match value {
        Value::Variable(name) => !absent.contains(&name.as_str()),
        Value::List(items) => {
            for item in items {
                if !keep(item, absent) {
                    *item = Value::Null;
                }
            }
            true
        }
        Value::Object(fields) => {
            fields.retain(|_, value| keep(value, absent));
            true
        }
        _ => true,
    }
}
