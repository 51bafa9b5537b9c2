//! Ending without cutting anybody off: say so, let the last requests finish, and give up at a deadline.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, header::CONNECTION},
    response::Response,
};
use tokio::{net::TcpListener, sync::watch};

use super::{App, connection::Connections, door::Door};

/// How long new connections are still taken after the signal. Meanwhile every answer carries
/// `Connection: close`, so that no client is about to reuse a connection when it closes.
const GRACE: Duration = Duration::from_millis(300);

/// How long the last who came in have for their first request to arrive.
const LAST_CALL: Duration = Duration::from_millis(200);

/// Whether the server is on its way out.
#[derive(Debug, Default)]
pub struct Draining(watch::Sender<bool>);

impl Draining {
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self.0.borrow()
    }

    /// Sees it begin. Whoever holds one is waited for.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Waits until nobody watches any more.
    async fn left(&self) {
        self.0.closed().await;
    }
}

/// Serves until `signal`, then ends as gently as `deadline` allows. False: requests were cut off.
///
/// Someone in the listener's queue, or let in with the request still on its way, would be reset if
/// all ended at once: hence the steps.
pub async fn serve(
    listener: TcpListener,
    app: App,
    signal: impl Future<Output = ()> + Send + 'static,
    deadline: Duration,
) -> bool {
    let draining = Arc::clone(&app.draining);
    let connections = Connections::new(super::router(app.clone()), app.options.header_timeout);
    drop(app);
    let (mut door, key) = Door::new(listener);
    let (told, mut was_told) = watch::channel(false);
    let watched = Arc::clone(&draining);
    let drain = async move {
        signal.await;
        draining.begin();
        tracing::info!(
            "stopping: requests under way may take up to {}",
            humantime::format_duration(deadline)
        );
        let _ = told.send(true);
        tokio::time::sleep(GRACE).await;
        key.close().await;
        tokio::time::sleep(LAST_CALL).await;
    };
    let serving = async {
        tokio::select! {
            () = let_in(&mut door, &connections) => {}
            () = drain => {}
        }
        connections.close().await;
        // WebSockets are no requests any more by now.
        watched.left().await;
        true
    };
    let too_late = async {
        let _ = was_told.wait_for(|told| *told).await;
        tokio::time::sleep(deadline).await;
    };
    tokio::select! {
        outcome = serving => outcome,
        () = too_late => false,
    }
}

/// Lets everybody in who comes; never ends by itself.
async fn let_in(door: &mut Door, connections: &Connections) {
    loop {
        let (stream, peer) = door.accept().await;
        connections.serve(stream, peer);
    }
}

/// Tells clients not to send their next request over this connection.
pub(super) fn close_when_draining(draining: &Draining, response: &mut Response) {
    if draining.is_on() {
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}
