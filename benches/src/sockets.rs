//! Subscribers that are connected and hear nothing: what each of them costs the server in memory.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Failure,
    data::{Kind, id},
    processes::{self, Memory},
    sides::Side,
    tokens::token,
};

/// Memory before they came and while they wait.
pub struct Sockets {
    pub count: usize,
    pub before: Memory,
    pub after: Memory,
}

/// Connects so many subscribers, each another user while there are enough of them, and waits a moment.
pub async fn measure(side: &Side, count: usize, users: u64) -> Result<Sockets, Failure> {
    let before = side.idle;
    let mut open = Vec::new();
    for number in 0..count as u64 {
        open.push(subscriber(side, 1 + number % users).await?);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = processes::memory(side.pid());
    drop(open);
    Ok(Sockets {
        count,
        before,
        after,
    })
}

async fn subscriber(side: &Side, user: u64) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(side.address).await?;
    let hello = "GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n";
    stream.write_all(hello.as_bytes()).await?;
    until(&mut stream, |read| read.ends_with(b"\r\n\r\n")).await?;
    let authorization = format!("Bearer {}", token(id(Kind::User, user)));
    let init = json!({"type": "connection_init", "payload": {"Authorization": authorization}});
    stream
        .write_all(&frame(init.to_string().as_bytes()))
        .await?;
    let ack = br#""connection_ack""#;
    let acknowledged =
        |read: &[u8]| read.ends_with(b"}") && read.windows(ack.len()).any(|it| it == ack);
    until(&mut stream, acknowledged).await?;
    let query = "subscription { changed { __typename } }";
    let subscribe = json!({"id": "1", "type": "subscribe", "payload": {"query": query}});
    stream
        .write_all(&frame(subscribe.to_string().as_bytes()))
        .await?;
    Ok(stream)
}

async fn until(stream: &mut TcpStream, is_all: impl Fn(&[u8]) -> bool) -> Result<(), Failure> {
    let mut read = Vec::new();
    while !is_all(&read) {
        if stream.read_buf(&mut read).await? == 0 {
            return Err("a WebSocket was closed".into());
        }
    }
    Ok(())
}

/// One message, masked with nothing, which is a mask as good as any.
fn frame(text: &[u8]) -> Vec<u8> {
    const LAST_TEXT: u8 = 0x81;
    const MASKED: u8 = 0x80;
    const LENGTH_FOLLOWS: u8 = 0x7e;

    let length = u16::try_from(text.len()).expect("messages are short");
    let mut frame = vec![LAST_TEXT];
    if let Ok(length @ 0..=125) = u8::try_from(length) {
        frame.push(MASKED | length);
    } else {
        frame.push(MASKED | LENGTH_FOLLOWS);
        frame.extend(length.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(text);
    frame
}
