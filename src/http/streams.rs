//! What is open for long: WebSockets and event streams, counted together, so that neither one user
//! nor all of them can take more than there is.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{config::Config, viewer::UserId};

/// How many may be open, and how patient the server is with them.
#[derive(Clone, Debug)]
pub struct StreamLimits {
    pub connections: usize,
    pub connections_of_a_user: usize,
    /// Operations that may be under way at once on one WebSocket.
    pub operations_of_a_connection: usize,
    /// How long a WebSocket may take until it says who it is.
    pub init_timeout: Duration,
    /// How often a WebSocket is pinged; one that was silent all the while is dead.
    pub keep_alive: Duration,
    /// How often an event stream shows that it is alive.
    pub heartbeat: Duration,
    /// How long a client may take to read one message.
    pub patience: Duration,
}

impl From<&Config> for StreamLimits {
    fn from(config: &Config) -> Self {
        Self {
            connections: config.streams.get() as usize,
            connections_of_a_user: config.streams_per_user.get() as usize,
            operations_of_a_connection: config.stream_operations.get() as usize,
            init_timeout: config.stream_init_timeout.0,
            keep_alive: config.stream_keep_alive.0,
            heartbeat: config.stream_heartbeat.0,
            patience: config.stream_patience.0,
        }
    }
}

/// All that is open in this process.
#[derive(Debug)]
pub struct Streams {
    pub limits: StreamLimits,
    open: AtomicUsize,
    users: Mutex<HashMap<UserId, usize>>,
}

impl Streams {
    #[must_use]
    pub fn new(limits: StreamLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            open: AtomicUsize::new(0),
            users: Mutex::default(),
        })
    }

    /// How many are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Counts one more, for as long as the answer lives; none where there are too many.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Seat> {
        let seat = Seat {
            streams: Arc::clone(self),
            user: None,
        };
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        (before < self.limits.connections).then_some(seat)
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is open. It is counted until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    streams: Arc<Streams>,
    user: Option<UserId>,
}

impl Seat {
    /// Counts it as this user's. False: the user has too many.
    pub(super) fn belongs_to(&mut self, user: UserId) -> bool {
        let mut users = self.streams.users();
        let count = users.entry(user).or_default();
        if *count >= self.streams.limits.connections_of_a_user {
            return false;
        }
        *count += 1;
        drop(users);
        self.user = Some(user);
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.streams.open.fetch_sub(1, Ordering::Relaxed);
        let Some(user) = self.user else { return };
        if let Entry::Occupied(mut count) = self.streams.users().entry(user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}
