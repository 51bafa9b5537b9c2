//! Days and moments are read where a document is validated and where variables are coerced: one that cannot
//! be read is an error of the request, like a number that is none, and nothing runs.

use apollo_compiler::{
    ExecutableDocument, Schema, executable::Operation, schema::ExtendedType, validation::Valid,
};
use async_graphql::{Pos, ScalarType, Value};
use chrono::{DateTime, Utc};

use super::{
    JsonMap, JsonValue, Refusal,
    astray::{self, Astray},
    inputs::{self, Said},
};
use crate::graphql::Date;

const DAY: &str = "a date is a day that exists, written such as `2026-05-31`";
const MOMENT: &str = "a moment is written as in RFC 3339, such as `2026-05-31T10:00:00Z`";

/// Refuses the first value in a document that its scalar does not take.
pub(super) fn in_document(
    document: &Valid<ExecutableDocument>,
    schema: &Schema,
) -> Result<(), Refusal> {
    let mut wrong = None;
    inputs::of_document(document, schema, &mut |said| {
        if wrong.is_none()
            && let Some(why) = objection(&said)
            && let Said::Scalar { literal, .. } = said
        {
            wrong = Some((why, literal));
        }
    });
    let Some((why, literal)) = wrong else {
        return Ok(());
    };
    let code = "GRAPHQL_VALIDATION_FAILED";
    let place = literal.and_then(|value| value.line_column_range(&document.sources));
    let refusal = match place {
        Some(range) => {
            let (line, column) = (range.start.line, range.start.column);
            Refusal::at(Pos { line, column }, code, why)
        }
        None => Refusal::request(code, why),
    };
    let field = astray::of_document(document, schema, Astray::Scalar(&is_wrong));
    Err(refusal.of_field(field))
}

/// The same for the values of an operation's variables.
pub(super) fn in_variables(
    document: &ExecutableDocument,
    operation: &Operation,
    values: &JsonMap,
    schema: &Schema,
) -> Result<(), Refusal> {
    let mut wrong = None;
    inputs::of_variables(operation, values, schema, &mut |said| {
        wrong = wrong.or_else(|| objection(&said));
    });
    let Some(why) = wrong else {
        return Ok(());
    };
    let scalar = Astray::Scalar(&is_wrong);
    let found = astray::of_variables(document, operation, values, schema, scalar);
    let field = found.map(|(path, _)| path);
    let place = field
        .as_ref()
        .map_or_else(String::new, |path| format!(" in `{path}`"));
    let message = format!("a value of the variables cannot be taken{place}: {why}");
    Err(Refusal::request("BAD_VARIABLES", message).of_field(field))
}

/// The same question about a value by itself.
fn is_wrong(kind: &ExtendedType, value: &JsonValue) -> bool {
    let said = Said::Scalar {
        ty: kind.name(),
        text: value.as_str(),
        literal: None,
    };
    matches!(kind, ExtendedType::Scalar(_)) && objection(&said).is_some()
}

/// What is wrong with a scalar's value, if the scalar is one of those that are read here.
fn objection(said: &Said<'_>) -> Option<&'static str> {
    let Said::Scalar { ty, text, .. } = said else {
        return None;
    };
    let value = || text.map(|text| Value::String(text.to_owned()));
    match ty.as_str() {
        "Date" => reads::<Date>(value()).map_or(Some(DAY), |()| None),
        "DateTime" => reads::<DateTime<Utc>>(value()).map_or(Some(MOMENT), |()| None),
        _ => None,
    }
}

/// By the very function that resolvers get their values from.
fn reads<T: ScalarType>(value: Option<Value>) -> Option<()> {
    T::parse(value?).ok().map(drop)
}
