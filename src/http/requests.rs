//! One id and one log line for every request, whatever becomes of it.

use std::{any::Any, time::Instant};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Names a request in the answer and in every log line it caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Takes over the id that a proxy gave, where it is harmless to log; otherwise makes one.
    fn of(request: &Request) -> Self {
        let given = request
            .headers()
            .get(HEADER)
            .and_then(|value| value.to_str().ok());
        let harmless = |id: &&str| {
            (1..=64).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
        };
        Self(
            given
                .filter(harmless)
                .map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned),
        )
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Gives the request its id and logs how it ended.
pub(super) async fn identify(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(&request);
    let span = tracing::info_span!("request", id = id.as_str());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(id.clone());
    async move {
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(id.as_str()) {
            response.headers_mut().insert(HEADER, value);
        }
        let status = response.status().as_u16();
        let elapsed_ms = begun.elapsed().as_secs_f64() * 1000.0;
        if path.starts_with("/health/") {
            tracing::debug!(%method, path, status, elapsed_ms, "answered");
        } else {
            tracing::info!(%method, path, status, elapsed_ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// The answer to a request whose handler panicked: the panic's text goes to the log alone.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    tracing::error!(panic = text, "a request failed with a panic");
    super::error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "something went wrong on our side; the request id finds it in the log",
    )
    .into_response()
}
