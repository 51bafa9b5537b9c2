//! Which status tells how a request ended, and in which media type. The audits expect one way, the
//! newer draft of GraphQL over HTTP another.

use axum::http::StatusCode;

use super::negotiate::Media;
use crate::config::StatusCodes;

/// What is wrong with a request that is no GraphQL request at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It cannot be read.
    Unreadable,
    /// It can be read, but says something else than a request would.
    Misshapen,
}

impl StatusCodes {
    pub(super) fn of_malformed(self, malformed: Malformed) -> StatusCode {
        match (self, malformed) {
            (Self::Draft, Malformed::Misshapen) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Of a request that was understood and refused, by the code of its error.
    pub(super) fn of_refused(self, media: Media, code: &str) -> StatusCode {
        match (self, code) {
            (Self::Audited, _) if media == Media::Json => StatusCode::OK,
            (_, "DOCUMENT_NOT_TRUSTED" | "INTROSPECTION_DISABLED") => StatusCode::FORBIDDEN,
            (Self::Audited, _) | (_, "GRAPHQL_PARSE_FAILED") => StatusCode::BAD_REQUEST,
            (Self::Draft, _) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// Of an operation that ran.
    pub(super) fn of_executed(self, has_errors: bool) -> StatusCode {
        match (self, has_errors) {
            (Self::Draft, true) => partial_success(),
            _ => StatusCode::OK,
        }
    }

    /// The draft gives the older media type to what went well alone.
    pub(super) fn media(self, media: Media, status: StatusCode) -> Media {
        match self {
            Self::Draft if !status.is_success() => Media::GraphQl,
            _ => media,
        }
    }
}

/// The draft's own number for an answer with data and errors.
fn partial_success() -> StatusCode {
    StatusCode::from_u16(294).unwrap_or(StatusCode::OK)
}
