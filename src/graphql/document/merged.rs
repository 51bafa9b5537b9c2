//! Whether a document names a field more than once under one name.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    executable::{Field, Selection, SelectionSet},
};

/// Whether a field with fields below it is named more than once anywhere.
pub(super) fn any(document: &ExecutableDocument) -> bool {
    among(document, |_| true)
}

/// Whether one is above the rows of the answer.
pub(super) fn any_above_rows(document: &ExecutableDocument, schema: &Schema) -> bool {
    among(document, |set| !is_of_rows(&set.ty, schema))
}

fn among(document: &ExecutableDocument, counts: impl Fn(&SelectionSet) -> bool) -> bool {
    let operations = document.operations.iter().map(|it| &it.selection_set);
    let fragments = document.fragments.values().map(|it| &it.selection_set);
    operations
        .chain(fragments)
        .any(|set| in_set(set, document, &counts))
}

fn in_set(
    set: &SelectionSet,
    document: &ExecutableDocument,
    counts: &impl Fn(&SelectionSet) -> bool,
) -> bool {
    let mut fields = Vec::new();
    collect(set, document, &mut HashSet::new(), &mut fields);
    let mut keys = HashSet::new();
    let repeated = fields
        .iter()
        .any(|field| !keys.insert(field.response_name()));
    (repeated && counts(set)) || below(set).any(|it| in_set(it, document, counts))
}

/// Whether a selection is of a row, or of its place in a page: those are written as a whole.
fn is_of_rows(ty: &Name, schema: &Schema) -> bool {
    let object = schema.get_object(ty);
    ty.ends_with("Edge") || object.is_some_and(|object| !object.implements_interfaces.is_empty())
}

/// The fields of a selection that have fields below them, fragments spread, each fragment once.
fn collect<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    seen: &mut HashSet<&'a Name>,
    fields: &mut Vec<&'a Field>,
) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) if field.selection_set.is_some() => fields.push(field),
            Selection::Field(_) => {}
            Selection::InlineFragment(fragment) => {
                collect(&fragment.selection_set, document, seen, fields);
            }
            Selection::FragmentSpread(spread) => {
                let fragment = document.fragments.get(&spread.fragment_name);
                if let Some(fragment) = fragment
                    && seen.insert(&fragment.name)
                {
                    collect(&fragment.selection_set, document, seen, fields);
                }
            }
        }
    }
}

/// The selections that are written inside of this one.
fn below(set: &SelectionSet) -> impl Iterator<Item = &SelectionSet> {
    set.selections
        .iter()
        .filter_map(|selection| match selection {
            Selection::Field(field) => field.selection_set.as_ref(),
            Selection::InlineFragment(fragment) => Some(&fragment.selection_set),
            Selection::FragmentSpread(_) => None,
        })
}
