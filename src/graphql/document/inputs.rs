//! What a request says as input, in its document and in its variables, each piece with the type it is meant
//! for. Whatever has no type of ours, such as what is inside of JSON, is not looked into.

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Type, Value},
    executable::{Operation, Selection, SelectionSet},
    schema::ExtendedType,
};

use super::{JsonMap, JsonValue};

/// A piece of input.
pub(super) enum Said<'a> {
    /// A field of an input object.
    Field(&'a str),
    /// A value of an enum.
    Enum(&'a str),
    /// A value of a scalar: its text, where it is one.
    Scalar {
        ty: &'a Name,
        text: Option<&'a str>,
        /// Where it stands, if in a document.
        literal: Option<&'a Node<Value>>,
    },
}

/// Everything that a document selects, in all of its operations and fragments.
pub(super) fn selections<'a>(
    document: &'a ExecutableDocument,
    tell: &mut impl FnMut(&'a Selection),
) {
    let operations = document.operations.iter().map(|it| &it.selection_set);
    let fragments = document.fragments.values().map(|it| &it.selection_set);
    operations
        .chain(fragments)
        .for_each(|set| selections_of(set, tell));
}

fn selections_of<'a>(set: &'a SelectionSet, tell: &mut impl FnMut(&'a Selection)) {
    for selection in &set.selections {
        tell(selection);
        match selection {
            Selection::Field(field) => {
                if let Some(below) = &field.selection_set {
                    selections_of(below, tell);
                }
            }
            Selection::InlineFragment(fragment) => selections_of(&fragment.selection_set, tell),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Everything that a document says in arguments and in defaults of variables.
pub(super) fn of_document<'a>(
    document: &'a ExecutableDocument,
    schema: &'a Schema,
    tell: &mut impl FnMut(Said<'a>),
) {
    for variable in document.operations.iter().flat_map(|it| &it.variables) {
        if let Some(default) = &variable.default_value {
            literal(default, &variable.ty, schema, tell);
        }
    }
    selections(document, &mut |selection| {
        let Selection::Field(field) = selection else {
            return;
        };
        for argument in &field.arguments {
            if let Some(definition) = field.definition.argument_by_name(&argument.name) {
                literal(&argument.value, &definition.ty, schema, tell);
            }
        }
    });
}

/// Everything that the values of one operation's variables say.
pub(super) fn of_variables<'a>(
    operation: &'a Operation,
    values: &'a JsonMap,
    schema: &'a Schema,
    tell: &mut impl FnMut(Said<'a>),
) {
    for variable in &operation.variables {
        if let Some(value) = values.get(variable.name.as_str()) {
            json(value, &variable.ty, schema, tell);
        }
    }
}

fn literal<'a>(
    value: &'a Node<Value>,
    ty: &'a Type,
    schema: &'a Schema,
    tell: &mut impl FnMut(Said<'a>),
) {
    let name = ty.inner_named_type();
    match (&**value, schema.types.get(name)) {
        (Value::Null | Value::Variable(_), _) => {}
        (Value::List(items), _) if ty.is_list() => {
            for item in items {
                literal(item, ty.item_type(), schema, tell);
            }
        }
        (Value::Object(fields), Some(ExtendedType::InputObject(object))) => {
            for (name, value) in fields {
                if let Some(field) = object.fields.get(name) {
                    tell(Said::Field(name));
                    literal(value, &field.ty, schema, tell);
                }
            }
        }
        (Value::Enum(value), Some(ExtendedType::Enum(_))) => tell(Said::Enum(value)),
        (found, Some(ExtendedType::Scalar(_))) => tell(Said::Scalar {
            ty: name,
            text: found.as_str(),
            literal: Some(value),
        }),
        _ => {}
    }
}

pub(super) fn json<'a>(
    value: &'a JsonValue,
    ty: &'a Type,
    schema: &'a Schema,
    tell: &mut impl FnMut(Said<'a>),
) {
    let name = ty.inner_named_type();
    match (value, schema.types.get(name)) {
        (JsonValue::Null, _) => {}
        (JsonValue::Array(items), _) if ty.is_list() => {
            for item in items {
                json(item, ty.item_type(), schema, tell);
            }
        }
        (JsonValue::Object(fields), Some(ExtendedType::InputObject(object))) => {
            for (name, value) in fields {
                if let Some(field) = object.fields.get(name.as_str()) {
                    tell(Said::Field(name.as_str()));
                    json(value, &field.ty, schema, tell);
                }
            }
        }
        (JsonValue::String(value), Some(ExtendedType::Enum(_))) => {
            tell(Said::Enum(value.as_str()));
        }
        (found, Some(ExtendedType::Scalar(_))) => tell(Said::Scalar {
            ty: name,
            text: found.as_str(),
            literal: None,
        }),
        _ => {}
    }
}
