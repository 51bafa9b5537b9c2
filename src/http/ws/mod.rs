//! GraphQL over WebSocket: the `graphql-transport-ws` protocol, spoken by ourselves so that every end
//! has the code that the protocol gives it.

mod end;
mod message;
mod operations;
mod session;

use std::sync::Arc;

use axum::{
    extract::ws::{WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use self::{end::End, session::Session};
use super::{App, client::Sender};

const PROTOCOL: &str = "graphql-transport-ws";
/// Per connection: thousands of them are idle most of the time.
const BUFFER: usize = 4 << 10;

/// Whether the client wants a WebSocket.
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    let upgrades = headers.get_all(header::UPGRADE).iter();
    let mut names = upgrades
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    names.any(|name| name.trim().eq_ignore_ascii_case("websocket"))
}

/// Opens the WebSocket. Whatever is wrong with it but the handshake is told by the code it is closed
/// with: browsers show nothing else to their pages.
pub(super) fn open(
    app: App,
    sender: Sender,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let text = rejection.body_text();
            return super::error(StatusCode::BAD_REQUEST, "BAD_REQUEST", &text).into_response();
        }
    };
    // A message beyond the limit is still read if it is below this, because there is no other way to say
    // goodbye to its sender.
    let largest_read = 2 * app.options.body;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(largest_read)
        .max_frame_size(largest_read)
        .read_buffer_size(BUFFER)
        .write_buffer_size(0);
    let span = tracing::Span::current();
    upgrade.on_upgrade(move |socket| serve(app, sender, headers, socket).instrument(span))
}

async fn serve(app: App, sender: Sender, headers: HeaderMap, mut socket: WebSocket) {
    // Until it says who it is, it is counted by its address.
    let nobody = sender.payer(None);
    let engine = Arc::clone(&app.engine);
    let end = match app.streams.enter(nobody) {
        Err(full) => End::full(full),
        Ok(_) if socket.protocol().is_none() => End::WRONG_PROTOCOL,
        Ok(seat) => {
            Session::new(app, sender, headers, &mut socket, seat)
                .run()
                .await
        }
    };
    tracing::debug!(?end, "a WebSocket ends");
    if end.is_their_mistake() {
        // It ends either way.
        let _ = engine.have_mistake_paid(nobody);
    }
    end::close(socket, end).await;
}
