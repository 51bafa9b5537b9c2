//! GraphQL over HTTP: a request is read, run, and answered with the status and the media type that
//! the specification and its audits ask for. Every answer is JSON, errors too.

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Query, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    App, RequestId,
    negotiate::{Media, is_json},
};
use crate::{
    auth::BadToken,
    graphql::document::{JsonMap, Refusal},
    schema::engine::{Allowed, Asked, Outcome},
    viewer::Caller,
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
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let asked = match parameters {
        Ok(Query(parameters)) => from_parameters(parameters),
        Err(error) => Err(bad_request(error.body_text())),
    };
    answer(&app, id, &headers, asked, Allowed::Queries).await
}

pub(super) async fn post(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
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
    answer(&app, id, &headers, asked, Allowed::QueriesAndMutations).await
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
    id: RequestId,
    headers: &HeaderMap,
    asked: Result<Asked, Refusal>,
    allowed: Allowed,
) -> Response {
    let Some(media) = Media::preferred(headers) else {
        let refusal = Refusal::request(
            "NOT_ACCEPTABLE",
            "answers are `application/graphql-response+json` or `application/json`: accept one of them",
        );
        return refused(headers, StatusCode::NOT_ACCEPTABLE, refusal);
    };
    let caller = match caller(app, headers) {
        Ok(caller) => caller,
        Err(bad) => {
            let refusal = Refusal::request("UNAUTHENTICATED", bad.to_string());
            return refused(headers, StatusCode::UNAUTHORIZED, refusal);
        }
    };
    let asked = match asked {
        Ok(asked) if asked.query.as_deref().unwrap_or_default().is_empty() => {
            let refusal = bad_request("there is no `query` in the request");
            return refused(headers, StatusCode::BAD_REQUEST, refusal);
        }
        Ok(asked) => asked,
        Err(refusal) => return refused(headers, StatusCode::BAD_REQUEST, refusal),
    };
    let mut about = async_graphql::Data::default();
    about.insert(id);
    match app.engine.run(asked, caller, allowed, about).await {
        Outcome::Executed(response) => write(media, StatusCode::OK, &response, true),
        Outcome::Refused(response) => {
            let status = if media == Media::Json {
                StatusCode::OK
            } else {
                StatusCode::BAD_REQUEST
            };
            write(media, status, &response, false)
        }
        Outcome::WrongMethod(response) => {
            let mut response = write(media, StatusCode::METHOD_NOT_ALLOWED, &response, false);
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("POST"));
            response
        }
    }
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
    let media = Media::preferred(headers).unwrap_or(Media::Json);
    write(media, status, &refusal.into(), false)
}

/// An answer to a request that did not run has no `data` at all.
fn write(
    media: Media,
    status: StatusCode,
    response: &async_graphql::Response,
    with_data: bool,
) -> Response {
    #[derive(serde::Serialize)]
    struct Bare<'a> {
        errors: &'a [async_graphql::ServerError],
    }

    let bytes = if with_data {
        serde_json::to_vec(response)
    } else {
        serde_json::to_vec(&Bare {
            errors: &response.errors,
        })
    };
    let Ok(bytes) = bytes else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
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

/// Whoever the token proves to be; nobody where there is none.
fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, BadToken> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    app.keys.verify(token.ok_or(BadToken::Invalid)?).map(Some)
}
