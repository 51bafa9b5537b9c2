//! How a WebSocket ends: the codes, their words, and the goodbye.

use std::{borrow::Cow, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::timeout;

use super::super::streams::Full;

/// The longest reason that fits into a frame that ends a WebSocket.
const LONGEST_REASON: usize = 123;
/// How long the other side may take to read the goodbye and answer it.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a WebSocket ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// The client closed it, or is gone.
    Theirs,
    /// We close it.
    Ours(u16, Cow<'static, str>),
}

// The codes from 4400 on and their words are the protocol's own.
impl End {
    pub(super) const DRAINING: Self = Self::because(1001, "the server stops: reconnect");
    pub(super) const SILENT: Self = Self::because(1001, "no answer to the server's pings");
    pub(super) const TOO_LARGE: Self = Self::because(1009, "the message is too large");
    pub(super) const DOES_NOT_READ: Self = Self::because(
        1013,
        "messages are not read: reconnect and continue after the last cursor",
    );
    pub(super) const SPENT: Self = Self::because(
        1013,
        "too many messages, or too large ones: wait before you reconnect",
    );
    pub(super) const NOT_READY: Self = Self::because(4401, "Unauthorized");
    pub(super) const EXPIRED: Self = Self::because(4403, "token expired");
    pub(super) const WRONG_PROTOCOL: Self = Self::because(4406, "Subprotocol not acceptable");
    pub(super) const NO_INIT: Self = Self::because(4408, "Connection initialisation timeout");
    pub(super) const TWO_INITS: Self = Self::because(4429, "Too many initialisation requests");

    const fn because(code: u16, reason: &'static str) -> Self {
        Self::Ours(code, Cow::Borrowed(reason))
    }

    pub(super) fn full(full: Full) -> Self {
        Self::Ours(1013, full.to_string().into())
    }

    pub(super) fn invalid(why: &str) -> Self {
        Self::Ours(4400, format!("Invalid message received: {why}").into())
    }

    pub(super) fn forbidden(why: &str) -> Self {
        Self::Ours(4403, format!("Forbidden: {why}").into())
    }

    pub(super) fn duplicate(id: &str) -> Self {
        Self::Ours(4409, format!("Subscriber for {id} already exists").into())
    }

    /// Whether the client broke a rule of the protocol, or could not prove who it is.
    pub(super) const fn is_their_mistake(&self) -> bool {
        matches!(self, Self::Ours(4400..=4499, _))
    }
}

/// Says goodbye and waits a moment for the answer: a connection that is cut off at once takes the
/// code with it.
pub(super) async fn close(mut socket: WebSocket, end: End) {
    let farewell = async {
        if let End::Ours(code, reason) = end {
            let reason = shortened(&reason).to_owned().into();
            let frame = CloseFrame { code, reason };
            if socket.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
        }
        while let Some(received) = socket.recv().await {
            if received.is_err() {
                // Nothing more can be read, but the goodbye is still on its way.
                std::future::pending::<()>().await;
            }
        }
    };
    let _ = timeout(GOODBYE, farewell).await;
}

fn shortened(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(LONGEST_REASON)]
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_long_reason_is_cut_between_two_characters() {
        assert_eq!(shortened("short"), "short");
        let long = "ü".repeat(100);
        assert_eq!(shortened(&long), "ü".repeat(61));
    }
}
