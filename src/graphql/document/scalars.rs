//! Days and moments are read where a document is validated and where variables are coerced: one that cannot
//! be read is an error of the request, like a number that is none, and nothing runs.

use apollo_compiler::{ExecutableDocument, Schema, executable::Operation, validation::Valid};
use async_graphql::{Pos, ScalarType, Value};
use chrono::{DateTime, Utc};

use super::{
    JsonMap, Refusal,
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
    Err(match place {
        Some(range) => {
            let (line, column) = (range.start.line, range.start.column);
            Refusal::at(Pos { line, column }, code, why)
        }
        None => Refusal::request(code, why),
    })
}

/// The same for the values of an operation's variables.
pub(super) fn in_variables(
    operation: &Operation,
    values: &JsonMap,
    schema: &Schema,
) -> Result<(), Refusal> {
    let mut place: Vec<&str> = Vec::new();
    for variable in &operation.variables {
        let Some(value) = values.get(variable.name.as_str()) else {
            continue;
        };
        let mut wrong = None;
        place.clear();
        inputs::json(value, &variable.ty, schema, &mut |said| {
            if wrong.is_some() {
                return;
            }
            if let Said::Field(name) = said {
                place.push(name);
            }
            wrong = objection(&said);
        });
        if let Some(why) = wrong {
            // Of all fields that were passed the last is the one.
            let name = &variable.name;
            let field = place
                .last()
                .map_or_else(String::new, |it| format!(" in `{it}`"));
            let message =
                format!("the value of the variable `{name}` cannot be taken{field}: {why}");
            return Err(Refusal::request("BAD_VARIABLES", message));
        }
    }
    Ok(())
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
