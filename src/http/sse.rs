//! GraphQL over server-sent events, each operation on a connection of its own (the "distinct
//! connections mode" of graphql-sse). An event is made when the one before it was taken, so a client
//! that does not read is waited for a while and then let go.

use std::{convert::Infallible, time::Duration};

use async_graphql::Response as Answer;
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout},
};
use tracing::Instrument;

use super::{
    App,
    negotiate::EVENTS,
    streams::{Full, Seat},
};
use crate::{
    auth::Proven,
    graphql::{
        document::Refusal,
        written::{answer_json, errors_json},
    },
    schema::engine::Started,
    traffic::Payer,
};

/// Refused before anything is streamed.
pub(super) type Refused = (StatusCode, Refusal);

/// Answers with a stream of events: `next` for each answer, then `complete`.
pub(super) fn answer(
    app: &App,
    payer: Payer,
    proven: Option<Proven>,
    started: Started,
) -> Result<Response, Refused> {
    let seat = take_seat(app, payer)?;
    let draining = app.draining.watch();
    let (answers, stops_early) = match started {
        Started::Once(answer) => (stream::once(answer).boxed(), false),
        Started::Many(answers) => (answers, true),
    };
    // One event on its way, one that waits.
    let (events, taken) = mpsc::channel(1);
    let writer = Writer {
        events,
        draining,
        stops_early,
        heartbeat: app.streams.limits.heartbeat,
        patience: app.streams.limits.patience,
        ends_at: proven.map(|proven| Instant::now() + proven.left),
        full_since: None,
        _seat: seat,
    };
    tokio::spawn(writer.write(answers).in_current_span());
    Ok(respond(taken))
}

/// Errors of a request that was well-formed: told in the stream, where a browser can see them.
pub(super) fn refuse(refusal: &Answer) -> Response {
    let events = [next(&errors_json(&refusal.errors)), COMPLETE];
    respond_with(Body::from_stream(stream::iter(
        events.map(Ok::<_, Infallible>),
    )))
}

fn take_seat(app: &App, payer: Payer) -> Result<Seat, Refused> {
    app.streams.enter(payer).map_err(|full| {
        let status = match full {
            Full::Server => StatusCode::SERVICE_UNAVAILABLE,
            Full::Holder(_) => StatusCode::TOO_MANY_REQUESTS,
        };
        let refusal = Refusal::request("TOO_MANY_CONNECTIONS", full.to_string());
        (status, refusal)
    })
}

fn respond(mut taken: mpsc::Receiver<Bytes>) -> Response {
    let body = stream::poll_fn(move |cx| taken.poll_recv(cx)).map(Ok::<_, Infallible>);
    respond_with(Body::from_stream(body))
}

fn respond_with(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, EVENTS.header()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::VARY, HeaderValue::from_static("accept")),
    ];
    let mut response = (headers, body).into_response();
    // nginx would keep events back otherwise.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata: \n\n");
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

fn next(answer: &[u8]) -> Bytes {
    [b"event: next\ndata: ", answer, b"\n\n"].concat().into()
}

/// Writes one stream of events.
struct Writer {
    events: mpsc::Sender<Bytes>,
    draining: watch::Receiver<bool>,
    /// Whether it breaks off when the server stops, and not at its own end.
    stops_early: bool,
    heartbeat: Duration,
    patience: Duration,
    ends_at: Option<Instant>,
    /// Since when nothing was taken, as far as the heartbeats have seen.
    full_since: Option<Instant>,
    _seat: Seat,
}

/// The stream is to end without `complete`, so that the client comes back.
struct BrokenOff;

impl Writer {
    async fn write(mut self, mut answers: BoxStream<'static, Answer>) {
        // At once, because some browsers wait for the first byte.
        let outcome = async {
            self.send(HEARTBEAT).await?;
            while let Some(answer) = self.next(&mut answers).await? {
                self.send(next(&answer_json(&answer))).await?;
            }
            self.send(COMPLETE).await
        };
        let _: Result<(), BrokenOff> = outcome.await;
    }

    /// The next answer, with heartbeats until it comes.
    async fn next(
        &mut self,
        answers: &mut BoxStream<'static, Answer>,
    ) -> Result<Option<Answer>, BrokenOff> {
        loop {
            let stopped = self.stops_early && *self.draining.borrow();
            if stopped || self.ends_at.is_some_and(|end| end <= Instant::now()) {
                return Err(BrokenOff);
            }
            let beat_at = Instant::now() + self.heartbeat;
            let alarm = self.ends_at.map_or(beat_at, |end| end.min(beat_at));
            tokio::select! {
                answer = answers.next() => return Ok(answer),
                () = sleep_until(alarm) => self.beat()?,
                () = self.events.closed() => return Err(BrokenOff),
                _ = self.draining.changed(), if self.stops_early => {}
            }
        }
    }

    /// Shows that the stream is alive, unless there is something to read anyway. Never waits: the
    /// next answer may be half made, with a connection to the database in its hands.
    fn beat(&mut self) -> Result<(), BrokenOff> {
        if self.events.try_send(HEARTBEAT).is_ok() {
            self.full_since = None;
            return Ok(());
        }
        let since = *self.full_since.get_or_insert_with(Instant::now);
        if since.elapsed() < self.patience {
            Ok(())
        } else {
            Err(BrokenOff)
        }
    }

    async fn send(&self, event: Bytes) -> Result<(), BrokenOff> {
        match timeout(self.patience, self.events.send(event)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(BrokenOff),
        }
    }
}
