//! What is seen of every statement: it is counted, timed, and logged when it is slow. Parameters are
//! never logged.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::connection::{DebugQuery, Instrumentation, InstrumentationEvent};

/// Counts shared by all connections of a pool.
#[derive(Debug, Default)]
pub struct Meter {
    statements: AtomicU64,
    slow: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub statements: u64,
    pub slow: u64,
}

impl Meter {
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading {
            statements: self.statements.load(Ordering::Relaxed),
            slow: self.slow.load(Ordering::Relaxed),
        }
    }
}

/// Observes one connection for as long as it is lent. A statement that is given up, because its client has left,
/// begins and never ends; on the next loan it would be taken for the start of another.
pub(super) struct Observer {
    meter: Arc<Meter>,
    slow: Duration,
    /// Pipelined statements begin before earlier ones end, and end in the order they began.
    begun: VecDeque<Instant>,
}

impl Observer {
    pub(super) const fn new(meter: Arc<Meter>, slow: Duration) -> Self {
        Self {
            meter,
            slow,
            begun: VecDeque::new(),
        }
    }

    fn finish(&mut self, query: &dyn DebugQuery) {
        let elapsed = self
            .begun
            .pop_front()
            .map_or(Duration::ZERO, |begun| begun.elapsed());
        let elapsed_ms = elapsed.as_secs_f64() * 1000.0;
        if elapsed >= self.slow {
            self.meter.slow.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(target: "regimen::sql", elapsed_ms, sql = %text(query), "slow statement");
        } else {
            tracing::debug!(target: "regimen::sql", elapsed_ms, sql = %text(query), "statement");
        }
    }
}

impl Instrumentation for Observer {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                self.meter.statements.fetch_add(1, Ordering::Relaxed);
                self.begun.push_back(Instant::now());
            }
            InstrumentationEvent::FinishQuery { query, .. } => self.finish(query),
            _ => {}
        }
    }
}

/// The statement's text without what diesel appends to it: the values bound to it.
fn text(query: &dyn DebugQuery) -> String {
    let mut text = query.to_string();
    text.truncate(text.find(" -- binds: ").unwrap_or(text.len()));
    text
}
