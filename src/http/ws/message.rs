//! The messages of the protocol, as JSON.

use async_graphql::{Response, ServerError};
use axum::extract::ws::{Message, Utf8Bytes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::end::End;
use crate::{graphql::written::answer_json, json::WriteJson, schema::asked::Asked};

/// The longest id of an operation that is taken.
const LONGEST_ID: usize = 256;

type Object = Map<String, Value>;

/// What a client may send.
#[derive(Deserialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    expecting = "an object with a `type`"
)]
pub(super) enum Incoming {
    ConnectionInit {
        payload: Option<Object>,
    },
    Ping {
        payload: Option<Object>,
    },
    Pong {
        #[serde(rename = "payload")]
        _payload: Option<Object>,
    },
    Subscribe {
        id: String,
        payload: Box<Asked>,
    },
    Complete {
        id: String,
    },
    /// One to subscribe whose payload is not read, because there is too much in it.
    #[serde(skip)]
    TooMuch {
        id: String,
    },
}

/// What there is to know of a message without reading all of it.
#[derive(Deserialize)]
#[serde(expecting = "an object with an `id`")]
struct Head {
    id: String,
}

impl Incoming {
    /// Reads a message of so many values; none where that is too many.
    pub(super) fn parse(text: &str, values: Option<usize>) -> Result<Self, End> {
        let wrong = |error: serde_json::Error| End::invalid(&error.to_string());
        let Some(values) = values else {
            let Head { id } = serde_json::from_str(text).map_err(wrong)?;
            return checked(Self::TooMuch { id });
        };
        let mut message = serde_json::from_str(text).map_err(wrong)?;
        if let Self::Subscribe { payload, .. } = &mut message {
            (payload.bytes, payload.values) = (text.len(), values);
        }
        checked(message)
    }
}

/// The message, unless there is something in it that it may not have.
fn checked(message: Incoming) -> Result<Incoming, End> {
    match &message {
        Incoming::Subscribe { id, .. } | Incoming::TooMuch { id } | Incoming::Complete { id }
            if id.is_empty() =>
        {
            Err(End::invalid("`id` is empty"))
        }
        Incoming::Subscribe { id, .. } | Incoming::TooMuch { id } if id.len() > LONGEST_ID => {
            Err(End::invalid("`id` is too long"))
        }
        Incoming::Subscribe { payload, .. }
            if payload.query.is_none() && !payload.has_document() =>
        {
            Err(End::invalid("there is no `query` in the payload"))
        }
        _ => Ok(message),
    }
}

/// What a client learns when it is let in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Acknowledged<'a> {
    /// Finds all that happens on this WebSocket in the log: a browser does not show its pages the headers.
    pub(super) request_id: &'a str,
}

/// What the server sends.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    ConnectionAck {
        payload: Acknowledged<'a>,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Object>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

impl Outgoing<'_> {
    pub(super) fn message(&self) -> Message {
        Message::text(serde_json::to_string(self).unwrap_or_default())
    }
}

/// An answer of an operation.
pub(super) fn next(id: &str, payload: &Response) -> Message {
    let mut text = br#"{"type":"next","id":"#.to_vec();
    id.write_json(&mut text);
    text.extend_from_slice(br#","payload":"#);
    text.append(&mut answer_json(payload));
    text.push(b'}');
    Message::Text(Utf8Bytes::try_from(text).unwrap_or_default())
}
