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

use crate::{config::Config, traffic::Payer};

/// How many may be open, and how patient the server is with them.
#[derive(Clone, Debug)]
pub struct StreamLimits {
    pub connections: usize,
    pub connections_of_a_user: usize,
    /// Those of people who are not signed in, or have not said so yet, from one client address.
    pub connections_of_an_address: usize,
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
            connections_of_an_address: config.streams_per_address.get() as usize,
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
    holders: Mutex<HashMap<Payer, usize>>,
}

/// Why there is no room for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error("the server has too many connections: try again later")]
    Server,
    #[error("{}", too_many_of(.0))]
    Holder(Payer),
}

const fn too_many_of(holder: &Payer) -> &'static str {
    match holder {
        Payer::User(_) => "you have too many connections: close another one",
        Payer::Address(_) | Payer::SignIn(_) => {
            "your address has too many connections: sign in, or close another one"
        }
    }
}

impl Streams {
    #[must_use]
    pub fn new(limits: StreamLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            open: AtomicUsize::new(0),
            holders: Mutex::default(),
        })
    }

    /// How many are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Counts one more of this holder's, for as long as the answer lives.
    pub(super) fn enter(self: &Arc<Self>, holder: Payer) -> Result<Seat, Full> {
        let mut seat = Seat {
            streams: Arc::clone(self),
            holder: None,
        };
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        if before >= self.limits.connections {
            return Err(Full::Server);
        }
        seat.belongs_to(holder)?;
        Ok(seat)
    }

    fn holders(&self) -> MutexGuard<'_, HashMap<Payer, usize>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn most_of(&self, holder: Payer) -> usize {
        match holder {
            Payer::User(_) => self.limits.connections_of_a_user,
            Payer::Address(_) | Payer::SignIn(_) => self.limits.connections_of_an_address,
        }
    }
}

/// One that is open. It is counted until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    streams: Arc<Streams>,
    holder: Option<Payer>,
}

impl Seat {
    /// Counts it as this one's and no longer as anybody else's, unless this one has too many.
    pub(super) fn belongs_to(&mut self, holder: Payer) -> Result<(), Full> {
        let mut holders = self.streams.holders();
        let count = holders.entry(holder).or_default();
        if *count >= self.streams.most_of(holder) {
            return Err(Full::Holder(holder));
        }
        *count += 1;
        let before = self.holder.replace(holder);
        give_back(&mut holders, before);
        Ok(())
    }
}

fn give_back(holders: &mut HashMap<Payer, usize>, holder: Option<Payer>) {
    let Some(holder) = holder else { return };
    if let Entry::Occupied(mut count) = holders.entry(holder) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.streams.open.fetch_sub(1, Ordering::Relaxed);
        give_back(&mut self.streams.holders(), self.holder);
    }
}
