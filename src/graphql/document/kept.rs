//! The documents that were prepared lately, as many as fit into the memory there is for them.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};

use super::{Hash, Prepared};
use crate::metrics::{Counter, Page};

pub(super) struct Kept {
    cache: Cache<Hash, Arc<Prepared>, Size>,
    hits: Counter,
    misses: Counter,
}

#[derive(Clone)]
struct Size;

impl Weighter<Hash, Arc<Prepared>> for Size {
    /// A prepared document takes some twenty times the room of its text.
    fn weight(&self, _: &Hash, document: &Arc<Prepared>) -> u64 {
        (document.size as u64 + 256) * 20
    }
}

impl Kept {
    pub(super) fn within(bytes: u64) -> Self {
        Self {
            cache: Cache::with_weighter(1000, bytes, Size),
            hits: Counter::default(),
            misses: Counter::default(),
        }
    }

    pub(super) fn get(&self, hash: &Hash) -> Option<Arc<Prepared>> {
        let known = self.cache.get(hash);
        let counter = if known.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.add(1);
        known
    }

    pub(super) fn insert(&self, document: &Arc<Prepared>) {
        self.cache.insert(document.hash, Arc::clone(document));
    }

    pub(super) fn write(&self, page: &mut Page) {
        let name = "regimen_document_lookups_total";
        page.counter(
            name,
            "Documents that were known already, and those that were not.",
        );
        page.sample(name, &[("found", "true")], self.hits.read());
        page.sample(name, &[("found", "false")], self.misses.read());
        let name = "regimen_documents_kept";
        page.gauge(name, "Documents that are kept ready for the next time.");
        page.sample(name, &[], self.cache.len());
        let name = "regimen_documents_kept_bytes";
        page.gauge(name, "What they take of memory, as far as it is known.");
        page.sample(name, &[], self.cache.weight());
    }
}
