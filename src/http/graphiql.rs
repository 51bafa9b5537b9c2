//! A page to try the API in a browser. It loads nothing from outside, and its policy allows nothing.

use axum::{
    Router,
    http::{HeaderName, header},
    response::IntoResponse,
    routing::get,
};

const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/graphiql",
            page(
                "text/html; charset=utf-8",
                include_str!("explorer/page.html"),
            ),
        )
        .route(
            "/graphiql/page.css",
            page("text/css", include_str!("explorer/page.css")),
        )
        .route(
            "/graphiql/page.js",
            page("text/javascript", include_str!("explorer/page.js")),
        )
}

fn page<S: Clone + Send + Sync + 'static>(
    kind: &'static str,
    text: &'static str,
) -> axum::routing::MethodRouter<S> {
    let headers = [
        POLICY,
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    get(move || async move { (headers, text).into_response() })
}
