//! Numbers about what the server does, and the text in which Prometheus reads them. Every room counts its
//! own; here is what they count with.

mod histogram;
mod page;
pub mod process;

use std::sync::atomic::{AtomicU64, Ordering};

pub use histogram::Histogram;
pub use page::Page;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    #[must_use]
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many there are of something at this moment.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    pub fn grow(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn shrink(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    #[must_use]
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
