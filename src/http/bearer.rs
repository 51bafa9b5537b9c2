//! The token that says who asks: in a header, or in the first message of a WebSocket.

use std::time::Duration;

use axum::http::{HeaderMap, header};

use super::App;
use crate::{auth::BadToken, viewer::Viewer};

/// Somebody whose token was checked, and how much longer it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proven {
    pub(super) viewer: Viewer,
    pub(super) left: Duration,
}

/// Whoever the header's token proves to be; nobody where there is none.
pub(super) fn in_headers(app: &App, headers: &HeaderMap) -> Result<Option<Proven>, BadToken> {
    let value = headers.get(header::AUTHORIZATION);
    value
        .map(|value| proven(app, value.to_str().unwrap_or_default()))
        .transpose()
}

/// Whoever a value such as `Bearer …` proves to be.
pub(super) fn proven(app: &App, value: &str) -> Result<Proven, BadToken> {
    let (scheme, token) = value.split_once(' ').ok_or(BadToken::Invalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BadToken::Invalid);
    }
    let (viewer, left) = app.keys.verify_until(token.trim())?;
    Ok(Proven { viewer, left })
}
