//! A WebSocket as a client of the protocol has it, with no help from a library of the protocol.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{TestApp, TestUser};

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Socket<S = MaybeTlsStream<TcpStream>>(WebSocketStream<S>);

fn request(
    url: &str,
    headers: &[(&'static str, &str)],
) -> tokio_tungstenite::tungstenite::http::Request<()> {
    let url = format!("{}/graphql", url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).expect("a header");
        request.headers_mut().insert(*name, value);
    }
    request
}

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

impl Socket {
    /// Opened, and nothing said yet.
    pub async fn open(app: &TestApp) -> Self {
        Self::open_with(app, &[PROTOCOL]).await
    }

    /// Opened at the address of a server in a process of its own.
    pub async fn at(url: &str) -> Self {
        let opened = connect_async(request(url, &[PROTOCOL])).await;
        Self(opened.expect("a WebSocket").0)
    }

    pub async fn open_with(app: &TestApp, headers: &[(&'static str, &str)]) -> Self {
        let opened = connect_async(request(&app.url, headers)).await;
        Self(opened.expect("a WebSocket").0)
    }

    /// Opened by somebody who is signed in, and ready.
    pub async fn of(user: &TestUser<'_>) -> Self {
        let mut socket = Self::open(user.app).await;
        socket.init(&user.token).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket
    }
}

impl Socket<TcpStream> {
    /// Opened over a connection that takes in little at once.
    pub async fn narrow(user: &TestUser<'_>) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let address = user.app.url.trim_start_matches("http://");
        let stream = socket.connect(address.parse().expect("an address")).await;
        let request = request(&user.app.url, &[PROTOCOL]);
        let opened = client_async(request, stream.expect("a connection")).await;
        let mut socket = Self(opened.expect("a WebSocket").0);
        socket.init(&user.token).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket
    }
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Socket<S> {
    pub async fn init(&mut self, token: &str) {
        let payload = json!({"Authorization": format!("Bearer {token}")});
        self.send(&json!({"type": "connection_init", "payload": payload}))
            .await;
    }

    pub async fn send(&mut self, message: &Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        // A server that has closed already is found out when reading.
        let _ = self.0.send(message).await;
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": variables});
        self.ask(id, &payload).await;
    }

    /// Begins an operation with a payload as it is.
    pub async fn ask(&mut self, id: &str, payload: &Value) {
        self.send(&json!({"id": id, "type": "subscribe", "payload": payload}))
            .await;
    }

    /// The next message of the protocol.
    pub async fn next(&mut self) -> Value {
        match self.next_or_end().await {
            Ok(message) => message,
            Err(end) => panic!("closed: {end:?}"),
        }
    }

    /// Whether nothing comes for a moment.
    pub async fn is_quiet(&mut self) -> bool {
        timeout(Duration::from_millis(400), self.next_or_end())
            .await
            .is_err()
    }

    /// Reads to the end: the code and the reason it is closed with; 1006 where there is none.
    pub async fn end(&mut self) -> (u16, String) {
        loop {
            if let Err(end) = self.next_or_end().await {
                return end;
            }
        }
    }

    async fn next_or_end(&mut self) -> Result<Value, (u16, String)> {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("in time");
            match message {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err((frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err((1006, String::new())),
            }
        }
    }
}
