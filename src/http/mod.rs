//! The edge: what arrives over HTTP and where it goes. No rule of the domain lives here.

mod bearer;
mod budget;
mod cached;
mod client;
mod connection;
mod door;
mod graphql;
mod health;
mod metrics;
mod negotiate;
mod options;
mod pages;
mod requests;
mod sent;
mod shutdown;
mod sse;
mod status;
mod streams;
mod ws;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    http::{Method, StatusCode, Uri},
    middleware,
    response::IntoResponse,
    routing::get,
};
use serde_json::json;
use tower_http::compression::CompressionLayer;

pub use metrics::{Responses, serve as serve_metrics};
pub use options::Options;
pub use requests::RequestId;
pub use shutdown::{Draining, serve};
pub use streams::{StreamLimits, Streams};

use self::requests::Around;
use crate::{auth::Gate, db::Db, schema::engine::Engine};

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub gate: Arc<Gate>,
    pub engine: Arc<Engine>,
    pub draining: Arc<Draining>,
    pub streams: Arc<Streams>,
    pub responses: Arc<Responses>,
    pub options: Arc<Options>,
}

impl App {
    #[must_use]
    pub fn new(db: Db, gate: Gate, options: Options) -> Self {
        let gate = Arc::new(gate);
        let (limits, rules) = (options.limits.clone(), options.rules);
        let engine = Engine::new(db.clone(), Arc::clone(&gate), limits, rules, options.rates);
        Self {
            db,
            gate,
            engine: Arc::new(engine),
            draining: Arc::default(),
            streams: Streams::new(options.streams.clone()),
            responses: Arc::default(),
            options: Arc::new(options),
        }
    }
}

/// All routes.
fn router(app: App) -> Router {
    let around = Around {
        draining: Arc::clone(&app.draining),
        responses: Arc::clone(&app.responses),
    };
    let pages = pages::routes(&app.options.pages());
    let routes = Router::new()
        .route(
            "/graphql",
            get(graphql::get)
                .post(graphql::post)
                .connect(graphql::connect)
                .fallback(graphql::other),
        )
        .layer(DefaultBodyLimit::max(app.options.body))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .merge(pages)
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(app);
    surrounded(routes, around)
}

/// What is done for every request, wherever it goes: as one layer, because each one more is another box around
/// the request, its answer and the way between.
fn surrounded(routes: Router, around: Around) -> Router {
    let around = middleware::from_fn_with_state(around, requests::surround);
    routes.layer((around, CompressionLayer::new()))
}

async fn wrong_method(method: Method, uri: Uri) -> impl IntoResponse {
    error(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        &format!(
            "`{}` does not take `{method}`: the header `Allow` names what it takes",
            uri.path()
        ),
    )
}

async fn not_found(uri: Uri) -> impl IntoResponse {
    error(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        &format!(
            "there is nothing at `{}`: send GraphQL to `/graphql`",
            uri.path()
        ),
    )
}

/// An answer in the one shape that every error has.
fn error(status: StatusCode, code: &str, message: &str) -> impl IntoResponse + use<> {
    (
        status,
        Json(json!({"errors": [{"message": message, "extensions": {"code": code}}]})),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_one_internal_error_that_keeps_its_words_to_itself() {
        let fails = get(async || -> &'static str { panic!("private words") });
        let routes = surrounded(Router::new().route("/", fails), Around::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, routes).await });

        let response = reqwest::get(url).await.unwrap();

        assert_eq!(response.status(), 500);
        assert!(!response.headers()["x-request-id"].is_empty());
        let body: Value = response.json().await.unwrap();
        let message = "something went wrong on our side; the request id finds it in the log";
        let error = json!({"message": message, "extensions": {"code": "INTERNAL"}});
        assert_eq!(body, json!({"errors": [error]}));
    }
}
