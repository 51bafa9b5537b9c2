//! What a request costs: one for each field it may answer, lists counted by the size asked for. A
//! fragment is counted once, however often it is spread.

use std::collections::HashMap;

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::Value,
    executable::{Field, Operation, Selection, SelectionSet},
    response::JsonMap,
};

/// The size of a page where none is asked for.
const DEFAULT_PAGE: u64 = 20;
/// What a write takes more than a field that is read.
const WRITE: u64 = 10;
/// Fields that hold more than their selection shows.
const LARGE: &[(&str, u64)] = &[("exportMyData", 10_000)];
/// How many items are expected of a list that has no size.
const LIST_GUESS: u64 = 10;
/// The same of lists where more is known: how long they may be, or mostly are.
const SIZES: &[(&str, &str, u64)] = &[
    ("Workout", "exercises", 10),
    ("WorkoutExercise", "sets", 10),
    ("Workout", "history", 20),
];

/// The cost of one operation with these variables.
pub(super) fn of(document: &ExecutableDocument, operation: &Operation, variables: &JsonMap) -> u64 {
    Counter {
        document,
        variables,
        fragments: HashMap::new(),
    }
    .operation(operation)
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    fragments: HashMap<Name, u64>,
}

impl<'a> Counter<'a> {
    fn operation(&mut self, operation: &'a Operation) -> u64 {
        let at_the_root = operation.root_fields(self.document).map(|field| {
            let known = LARGE.iter().find(|(name, _)| field.name == *name);
            let write = if operation.is_mutation() { WRITE } else { 0 };
            known.map_or(write, |(_, cost)| *cost)
        });
        let more = at_the_root.fold(0, u64::saturating_add);
        self.set(&operation.selection_set).saturating_add(more)
    }

    fn set(&mut self, set: &'a SelectionSet) -> u64 {
        let in_connection = is_page(&set.ty);
        set.selections.iter().fold(0_u64, |sum, selection| {
            sum.saturating_add(match selection {
                Selection::Field(field) => self.field(&set.ty, field, in_connection),
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
            })
        })
    }

    fn field(&mut self, parent: &Name, field: &'a Field, in_connection: bool) -> u64 {
        let Some(below) = &field.selection_set else {
            return 1;
        };
        let times = if is_page(&below.ty) {
            self.page_size(field)
        } else if field.ty().is_list() && !in_connection {
            let known = SIZES
                .iter()
                .find(|(ty, name, _)| parent == *ty && field.name == *name);
            known.map_or(LIST_GUESS, |(_, _, size)| *size)
        } else {
            1
        };
        self.set(below).saturating_mul(times).saturating_add(1)
    }

    fn fragment(&mut self, name: &Name) -> u64 {
        if let Some(known) = self.fragments.get(name) {
            return *known;
        }
        // Validation has seen to it that there are no cycles.
        let document = self.document;
        let cost = document
            .fragments
            .get(name)
            .map_or(0, |it| self.set(&it.selection_set));
        self.fragments.insert(name.clone(), cost);
        cost
    }

    fn page_size(&self, field: &Field) -> u64 {
        let asked = ["first", "last"]
            .iter()
            .find_map(|name| self.size_in(field, name));
        asked.unwrap_or(DEFAULT_PAGE)
    }

    /// The size that an argument asks for. One that stands for an absent variable is absent itself, so the
    /// schema's default is what will run.
    fn size_in(&self, field: &Field, name: &str) -> Option<u64> {
        let size = |value: &Value| match value {
            Value::Int(size) => size.as_str().parse().ok(),
            _ => None,
        };
        match field.argument_by_name(name).ok()?.as_ref() {
            Value::Variable(variable) => match self.variables.get(variable.as_str()) {
                Some(given) => given.as_u64(),
                None => size(
                    field
                        .definition
                        .argument_by_name(name)?
                        .default_value
                        .as_ref()?,
                ),
            },
            value => size(value),
        }
    }
}

/// Whether a type is a page of a list, whose size is an argument.
fn is_page(ty: &Name) -> bool {
    ty.ends_with("Connection") || ty.ends_with("Page")
}
