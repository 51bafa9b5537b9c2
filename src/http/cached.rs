//! Answers that a client may keep and ask about: a query sent by GET has an `ETag`, and whoever sends
//! it back is told that nothing changed. The answer is made either way; what is saved is its way.
//!
//! The tag is half of a SHA-256 of the body. A shorter hash would be faster, but one whose collisions
//! can be made would let whoever writes a part of an answer hide a change from its reader.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// For one reader, who has to ask each time whether it still holds.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Everything that makes an answer another one.
const VARY: HeaderValue = HeaderValue::from_static("accept, authorization");

/// A body as the client has it already, or else with its tag.
pub(super) fn answer(asked: &HeaderMap, kind: HeaderValue, body: Vec<u8>) -> Response {
    // Two media types of one answer are two representations, with a tag each.
    let digest = Sha256::new()
        .chain_update(kind.as_bytes())
        .chain_update(&body)
        .finalize();
    let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&digest[..16]));
    let known = known(asked, &tag);
    let Ok(tag) = HeaderValue::from_str(known.unwrap_or(&tag)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, PRIVATE),
        (header::VARY, VARY),
    ];
    if known.is_some() {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}

/// An answer to a GET that nobody may keep: an error, or whatever else has said nothing about it.
pub(super) fn keep_nothing(mut response: Response) -> Response {
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A tag of a compressed answer is weak: its bytes are others than those that the tag was made of.
pub(super) fn weaken_if_compressed(response: &mut Response) {
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = headers.get_mut(header::ETAG)
        && !tag.as_bytes().starts_with(b"W/")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        *tag = weak;
    }
}

/// The tag among those that the client has which stands for the same answer, as the client wrote it: it
/// finds what it keeps by that. Any tag will do for `*`.
pub(super) fn known<'a>(asked: &'a HeaderMap, tag: &'a str) -> Option<&'a str> {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim);
    // Our tags have no comma, so one that is cut in two is none of ours.
    tags.find(|theirs| *theirs == "*" || theirs.strip_prefix("W/").unwrap_or(theirs) == tag)
        .map(|theirs| if theirs == "*" { tag } else { theirs })
}
