//! The token that says who asks: in a header, or in the first message of a WebSocket.

use axum::http::{HeaderMap, header};

use super::App;
use crate::{
    auth::{BadToken, Proven},
    error::Result,
};

/// Whoever the header's token proves to be; nobody where there is none.
pub(super) async fn in_headers(app: &App, headers: &HeaderMap) -> Result<Option<Proven>> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => proven(app, value.to_str().unwrap_or_default())
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// Whoever a value such as `Bearer …` proves to be.
pub(super) async fn proven(app: &App, value: &str) -> Result<Proven> {
    let (scheme, token) = value.split_once(' ').ok_or(BadToken::Invalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BadToken::Invalid.into());
    }
    app.gate.prove(&app.db, token.trim()).await
}
