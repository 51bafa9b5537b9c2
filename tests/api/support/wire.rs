//! An HTTP client that hides nothing: it neither tries again nor opens a second connection, so what
//! it reports of a connection is what happened to it.

use std::io::{Error, ErrorKind, Result};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// What became of one request.
#[derive(Debug)]
pub enum Sent {
    Answered {
        status: u16,
        body: String,
    },
    /// Nobody listens any more.
    Refused,
    /// The connection ended before the answer did.
    Cut(Error),
}

/// One client with one connection, kept for as long as the server keeps it.
pub struct Wire {
    authority: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Wire {
    pub fn to(url: &str) -> Self {
        Self {
            authority: url.trim_start_matches("http://").to_owned(),
            stream: None,
        }
    }

    /// Sends one GraphQL document.
    pub async fn graphql(&mut self, query: &str) -> Sent {
        if self.stream.is_none() {
            match TcpStream::connect(&self.authority).await {
                Ok(stream) => self.stream = Some(BufReader::new(stream)),
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Sent::Refused,
                Err(error) => return Sent::Cut(error),
            }
        }
        match self.exchange(query).await {
            Ok((status, body)) => Sent::Answered { status, body },
            Err(error) => Sent::Cut(error),
        }
    }

    async fn exchange(&mut self, query: &str) -> Result<(u16, String)> {
        let stream = self.stream.as_mut().expect("connected");
        let body = serde_json::json!({"query": query}).to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.authority,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let status = line(stream).await?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let (mut length, mut close) = (0, false);
        loop {
            let header = line(stream).await?.to_ascii_lowercase();
            match header.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().expect("a length"),
                Some(("connection", value)) => close = value == "close",
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        if close {
            self.stream = None;
        }
        let status = status.ok_or(ErrorKind::InvalidData)?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    if line.ends_with('\n') {
        Ok(line.trim_end().to_owned())
    } else {
        Err(ErrorKind::UnexpectedEof.into())
    }
}
