//! A selection in which every field stands once. The specification gathers what a document says of one
//! field before it runs the field; the executor would run it as often as it is named, a mutation too, and
//! then mix what came of it.

use apollo_compiler::{
    Schema,
    response::{JsonMap, JsonValue},
    schema::ExtendedType,
};
use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        InlineFragment, Selection, SelectionSet, TypeCondition,
    },
};
use async_graphql_value::Value;
use std::collections::HashMap;

/// Gathers the fields of a document's only operation.
pub(super) fn merge(
    document: &mut ExecutableDocument,
    root: &str,
    schema: &Schema,
    variables: &JsonMap,
) {
    let DocumentOperations::Single(operation) = &mut document.operations else {
        return;
    };
    let merger = Merger {
        fragments: &document.fragments,
        schema,
        variables,
    };
    let set = &mut operation.node.selection_set.node;
    set.items = merger.set(root, &[set]);
}

struct Merger<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    schema: &'a Schema,
    variables: &'a JsonMap,
}

/// One field of the answer, and everything that is selected below it.
struct Gathered<'s> {
    field: &'s Positioned<Field>,
    below: Vec<&'s SelectionSet>,
}

impl Merger<'_> {
    /// What these sets select of a type, each kind of object by itself where there are several.
    fn set(&self, ty: &str, sets: &[&SelectionSet]) -> Vec<Positioned<Selection>> {
        match self.schema.types.get(ty) {
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => self
                .kinds_of(ty)
                .map(|kind| on(kind, self.object(kind, sets)))
                .collect(),
            _ => self.object(ty, sets),
        }
    }

    fn kinds_of(&self, ty: &str) -> impl Iterator<Item = &str> {
        let kinds = self.schema.types.iter();
        kinds
            .filter(move |(kind, it)| it.is_object() && self.schema.is_subtype(ty, kind))
            .map(|(kind, _)| kind.as_str())
    }

    fn object(&self, ty: &str, sets: &[&SelectionSet]) -> Vec<Positioned<Selection>> {
        let mut fields = Vec::new();
        for set in sets {
            self.gather(ty, set, &mut fields);
        }
        let fields = fields.into_iter().map(|Gathered { field, below }| {
            let Positioned { pos, node } = field;
            let set = &node.selection_set;
            let definition = self.schema.type_field(ty, &node.name.node).ok();
            let items = definition.map(|it| self.set(it.ty.inner_named_type(), &below));
            let mut node = Field {
                alias: node.alias.clone(),
                name: node.name.clone(),
                arguments: node.arguments.clone(),
                directives: Vec::new(),
                selection_set: Positioned::new(SelectionSet::default(), set.pos),
            };
            node.selection_set.node.items = items.unwrap_or_default();
            Positioned::new(Selection::Field(Positioned::new(node, *pos)), *pos)
        });
        fields.collect()
    }

    fn gather<'s>(&'s self, ty: &str, set: &'s SelectionSet, fields: &mut Vec<Gathered<'s>>) {
        for selection in &set.items {
            if self.is_left_out(selection.node.directives()) {
                continue;
            }
            let (condition, set) = match &selection.node {
                Selection::Field(field) => {
                    add(field, fields);
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    (fragment.type_condition.as_ref(), &fragment.selection_set)
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) else {
                        continue;
                    };
                    let fragment = &fragment.node;
                    (Some(&fragment.type_condition), &fragment.selection_set)
                }
            };
            let condition = condition.map(|condition| condition.node.on.node.as_str());
            if condition.is_none_or(|it| it == ty || self.schema.is_subtype(it, ty)) {
                self.gather(ty, &set.node, fields);
            }
        }
    }

    fn is_left_out(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "skip" => false,
                "include" => true,
                _ => return false,
            };
            let condition = match directive.node.get_argument("if").map(|it| &it.node) {
                Some(Value::Boolean(condition)) => Some(*condition),
                Some(Value::Variable(name)) => self
                    .variables
                    .get(name.as_str())
                    .and_then(JsonValue::as_bool),
                _ => None,
            };
            condition.is_some_and(|condition| condition != wanted)
        })
    }
}

fn add<'s>(field: &'s Positioned<Field>, fields: &mut Vec<Gathered<'s>>) {
    let key = &field.node.response_key().node;
    let below = &field.node.selection_set.node;
    let known = fields
        .iter_mut()
        .find(|it| it.field.node.response_key().node == *key);
    match known {
        Some(known) => known.below.push(below),
        None => fields.push(Gathered {
            field,
            below: vec![below],
        }),
    }
}

fn on(kind: &str, items: Vec<Positioned<Selection>>) -> Positioned<Selection> {
    let here = Pos::default();
    let condition = TypeCondition {
        on: Positioned::new(Name::new(kind), here),
    };
    let fragment = InlineFragment {
        type_condition: Some(Positioned::new(condition, here)),
        directives: Vec::new(),
        selection_set: Positioned::new(SelectionSet { items }, here),
    };
    Positioned::new(
        Selection::InlineFragment(Positioned::new(fragment, here)),
        here,
    )
}
