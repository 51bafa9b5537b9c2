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
    failed: AtomicU64,
    slow: AtomicU64,
    nanoseconds: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub statements: u64,
    pub failed: u64,
    pub slow: u64,
    pub time: Duration,
}

impl Meter {
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading {
            statements: self.statements.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            slow: self.slow.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

/// One connection's observer.
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

    fn finish(&mut self, query: &dyn DebugQuery, failed: bool) {
        let elapsed = self
            .begun
            .pop_front()
            .map_or(Duration::ZERO, |begun| begun.elapsed());
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        self.meter
            .nanoseconds
            .fetch_add(nanoseconds, Ordering::Relaxed);
        self.meter
            .failed
            .fetch_add(u64::from(failed), Ordering::Relaxed);
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
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                self.finish(query, error.is_some());
            }
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
