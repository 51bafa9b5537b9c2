//! GraphQL over HTTP: a request is read, run, and answered with the status and the media type that
//! the specification and its audits ask for. Every answer is JSON, errors too, unless the client takes
//! a stream of events.

use axum::{
    body::Body,
    extract::{
        Query, Request as HttpRequest, State, WebSocketUpgrade,
        ws::rejection::WebSocketUpgradeRejection,
    },
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    App, bearer, budget, cached,
    client::Sender,
    negotiate::{Accepted, EVENTS, Events, GRAPHQL, JSON, Media, is_json},
    sent::{self, Parameters, Sent, Stray},
    sse,
    status::Malformed,
    ws,
};
use crate::{
    auth::Proven,
    error::Error,
    graphql::{
        document::Refusal,
        written::{answer_json, errors_json},
    },
    schema::{
        asked::Asked,
        engine::{Allowed, Outcome, Started},
    },
    traffic::Payer,
};

pub(super) async fn get(
    State(app): State<App>,
    sender: Sender,
    uri: Uri,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if ws::is_asked_for(&headers) {
        return ws::open(app, sender, headers, upgrade);
    }
    let length = uri.query().map_or(0, str::len);
    let asked = match parameters {
        Ok(Query(parameters)) => sent::from_parameters(&app, parameters, length),
        Err(error) => Err(sent::misshapen(sent::bad_request(error.body_text()))),
    };
    let response = answer(&app, sender, &headers, asked, Allowed::QUERIES).await;
    cached::keep_nothing(response)
}

pub(super) async fn post(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    request: HttpRequest,
) -> Response {
    let asked = match sent::body_of(&app, request).await {
        Ok(_) if is_packed(&headers) => Err(unsupported(
            "the body must be sent as it is, without `Content-Encoding`".to_owned(),
        )),
        Ok(_) if !is_json(&headers) => Err(unsupported(format!(
            "the body must be JSON: send `Content-Type: {}`",
            JSON.name
        ))),
        Ok(body) => sent::from_body(&app, &body),
        Err(stray) => Err(stray),
    };
    answer(
        &app,
        sender,
        &headers,
        asked,
        Allowed::QUERIES_AND_MUTATIONS,
    )
    .await
}

fn is_packed(headers: &HeaderMap) -> bool {
    let encoding = headers.get(header::CONTENT_ENCODING);
    encoding.is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn unsupported(message: String) -> Stray {
    let refusal = Refusal::request("UNSUPPORTED_MEDIA_TYPE", message);
    Stray::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, refusal)
}

/// A WebSocket over version 2 of HTTP, which opens it by a method of its own.
pub(super) async fn connect(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    ws::open(app, sender, headers, upgrade)
}

/// Any other method; its address pays for it.
pub(super) async fn other(
    State(app): State<App>,
    sender: Sender,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let message = format!("`{method}` is not answered here: use POST, or GET for queries");
    let refusal = Refusal::request("METHOD_NOT_ALLOWED", message);
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut response = mistaken(&app, sender.payer(None), &headers, status, refusal);
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    response
}

async fn answer(
    app: &App,
    sender: Sender,
    headers: &HeaderMap,
    asked: Sent,
    allowed: Allowed,
) -> Response {
    match request(app, headers, asked).await {
        Ok(request) => {
            let payer = sender.payer(request.proven.map(|proven| proven.viewer));
            let response = run(app, sender, headers, request, allowed).await;
            budget::told(app, payer, response)
        }
        Err((status, refusal)) => {
            let payer = sender.payer(None);
            let response = mistaken(app, payer, headers, status, refusal);
            budget::told(app, payer, response)
        }
    }
}

/// Refuses what is no request; its address pays for it. Who sent a token that is over has to learn that in
/// any case.
fn mistaken(
    app: &App,
    payer: Payer,
    headers: &HeaderMap,
    status: StatusCode,
    refusal: Refusal,
) -> Response {
    match app.engine.have_mistake_paid(payer) {
        Err(outcome) if status != StatusCode::UNAUTHORIZED => {
            let media = Accepted::of(headers).media_for_errors();
            not_started(app, media, false, &outcome)
        }
        _ => refused(app, headers, status, refusal),
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
    if let Err(Stray::Refused(status, refusal)) = asked {
        return Err((status, refusal));
    }
    let accepted = Accepted::of(headers);
    if accepted.media.is_none() && accepted.events == Events::No {
        let (graphql, json, events) = (GRAPHQL.name, JSON.name, EVENTS.name);
        let message =
            format!("answers are `{graphql}`, `{json}` or `{events}`: accept one of them");
        let refusal = Refusal::request("NOT_ACCEPTABLE", message);
        return Err((StatusCode::NOT_ACCEPTABLE, refusal));
    }
    let proven = bearer::in_headers(app, headers)
        .await
        .map_err(|refused| unknown_sender(&refused))?;
    let codes = app.options.status_codes;
    let asked = asked.map_err(|stray| match stray {
        Stray::Malformed(malformed, refusal) => (codes.of_malformed(malformed), refusal),
        Stray::Refused(status, refusal) => (status, refusal),
    })?;
    if !asked.has_document() {
        let refusal = sent::bad_request("there is no `query` in the request");
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
    let payer = sender.payer(caller);
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
    sse::answer(app, payer, proven, started)
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
