//! Why a document or a request is not executed: a code, a message, and where in the document.

use std::fmt::Display;

use apollo_compiler::{
    Schema,
    diagnostic::Diagnostic,
    validation::{DiagnosticData, DiagnosticList},
};
use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError};

use super::wording::Wording;

/// The most errors that are listed; a document with more is told of these.
const MOST_ERRORS: usize = 8;

/// A longer message is cut.
const LONGEST_MESSAGE: usize = 1_000;

/// Errors of a request that is not executed.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: &'static str,
    errors: Vec<(String, Option<Pos>)>,
    /// The path to the input that they are about, where there is one.
    field: Option<String>,
}

impl Refusal {
    /// One error that stands nowhere in the document.
    pub fn request(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            errors: vec![(shortened(message.into()), None)],
            field: None,
        }
    }

    /// One error at a place in the document.
    pub(super) fn at(pos: Pos, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            errors: vec![(message.into(), Some(pos))],
            field: None,
        }
    }

    /// The same about the input at this path.
    pub(super) fn of_field(mut self, field: Option<String>) -> Self {
        self.field = field.map(shortened);
        self
    }

    /// The document is no GraphQL; the schema has no part in that.
    pub(super) fn syntax(errors: &DiagnosticList) -> Self {
        Self::listed("GRAPHQL_PARSE_FAILED", errors.iter(), ToString::to_string)
    }

    pub(super) fn invalid(errors: &DiagnosticList, wording: Wording, schema: &Schema) -> Self {
        let told = |error: &DiagnosticData| wording.of(error, schema);
        Self::listed("GRAPHQL_VALIDATION_FAILED", errors.iter(), told)
    }

    /// Refuses a document for those of its errors whose name is right, if there are any.
    pub(super) fn invalid_where(
        errors: &DiagnosticList,
        is_right: impl Fn(Option<&str>) -> bool,
    ) -> Result<(), Self> {
        let errors = errors.iter();
        let errors = errors.filter(|error| is_right(error.error.unstable_error_name()));
        let refusal = Self::listed("GRAPHQL_VALIDATION_FAILED", errors, ToString::to_string);
        if refusal.errors.is_empty() {
            Ok(())
        } else {
            Err(refusal)
        }
    }

    /// Its first error, and where that stands.
    #[must_use]
    pub fn first_line(&self) -> String {
        match self.errors.first() {
            Some((message, Some(pos))) => {
                format!("{message} (line {}, column {})", pos.line, pos.column)
            }
            Some((message, None)) => message.clone(),
            None => self.code.to_owned(),
        }
    }

    pub(super) fn untrusted() -> Self {
        Self::request(
            "DOCUMENT_NOT_TRUSTED",
            "only documents of this server's manifest are answered: send one of them, or its `documentId`",
        )
    }

    pub(super) fn limit(code: &'static str, what: &str, most: impl Display) -> Self {
        Self::request(
            code,
            format!("this document has more than {most} {what}: ask for less at once"),
        )
    }

    pub(super) fn too_costly(cost: u64, most: u64) -> Self {
        let message = format!(
            "this request would cost {cost}, but may cost {most}: ask for smaller pages or fewer fields"
        );
        Self::request("COST_LIMIT_EXCEEDED", message)
    }

    fn listed<'a>(
        code: &'static str,
        errors: impl Iterator<Item = Diagnostic<'a, DiagnosticData>>,
        told: impl Fn(&DiagnosticData) -> String,
    ) -> Self {
        let errors = errors.take(MOST_ERRORS).map(|error| {
            let place = error.line_column_range().map(|range| Pos {
                line: range.start.line,
                column: range.start.column,
            });
            (shortened(told(error.error)), place)
        });
        Self {
            code,
            errors: errors.collect(),
            field: None,
        }
    }
}

/// A message may quote the document, and a name in it may be a megabyte long.
fn shortened(mut message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
        message.push('…');
    }
    message
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let errors = refusal.errors.into_iter().map(|(message, pos)| {
            let mut error = ServerError::new(message, pos);
            let mut extensions = ErrorExtensionValues::default();
            extensions.set("code", refusal.code);
            if let Some(field) = &refusal.field {
                extensions.set("field", field.as_str());
            }
            error.extensions = Some(extensions);
            error
        });
        Self::from_errors(errors.collect())
    }
}
