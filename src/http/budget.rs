//! What a client may still spend, told with every answer: the fields `RateLimit-Policy` and `RateLimit` of the
//! IETF's draft (draft-ietf-httpapi-ratelimit-headers), in points of cost instead of requests.

use axum::{
    http::{HeaderName, HeaderValue},
    response::Response,
};

use super::App;
use crate::traffic::Payer;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Says how the sender of a request stands after it.
pub(super) fn told(app: &App, payer: Payer, mut response: Response) -> Response {
    let Some(standing) = app.engine.standing(payer) else {
        return response;
    };
    let name = match payer {
        Payer::User(_) => "user",
        Payer::Address(_) | Payer::SignIn(_) => "address",
    };
    let (quota, window) = (standing.quota, standing.window.as_secs());
    let policy = format!(r#""{name}";q={quota};qu="points";w={window}"#);
    let (left, full_in) = (standing.left, standing.full_in.as_secs());
    let left = format!(r#""{name}";r={left};t={full_in}"#);
    for (field, value) in [(POLICY, policy), (LEFT, left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(field, value);
        }
    }
    response
}
