//! GraphQL over HTTP: a request is read, run, and answered with the status and the media type that
//! the specification and its audits ask for. Every answer is JSON, errors too, unless the client takes
//! a stream of events.

use axum::{
    body::{Body, Bytes},
    extract::{
        Query, State, WebSocketUpgrade, rejection::BytesRejection,
        ws::rejection::WebSocketUpgradeRejection,
    },
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    App, bearer,
    client::Sender,
    negotiate::{Accepted, Events, Media, is_json},
    sse, ws,
};
use crate::{
    auth::Proven,
    error::Error,
    graphql::{
        document::{JsonMap, Refusal},
        written::{answer_json, errors_json},
    },
    schema::engine::{Allowed, Asked, Outcome, Started},
};

/// A GET's parameters; an empty one counts as absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

pub(super) async fn get(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if ws::is_asked_for(&headers) {
        return ws::open(app, sender, headers, upgrade);
    }
    let asked = match parameters {
        Ok(Query(parameters)) => from_parameters(parameters),
        Err(error) => Err(bad_request(error.body_text())),
    };
    answer(&app, sender, &headers, asked, Allowed::QUERIES).await
}

pub(super) async fn post(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return unreadable(&headers, rejection.status()),
    };
    if !is_json(&headers) {
        let refusal = Refusal::request(
            "UNSUPPORTED_MEDIA_TYPE",
            "the body must be JSON: send `Content-Type: application/json`",
        );
        return refused(&headers, StatusCode::UNSUPPORTED_MEDIA_TYPE, refusal);
    }
    let asked = from_body(&body);
    answer(
        &app,
        sender,
        &headers,
        asked,
        Allowed::QUERIES_AND_MUTATIONS,
    )
    .await
}

/// Any other method.
pub(super) async fn other(method: Method, headers: HeaderMap) -> Response {
    let message = format!("`{method}` is not answered here: use POST, or GET for queries");
    let refusal = Refusal::request("METHOD_NOT_ALLOWED", message);
    let mut response = refused(&headers, StatusCode::METHOD_NOT_ALLOWED, refusal);
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::request("BAD_REQUEST", message)
}

fn from_parameters(parameters: Parameters) -> Result<Asked, Refusal> {
    let map = |name: &str, text: Option<String>| -> Result<Option<JsonMap>, Refusal> {
        text.filter(|text| !text.is_empty())
            .map(|text| serde_json::from_str::<Option<JsonMap>>(&text))
            .transpose()
            .map(Option::flatten)
            .map_err(|_| bad_request(format!("`{name}` must be a JSON object")))
    };
    Ok(Asked {
        query: parameters.query,
        operation_name: parameters.operation_name.filter(|name| !name.is_empty()),
        variables: map("variables", parameters.variables)?,
        extensions: map("extensions", parameters.extensions)?,
    })
}

fn from_body(body: &[u8]) -> Result<Asked, Refusal> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Refusal::request(
            "BATCHING_NOT_SUPPORTED",
            "requests are not answered in batches: send them one by one, over one connection",
        ));
    }
    serde_json::from_slice(body).map_err(|error| {
        let hint =
            "`query` and `operationName` are texts, `variables` and `extensions` are objects";
        bad_request(format!("the body must be a JSON object ({hint}): {error}"))
    })
}

async fn answer(
    app: &App,
    sender: Sender,
    headers: &HeaderMap,
    asked: Result<Asked, Refusal>,
    allowed: Allowed,
) -> Response {
    match request(app, headers, asked).await {
        Ok(request) => run(app, sender, headers, request, allowed).await,
        Err((status, refusal)) => refused(headers, status, refusal),
    }
}

/// A request that can be run.
struct Request {
    accepted: Accepted,
    proven: Option<Proven>,
    asked: Asked,
}

async fn request(
    app: &App,
    headers: &HeaderMap,
    asked: Result<Asked, Refusal>,
) -> Result<Request, (StatusCode, Refusal)> {
    let accepted = Accepted::of(headers);
    if accepted.media.is_none() && accepted.events == Events::No {
        let refusal = Refusal::request(
            "NOT_ACCEPTABLE",
            "answers are `application/graphql-response+json`, `application/json` or `text/event-stream`: accept one of them",
        );
        return Err((StatusCode::NOT_ACCEPTABLE, refusal));
    }
    let proven = bearer::in_headers(app, headers)
        .await
        .map_err(|refused| unknown_sender(&refused))?;
    let asked = asked.map_err(|refusal| (StatusCode::BAD_REQUEST, refusal))?;
    if asked.query.as_deref().unwrap_or_default().is_empty() {
        let refusal = bad_request("there is no `query` in the request");
        return Err((StatusCode::BAD_REQUEST, refusal));
    }
    Ok(Request {
        accepted,
        proven,
        asked,
    })
}

async fn run(
    app: &App,
    sender: Sender,
    headers: &HeaderMap,
    request: Request,
    allowed: Allowed,
) -> Response {
    let Request {
        accepted,
        proven,
        asked,
    } = request;
    let media = accepted.media_for_errors();
    let caller = proven.map(|proven| proven.viewer);
    let allowed = Allowed {
        subscriptions: accepted.events != Events::No,
        ..allowed
    };
    let always = accepted.events == Events::Always;
    let started = match app.engine.start(asked, caller, allowed, sender.data()) {
        Ok(Started::Once(answer)) if !always => {
            return write(media, StatusCode::OK, &answer.await, true);
        }
        Ok(started) => started,
        Err(outcome) => match *outcome {
            Outcome::Refused(response) if always && !is_unreadable(&response) => {
                return sse::refuse(&response);
            }
            outcome => return not_started(media, always, &outcome),
        },
    };
    sse::answer(app, proven, started)
        .unwrap_or_else(|(status, refusal)| refused(headers, status, refusal))
}

/// Answers a request that did not get to run.
fn not_started(media: Media, always_events: bool, outcome: &Outcome) -> Response {
    match outcome {
        Outcome::Refused(response) => {
            let status = if media == Media::Json && !always_events {
                StatusCode::OK
            } else {
                StatusCode::BAD_REQUEST
            };
            write(media, status, response, false)
        }
        Outcome::WrongMethod(response) => {
            let mut response = write(media, StatusCode::METHOD_NOT_ALLOWED, response, false);
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
    }
}

/// Whether there is no operation to speak of, which an event stream is not opened for.
fn is_unreadable(response: &async_graphql::Response) -> bool {
    let extensions = response
        .errors
        .first()
        .and_then(|it| it.extensions.as_ref());
    let code = extensions.and_then(|extensions| extensions.get("code"));
    matches!(
        code,
        Some(async_graphql::Value::String(code))
            if ["GRAPHQL_PARSE_FAILED", "OPERATION_NOT_FOUND"].contains(&code.as_str())
    )
}

/// Why the sender of a request could not be made out.
fn unknown_sender(refused: &Error) -> (StatusCode, Refusal) {
    let status = match refused {
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status != StatusCode::UNAUTHORIZED {
        let cause = std::error::Error::source(refused);
        tracing::error!(
            error = cause,
            "the sender of a request could not be made out"
        );
    }
    (
        status,
        Refusal::request(refused.code(), refused.to_string()),
    )
}

/// A body that was too large or broke off.
fn unreadable(headers: &HeaderMap, status: StatusCode) -> Response {
    let refusal = if status == StatusCode::PAYLOAD_TOO_LARGE {
        Refusal::request("BODY_TOO_LARGE", "the body is too large: send less at once")
    } else {
        bad_request("the body could not be read to its end")
    };
    refused(headers, status, refusal)
}

/// Errors of a request that never got to be run; their status tells in both media types.
fn refused(headers: &HeaderMap, status: StatusCode, refusal: Refusal) -> Response {
    let media = Accepted::of(headers).media_for_errors();
    let mut response = write(media, status, &refusal.into(), false);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// An answer to a request that did not run has no `data` at all.
fn write(
    media: Media,
    status: StatusCode,
    response: &async_graphql::Response,
    with_data: bool,
) -> Response {
    let bytes = if with_data {
        answer_json(response)
    } else {
        errors_json(&response.errors)
    };
    let mut answer = (status, Body::from(bytes)).into_response();
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, media.header());
    answer
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept"));
    answer
}
