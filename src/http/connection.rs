//! One connection: which version of HTTP is spoken over it, and how long its client may take to say what it
//! wants.

use std::{future::Future, io, pin::Pin, pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};

use super::door::Peer;

/// What begins a connection over which version 2 is spoken without asking.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";
/// How long the rest of it is waited for.
const A_MOMENT: Duration = Duration::from_millis(5);
/// How long a client of version 2 may take to answer a ping.
const PING: Duration = Duration::from_secs(20);

/// All connections of a server.
pub(super) struct Connections {
    router: Router,
    /// How long a client may take to send the head of a request.
    patience: Duration,
    closing: watch::Sender<bool>,
}

impl Connections {
    pub(super) fn new(router: Router, patience: Duration) -> Self {
        Self {
            router,
            patience,
            closing: watch::Sender::new(false),
        }
    }

    /// Serves one more, until either side has enough.
    pub(super) fn serve(&self, stream: TcpStream, peer: Peer) {
        let connection = Connection {
            router: self.router.clone(),
            peer,
            patience: self.patience,
            closing: self.closing.subscribe(),
        };
        tokio::spawn(async move {
            if let Err(error) = connection.serve(stream).await {
                tracing::debug!("a connection ends: {error}");
            }
        });
    }

    /// Takes no further request, and waits until all that came are answered.
    pub(super) async fn close(self) {
        self.closing.send_replace(true);
        self.closing.closed().await;
    }
}

struct Connection {
    router: Router,
    peer: Peer,
    patience: Duration,
    closing: watch::Receiver<bool>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Connection {
    async fn serve(mut self, stream: TcpStream) -> Result<(), Failure> {
        let speaks_version_2 = tokio::select! {
            found = timeout(self.patience, speaks_version_2(&stream)) => found??,
            _ = self.closing.wait_for(|closing| *closing) => return Ok(()),
        };
        let (router, peer) = (TowerToHyperService::new(self.router), self.peer);
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let (io, timer) = (TokioIo::new(stream), TokioTimer::new());
        if speaks_version_2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder
                .timer(timer)
                .enable_connect_protocol()
                .keep_alive_interval(self.patience)
                .keep_alive_timeout(PING);
            let connection = builder.serve_connection(io, service);
            let close = |it: Pin<&mut http2::Connection<_, _, _>>| it.graceful_shutdown();
            until_closed(connection, self.closing, close).await?;
        } else {
            let mut builder = http1::Builder::new();
            builder.timer(timer).header_read_timeout(self.patience);
            let connection = builder.serve_connection(io, service).with_upgrades();
            let close = |it: Pin<&mut http1::UpgradeableConnection<_, _>>| it.graceful_shutdown();
            until_closed(connection, self.closing, close).await?;
        }
        Ok(())
    }
}

/// Drives a connection, and tells it when it is to end.
async fn until_closed<C: Future>(
    connection: C,
    mut closing: watch::Receiver<bool>,
    close: impl FnOnce(Pin<&mut C>),
) -> C::Output {
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = closing.wait_for(|closing| *closing) => close(connection.as_mut()),
    }
    connection.await
}

/// Looks at what comes first, and leaves it where it is.
async fn speaks_version_2(stream: &TcpStream) -> io::Result<bool> {
    let mut start = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut start).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if start[..length] != PREFACE[..length] || length == PREFACE.len() {
            return Ok(start == *PREFACE);
        }
        // What is there already would be seen again at once.
        sleep(A_MOMENT).await;
    }
}
