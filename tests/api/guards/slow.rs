//! Clients that send slowly, whether they mean it or not.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::TestApp;

const PATIENCE: Duration = Duration::from_millis(600);

async fn impatient() -> TestApp {
    TestApp::start_guarded(|options| {
        options.header_timeout = PATIENCE;
        options.body_timeout = PATIENCE;
    })
    .await
}

async fn connect(app: &TestApp) -> TcpStream {
    let address = app.url.trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// Sends a text letter by letter until nobody takes it any more; what is answered, and after how long.
async fn trickle(app: &TestApp, at_once: &str, slowly: &str) -> (String, Duration) {
    let begun = Instant::now();
    let (mut read, mut write) = connect(app).await.into_split();
    write.write_all(at_once.as_bytes()).await.unwrap();
    let slowly = slowly.to_owned();
    let writing = tokio::spawn(async move {
        for letter in slowly.as_bytes() {
            sleep(Duration::from_millis(50)).await;
            if write.write_all(&[*letter]).await.is_err() {
                return;
            }
        }
        sleep(Duration::from_mins(1)).await;
    });
    let mut answer = Vec::new();
    let reading = timeout(Duration::from_secs(20), read.read_to_end(&mut answer));
    let _ = reading.await.expect("it is given up");
    writing.abort();
    (
        String::from_utf8_lossy(&answer).into_owned(),
        begun.elapsed(),
    )
}

#[tokio::test]
async fn a_head_that_does_not_come_to_an_end_is_not_waited_for() {
    let app = impatient().await;
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\n";
    for (at_once, slowly) in [
        (
            head,
            "x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        ("", head),
        ("", ""),
        // Neither version can be told from this.
        ("PR", ""),
        // The next request over a connection that had one.
        ("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n", head),
    ] {
        let (answer, took) = trickle(&app, at_once, slowly).await;
        assert!(!answer.contains("graphql"), "{answer}");
        let few = PATIENCE * 4;
        assert!(
            took > PATIENCE / 2 && took < few,
            "{at_once:?} {slowly:?}: {took:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_to_an_end_is_refused() {
    let app = impatient().await;
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";

    let (answer, took) = trickle(&app, head, &" ".repeat(900)).await;

    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains(r#""code":"REQUEST_TIMEOUT""#), "{answer}");
    assert!(took < PATIENCE * 6, "{took:?}");
}

#[tokio::test]
async fn whoever_waits_for_an_answer_or_an_event_is_not_slow() {
    let app = impatient().await;
    let ada = app.newcomer().await;
    let mut socket = crate::support::Socket::of(&ada).await;
    sleep(PATIENCE * 2).await;
    socket
        .subscribe("a", "{ version }", serde_json::json!({}))
        .await;
    assert_eq!(socket.next().await["type"], "next");
}

#[tokio::test]
async fn version_2_of_http_is_spoken_too() {
    let app = TestApp::start().await;
    let (executor, io) = (TokioExecutor::new(), TokioIo::new(connect(&app).await));
    let (mut sender, connection) = http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::get("http://localhost/health/live");
    let request = request.body(Empty::<Bytes>::new()).unwrap();

    let answer = sender.send_request(request).await.unwrap();

    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, hyper::Version::HTTP_2)
    );
}
