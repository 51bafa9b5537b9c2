//! How long things take: counted by a few fixed bounds, so that many servers can be added up.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The upper bounds, in microseconds: what is longer than the last is counted beyond all of them.
const BOUNDS: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    5_000_000,
];

/// Counts of durations.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// A histogram at one moment.
pub(super) struct Reading {
    /// How many took no longer than this many seconds; the last of all have no bound.
    pub up_to: Vec<(f64, u64)>,
    pub count: u64,
    pub seconds: f64,
}

impl Histogram {
    pub fn observe(&self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < micros);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// All of them together.
    pub fn total(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }

    pub(super) fn read(&self) -> Reading {
        let mut count = 0;
        let mut up_to = Vec::with_capacity(BOUNDS.len());
        for (bound, observed) in BOUNDS.iter().zip(&self.counts) {
            count += observed.load(Ordering::Relaxed);
            up_to.push((Duration::from_micros(*bound).as_secs_f64(), count));
        }
        count += self.counts[BOUNDS.len()].load(Ordering::Relaxed);
        Reading {
            up_to,
            count,
            seconds: self.total().as_secs_f64(),
        }
    }
}
