//! Where in its input a wrong value stands: the path that clients know from every other error, such as
//! `input.exercises.1.exerciseId`. It is looked for only when something is known to be wrong.

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    ast::{Type, Value},
    executable::{Operation, Selection, VariableDefinition},
    schema::ExtendedType,
};

use super::{JsonMap, JsonValue, inputs};

/// Whether a value is none of this scalar or enum.
type Wrong<'a> = &'a dyn Fn(&ExtendedType, &JsonValue) -> bool;

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) enum Astray<'a> {
    /// Whatever does not fit its type: values, and what is missing, unknown or null.
    Anything,
    /// A scalar that this minds; all else is known to be right.
    Scalar(Wrong<'a>),
}

impl Astray<'_> {
    fn is(self, kind: &ExtendedType, value: &JsonValue) -> bool {
        match self {
            Self::Anything => misfits(kind, value),
            Self::Scalar(wrong) => wrong(kind, value),
        }
    }

    const fn minds_shapes(self) -> bool {
        matches!(self, Self::Anything)
    }
}

/// The path to the first value of the variables that does not fit its type, and the place of its variable.
pub(super) fn of_variables(
    document: &ExecutableDocument,
    operation: &Operation,
    given: &JsonMap,
    schema: &Schema,
    wanted: Astray<'_>,
) -> Option<(String, String)> {
    operation.variables.iter().find_map(|variable| {
        let mut search = Search {
            schema,
            wanted,
            path: Vec::new(),
        };
        let astray = match given.get(variable.name.as_str()) {
            Some(value) => search.finds(value, &variable.ty),
            None => {
                wanted.minds_shapes()
                    && variable.ty.is_non_null()
                    && variable.default_value.is_none()
            }
        };
        astray.then(|| {
            let place = place_of(document, variable);
            let within = search.path.iter().map(String::as_str);
            let path: Vec<&str> = std::iter::once(place.as_str()).chain(within).collect();
            (path.join("."), place)
        })
    })
}

/// The path to the first value in the document itself that is no value of its scalar.
pub(super) fn of_document(
    document: &ExecutableDocument,
    schema: &Schema,
    wanted: Astray<'_>,
) -> Option<String> {
    let mut found = None;
    inputs::selections(document, &mut |selection| {
        let Selection::Field(field) = selection else {
            return;
        };
        for argument in &field.arguments {
            let Some(definition) = field.definition.argument_by_name(&argument.name) else {
                continue;
            };
            let mut search = Search {
                schema,
                wanted,
                path: vec![argument.name.to_string()],
            };
            if found.is_none() && search.finds(&as_json(&argument.value), &definition.ty) {
                found = Some(search.path.join("."));
            }
        }
    });
    found
}

/// Where a variable is used: the argument, or the field in one.
fn place_of(document: &ExecutableDocument, variable: &VariableDefinition) -> String {
    let mut place = None;
    inputs::selections(document, &mut |selection| {
        let Selection::Field(field) = selection else {
            return;
        };
        for argument in &field.arguments {
            if place.is_none() {
                let path = usage(&argument.value, &variable.name);
                place = path.map(|path| format!("{}{path}", argument.name));
            }
        }
    });
    place.unwrap_or_else(|| variable.name.to_string())
}

fn usage(value: &Value, variable: &Name) -> Option<String> {
    match value {
        Value::Variable(name) => (name == variable).then(String::new),
        Value::List(items) => items.iter().enumerate().find_map(|(index, item)| {
            let path = usage(item, variable)?;
            Some(format!(".{index}{path}"))
        }),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let path = usage(value, variable)?;
            Some(format!(".{name}{path}"))
        }),
        _ => None,
    }
}

/// A literal as JSON. What stands for a variable is null, and is looked at elsewhere.
fn as_json(value: &Value) -> JsonValue {
    match value {
        Value::Null | Value::Variable(_) => JsonValue::Null,
        Value::Enum(name) => name.as_str().into(),
        Value::String(text) => text.as_str().into(),
        Value::Boolean(value) => (*value).into(),
        Value::Int(number) => number
            .as_str()
            .parse()
            .map_or(JsonValue::Null, |it: i64| it.into()),
        Value::Float(number) => number
            .as_str()
            .parse()
            .map_or(JsonValue::Null, |it: f64| it.into()),
        Value::List(items) => JsonValue::Array(items.iter().map(|item| as_json(item)).collect()),
        Value::Object(fields) => JsonValue::Object(
            fields
                .iter()
                .map(|(name, value)| (name.as_str().into(), as_json(value)))
                .collect(),
        ),
    }
}

struct Search<'a> {
    schema: &'a Schema,
    wanted: Astray<'a>,
    path: Vec<String>,
}

impl Search<'_> {
    /// Whether there is something wrong, to which the path leads then.
    fn finds(&mut self, value: &JsonValue, ty: &Type) -> bool {
        if value.is_null() {
            return ty.is_non_null() && self.wanted.minds_shapes();
        }
        if ty.is_list() {
            return match value {
                JsonValue::Array(items) => items
                    .iter()
                    .enumerate()
                    .any(|(index, item)| self.finds_at(&index.to_string(), item, ty.item_type())),
                one => self.finds(one, ty.item_type()),
            };
        }
        let Some(kind) = self.schema.types.get(ty.inner_named_type()) else {
            return false;
        };
        let ExtendedType::InputObject(object) = kind else {
            return self.wanted.is(kind, value);
        };
        let JsonValue::Object(fields) = value else {
            return self.wanted.minds_shapes();
        };
        let unknown = |name: &&str| !object.fields.contains_key(*name);
        let mut names = fields.iter().map(|(name, _)| name.as_str());
        if let Some(name) = names.find(unknown).filter(|_| self.wanted.minds_shapes()) {
            self.path.push(name.to_owned());
            return true;
        }
        object
            .fields
            .iter()
            .any(|(name, field)| match fields.get(name.as_str()) {
                Some(value) => self.finds_at(name, value, &field.ty),
                None => {
                    let missing = field.is_required() && self.wanted.minds_shapes();
                    if missing {
                        self.path.push(name.to_string());
                    }
                    missing
                }
            })
    }

    fn finds_at(&mut self, step: &str, value: &JsonValue, ty: &Type) -> bool {
        self.path.push(step.to_owned());
        let found = self.finds(value, ty);
        if !found {
            self.path.pop();
        }
        found
    }
}

/// Whether a value is none of a built-in scalar or of an enum. Scalars of our own take anything here.
fn misfits(kind: &ExtendedType, value: &JsonValue) -> bool {
    match kind {
        ExtendedType::Enum(it) => value
            .as_str()
            .is_none_or(|name| !it.values.contains_key(name)),
        ExtendedType::Scalar(it) => match it.name.as_str() {
            "Int" => value
                .as_i64()
                .is_none_or(|number| i32::try_from(number).is_err()),
            "Float" => !value.is_number(),
            "String" => !value.is_string(),
            "Boolean" => !value.is_boolean(),
            "ID" => !value.is_string() && value.as_i64().is_none(),
            _ => false,
        },
        _ => false,
    }
}
