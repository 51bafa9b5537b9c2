//! What stands over a body, and how a connection may be opened: judged before anything is read.

use std::time::Duration;

use hyper::{Method, Request, client::conn::http2, ext::Protocol};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use futures_util::{SinkExt, StreamExt};

use crate::support::TestApp;

fn authority(app: &TestApp) -> &str {
    app.url.trim_start_matches("http://")
}

/// The first part of the answer to a head whose body does not come.
async fn answer_to(app: &TestApp, headers: &str) -> String {
    let mut stream = TcpStream::connect(authority(app)).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n{headers}\r\n",
        authority(app)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
    let length = read.expect("it is answered at once").unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_waited_for() {
    let app = TestApp::start().await;
    for headers in [
        "content-length: 19999999999\r\n",
        "content-length: 2000000\r\nexpect: 100-continue\r\n",
    ] {
        let answer = answer_to(&app, headers).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{headers}{answer}");
    }
    let small = "content-length: 23\r\nexpect: 100-continue\r\n";
    let answer = answer_to(&app, small).await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
}

#[tokio::test]
async fn a_body_is_json_as_it_is() {
    let app = TestApp::start().await;
    let body = json!({"query": "{ version }"}).to_string();
    for (name, value, status) in [
        ("content-encoding", "gzip", 415),
        ("content-encoding", "identity", 200),
        ("content-type", "application/json", 415),
    ] {
        let request = app.client.post(format!("{}/graphql", app.url));
        let request = request.header("content-type", "application/json");
        // The client appends: a second type contradicts the first.
        let response = request.header(name, value).body(body.clone()).send();
        let response = response.await.unwrap();
        assert_eq!(response.status(), status, "{name}: {value}");
        let answer: Value = response.json().await.unwrap();
        let code = &answer["errors"][0]["extensions"]["code"];
        let expected = if status == 415 {
            json!("UNSUPPORTED_MEDIA_TYPE")
        } else {
            Value::Null
        };
        assert_eq!(*code, expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_websocket_opens_over_version_2_too() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let stream = TcpStream::connect(authority(&app)).await.unwrap();
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    // The server's settings have to be there before the method can be used.
    sender.ready().await.unwrap();
    let request = |path: &str| {
        let request = Request::builder()
            .method(Method::CONNECT)
            .uri(format!("{}{path}", app.url))
            .extension(Protocol::from_static("websocket"))
            .header("sec-websocket-version", "13")
            .header("sec-websocket-protocol", "graphql-transport-ws");
        request.body(String::new()).unwrap()
    };
    let live = sender.send_request(request("/health/live")).await.unwrap();
    assert_eq!(live.status(), 405, "there is nothing to connect to");

    let opened = sender.send_request(request("/graphql")).await.unwrap();
    assert_eq!(opened.status(), 200);
    let stream = TokioIo::new(hyper::upgrade::on(opened).await.unwrap());
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let proof = json!({"Authorization": format!("Bearer {}", ada.token)});
    for message in [
        json!({"type": "connection_init", "payload": proof}),
        json!({"type": "subscribe", "id": "a", "payload": {"query": "{ viewer { id } }"}}),
    ] {
        socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }
    for kind in ["connection_ack", "next", "complete"] {
        let told = socket.next().await.unwrap().unwrap();
        assert!(told.to_text().unwrap().contains(kind), "{told}");
    }
}
