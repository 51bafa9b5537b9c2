//! How large a document may be, measured on its syntax before anything expensive looks at it. A
//! fragment is measured once, however often it is spread, so no document takes long to measure.

use std::collections::HashMap;

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Definition, DirectiveList, Document, OperationDefinition, Selection, Value},
};

use super::Refusal;

/// What is too much. Each limit has a code of its own.
#[derive(Clone, Debug)]
pub struct Limits {
    pub tokens: usize,
    /// Levels of braces, brackets and parentheses in the text.
    pub nesting: usize,
    /// Levels of fields, fragments opened.
    pub depth: usize,
    /// Fields, fragments opened wherever they are spread.
    pub fields: u64,
    pub root_fields: usize,
    pub aliases: usize,
    pub fragments: usize,
    pub operations: usize,
    pub variables: usize,
    pub directives_at_one_place: usize,
    /// Items of one list, or keys of one object, written in the document.
    pub literal_items: usize,
    pub cost: u64,
    /// How many bytes of prepared documents are kept.
    pub cached_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 10_000,
            nesting: 64,
            depth: 20,
            fields: 5_000,
            root_fields: 50,
            aliases: 60,
            fragments: 100,
            operations: 50,
            variables: 100,
            directives_at_one_place: 5,
            literal_items: 1_000,
            cost: 250_000,
            cached_bytes: 32 << 20,
        }
    }
}

/// What a selection set amounts to with all fragments opened.
#[derive(Clone, Copy, Default)]
struct Extent {
    depth: usize,
    fields: u64,
}

/// Refuses a document that is too large in any way.
pub(super) fn measure(document: &Document, limits: &Limits) -> Result<(), Refusal> {
    let mut meter = Meter {
        limits,
        fragments: HashMap::new(),
        measured: HashMap::new(),
        aliases: 0,
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
        .try_for_each(|operation| meter.operation(operation))
}

fn at_most(code: &'static str, what: &str, found: usize, most: usize) -> Result<(), Refusal> {
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
    aliases: usize,
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
        at_most(
            "TOO_MANY_ROOT_FIELDS",
            "root fields",
            operation.selection_set.len(),
            limits.root_fields,
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
        let fields = usize::try_from(extent.fields).unwrap_or(usize::MAX);
        let most = usize::try_from(limits.fields).unwrap_or(usize::MAX);
        at_most("TOO_MANY_FIELDS", "fields", fields, most)
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
            let part = match selection {
                Selection::Field(field) => {
                    if field.alias.is_some() {
                        self.aliases += 1;
                        at_most(
                            "TOO_MANY_ALIASES",
                            "aliases",
                            self.aliases,
                            self.limits.aliases,
                        )?;
                    }
                    self.directives(&field.directives)?;
                    self.arguments(&field.arguments)?;
                    let below = self.set(
                        field.selection_set.as_deref().unwrap_or_default(),
                        depth + 1,
                    )?;
                    Extent {
                        depth: below.depth + 1,
                        fields: below.fields.saturating_add(1),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives)?;
                    self.set(&fragment.selection_set, depth + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives)?;
                    self.fragment(&spread.fragment_name, depth + 1)?
                }
            };
            whole.depth = whole.depth.max(part.depth);
            whole.fields = whole.fields.saturating_add(part.fields);
        }
        Ok(whole)
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
