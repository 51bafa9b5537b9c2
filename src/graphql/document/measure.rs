//! Measuring a document on its syntax, before anything expensive looks at it. A fragment is measured
//! once, however often it is spread, so no document takes long to measure.

use std::{collections::HashMap, fmt::Display};

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Definition, DirectiveList, Document, OperationDefinition, Selection, Value},
};

use super::{Limits, Refusal};

/// What a selection set amounts to with all fragments opened.
#[derive(Clone, Copy, Default)]
struct Extent {
    depth: usize,
    fields: u64,
    /// Those of the fields that stand in the set itself.
    own: u64,
    /// Those of the fields that have an alias.
    aliases: u64,
}

impl Extent {
    /// Of one field with this below it.
    fn of_field(below: Self, has_alias: bool) -> Self {
        Self {
            depth: below.depth + 1,
            fields: below.fields.saturating_add(1),
            own: 1,
            aliases: below.aliases.saturating_add(has_alias.into()),
        }
    }

    fn add(&mut self, part: Self) {
        self.depth = self.depth.max(part.depth);
        self.fields = self.fields.saturating_add(part.fields);
        self.own = self.own.saturating_add(part.own);
        self.aliases = self.aliases.saturating_add(part.aliases);
    }
}

/// Refuses a document that is too large in any way.
pub(super) fn measure(document: &Document, limits: &Limits) -> Result<(), Refusal> {
    let mut meter = Meter {
        limits,
        fragments: HashMap::new(),
        measured: HashMap::new(),
    };
    let mut operations = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => operations.push(operation),
            Definition::FragmentDefinition(fragment) => {
                meter
                    .fragments
                    .insert(fragment.name.clone(), &fragment.selection_set);
                meter.directives(&fragment.directives)?;
            }
            _ => {}
        }
    }
    at_most(
        "TOO_MANY_FRAGMENTS",
        "fragments",
        meter.fragments.len(),
        limits.fragments,
    )?;
    at_most(
        "TOO_MANY_OPERATIONS",
        "operations",
        operations.len(),
        limits.operations,
    )?;
    operations
        .into_iter()
        .try_for_each(|operation| meter.operation(operation))?;
    // Validation looks at those as well that nobody spreads.
    let fragments: Vec<Name> = meter.fragments.keys().cloned().collect();
    fragments
        .iter()
        .try_for_each(|name| meter.fragment(name, 0).map(|_| ()))
}

fn at_most<N>(code: &'static str, what: &str, found: N, most: N) -> Result<(), Refusal>
where
    N: PartialOrd + Display + Copy,
{
    if found > most {
        Err(Refusal::limit(code, what, most))
    } else {
        Ok(())
    }
}

struct Meter<'a> {
    limits: &'a Limits,
    fragments: HashMap<Name, &'a Vec<Selection>>,
    /// What is known of each fragment; none while it is being measured, which is how a cycle shows.
    measured: HashMap<Name, Option<Extent>>,
}

impl Meter<'_> {
    fn operation(&mut self, operation: &OperationDefinition) -> Result<(), Refusal> {
        let limits = self.limits;
        at_most(
            "TOO_MANY_VARIABLES",
            "variables",
            operation.variables.len(),
            limits.variables,
        )?;
        for variable in &operation.variables {
            self.directives(&variable.directives)?;
            if let Some(value) = &variable.default_value {
                self.value(value)?;
            }
        }
        self.directives(&operation.directives)?;
        let extent = self.set(&operation.selection_set, 0)?;
        at_most(
            "DOCUMENT_TOO_DEEP",
            "levels of fields",
            extent.depth,
            limits.depth,
        )?;
        let root_fields = limits.root_fields;
        at_most(
            "TOO_MANY_ROOT_FIELDS",
            "root fields",
            extent.own,
            root_fields,
        )?;
        at_most(
            "TOO_MANY_ALIASES",
            "aliases",
            extent.aliases,
            limits.aliases,
        )?;
        at_most("TOO_MANY_FIELDS", "fields", extent.fields, limits.fields)
    }

    fn set(&mut self, selections: &[Selection], depth: usize) -> Result<Extent, Refusal> {
        if depth > self.limits.nesting {
            return Err(Refusal::limit(
                "DOCUMENT_TOO_DEEP",
                "levels of fields",
                self.limits.depth,
            ));
        }
        let mut whole = Extent::default();
        for selection in selections {
            whole.add(self.selection(selection, depth + 1)?);
        }
        Ok(whole)
    }

    fn selection(&mut self, selection: &Selection, depth: usize) -> Result<Extent, Refusal> {
        match selection {
            Selection::Field(field) => {
                self.directives(&field.directives)?;
                self.arguments(&field.arguments)?;
                let below = field.selection_set.as_deref().unwrap_or_default();
                let below = self.set(below, depth)?;
                Ok(Extent::of_field(below, field.alias.is_some()))
            }
            Selection::InlineFragment(fragment) => {
                self.directives(&fragment.directives)?;
                self.set(&fragment.selection_set, depth)
            }
            Selection::FragmentSpread(spread) => {
                self.directives(&spread.directives)?;
                self.fragment(&spread.fragment_name, depth)
            }
        }
    }

    /// Cycles and unknown fragments are for validation to name; here they weigh nothing.
    fn fragment(&mut self, name: &Name, depth: usize) -> Result<Extent, Refusal> {
        if let Some(known) = self.measured.get(name) {
            return Ok(known.unwrap_or_default());
        }
        let Some(selections) = self.fragments.get(name).copied() else {
            return Ok(Extent::default());
        };
        self.measured.insert(name.clone(), None);
        let extent = self.set(selections, depth)?;
        self.measured.insert(name.clone(), Some(extent));
        Ok(extent)
    }

    fn directives(&self, list: &DirectiveList) -> Result<(), Refusal> {
        let most = self.limits.directives_at_one_place;
        at_most(
            "TOO_MANY_DIRECTIVES",
            "directives at one place",
            list.0.len(),
            most,
        )?;
        list.0
            .iter()
            .try_for_each(|directive| self.arguments(&directive.arguments))
    }

    fn arguments(&self, arguments: &[Node<Argument>]) -> Result<(), Refusal> {
        arguments
            .iter()
            .try_for_each(|argument| self.value(&argument.value))
    }

    /// The parser's own limit keeps literals from nesting too deep for this.
    fn value(&self, value: &Value) -> Result<(), Refusal> {
        let most = self.limits.literal_items;
        match value {
            Value::List(items) => {
                at_most("LITERAL_TOO_LARGE", "items in one list", items.len(), most)?;
                items.iter().try_for_each(|item| self.value(item))
            }
            Value::Object(fields) => {
                at_most(
                    "LITERAL_TOO_LARGE",
                    "fields in one object",
                    fields.len(),
                    most,
                )?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    if fields[..index].iter().any(|(other, _)| other == name) {
                        let message = format!("there can be only one input field named `{name}`");
                        return Err(Refusal::request("GRAPHQL_VALIDATION_FAILED", message));
                    }
                    self.value(value)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
