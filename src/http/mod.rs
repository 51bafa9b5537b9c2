//! The edge: what arrives over HTTP and where it goes. No rule of the domain lives here.

mod bearer;
mod graphiql;
mod graphql;
mod health;
mod negotiate;
mod requests;
mod shutdown;
mod sse;
mod streams;
mod ws;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, Uri},
    middleware,
    response::IntoResponse,
    routing::get,
};
use serde_json::json;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

pub use requests::RequestId;
pub use shutdown::{Draining, serve};
pub use streams::{StreamLimits, Streams};

use crate::{auth::Keys, db::Db, graphql::document::Limits, schema::engine::Engine};

/// The largest body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub keys: Arc<Keys>,
    pub engine: Arc<Engine>,
    pub draining: Arc<Draining>,
    pub streams: Arc<Streams>,
}

impl App {
    #[must_use]
    pub fn new(db: Db, keys: Keys) -> Self {
        let keys = Arc::new(keys);
        let engine = Arc::new(Engine::new(
            db.clone(),
            Arc::clone(&keys),
            Limits::default(),
        ));
        Self {
            db,
            keys,
            engine,
            draining: Arc::default(),
            streams: Arc::default(),
        }
    }
}

/// All routes, and what is done for each of them.
pub fn router(app: App) -> Router {
    Router::new()
        .route(
            "/graphql",
            get(graphql::get)
                .post(graphql::post)
                .fallback(graphql::other),
        )
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .merge(graphiql::routes())
        .fallback(not_found)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(requests::panicked))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app.draining),
            shutdown::close_when_draining,
        ))
        .layer(middleware::from_fn(requests::identify))
        .with_state(app)
}

async fn not_found(State(_): State<App>, uri: Uri) -> impl IntoResponse {
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
