//! Requests over kept connections, as cheaply as can be: the bytes are made beforehand, and of an answer
//! no more is read than whether it is one.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
};

use crate::Failure;
pub use crate::sides::Requests;

/// What came of some requests.
#[derive(Debug, Default)]
pub struct Load {
    pub took: Duration,
    /// Of each answer, the quickest first.
    pub latencies: Vec<Duration>,
    pub bytes: u64,
    /// How many answers were none: errors, or no data.
    pub refused: usize,
}

impl Load {
    #[expect(clippy::cast_precision_loss, reason = "numbers of requests are small")]
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// The latency, in milliseconds, that so many of a thousand answers stayed below.
    pub fn percentile(&self, per_mille: usize) -> f64 {
        let index = self.latencies.len() * per_mille / 1000;
        let latency = self.latencies.get(index).or(self.latencies.last());
        latency.map_or(0.0, |it| it.as_secs_f64() * 1000.0)
    }
}

/// One request as it goes over the wire.
pub fn request(path: &str, body: &[u8], token: Option<&str>) -> Vec<u8> {
    let bearer = token.map_or_else(String::new, |it| format!("authorization: Bearer {it}\r\n"));
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\ncontent-type: application/json\r\n{bearer}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Sends `count` requests, the given ones in turn, over so many connections at once.
pub async fn drive(
    address: SocketAddr,
    requests: &Requests,
    count: usize,
    connections: usize,
) -> Result<Load, Failure> {
    let mut open = Vec::new();
    for _ in 0..connections.min(count) {
        open.push(Connection::open(address).await?);
    }
    let next = Rc::new(Cell::new(0));
    let load = Rc::new(RefCell::new(Load::default()));
    let local = LocalSet::new();
    let began = Instant::now();
    let work = local.run_until(async {
        let tasks: Vec<_> = open
            .into_iter()
            .map(|mut connection| {
                let (requests, next, load) =
                    (Rc::clone(requests), Rc::clone(&next), Rc::clone(&load));
                tokio::task::spawn_local(async move {
                    while next.get() < count {
                        let request = &requests[next.replace(next.get() + 1) % requests.len()];
                        let sent = Instant::now();
                        let answer = connection.exchange(request).await?;
                        let mut load = load.borrow_mut();
                        load.latencies.push(sent.elapsed());
                        load.bytes += answer.body.len() as u64;
                        load.refused += usize::from(!answer.is_right());
                    }
                    Ok::<_, Failure>(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok::<_, Failure>(())
    });
    work.await?;
    let mut load = load.take();
    load.took = began.elapsed();
    load.latencies.sort_unstable();
    Ok(load)
}

/// A connection of HTTP/1.1 that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(128 << 10),
        })
    }

    /// The answer's body, where it is right.
    pub async fn ask(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        let answer = self.exchange(request).await?;
        if answer.is_right() {
            return Ok(answer.body);
        }
        let whole = [answer.head, answer.body].concat();
        Err(String::from_utf8_lossy(&whole).into_owned().into())
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, Failure> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let length = length(&self.buffer[..head]);
        let end = head + length.ok_or("an answer does not say how long it is")?;
        while self.buffer.len() < end {
            self.more().await?;
        }
        let (head, body) = self.buffer[..end].split_at(head);
        Ok(Answer { head, body })
    }

    async fn more(&mut self) -> Result<(), Failure> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

/// One answer as it came.
struct Answer<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl Answer<'_> {
    fn is_right(&self) -> bool {
        let data = self.body.strip_prefix(br#"{"data":"#);
        self.head.starts_with(b"HTTP/1.1 200") && data.is_some_and(|it| !it.starts_with(b"null"))
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|it| it == wanted)
}

fn length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next()?.1.trim().parse().ok()
}
