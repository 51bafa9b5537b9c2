//! The last look at an answer's errors: ours get their code, foreign ones are logged and masked.

use std::error::Error as _;

use async_graphql::{ErrorExtensionValues, Response, ServerError};

use crate::error::Error;

/// Gives every error of the answer a code, and lets no text out that was not written for clients.
#[must_use]
pub fn present(mut response: Response) -> Response {
    for error in &mut response.errors {
        present_error(error);
    }
    response
}

fn present_error(error: &mut ServerError) {
    let Some(source) = error.source.take() else {
        // The library's own: an argument was not right, or else the request as a whole.
        let code = if error.path.is_empty() {
            "BAD_REQUEST"
        } else {
            "VALIDATION"
        };
        set(error, "code", code);
        return;
    };
    let ours = source.downcast_ref::<Error>().cloned().unwrap_or_else(|| {
        Error::Internal(std::sync::Arc::from(Box::<
            dyn std::error::Error + Send + Sync,
        >::from(error.message.clone())))
    });
    if let Error::Internal(cause) = &ours {
        tracing::error!(error = %cause, path = ?error.path, "a field failed");
    } else if let Some(cause) = ours.source() {
        tracing::warn!(error = %cause, path = ?error.path, "a field could not be answered");
    }
    error.message = ours.to_string();
    set(error, "code", ours.code());
    let extensions = error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default);
    match &ours {
        Error::Invalid { field, .. } => extensions.set("field", field.as_str()),
        Error::Conflict { id, version, .. } => {
            if let Some(id) = id {
                extensions.set("id", id.to_string());
            }
            if let Some(version) = version {
                extensions.set("version", *version);
            }
        }
        Error::RateLimited { retry_after } => {
            extensions.set("retryAfterSeconds", retry_after.as_secs() + 1);
        }
        _ => {}
    }
}

fn set(error: &mut ServerError, name: &str, value: &str) {
    error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default)
        .set(name, value);
}
