//! Fields of one name must have the same arguments. The validator compares lists only up to the end of
//! the shorter one; so documents with lists of several lengths are looked at once more, with an end
//! mark in every list that makes the difference show.

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node, Schema,
    ast::{Argument, Definition, Document, Selection, Value},
    name,
    validation::{Valid, WithErrors},
};

use super::{Refusal, wording::CONFLICTING_ARGUMENTS};

const END: Name = name!("END_OF_LIST");

/// Refuses fields of one name whose arguments differ in the length of a list.
pub(super) fn same(document: &Document, schema: &Valid<Schema>) -> Result<(), Refusal> {
    let mut lengths = HashSet::new();
    let mut marked = document.clone();
    for definition in &mut marked.definitions {
        let set = match definition {
            Definition::OperationDefinition(it) => &mut it.make_mut().selection_set,
            Definition::FragmentDefinition(it) => &mut it.make_mut().selection_set,
            _ => continue,
        };
        mark_set(set, &mut lengths);
    }
    if lengths.len() < 2 {
        return Ok(());
    }
    // The marks themselves are wrong values, which says nothing.
    match marked.to_executable_validate(schema) {
        Err(WithErrors { errors, .. }) => {
            Refusal::invalid_where(&errors, |name| name == Some(CONFLICTING_ARGUMENTS))
        }
        Ok(_) => Ok(()),
    }
}

fn mark_set(set: &mut [Selection], lengths: &mut HashSet<usize>) {
    for selection in set {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                mark_arguments(&mut field.arguments, lengths);
                mark_set(
                    field.selection_set.as_deref_mut().unwrap_or_default(),
                    lengths,
                );
            }
            Selection::InlineFragment(it) => mark_set(&mut it.make_mut().selection_set, lengths),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn mark_arguments(arguments: &mut [Node<Argument>], lengths: &mut HashSet<usize>) {
    for argument in arguments {
        mark(&mut argument.make_mut().value, lengths);
    }
}

fn mark(value: &mut Node<Value>, lengths: &mut HashSet<usize>) {
    match value.make_mut() {
        Value::List(items) => {
            for item in items.iter_mut() {
                mark(item, lengths);
            }
            lengths.insert(items.len());
            items.push(Node::new(Value::Enum(END)));
        }
        Value::Object(fields) => {
            for (_, value) in fields {
                mark(value, lengths);
            }
        }
        _ => {}
    }
}
