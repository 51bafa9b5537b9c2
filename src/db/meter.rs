//! What is seen of every statement: it is counted, timed, and logged when it is slow. Parameters are
//! never logged.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::connection::{DebugQuery, Instrumentation, InstrumentationEvent};
use tracing::{Span, trace_span};

use crate::{
    logging::spans,
    metrics::{Counter, Histogram, Page},
};

/// How many slow statements are remembered.
const REMEMBERED: usize = 20;
/// How many bytes of a slow statement's text are remembered.
const LONGEST_TEXT: usize = 2000;

/// Counts shared by all connections of a pool.
#[derive(Debug, Default)]
pub struct Meter {
    statements: Counter,
    slow: Counter,
    duration: Histogram,
    /// The newest first.
    recent_slow: Mutex<VecDeque<SlowStatement>>,
}

/// A statement that took long.
#[derive(Clone, Debug, SimpleObject)]
pub struct SlowStatement {
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub milliseconds: f64,
    /// Its text, without the values that were sent with it; what is longer than 2,000 bytes is cut.
    pub text: String,
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
            statements: self.statements.read(),
            slow: self.slow.read(),
        }
    }

    /// How long all statements took together.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration.total()
    }

    /// The last slow statements, the newest first.
    #[must_use]
    pub fn recent_slow(&self) -> Vec<SlowStatement> {
        let recent = self.recent_slow.lock();
        let recent = recent.unwrap_or_else(PoisonError::into_inner);
        recent.iter().cloned().collect()
    }

    fn remember(&self, milliseconds: f64, mut text: String) {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        let recent = self.recent_slow.lock();
        let mut recent = recent.unwrap_or_else(PoisonError::into_inner);
        recent.truncate(REMEMBERED - 1);
        recent.push_front(SlowStatement {
            at: Utc::now(),
            milliseconds,
            text,
        });
    }

    /// Writes what is known of statements for those who watch.
    pub(super) fn write(&self, page: &mut Page) {
        let name = "regimen_db_statements_total";
        page.counter(name, "Statements sent to the database.");
        page.sample(name, &[], self.statements.read());
        let name = "regimen_db_slow_statements_total";
        page.counter(
            name,
            "Statements that took longer than `REGIMEN_SLOW_QUERY`.",
        );
        page.sample(name, &[], self.slow.read());
        let name = "regimen_db_statement_duration_seconds";
        page.histogram(name, "How long statements took.");
        page.durations(name, &[], &self.duration);
    }
}

/// Observes one connection for as long as it is lent. A statement that is given up, because its client has left,
/// begins and never ends; on the next loan it would be taken for the start of another.
pub(super) struct Observer {
    meter: Arc<Meter>,
    slow: Duration,
    /// Pipelined statements begin before earlier ones end, and end in the order they began.
    begun: VecDeque<(Instant, Span)>,
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
            .map_or(Duration::ZERO, |(begun, _)| begun.elapsed());
        self.meter.duration.observe(elapsed);
        let elapsed_ms = elapsed.as_secs_f64() * 1000.0;
        if elapsed >= self.slow {
            self.meter.slow.add(1);
            let text = text(query);
            tracing::warn!(target: "regimen::sql", elapsed_ms, sql = %text, "slow statement");
            self.meter.remember(elapsed_ms, text);
        } else {
            tracing::debug!(target: "regimen::sql", elapsed_ms, sql = %text(query), "statement");
        }
    }
}

impl Instrumentation for Observer {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                self.meter.statements.add(1);
                let span = trace_span!(target: spans::TARGET, "statement", sql = %text(query));
                self.begun.push_back((Instant::now(), span));
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
