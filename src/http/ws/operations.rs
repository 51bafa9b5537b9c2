//! The operations under way on one WebSocket, each in a task of its own: one that has begun to use the
//! database goes on with it, however slowly the client reads. What it brings is handed over one piece
//! at a time, and only so many answers may be ready before the client takes them.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Response, ServerError};
use futures_util::{
    future::BoxFuture,
    stream::{BoxStream, StreamExt},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::{AbortHandle, JoinHandle},
};
use tracing::Instrument;

use crate::schema::engine::{Outcome, Started, is_request_error};

/// How many queries and mutations of one WebSocket run at once, or have run and wait to be told. The
/// others wait for their turn.
const AT_ONCE: usize = 8;

/// Something that happens to an operation.
pub(super) enum Event {
    Next(Response),
    /// Its only answer.
    Answer(Response),
    /// It ends because it could not be begun or went wrong as a whole.
    Failed(Vec<ServerError>),
    Complete,
}

/// Which operation it happens to. A number, because clients use their ids again.
struct Tagged {
    number: u64,
    id: Arc<str>,
    event: Event,
}

/// Everything under way.
pub(super) struct Operations {
    running: HashMap<Arc<str>, Running>,
    last_number: u64,
    turns: Arc<Semaphore>,
    // Boxed, because a channel makes room for many at once, and most are empty for ever.
    events: mpsc::Receiver<Box<Tagged>>,
    teller: mpsc::Sender<Box<Tagged>>,
}

struct Running {
    number: u64,
    task: AbortHandle,
    has_one_answer: bool,
}

impl Operations {
    pub(super) fn new() -> Self {
        let (teller, events) = mpsc::channel(1);
        Self {
            running: HashMap::new(),
            last_number: 0,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            events,
            teller,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Whether queries or mutations are under way.
    pub(super) fn has_answers_to_come(&self) -> bool {
        self.running.values().any(|it| it.has_one_answer)
    }

    pub(super) fn start(&mut self, id: &str, started: Result<Started, Box<Outcome>>) {
        let id: Arc<str> = id.into();
        self.last_number += 1;
        let teller = Teller {
            number: self.last_number,
            id: Arc::clone(&id),
            events: self.teller.clone(),
        };
        let has_one_answer = !matches!(started, Ok(Started::Many(_)));
        let turns = Arc::clone(&self.turns);
        let task = spawn(started, teller, turns);
        let running = Running {
            number: self.last_number,
            task: task.abort_handle(),
            has_one_answer,
        };
        self.running.insert(id, running);
    }

    /// Ends an operation, so that nothing comes of it any more.
    pub(super) fn stop(&mut self, id: &str) {
        if let Some(running) = self.running.remove(id) {
            running.task.abort();
        }
    }

    /// The next event of any operation; waits forever where there is none under way.
    pub(super) async fn next(&mut self) -> (Arc<str>, Event) {
        loop {
            let Some(tagged) = self.events.recv().await else {
                return std::future::pending().await;
            };
            let Tagged { number, id, event } = *tagged;
            if self.running.get(&id).is_none_or(|it| it.number != number) {
                continue; // It was stopped with this on its way.
            }
            if !matches!(event, Event::Next(_)) {
                self.running.remove(&id);
            }
            return (id, event);
        }
    }
}

/// Nobody is there to be told any more.
impl Drop for Operations {
    fn drop(&mut self) {
        for running in self.running.values() {
            running.task.abort();
        }
    }
}

struct Teller {
    number: u64,
    id: Arc<str>,
    events: mpsc::Sender<Box<Tagged>>,
}

impl Teller {
    /// Waits until the one before it is taken.
    async fn tell(&self, event: Event) {
        let tagged = Tagged {
            number: self.number,
            id: Arc::clone(&self.id),
            event,
        };
        let _ = self.events.send(Box::new(tagged)).await;
    }
}

fn spawn(
    started: Result<Started, Box<Outcome>>,
    teller: Teller,
    turns: Arc<Semaphore>,
) -> JoinHandle<()> {
    match started {
        Ok(Started::Once(answer)) => tokio::spawn(once(answer, teller, turns).in_current_span()),
        Ok(Started::Many(answers)) => tokio::spawn(many(answers, teller).in_current_span()),
        Err(outcome) => {
            let (Outcome::Refused(refusal)
            | Outcome::WrongMethod(refusal)
            | Outcome::Limited(refusal, _)) = *outcome;
            let event = Event::Failed(refusal.errors);
            tokio::spawn(async move { teller.tell(event).await })
        }
    }
}

async fn once(answer: BoxFuture<'static, Response>, teller: Teller, turns: Arc<Semaphore>) {
    let _turn = turns.acquire().await;
    let answer = answer.await;
    teller.tell(Event::Answer(answer)).await;
}

async fn many(mut answers: BoxStream<'static, Response>, teller: Teller) {
    while let Some(answer) = answers.next().await {
        if is_request_error(&answer) {
            return teller.tell(Event::Failed(answer.errors)).await;
        }
        teller.tell(Event::Next(answer)).await;
    }
    teller.tell(Event::Complete).await;
}
