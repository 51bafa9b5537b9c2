//! The pool of connections, and the first connection that proves it can work.

use std::{sync::Arc, time::Duration};

use bb8::{ErrorSink, ManageConnection, RunError, State};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::AsyncDieselConnectionManager,
};

use super::{
    Address, Bulk, ConnectError, Limits,
    meter::{Meter, Observer},
};
use crate::metrics::Page;

/// A connection on loan from the pool.
pub type Conn<'a> = bb8::PooledConnection<'a, Opener>;

/// No connection became free in time, or none can be opened.
#[derive(Debug, thiserror::Error)]
#[error("no database connection within {}: {reason}", humantime::format_duration(*.waited))]
pub struct NoConnection {
    waited: Duration,
    reason: String,
}

/// The database as the rest of the program sees it.
#[derive(Clone)]
pub struct Db {
    pool: bb8::Pool<Opener>,
    meter: Arc<Meter>,
    size: u32,
    timeout: Duration,
    direct: Arc<(Address, Limits)>,
    options: PoolOptions,
}

/// How a pool is made.
#[derive(Clone, Copy, Debug)]
pub struct PoolOptions {
    pub size: u32,
    pub timeout: Duration,
    pub limits: Limits,
    pub slow_query: Duration,
}

impl Db {
    /// A pool on `address`. It opens nothing before it is asked to.
    #[must_use]
    pub fn new(address: Address, options: PoolOptions) -> Self {
        Self::checked(address, options, None)
    }

    fn checked(address: Address, options: PoolOptions, check: Option<&'static str>) -> Self {
        let meter = Arc::new(Meter::default());
        let direct = Arc::new((address.clone(), options.limits));
        let opener = Opener {
            address,
            limits: options.limits,
            slow_query: options.slow_query,
            meter: Arc::clone(&meter),
            check,
            diesel: AsyncDieselConnectionManager::new(""),
        };
        let pool = bb8::Pool::builder()
            .max_size(options.size)
            .connection_timeout(options.timeout.max(Duration::from_millis(1)))
            .error_sink(Box::new(LogErrors))
            .build_unchecked(opener);
        Self {
            pool,
            meter,
            size: options.size,
            timeout: options.timeout,
            direct,
            options,
        }
    }

    /// The same pool; connections of one's own go to `direct`, past a pooler.
    #[must_use]
    pub fn with_direct(self, direct: Address) -> Self {
        let limits = self.direct.1;
        Self {
            direct: Arc::new((direct, limits)),
            ..self
        }
    }

    /// A second pool, whose connections find their tables in `schema` first, and are used only if `check` does
    /// not fail when they are opened. Such a wish belongs to a session, so they go past a pooler.
    #[must_use]
    pub fn looking_in(&self, schema: &str, check: &'static str) -> Self {
        let (direct, _) = &*self.direct;
        Self::checked(direct.clone().looking_in(schema), self.options, Some(check))
    }

    /// A connection of one's own, past a pooler and not of the pool, for what needs a session: LISTEN.
    pub async fn dedicated(&self) -> Result<AsyncPgConnection, ConnectError> {
        let (address, limits) = &*self.direct;
        address.connect(*limits).await
    }

    /// A connection of one's own for loading much, past a pooler.
    pub async fn bulk(&self) -> Result<Bulk, ConnectError> {
        let (address, limits) = &*self.direct;
        address.bulk(*limits).await
    }

    /// A connection, waiting for one to become free if need be.
    pub async fn conn(&self) -> Result<Conn<'_>, NoConnection> {
        self.pool.get().await.map_err(|error| NoConnection {
            waited: self.timeout,
            reason: match error {
                RunError::TimedOut => "all are in use, or none can be opened".to_owned(),
                RunError::User(error) => error.to_string(),
            },
        })
    }

    /// Connections open, idle, and lent so far.
    #[must_use]
    pub fn pool_state(&self) -> State {
        self.pool.state()
    }

    /// Writes what is known of the database for those who watch.
    pub fn write_metrics(&self, page: &mut Page) {
        let (state, most) = (self.pool.state(), self.size);
        let statistics = &state.statistics;
        let name = "regimen_db_connections";
        page.gauge(name, "Open connections of the pool.");
        let in_use = state.connections.saturating_sub(state.idle_connections);
        page.sample(name, &[("state", "idle")], state.idle_connections);
        page.sample(name, &[("state", "in_use")], in_use);
        let name = "regimen_db_connections_max";
        page.gauge(name, "The most connections that the pool opens.");
        page.sample(name, &[], most);
        let name = "regimen_db_waiting";
        page.gauge(name, "Requests that wait for a connection.");
        page.sample(name, &[], statistics.pending_gets());
        let name = "regimen_db_waits_total";
        page.counter(
            name,
            "Requests that had to wait for a connection, and what came of it.",
        );
        page.sample(name, &[("outcome", "served")], statistics.get_waited);
        page.sample(name, &[("outcome", "timed_out")], statistics.get_timed_out);
        let name = "regimen_db_wait_seconds_total";
        page.counter(name, "How long they waited, all together.");
        page.sample(name, &[], statistics.get_wait_time.as_secs_f64());
        let name = "regimen_db_connections_opened_total";
        page.counter(name, "Connections that were opened.");
        page.sample(name, &[], statistics.connections_created);
        self.meter.write(page);
    }

    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// What was seen of all statements.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
}

/// Opens the pool's connections, and tells the live from the dead.
#[derive(Debug)]
pub struct Opener {
    address: Address,
    limits: Limits,
    slow_query: Duration,
    meter: Arc<Meter>,
    check: Option<&'static str>,
    /// It opens nothing here. It alone is told by a connection whether that is still open.
    diesel: AsyncDieselConnectionManager<AsyncPgConnection>,
}

/// Why a connection is not in the pool, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    #[error("a database connection could not be opened: {0}")]
    NotOpened(#[from] ConnectError),
    #[error("a database connection is not of use yet: {0}")]
    NotReady(diesel::result::Error),
    #[error("a database connection was closed by the server, and is replaced")]
    Closed,
}

impl Opener {
    fn observe(&self, conn: &mut AsyncPgConnection) {
        conn.set_instrumentation(Observer::new(Arc::clone(&self.meter), self.slow_query));
    }
}

impl ManageConnection for Opener {
    type Connection = AsyncPgConnection;
    type Error = Lost;

    async fn connect(&self) -> Result<AsyncPgConnection, Lost> {
        let mut conn = self.address.connect(self.limits).await?;
        if let Some(check) = self.check {
            conn.batch_execute(check).await.map_err(Lost::NotReady)?;
        }
        self.observe(&mut conn);
        Ok(conn)
    }

    /// Asked before each use, so it sends nothing: a ping would cost every request a round trip. That
    /// the server has closed a connection, at a restart or a failover, is known without one, because
    /// somebody always reads from it. A statement fails only when that happens under its feet.
    async fn is_valid(&self, conn: &mut AsyncPgConnection) -> Result<(), Lost> {
        if self.has_broken(conn) {
            return Err(Lost::Closed);
        }
        self.observe(conn);
        Ok(())
    }

    fn has_broken(&self, conn: &mut AsyncPgConnection) -> bool {
        self.diesel.has_broken(conn)
    }
}

/// The pool goes on by itself; what happened would otherwise stay unseen.
#[derive(Clone, Copy, Debug)]
struct LogErrors;

impl ErrorSink<Lost> for LogErrors {
    fn sink(&self, lost: Lost) {
        match lost {
            Lost::NotOpened(_) | Lost::NotReady(_) => tracing::warn!("{lost}"),
            Lost::Closed => tracing::info!("{lost}"),
        }
    }

    fn boxed_clone(&self) -> Box<dyn ErrorSink<Lost>> {
        Box::new(*self)
    }
}

/// Connects once, trying again `retries` times with growing pauses where the reason may pass.
pub async fn first_connection(
    address: &Address,
    limits: Limits,
    retries: u32,
) -> Result<AsyncPgConnection, ConnectError> {
    let mut attempt = 0;
    loop {
        match address.connect(limits).await {
            Err(error) if error.may_pass() && attempt < retries => {
                let pause = pause_before(attempt);
                tracing::warn!(
                    "{error}; trying again in {} ({} of {retries})",
                    humantime::format_duration(pause),
                    attempt + 1,
                );
                tokio::time::sleep(pause).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Half a second, doubled each time up to eight, give or take a quarter so that replicas spread out.
fn pause_before(attempt: u32) -> Duration {
    let full = 500_u64 << attempt.min(4);
    Duration::from_millis(rand::random_range(full * 3 / 4..=full * 5 / 4))
}
