//! The last look at an answer's errors: ours get their code, foreign ones are logged and masked.

use std::{error::Error as _, sync::Arc};

use async_graphql::{ErrorExtensionValues, Response, ServerError};

use crate::error::Error;

/// Gives every error of the answer a code, and lets no text out that was not written for clients. Of
/// more errors than `most`, the others are only counted.
#[must_use]
pub fn present(mut response: Response, most: usize) -> Response {
    let mut found = std::mem::take(&mut response.errors);
    let mut omitted = found.len().saturating_sub(most);
    found.truncate(most);
    for mut error in found {
        let items = items_of(&error);
        for (field, item) in items.iter().cloned() {
            let mut error = error.clone();
            error.source = Some(Arc::new(item));
            present_error(&mut error);
            set(&mut error, "field", &field);
            response.errors.push(error);
        }
        if items.is_empty() {
            present_error(&mut error);
            response.errors.push(error);
        }
    }
    omitted += response.errors.len().saturating_sub(most);
    response.errors.truncate(most);
    if omitted == 0 {
        return response;
    }
    response.extension("omittedErrors", omitted.into())
}

/// The errors that one field has about items of a list; none where it is about something else.
fn items_of(error: &ServerError) -> Vec<(String, Error)> {
    match error.source.as_ref().and_then(|it| it.downcast_ref()) {
        Some(Error::Items(items)) => items.clone(),
        _ => Vec::new(),
    }
}

fn present_error(error: &mut ServerError) {
    let Some(source) = error.source.take() else {
        // The library's own: an argument was not right, or else the request as a whole.
        let code = if error.path.is_empty() {
            "BAD_REQUEST"
        } else {
            error.message = reason(&error.message).to_owned();
            "VALIDATION"
        };
        set(error, "code", code);
        return;
    };
    let ours = source.downcast_ref::<Error>().cloned().unwrap_or_else(|| {
        Error::Internal(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(
            error.message.clone(),
        )))
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
    if let Some(field) = ours.field() {
        extensions.set("field", field);
    }
    match &ours {
        Error::Conflict { id, version, .. } => {
            if let Some(id) = id {
                extensions.set("id", id.to_string());
            }
            if let Some(version) = version {
                extensions.set("version", *version);
            }
        }
        Error::RateLimited { retry_after, .. } | Error::Paused { retry_after } => {
            let seconds = retry_after.as_millis().div_ceil(1000);
            extensions.set(
                "retryAfterSeconds",
                u64::try_from(seconds).unwrap_or(u64::MAX),
            );
        }
        _ => {}
    }
}

/// Why the library could not take a value. It says so between names of types, some of which are ours
/// alone; what a scalar of ours has to say about it stays.
fn reason(message: &str) -> &str {
    let message = message.split(" (occurred while parsing ").next();
    let message = message.unwrap_or_default();
    match message.strip_prefix("Failed to parse \"") {
        Some(rest) => rest.split_once("\": ").map_or(rest, |(_, reason)| reason),
        None if message.starts_with("Expected input type ") => {
            "this value cannot be taken for its argument: send what the schema describes"
        }
        None => message,
    }
}

fn set(error: &mut ServerError, name: &str, value: &str) {
    error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default)
        .set(name, value);
}
