//! One WebSocket from its first message to its end. One task reads and writes it, one message at a
//! time: a client that does not read is waited for a while and then let go, and nothing piles up for
//! it.

use async_graphql::Response;
use axum::{
    extract::ws::{Message, WebSocket},
    http::HeaderMap,
};
use serde_json::{Map, Value};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use super::{
    super::{App, bearer, client::Sender, sent::count_values, streams::Seat},
    end::End,
    message::{Acknowledged, Incoming, Outgoing, next},
    operations::{Event, Operations},
};
use crate::{
    auth::Proven,
    graphql::document::Refusal,
    schema::{asked::Asked, engine::Allowed},
    traffic::Payer,
    viewer::Caller,
};

/// A message that asks for nothing needs no more bytes.
const SMALL: usize = 512;

pub(super) struct Session<'a> {
    app: App,
    sender: Sender,
    headers: HeaderMap,
    socket: &'a mut WebSocket,
    seat: Seat,
    draining: watch::Receiver<bool>,
    operations: Operations,
    state: State,
    /// When to ping next.
    ping_at: Instant,
    /// Whether anything was heard since the last ping.
    heard: bool,
}

enum State {
    /// Nobody has said yet who it is.
    Opened { until: Instant },
    Ready {
        caller: Caller,
        until: Option<Instant>,
    },
}

impl<'a> Session<'a> {
    pub(super) fn new(
        app: App,
        sender: Sender,
        headers: HeaderMap,
        socket: &'a mut WebSocket,
        seat: Seat,
    ) -> Self {
        let now = Instant::now();
        let limits = &app.streams.limits;
        Self {
            state: State::Opened {
                until: now + limits.init_timeout,
            },
            ping_at: now + limits.keep_alive,
            heard: true,
            draining: app.draining.watch(),
            operations: Operations::new(),
            app,
            sender,
            headers,
            socket,
            seat,
        }
    }

    /// Serves it until it ends.
    pub(super) async fn run(mut self) -> End {
        loop {
            if let Err(end) = self.step().await {
                return end;
            }
        }
    }

    /// Whatever comes first.
    async fn step(&mut self) -> Result<(), End> {
        let draining = *self.draining.borrow();
        if draining && !self.operations.has_answers_to_come() {
            return Err(End::DRAINING);
        }
        let alarm = self
            .ends_at()
            .map_or(self.ping_at, |end| end.min(self.ping_at));
        tokio::select! {
            message = self.socket.recv() => self.receive(message).await,
            (id, event) = self.operations.next() => self.tell(&id, &event).await,
            () = sleep_until(alarm) => self.wake().await,
            _ = self.draining.changed(), if !draining => Ok(()),
        }
    }

    fn ends_at(&self) -> Option<Instant> {
        match self.state {
            State::Opened { until } => Some(until),
            State::Ready { until, .. } => until,
        }
    }

    async fn wake(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.ends_at().is_some_and(|end| end <= now) {
            return Err(match self.state {
                State::Opened { .. } => End::NO_INIT,
                State::Ready { .. } => End::EXPIRED,
            });
        }
        if now < self.ping_at {
            return Ok(());
        }
        if !std::mem::take(&mut self.heard) {
            return Err(End::SILENT);
        }
        self.ping_at = now + self.app.streams.limits.keep_alive;
        self.send(Message::Ping(axum::body::Bytes::new())).await
    }

    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heard = true;
        match message {
            Some(Ok(Message::Text(text))) if text.len() > self.app.options.body => {
                Err(End::TOO_LARGE)
            }
            Some(Ok(Message::Text(text))) => self.read(&text).await,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(End::invalid("send JSON as text")),
            Some(Err(error)) if is_too_large(&error) => Err(End::TOO_LARGE),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Theirs),
        }
    }

    async fn read(&mut self, text: &str) -> Result<(), End> {
        match count_values(&self.app, text.as_bytes()) {
            Ok(values) => {
                let message = Incoming::parse(text, Some(values))?;
                match message {
                    // An operation is paid for where it is run.
                    Incoming::Subscribe { .. } => {}
                    // It comes once, and its sender may have a bucket of their own. And a client that is told to
                    // wait may still end what it began.
                    Incoming::ConnectionInit { .. } => drop(self.pay_for(text.len(), values)),
                    _ if text.len() <= SMALL => drop(self.pay_for(text.len(), values)),
                    _ => self.pay_for(text.len(), values)?,
                }
                self.obey(message).await
            }
            Err(refusal) => match Incoming::parse(text, None)? {
                Incoming::TooMuch { id } => self.refuse(&id, refusal).await,
                other => self.obey(other).await,
            },
        }
    }

    fn pay_for(&self, bytes: usize, values: usize) -> Result<(), End> {
        let caller = match self.state {
            State::Ready { caller, .. } => caller,
            State::Opened { .. } => None,
        };
        let payer = self.sender.payer(caller);
        let paid = self.app.engine.have_message_paid(payer, bytes, values);
        paid.map_err(|_| End::SPENT)
    }

    async fn obey(&mut self, message: Incoming) -> Result<(), End> {
        match message {
            Incoming::ConnectionInit { payload } => self.init(payload.as_ref()).await,
            Incoming::Ping { payload } => self.send(Outgoing::Pong { payload }.message()).await,
            Incoming::Pong { .. } | Incoming::TooMuch { .. } => Ok(()),
            Incoming::Subscribe { id, payload } => self.subscribe(&id, *payload).await,
            Incoming::Complete { id } => {
                self.operations.stop(&id);
                Ok(())
            }
        }
    }

    /// A token in the payload counts more than one in the headers: a browser can send no header.
    async fn init(&mut self, payload: Option<&Map<String, Value>>) -> Result<(), End> {
        if matches!(self.state, State::Ready { .. }) {
            return Err(End::TWO_INITS);
        }
        let given = payload.and_then(|payload| {
            let mut entries = payload.iter();
            entries.find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        });
        let proven = match given {
            Some((_, Value::String(value))) => bearer::proven(&self.app, value).await.map(Some),
            Some((_, Value::Null)) | None => bearer::in_headers(&self.app, &self.headers).await,
            Some(_) => return Err(End::forbidden("`Authorization` must be a text")),
        };
        let proven = proven.map_err(|bad| End::forbidden(&bad.to_string()))?;
        self.headers = HeaderMap::new();
        if let Some(Proven { viewer, .. }) = proven {
            let holder = Payer::User(viewer.user);
            self.seat.belongs_to(holder).map_err(End::full)?;
        }
        self.state = State::Ready {
            caller: proven.map(|proven| proven.viewer),
            until: proven.map(|proven| Instant::now() + proven.left),
        };
        let payload = Acknowledged {
            request_id: self.sender.request_id(),
        };
        let ack = Outgoing::ConnectionAck { payload }.message();
        self.send(ack).await
    }

    async fn subscribe(&mut self, id: &str, asked: Asked) -> Result<(), End> {
        let caller = self.may_begin(id)?;
        let most = self.app.streams.limits.operations_of_a_connection;
        if self.operations.len() >= most {
            let message = format!("{most} operations are under way: complete one first");
            let refusal = Refusal::request("TOO_MANY_AT_ONCE", message);
            return self.refuse(id, refusal).await;
        }
        // Who comes this late asks again after the goodbye.
        if !*self.draining.borrow() {
            let about = self.sender.clone().data();
            let started = self.app.engine.start(asked, caller, Allowed::ALL, about);
            self.operations.start(id, started);
        }
        Ok(())
    }

    /// Who begins an operation with this id, if anybody may.
    fn may_begin(&self, id: &str) -> Result<Caller, End> {
        match self.state {
            State::Opened { .. } => Err(End::NOT_READY),
            State::Ready { .. } if self.operations.has(id) => Err(End::duplicate(id)),
            State::Ready { caller, .. } => Ok(caller),
        }
    }

    /// Answers an operation that is not begun.
    async fn refuse(&mut self, id: &str, refusal: Refusal) -> Result<(), End> {
        let caller = self.may_begin(id)?;
        // Whoever goes on like this is refused other things.
        let _ = self.app.engine.have_mistake_paid(self.sender.payer(caller));
        let refused: Response = refusal.into();
        self.tell(id, &Event::Failed(refused.errors)).await
    }

    async fn tell(&mut self, id: &str, event: &Event) -> Result<(), End> {
        let message = match event {
            Event::Next(payload) | Event::Answer(payload) => next(id, payload),
            Event::Failed(payload) => Outgoing::Error { id, payload }.message(),
            Event::Complete => Outgoing::Complete { id }.message(),
        };
        self.send(message).await?;
        if matches!(event, Event::Answer(_)) {
            self.send(Outgoing::Complete { id }.message()).await?;
        }
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.app.streams.limits.patience, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Theirs),
            Err(_) => Err(End::DOES_NOT_READ),
        }
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    use std::error::Error as _;

    error
        .source()
        .is_some_and(|cause| cause.to_string().starts_with("Message too long"))
}
