//! The errors that API users see: one type, one table of codes. Whatever else goes wrong is internal:
//! it is logged, and the client is given the request id that finds it.

use std::sync::Arc;

use crate::db::NoConnection;

type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// What a field of the API answers when it cannot do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("no {what} has the id `{id}`, or it is not yours")]
    NotFound { what: &'static str, id: String },
    #[error("{message}")]
    Invalid {
        /// The path to the input field, such as `input.sets.2.reps`.
        field: String,
        message: String,
    },
    #[error("the server is busy: try again in a moment")]
    Unavailable(#[source] Cause),
    #[error("something went wrong on our side; the request id finds it in the log")]
    Internal(#[source] Cause),
}

impl Error {
    /// The code a program can act on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Invalid { .. } => "VALIDATION",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// An input value that cannot be taken; `message` says what would be.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl From<NoConnection> for Error {
    fn from(error: NoConnection) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Internal(Arc::new(error))
    }
}

/// What resolvers and stores return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
