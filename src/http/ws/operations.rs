//! The operations under way on one WebSocket, and what comes out of them.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Response, ServerError};
use futures_util::{
    FutureExt,
    future::BoxFuture,
    stream::{self, AbortHandle, Abortable, BoxStream, SelectAll, StreamExt},
};

use crate::schema::engine::{Outcome, Started, is_request_error};

/// Something that happens to an operation.
pub(super) enum Event {
    Next(Response),
    /// It ends because it could not be begun or went wrong as a whole.
    Failed(Vec<ServerError>),
    Complete,
}

type Events = Abortable<BoxStream<'static, (Arc<str>, Event)>>;

/// Everything under way. What is not asked for its next event does nothing.
#[derive(Default)]
pub(super) struct Operations {
    events: SelectAll<Events>,
    running: HashMap<Arc<str>, Running>,
}

struct Running {
    abort: AbortHandle,
    has_one_answer: bool,
}

impl Operations {
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
        let has_one_answer = !matches!(started, Ok(Started::Many(_)));
        let events = match started {
            Ok(Started::Once(answer)) => once(answer),
            Ok(Started::Many(answers)) => many(answers),
            Err(outcome) => match *outcome {
                Outcome::Executed(answer) => once(std::future::ready(answer).boxed()),
                Outcome::Refused(refusal) | Outcome::WrongMethod(refusal) => {
                    stream::iter([Event::Failed(refusal.errors)]).boxed()
                }
            },
        };
        let id: Arc<str> = id.into();
        let named = Arc::clone(&id);
        let events = events.map(move |event| (Arc::clone(&named), event));
        let (abort, registration) = AbortHandle::new_pair();
        self.events
            .push(Abortable::new(events.boxed(), registration));
        self.running.insert(
            id,
            Running {
                abort,
                has_one_answer,
            },
        );
    }

    /// Ends an operation, so that nothing comes of it any more.
    pub(super) fn stop(&mut self, id: &str) {
        if let Some(running) = self.running.remove(id) {
            running.abort.abort();
        }
    }

    /// The next event of any operation; waits forever where there is none under way.
    pub(super) async fn next(&mut self) -> (Arc<str>, Event) {
        loop {
            let Some((id, event)) = self.events.next().await else {
                std::future::pending::<()>().await;
                continue;
            };
            if !matches!(event, Event::Next(_)) {
                self.stop(&id);
            }
            return (id, event);
        }
    }
}

fn once(answer: BoxFuture<'static, Response>) -> BoxStream<'static, Event> {
    stream::once(answer)
        .map(Event::Next)
        .chain(stream::iter([Event::Complete]))
        .boxed()
}

fn many(answers: BoxStream<'static, Response>) -> BoxStream<'static, Event> {
    let events = answers.map(|answer| {
        if is_request_error(&answer) {
            Event::Failed(answer.errors)
        } else {
            Event::Next(answer)
        }
    });
    events.chain(stream::iter([Event::Complete])).boxed()
}
