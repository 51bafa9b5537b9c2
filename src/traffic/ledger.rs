//! One small entry for each of those who are counted, and never more than a fixed number of entries.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// What is kept of somebody.
pub trait Entry {
    /// When it last mattered. When there is no more room, the oldest go first.
    fn last(&self) -> Instant;

    /// Whether it says no more than no entry would.
    fn is_over(&self, now: Instant) -> bool;
}

/// Entries by key. Not the keys themselves are kept but their hashes, under a secret that this process
/// made up.
#[derive(Debug)]
pub struct Ledger<E> {
    entries: Mutex<HashMap<u64, E>>,
    hasher: RandomState,
    capacity: usize,
}

/// The ledger, for as long as nobody else may look into it.
pub struct Open<'a, E> {
    entries: MutexGuard<'a, HashMap<u64, E>>,
    hasher: &'a RandomState,
    capacity: usize,
}

impl<E: Entry> Ledger<E> {
    /// A ledger of at most `capacity` entries.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            entries: Mutex::default(),
            hasher: RandomState::new(),
            capacity,
        }
    }

    pub fn open(&self) -> Open<'_, E> {
        Open {
            entries: self.entries.lock().unwrap_or_else(PoisonError::into_inner),
            hasher: &self.hasher,
            capacity: self.capacity,
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.open().entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<E: Entry> Open<'_, E> {
    pub fn get(&mut self, key: &impl Hash) -> Option<&mut E> {
        let key = self.hasher.hash_one(key);
        self.entries.get_mut(&key)
    }

    /// The entry of `key`, or else `fresh`, which is kept from now on.
    pub fn entry(&mut self, key: &impl Hash, now: Instant, fresh: E) -> &mut E {
        self.make_room(now);
        let key = self.hasher.hash_one(key);
        self.entries.entry(key).or_insert(fresh)
    }

    pub fn remove(&mut self, key: &impl Hash) {
        let key = self.hasher.hash_one(key);
        self.entries.remove(&key);
    }

    /// Forgets what is over, and if that is not enough the oldest eighth.
    fn make_room(&mut self, now: Instant) {
        if self.entries.len() < self.capacity {
            return;
        }
        self.entries.retain(|_, entry| !entry.is_over(now));
        // Else the next one would have to look through all of them again.
        if self.entries.len() < self.capacity / 8 * 7 {
            return;
        }
        let mut ages: Vec<Instant> = self.entries.values().map(Entry::last).collect();
        let (_, oldest_kept, _) = ages.select_nth_unstable(self.capacity / 8);
        let oldest_kept = *oldest_kept;
        self.entries.retain(|_, entry| entry.last() > oldest_kept);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Seen(Instant);

    impl Entry for Seen {
        fn last(&self) -> Instant {
            self.0
        }

        fn is_over(&self, now: Instant) -> bool {
            now.saturating_duration_since(self.0) > Duration::from_hours(1)
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let (ledger, begun) = (Ledger::new(1000), Instant::now());
        for n in 0..1200_u32 {
            let now = begun + Duration::from_millis(n.into());
            ledger.open().entry(&n, now, Seen(now));
        }
        assert!(ledger.len() <= 1000);
        assert!(ledger.open().get(&0).is_none());
        assert!(ledger.open().get(&1199).is_some());
    }

    #[test]
    fn what_is_over_goes_before_anything_else() {
        let (ledger, begun) = (Ledger::new(1000), Instant::now());
        let later = begun + Duration::from_secs(4000);
        ledger.open().entry(&"late", begun, Seen(later));
        for n in 0..999_u32 {
            ledger.open().entry(&n, begun, Seen(begun));
        }
        ledger.open().entry(&"later", later, Seen(later));
        assert_eq!(ledger.len(), 2);
    }
}
