//! What becomes of a request that does not run, or not to its end: refusals, limits, panics, and the last look
//! at every answer.

use std::{any::Any, sync::Arc, time::Duration};

use async_graphql::{Response, ServerError};

use crate::{
    error::Error,
    graphql::{
        self,
        document::{Concealed, Refusal},
    },
};

/// What became of a request.
pub enum Outcome {
    /// Nothing ran: the request itself was not right.
    Refused(Response),
    /// Only reading is allowed here, and this would have written.
    WrongMethod(Response),
    /// Its sender has spent too much, and may come back after so long.
    Limited(Response, Duration),
}

impl Outcome {
    /// The answer to it.
    pub const fn response(&self) -> &Response {
        match self {
            Self::Refused(response) | Self::WrongMethod(response) | Self::Limited(response, _) => {
                response
            }
        }
    }
}

impl From<Refusal> for Box<Outcome> {
    fn from(refusal: Refusal) -> Self {
        Self::new(Outcome::Refused(refusal.into()))
    }
}

/// Whether a subscription ends with this answer: its source could not be opened, or broke. Errors
/// inside of an event stand further below.
#[must_use]
pub fn is_request_error(answer: &Response) -> bool {
    let of_the_whole = |error: &ServerError| error.path.len() <= 1;
    answer.data == async_graphql::Value::Null && answer.errors.iter().any(of_the_whole)
}

/// An answer as it may be shown.
pub(super) fn present(
    answer: Response,
    most_errors: usize,
    concealed: Option<&Concealed>,
) -> Response {
    let answer = graphql::present(answer, most_errors);
    match concealed {
        Some(concealed) => concealed.within(answer),
        None => answer,
    }
}

/// The answer to somebody who has spent too much.
pub(super) fn limited(retry_after: Duration) -> Response {
    let what = "requests, or too costly ones";
    let mut error = ServerError::new(String::new(), None);
    error.source = Some(Arc::new(Error::RateLimited { what, retry_after }));
    graphql::present(Response::from_errors(vec![error]), 1)
}

/// What a panic in a resolver looks like from outside; its text goes to the log alone.
#[expect(clippy::needless_pass_by_value, reason = "it is thrown away here")]
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    tracing::error!(panic = text, "a resolver failed with a panic");
    broken()
}

pub(super) fn broken() -> Response {
    let message = "something went wrong on our side; the request id finds it in the log";
    Refusal::request("INTERNAL", message).into()
}
