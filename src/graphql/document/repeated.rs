//! A root field that a subscription names more than once is still one field, by the specification. The
//! validator counts how often it is written; so what it refuses for that alone is looked at again with
//! the field written once.

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node,
    ast::{Definition, Document, Field, FragmentDefinition, OperationType, Selection},
    validation::DiagnosticList,
};

use super::wording::SEVERAL_ROOTS;

/// Whether the validator found nothing but that.
pub(super) fn is_all(errors: &DiagnosticList) -> bool {
    errors
        .iter()
        .all(|error| error.error.unstable_error_name() == Some(SEVERAL_ROOTS))
}

/// The document with each subscription's root field written once; none where there are several.
pub(super) fn merged(document: &Document) -> Option<Document> {
    let mut merged = document.clone();
    for definition in &mut merged.definitions {
        if let Definition::OperationDefinition(operation) = definition
            && operation.operation_type == OperationType::Subscription
        {
            let mut fields = Vec::new();
            collect(
                document,
                &operation.selection_set,
                &mut HashSet::new(),
                &mut fields,
            );
            let field = one(fields)?;
            operation.make_mut().selection_set = vec![Selection::Field(field)];
        }
    }
    let used = spread(&merged);
    merged.definitions.retain(|definition| match definition {
        Definition::FragmentDefinition(fragment) => used.contains(&fragment.name),
        _ => true,
    });
    Some(merged)
}

fn one(fields: Vec<Node<Field>>) -> Option<Node<Field>> {
    let mut fields = fields.into_iter();
    let mut first = fields.next()?;
    for other in fields {
        if other.response_name() != first.response_name() {
            return None;
        }
        let more = other.selection_set.iter().flatten().cloned();
        if let Some(set) = &mut first.make_mut().selection_set {
            set.extend(more);
        }
    }
    Some(first)
}

fn collect(
    document: &Document,
    set: &[Selection],
    seen: &mut HashSet<Name>,
    fields: &mut Vec<Node<Field>>,
) {
    for selection in set {
        match selection {
            Selection::Field(field) => fields.push(field.clone()),
            Selection::InlineFragment(inline) => {
                collect(document, &inline.selection_set, seen, fields);
            }
            Selection::FragmentSpread(spread) => {
                if seen.insert(spread.fragment_name.clone())
                    && let Some(fragment) = fragment(document, &spread.fragment_name)
                {
                    collect(document, &fragment.selection_set, seen, fields);
                }
            }
        }
    }
}

fn fragment<'a>(document: &'a Document, name: &Name) -> Option<&'a Node<FragmentDefinition>> {
    document.definitions.iter().find_map(|it| match it {
        Definition::FragmentDefinition(fragment) if fragment.name == *name => Some(fragment),
        _ => None,
    })
}

/// The fragments that any operation spreads.
fn spread(document: &Document) -> HashSet<Name> {
    let mut used = HashSet::new();
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            walk(document, &operation.selection_set, &mut used);
        }
    }
    used
}

fn walk(document: &Document, set: &[Selection], used: &mut HashSet<Name>) {
    for selection in set {
        match selection {
            Selection::Field(field) => walk(
                document,
                field.selection_set.as_deref().unwrap_or(&[]),
                used,
            ),
            Selection::InlineFragment(inline) => walk(document, &inline.selection_set, used),
            Selection::FragmentSpread(spread) => {
                if used.insert(spread.fragment_name.clone())
                    && let Some(fragment) = fragment(document, &spread.fragment_name)
                {
                    walk(document, &fragment.selection_set, used);
                }
            }
        }
    }
}
