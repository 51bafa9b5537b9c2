//! One id and one log line for every request, whatever becomes of it.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::{
    cached,
    metrics::Responses,
    shutdown::{Draining, close_when_draining},
};
use crate::logging::spans;

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

/// What stands around every request.
#[derive(Clone, Default)]
pub(super) struct Around {
    pub(super) draining: Arc<Draining>,
    pub(super) responses: Arc<Responses>,
}

/// Gives the request its id and logs how it ended. A panic anywhere below is an answer, too.
pub(super) async fn surround(
    State(around): State<Around>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(&request);
    let span = tracing::info_span!("request", id = id.as_str());
    continue_trace(&span, request.headers());
    let line = Line {
        responses: around.responses,
        begun: Instant::now(),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        status: None,
    };
    request.extensions_mut().insert(id.clone());
    async move {
        let mut line = line;
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = answer.unwrap_or_else(|_| panicked());
        cached::weaken_if_compressed(&mut response);
        close_when_draining(&around.draining, &mut response);
        if let Ok(value) = HeaderValue::from_str(id.as_str()) {
            response.headers_mut().insert(HEADER, value);
        }
        line.status = Some(response.status().as_u16());
        response
    }
    .instrument(span)
    .await
}

/// A proxy or another server may have begun the trace that the request belongs to.
fn continue_trace(span: &Span, headers: &HeaderMap) {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    spans::continue_trace(span, header("traceparent"), header("tracestate"));
}

/// The one line of a request. It is written when this value goes, because a request whose client leaves is
/// dropped wherever it is.
struct Line {
    responses: Arc<Responses>,
    begun: Instant,
    method: Method,
    path: String,
    status: Option<u16>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.responses.count(self.status);
        let Self {
            method,
            path,
            status,
            ..
        } = self;
        let elapsed_ms = self.begun.elapsed().as_secs_f64() * 1000.0;
        let how = if status.is_some() {
            "answered"
        } else {
            "abandoned"
        };
        if path.starts_with("/health/") {
            tracing::debug!(%method, path, status, elapsed_ms, "{how}");
        } else {
            tracing::info!(%method, path, status, elapsed_ms, "{how}");
        }
    }
}

/// The answer to a request whose handler panicked. Its words are in the log already, see `logging`.
fn panicked() -> Response {
    super::error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "something went wrong on our side; the request id finds it in the log",
    )
    .into_response()
}
