//! A subscription has one root field, which the specification lets a document write in many ways: in
//! fragments, and more than once. The executor sees it only where it stands by itself, and would run
//! it as often as it is written; so it is brought into that form.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationDefinition,
    OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};

/// Gives every subscription of a valid document its root field as its only selection.
pub(super) fn single_out(document: &mut ExecutableDocument) {
    let fragments = &document.fragments;
    match &mut document.operations {
        DocumentOperations::Single(operation) => mend(&mut operation.node, fragments),
        DocumentOperations::Multiple(operations) => operations
            .values_mut()
            .for_each(|operation| mend(&mut operation.node, fragments)),
    }
}

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

fn mend(operation: &mut OperationDefinition, fragments: &Fragments) {
    let set = &mut operation.selection_set.node;
    let is_plain = matches!(set.items.as_slice(), [one] if matches!(one.node, Selection::Field(_)));
    if operation.ty != OperationType::Subscription || is_plain {
        return;
    }
    let mut fields = Vec::new();
    collect(set, fragments, &mut fields);
    let mut fields = fields.into_iter();
    let Some(mut one) = fields.next() else { return };
    // They have the same name and arguments: the validator has seen to it.
    for other in fields {
        let more = other.node.selection_set.node.items;
        one.node.selection_set.node.items.extend(more);
    }
    let pos = one.pos;
    set.items = vec![Positioned::new(Selection::Field(one), pos)];
}

fn collect(set: &SelectionSet, fragments: &Fragments, fields: &mut Vec<Positioned<Field>>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => fields.push(field.clone()),
            Selection::InlineFragment(inline) => {
                collect(&inline.node.selection_set.node, fragments, fields);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    collect(&fragment.node.selection_set.node, fragments, fields);
                }
            }
        }
    }
}
