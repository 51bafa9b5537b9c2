//! Who waits for which feed in this process. A ring says that a feed may have grown, and nothing more:
//! many rings while somebody is busy are one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
};

use tokio::sync::{Semaphore, watch};

use super::{
    Place,
    herald::{self, Herald},
    listener,
};
use crate::{
    db::Db,
    metrics::{Histogram, Page},
    viewer::UserId,
};

/// How many connections of the pool all followers together may use: requests come first.
const READERS: usize = 2;

/// The meeting place of one process.
pub struct Hub {
    pub(super) db: Db,
    pub(super) readers: Semaphore,
    feeds: Mutex<HashMap<UserId, Feed>>,
    listening: Once,
    pub(super) herald: Arc<Herald>,
    telling: Once,
    /// From a change's commit, or almost, to its reading by those who wait for it.
    pub(super) lag: Histogram,
}

struct Feed {
    bell: watch::Sender<()>,
    /// Where it ended when it was last looked at.
    head: Option<i64>,
}

impl Hub {
    #[must_use]
    pub fn new(db: Db) -> Arc<Self> {
        Arc::new(Self {
            db,
            readers: Semaphore::new(READERS),
            feeds: Mutex::default(),
            listening: Once::new(),
            herald: Arc::default(),
            telling: Once::new(),
            lag: Histogram::default(),
        })
    }

    /// The bells of these feeds. The first one to ask starts the listening.
    pub(super) fn bells(self: &Arc<Self>, owners: &[UserId]) -> Vec<watch::Receiver<()>> {
        self.listening.call_once(|| {
            tokio::spawn(listener::listen(Arc::downgrade(self), self.db.clone()));
        });
        let mut feeds = self.feeds();
        let mut bell = |owner: &UserId| {
            let feed = feeds.entry(*owner).or_insert_with(|| Feed {
                bell: watch::Sender::new(()),
                head: None,
            });
            feed.bell.subscribe()
        };
        owners.iter().map(&mut bell).collect()
    }

    /// Says that what was appended to this feed is committed: here at once, and to other servers soon.
    pub fn announce(self: &Arc<Self>, owner: UserId) {
        self.telling.call_once(|| {
            tokio::spawn(herald::tell(Arc::downgrade(self), Arc::clone(&self.herald)));
        });
        self.ring(owner);
        self.herald.add(owner);
    }

    /// Something was appended to this feed.
    pub(super) fn ring(&self, owner: UserId) {
        if let Some(feed) = self.feeds().get(&owner) {
            feed.bell.send_replace(());
        }
    }

    /// The feeds that somebody waits for; the others are forgotten.
    pub(super) fn waited_for(&self) -> Vec<UserId> {
        let mut feeds = self.feeds();
        feeds.retain(|_, feed| feed.bell.receiver_count() > 0);
        feeds.keys().copied().collect()
    }

    /// Rings for those feeds that have grown since they were last looked at.
    pub(super) fn ring_where_grown(&self, heads: &[Place]) {
        let mut feeds = self.feeds();
        for place in heads {
            if let Some(feed) = feeds.get_mut(&place.owner)
                && feed.head.replace(place.seq) != Some(place.seq)
            {
                feed.bell.send_replace(());
            }
        }
    }

    /// Writes what is known of feeds for those who watch.
    pub fn write(&self, page: &mut Page) {
        let name = "regimen_feed_lag_seconds";
        page.histogram(
            name,
            "How long a change took to reach those who wait for it.",
        );
        page.durations(name, &[], &self.lag);
        let name = "regimen_feeds_followed";
        page.gauge(name, "Feeds of changes that somebody waits for.");
        page.sample(name, &[], self.feeds().len());
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<UserId, Feed>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.herald.end();
    }
}
