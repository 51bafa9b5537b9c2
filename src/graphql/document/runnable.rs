//! A document for the executor. Its parser does not know all of the language (descriptions, `\u{…}`); what
//! it cannot read is written out for it in plainer words.

use apollo_compiler::{ExecutableDocument, validation::Valid};
use async_graphql::parser::{
    parse_query,
    types::{DocumentOperations, ExecutableDocument as Runnable},
};

use super::Refusal;

/// The document as the executor's parser reads it.
pub(super) fn of(text: &str, checked: &Valid<ExecutableDocument>) -> Result<Runnable, Refusal> {
    if let Ok(parsed) = parse_query(text) {
        return Ok(parsed);
    }
    let mut plain = checked.clone().into_inner();
    let operations = &mut plain.operations;
    for operation in operations
        .named
        .values_mut()
        .chain(operations.anonymous.as_mut())
    {
        let operation = operation.make_mut();
        operation.description = None;
        for variable in &mut operation.variables {
            variable.make_mut().description = None;
        }
    }
    for fragment in plain.fragments.values_mut() {
        fragment.make_mut().description = None;
    }
    parse_query(plain.serialize().no_indent().to_string())
        .map_err(|error| Refusal::request("GRAPHQL_PARSE_FAILED", error.to_string()))
}

/// A copy with one operation alone: the executor uses up what it runs.
pub(super) fn one(document: &Runnable, name: Option<&str>) -> Runnable {
    let operations = match (&document.operations, name) {
        (DocumentOperations::Multiple(all), Some(name)) => all
            .get(name)
            .map(|one| DocumentOperations::Single(one.clone())),
        (DocumentOperations::Multiple(all), None) => all
            .values()
            .next()
            .map(|one| DocumentOperations::Single(one.clone())),
        (DocumentOperations::Single(one), _) => Some(DocumentOperations::Single(one.clone())),
    };
    Runnable {
        operations: operations.unwrap_or_else(|| document.operations.clone()),
        fragments: document.fragments.clone(),
    }
}
