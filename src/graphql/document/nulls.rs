//! Null where a variable may be null and its place may not: the specification lets such a variable through if
//! it has a default, and then looks at the value. The validator takes even `= null` for a default, and the
//! executor takes a null for a false.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::{Definition, Directive, Document, OperationDefinition, VariableDefinition},
    executable::{Operation, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
};

use super::Refusal;

/// The document without its variables' defaults of null; nothing where there are none. It is valid if the
/// document is.
pub(super) fn without_defaults(document: &Document) -> Option<Document> {
    let nulls = |operation: &OperationDefinition| operation.variables.iter().any(|it| has_null(it));
    let has_any = document.definitions.iter().any(|it| {
        it.as_operation_definition()
            .is_some_and(|operation| nulls(operation))
    });
    has_any.then(|| {
        let mut without = document.clone();
        for definition in &mut without.definitions {
            let Definition::OperationDefinition(operation) = definition else {
                continue;
            };
            let variables = &mut operation.make_mut().variables;
            for variable in variables.iter_mut().filter(|it| has_null(it)) {
                variable.make_mut().default_value = None;
            }
        }
        without
    })
}

fn has_null(variable: &VariableDefinition) -> bool {
    let default = variable.default_value.as_ref();
    default.is_some_and(|value| value.is_null())
}

/// Refuses an operation in which `@skip` or `@include` has to decide on a null.
pub(super) fn in_conditions(
    document: &ExecutableDocument,
    operation: &Operation,
    values: &JsonMap,
) -> Result<(), Refusal> {
    let declared = operation.variables.iter();
    let nulls: Vec<&Name> = declared
        .filter(|it| it.ty.inner_named_type() == "Boolean")
        .map(|it| &it.name)
        .filter(|name| values.get(name.as_str()).is_some_and(JsonValue::is_null))
        .collect();
    if nulls.is_empty() {
        return Ok(());
    }
    let mut conditions = Conditions {
        document,
        nulls,
        seen: HashSet::new(),
    };
    conditions.of(&operation.selection_set)
}

struct Conditions<'a> {
    document: &'a ExecutableDocument,
    nulls: Vec<&'a Name>,
    seen: HashSet<&'a Name>,
}

impl<'a> Conditions<'a> {
    fn of(&mut self, set: &'a SelectionSet) -> Result<(), Refusal> {
        for selection in &set.selections {
            selection
                .directives()
                .iter()
                .try_for_each(|directive| self.decide(directive))?;
            match selection {
                Selection::Field(field) => field
                    .selection_set
                    .iter()
                    .try_for_each(|set| self.of(set))?,
                Selection::InlineFragment(fragment) => self.of(&fragment.selection_set)?,
                Selection::FragmentSpread(spread) => {
                    let known = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = known.filter(|it| self.seen.insert(&it.name)) {
                        self.of(&fragment.selection_set)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn decide(&self, directive: &Directive) -> Result<(), Refusal> {
        let mut arguments = directive.arguments.iter();
        let null =
            arguments.find_map(|it| it.value.as_variable().filter(|it| self.nulls.contains(it)));
        null.map_or(Ok(()), |variable| {
            let message = format!(
                "the variable `{variable}` is null, but `@{}` needs true or false",
                directive.name
            );
            Err(Refusal::request("BAD_VARIABLES", message))
        })
    }
}
