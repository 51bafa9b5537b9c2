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
    App, bearer, cached,
    client::Sender,
    negotiate::{Accepted, Events, Media, is_json},
    sse,
    status::Malformed,
    ws,
};
use crate::{
    auth::Proven,
    error::Error,
    graphql::{
        document::{JsonMap, Refusal},
        written::{answer_json, errors_json},
    },
    schema::{
        asked::Asked,
        engine::{Allowed, Outcome, Started},
    },
};

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

/// A request as it was sent, or why it is none.
type Sent = Result<Asked, (Malformed, Refusal)>;

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
        Err(error) => Err((Malformed::Misshapen, bad_request(error.body_text()))),
    };
    let response = answer(&app, sender, &headers, asked, Allowed::QUERIES).await;
    cached::keep_nothing(response)
}

pub(super) async fn post(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return unreadable(&app, &headers, rejection.status()),
    };
    if !is_json(&headers) {
        let refusal = Refusal::request(
            "UNSUPPORTED_MEDIA_TYPE",
            "the body must be JSON: send `Content-Type: application/json`",
        );
        return refused(&app, &headers, StatusCode::UNSUPPORTED_MEDIA_TYPE, refusal);
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
pub(super) async fn other(State(app): State<App>, method: Method, headers: HeaderMap) -> Response {
    let message = format!("`{method}` is not answered here: use POST, or GET for queries");
    let refusal = Refusal::request("METHOD_NOT_ALLOWED", message);
    let mut response = refused(&app, &headers, StatusCode::METHOD_NOT_ALLOWED, refusal);
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::request("BAD_REQUEST", message)
}

fn from_parameters(parameters: Parameters) -> Sent {
    let map = |name: &str, text: Option<String>| -> Result<Option<JsonMap>, _> {
        text.filter(|text| !text.is_empty())
            .map(|text| serde_json::from_str::<Option<JsonMap>>(&text))
            .transpose()
            .map(Option::flatten)
            .map_err(|error| {
                let refusal = bad_request(format!("`{name}` must be a JSON object"));
                (malformed(&error), refusal)
            })
    };
    Ok(Asked {
        query: parameters.query,
        document_id: parameters.document_id,
        operation_name: parameters.operation_name.filter(|name| !name.is_empty()),
        variables: map("variables", parameters.variables)?,
        extensions: map("extensions", parameters.extensions)?,
        ..Asked::default()
    })
}

fn from_body(body: &[u8]) -> Sent {
    if body.trim_ascii_start().first() == Some(&b'[') {
        let refusal = Refusal::request(
            "BATCHING_NOT_SUPPORTED",
            "requests are not answered in batches: send them one by one, over one connection",
        );
        return Err((Malformed::Misshapen, refusal));
    }
    serde_json::from_slice(body).map_err(|error| {
        let hint =
            "`query` and `operationName` are texts, `variables` and `extensions` are objects";
        let message = format!("the body must be a JSON object ({hint}): {error}");
        (malformed(&error), bad_request(message))
    })
}

fn malformed(error: &serde_json::Error) -> Malformed {
    if error.is_data() {
        Malformed::Misshapen
    } else {
        Malformed::Unreadable
    }
}

async fn answer(
    app: &App,
    sender: Sender,
    headers: &HeaderMap,
    asked: Sent,
    allowed: Allowed,
) -> Response {
    match request(app, headers, asked).await {
        Ok(request) => run(app, sender, headers, request, allowed).await,
        Err((status, refusal)) => refused(app, headers, status, refusal),
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
    asked: Sent,
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
    let codes = app.options.status_codes;
    let asked = asked.map_err(|(malformed, refusal)| (codes.of_malformed(malformed), refusal))?;
    if !asked.has_document() {
        let refusal = bad_request("there is no `query` in the request");
        return Err((codes.of_malformed(Malformed::Misshapen), refusal));
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
            let to_keep = (!allowed.mutations).then_some(headers);
            return executed(app, media, to_keep, &answer.await);
        }
        Ok(started) => started,
        Err(outcome) => match *outcome {
            Outcome::Refused(response) if always && !is_unreadable(&response) => {
                return sse::refuse(&response);
            }
            outcome => return not_started(app, media, always, &outcome),
        },
    };
    sse::answer(app, proven, started)
        .unwrap_or_else(|(status, refusal)| refused(app, headers, status, refusal))
}

/// Answers a request that ran. One that only read, and went well, may be kept by whoever sent these
/// headers.
fn executed(
    app: &App,
    media: Media,
    to_keep: Option<&HeaderMap>,
    answer: &async_graphql::Response,
) -> Response {
    let has_errors = !answer.errors.is_empty();
    let body = answer_json(answer);
    match to_keep {
        Some(headers) if !has_errors => cached::answer(headers, media.header(), body),
        _ => write(
            media,
            app.options.status_codes.of_executed(has_errors),
            body,
        ),
    }
}

/// Answers a request that did not get to run.
fn not_started(app: &App, media: Media, always_events: bool, outcome: &Outcome) -> Response {
    let codes = app.options.status_codes;
    match outcome {
        Outcome::Refused(response) => {
            let told = if always_events { Media::GraphQl } else { media };
            let status = codes.of_refused(told, code(response).unwrap_or_default());
            write_errors(codes.media(media, status), status, response)
        }
        Outcome::Limited(response, retry_after) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = write_errors(codes.media(media, status), status, response);
            let seconds = HeaderValue::from(retry_after.as_secs());
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
        Outcome::WrongMethod(response) => {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let mut response = write_errors(codes.media(media, status), status, response);
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
    }
}

/// Whether there is no operation to speak of, which an event stream is not opened for.
fn is_unreadable(response: &async_graphql::Response) -> bool {
    matches!(
        code(response),
        Some("GRAPHQL_PARSE_FAILED" | "OPERATION_NOT_FOUND")
    )
}

/// The code of its first error.
fn code(response: &async_graphql::Response) -> Option<&str> {
    match response.errors.first()?.extensions.as_ref()?.get("code") {
        Some(async_graphql::Value::String(code)) => Some(code),
        _ => None,
    }
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
fn unreadable(app: &App, headers: &HeaderMap, status: StatusCode) -> Response {
    let refusal = if status == StatusCode::PAYLOAD_TOO_LARGE {
        Refusal::request("BODY_TOO_LARGE", "the body is too large: send less at once")
    } else {
        bad_request("the body could not be read to its end")
    };
    refused(app, headers, status, refusal)
}

/// Errors of a request that never got to be run; their status tells in both media types.
fn refused(app: &App, headers: &HeaderMap, status: StatusCode, refusal: Refusal) -> Response {
    let media = Accepted::of(headers).media_for_errors();
    let media = app.options.status_codes.media(media, status);
    let mut response = write_errors(media, status, &refusal.into());
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// An answer to a request that did not run has no `data` at all.
fn write_errors(media: Media, status: StatusCode, response: &async_graphql::Response) -> Response {
    write(media, status, errors_json(&response.errors))
}

fn write(media: Media, status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.header()),
        (header::VARY, HeaderValue::from_static("accept")),
    ];
    (status, headers, Body::from(body)).into_response()
}
