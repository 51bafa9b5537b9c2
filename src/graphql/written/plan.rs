//! How the rows of one type are written for one selection: fragments spread, fields of the same name
//! merged, each field found, once for all rows.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use async_graphql::{
    ContextSelectionSet, Name, OutputType, Positioned,
    parser::types::{FragmentDefinition, Selection, SelectionSet},
    registry::Registry,
};

use crate::{
    graphql::Ahead,
    json::{WriteJson, write_list},
};

/// A type of rows that can write themselves, all of their fields or some.
pub trait Row: OutputType + Tree<Row = Self> + 'static {
    /// The names of those fields, in our own spelling.
    const WRITTEN: &[&str];

    /// How a field is written; none for one that has to be resolved.
    fn part(name: &str, below: &Below<'_>) -> Option<Part<Self>>
    where
        Self: Sized;
}

/// How one field of a row is written; false where its value is not there.
pub struct Part<R>(Box<Write<R>>);

type Write<R> = dyn Fn(&R, &mut Vec<u8>) -> bool + Send + Sync;

impl<R: Row> Part<R> {
    /// A value of the row itself.
    pub fn value(write: impl Fn(&R, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self(Box::new(move |row, out| {
            write(row, out);
            true
        }))
    }

    /// Rows that hang below it.
    pub fn rows<T: Tree>(
        below: &Below<'_>,
        rows: impl Fn(&R) -> &T + Send + Sync + 'static,
    ) -> Option<Self> {
        let plan = Plan::<T::Row>::of(below)?;
        Some(Self(Box::new(move |row, out| {
            rows(row).write(&plan, out).is_some()
        })))
    }
}

/// What to write of each row.
pub struct Plan<R> {
    /// The text before each field's value, and the value.
    fields: Vec<(Vec<u8>, Part<R>)>,
}

impl<R: Row> Plan<R> {
    /// The plan for a selection; none where a part of it has to be resolved.
    pub fn of(selection: &Below<'_>) -> Option<Self> {
        let mut fields = Fields::default();
        let type_name = R::type_name();
        for set in &selection.sets {
            fields.collect(&type_name, set, selection);
        }
        let fields = fields.0.into_iter().enumerate();
        let fields = fields.map(|(place, field)| {
            let mut lead = Vec::new();
            if place > 0 {
                lead.push(b',');
            }
            field.key.write_json(&mut lead);
            lead.push(b':');
            let part = if field.name == "__typename" {
                let type_name = type_name.clone();
                Part::value(move |_, out| type_name.write_json(out))
            } else {
                let below = Below {
                    sets: field.sets,
                    ..*selection
                };
                R::part(field.name, &below)?
            };
            Some((lead, part))
        });
        let fields = fields.collect::<Option<_>>()?;
        Some(Self { fields })
    }

    /// Writes one row; none where a part of it has to be fetched first.
    pub fn write_row(&self, row: &R, out: &mut Vec<u8>) -> Option<()> {
        out.push(b'{');
        for (lead, part) in &self.fields {
            out.extend_from_slice(lead);
            if !part.0(row, out) {
                return None;
            }
        }
        out.push(b'}');
        Some(())
    }
}

/// What is asked for below a field.
pub struct Below<'a> {
    /// More than one where the field is named several times.
    sets: Vec<&'a SelectionSet>,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    registry: &'a Registry,
}

impl<'a> Below<'a> {
    pub(super) fn new(ctx: &ContextSelectionSet<'a>) -> Self {
        Self {
            sets: vec![&ctx.item.node],
            fragments: &ctx.query_env.fragments,
            registry: &ctx.schema_env.registry,
        }
    }

    /// Whether a fragment on one type says something of another.
    fn applies(&self, condition: &str, type_name: &str) -> bool {
        condition == type_name || {
            let condition = self.registry.types.get(condition);
            condition.is_some_and(|condition| condition.is_possible_type(type_name))
        }
    }
}

/// The fields of a selection in the order of the answer, each once.
#[derive(Default)]
struct Fields<'a>(Vec<Asked<'a>>);

struct Asked<'a> {
    key: &'a str,
    name: &'a str,
    sets: Vec<&'a SelectionSet>,
}

impl<'a> Fields<'a> {
    /// What is skipped or not included has left the selection before, and there are no other directives.
    fn collect(&mut self, type_name: &str, set: &'a SelectionSet, of: &Below<'a>) {
        for selection in &set.items {
            let (condition, set) = match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let (key, name) =
                        (field.response_key().node.as_str(), field.name.node.as_str());
                    self.add(key, name, &field.selection_set.node);
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    (fragment.type_condition.as_ref(), &fragment.selection_set)
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = of.fragments.get(&spread.node.fragment_name.node) else {
                        continue;
                    };
                    let fragment = &fragment.node;
                    (Some(&fragment.type_condition), &fragment.selection_set)
                }
            };
            if condition.is_none_or(|it| of.applies(&it.node.on.node, type_name)) {
                self.collect(type_name, &set.node, of);
            }
        }
    }

    fn add(&mut self, key: &'a str, name: &'a str, below: &'a SelectionSet) {
        if let Some(known) = self.0.iter_mut().find(|field| field.key == key) {
            known.sets.push(below);
        } else {
            let sets = vec![below];
            self.0.push(Asked { key, name, sets });
        }
    }
}

/// Rows in whatever holds them.
pub trait Tree: Send + Sync {
    /// One of them.
    type Row: Row;

    /// Writes them; none where some have to be fetched first.
    fn write(&self, plan: &Plan<Self::Row>, out: &mut Vec<u8>) -> Option<()>;
}

impl<T: Tree + ?Sized> Tree for &T {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        (*self).write(plan, out)
    }
}

impl<T: Tree> Tree for Arc<T> {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        self.as_ref().write(plan, out)
    }
}

impl<T: Tree> Tree for Box<T> {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        self.as_ref().write(plan, out)
    }
}

impl<T: Tree + Clone> Tree for Cow<'_, T> {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        self.as_ref().write(plan, out)
    }
}

impl<T: Tree> Tree for Option<T> {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        if let Some(value) = self {
            return value.write(plan, out);
        }
        out.extend_from_slice(b"null");
        Some(())
    }
}

impl<T: Tree> Tree for Vec<T> {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        self.as_slice().write(plan, out)
    }
}

impl<T: Tree> Tree for [T] {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        let mut all = Some(());
        write_list(self, out, |item, out| {
            all = all.and_then(|()| item.write(plan, out));
        });
        all
    }
}

/// What was fetched along with a row; what was not has to be fetched.
impl<T: Tree> Tree for Ahead<T> {
    type Row = T::Row;

    fn write(&self, plan: &Plan<T::Row>, out: &mut Vec<u8>) -> Option<()> {
        self.get()?.write(plan, out)
    }
}

/// Whether a field of the API has the name of this field of a row: `orderIndex` is `order_index`.
pub fn is_spelled(ours: &str, theirs: &str) -> bool {
    let mut theirs = theirs.bytes();
    let mut capital = false;
    for letter in ours.bytes() {
        if letter == b'_' {
            capital = true;
            continue;
        }
        let expected = if capital {
            letter.to_ascii_uppercase()
        } else {
            letter
        };
        if theirs.next() != Some(expected) {
            return false;
        }
        capital = false;
    }
    theirs.next().is_none()
}

/// Declares which fields the rows of a type write by themselves: those that hold a value; those whose
/// value a method tells; and `below` them, those that hold other rows.
macro_rules! parts {
    (
        $row:ty { $($field:ident),* $(,)? }
        $(told { $($told:ident by $method:ident),* $(,)? })?
        $(below { $($child:ident),* $(,)? })?
    ) => {
        impl $crate::graphql::written::Tree for $row {
            type Row = Self;

            fn write(
                &self,
                plan: &$crate::graphql::written::Plan<Self>,
                out: &mut Vec<u8>,
            ) -> Option<()> {
                plan.write_row(self, out)
            }
        }

        impl $crate::graphql::written::Row for $row {
            const WRITTEN: &[&str] = &[
                $(stringify!($field),)* $($(stringify!($told),)*)? $($(stringify!($child),)*)?
            ];

            fn part(
                name: &str,
                below: &$crate::graphql::written::Below<'_>,
            ) -> Option<$crate::graphql::written::Part<Self>> {
                use $crate::{graphql::written::{Part, is_spelled}, json::WriteJson};

                $(if is_spelled(stringify!($field), name) {
                    return Some(Part::value(|row: &Self, out| row.$field.write_json(out)));
                })*
                $($(if is_spelled(stringify!($told), name) {
                    return Some(Part::value(|row: &Self, out| row.$method().write_json(out)));
                })*)?
                $($(if is_spelled(stringify!($child), name) {
                    return Part::rows(below, |row: &Self| &row.$child);
                })*)?
                let _ = below;
                None
            }
        }
    };
}

pub(crate) use parts;

#[cfg(test)]
mod tests {
    use super::is_spelled;

    #[test]
    fn names_are_compared_across_both_spellings() {
        for (ours, theirs) in [
            ("id", "id"),
            ("order_index", "orderIndex"),
            ("a_b_c", "aBC"),
        ] {
            assert!(is_spelled(ours, theirs), "{ours} is {theirs}");
        }
        for (ours, theirs) in [
            ("id", "i"),
            ("id", "idd"),
            ("order_index", "order_index"),
            ("order_index", "orderindex"),
            ("order", "orderIndex"),
        ] {
            assert!(!is_spelled(ours, theirs), "{ours} is not {theirs}");
        }
    }
}
