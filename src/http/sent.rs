//! A request as it was sent, in a body or in the parameters of an address: read whole, in time, and no more of
//! it than may come.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{App, status::Malformed};
use crate::{
    graphql::document::{JsonMap, Refusal},
    json,
    schema::asked::Asked,
};

/// A request as it was sent, or why it is none.
pub(super) type Sent = Result<Asked, Stray>;

/// Why something is no request that could be run.
pub(super) enum Stray {
    Malformed(Malformed, Refusal),
    /// With a status of its own.
    Refused(StatusCode, Refusal),
}

/// A GET's parameters; an empty one counts as absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::request("BAD_REQUEST", message)
}

/// Reads a body to its end. Nothing is kept of one that takes too long.
pub(super) async fn body_of(app: &App, request: Request) -> Result<Bytes, Stray> {
    if let Some(length) = declared(&request).filter(|length| *length > app.options.body as u64) {
        tracing::debug!(length, "a body is not read at all");
        return Err(Stray::Refused(StatusCode::PAYLOAD_TOO_LARGE, too_large()));
    }
    let reading = timeout(app.options.body_timeout, Bytes::from_request(request, app));
    let too_slow = |_| {
        let message = "the body did not come in time: send it at once, or less of it";
        let refusal = Refusal::request("REQUEST_TIMEOUT", message);
        Stray::Refused(StatusCode::REQUEST_TIMEOUT, refusal)
    };
    reading.await.map_err(too_slow)?.map_err(|rejection| {
        let status = rejection.status();
        let refusal = if status == StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            bad_request("the body could not be read to its end")
        };
        Stray::Refused(status, refusal)
    })
}

/// How long a body is going to be, as its sender says.
fn declared(request: &Request) -> Option<u64> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn too_large() -> Refusal {
    Refusal::request("BODY_TOO_LARGE", "the body is too large: send less at once")
}

/// How many values a text may have; it is refused before anything is made of it.
pub(super) fn count_values(app: &App, text: &[u8]) -> Result<usize, Refusal> {
    let (values, most) = (json::most_values(text), app.options.values);
    if values > most {
        let message =
            format!("this request has more than {most} values in its JSON: send less at once");
        return Err(Refusal::request("TOO_MANY_VALUES", message));
    }
    Ok(values)
}

pub(super) fn misshapen(refusal: Refusal) -> Stray {
    Stray::Malformed(Malformed::Misshapen, refusal)
}

pub(super) fn from_parameters(app: &App, parameters: Parameters, length: usize) -> Sent {
    let mut values = 0;
    let mut map = |name: &str, text: Option<String>| -> Result<Option<JsonMap>, Stray> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        values += count_values(app, text.as_bytes()).map_err(misshapen)?;
        serde_json::from_str(&text).map_err(|error| {
            let refusal = bad_request(format!("`{name}` must be a JSON object"));
            Stray::Malformed(malformed(&error), refusal)
        })
    };
    Ok(Asked {
        query: parameters.query,
        document_id: parameters.document_id,
        operation_name: parameters.operation_name.filter(|name| !name.is_empty()),
        variables: map("variables", parameters.variables)?,
        extensions: map("extensions", parameters.extensions)?,
        bytes: length,
        values,
        ..Asked::default()
    })
}

pub(super) fn from_body(app: &App, body: &[u8]) -> Sent {
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(misshapen(Refusal::request(
            "BATCHING_NOT_SUPPORTED",
            "requests are not answered in batches: send them one by one, over one connection",
        )));
    }
    let values = count_values(app, body).map_err(misshapen)?;
    let asked: Asked = serde_json::from_slice(body).map_err(|error| {
        let hint =
            "`query` and `operationName` are texts, `variables` and `extensions` are objects";
        let message = format!("the body must be a JSON object ({hint}): {error}");
        Stray::Malformed(malformed(&error), bad_request(message))
    })?;
    Ok(Asked {
        bytes: body.len(),
        values,
        ..asked
    })
}

fn malformed(error: &serde_json::Error) -> Malformed {
    if error.is_data() {
        Malformed::Misshapen
    } else {
        Malformed::Unreadable
    }
}
