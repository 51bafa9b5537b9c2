//! The pool of connections, and the first connection that proves it can work.

use std::{sync::Arc, time::Duration};

use diesel_async::{
    AsyncConnection, AsyncPgConnection,
    pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, bb8},
};
use futures_util::FutureExt;

use super::{
    Address, ConnectError, Limits,
    meter::{Meter, Observer},
};

/// A connection on loan from the pool.
pub type Conn<'a> = bb8::PooledConnection<'a, AsyncPgConnection>;

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
    pool: bb8::Pool<AsyncPgConnection>,
    meter: Arc<Meter>,
    timeout: Duration,
    direct: Arc<(Address, Limits)>,
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
        let meter = Arc::new(Meter::default());
        let mut manager = ManagerConfig::default();
        // A ping before each use would cost a round trip; a connection found dead is replaced.
        manager.recycling_method = RecyclingMethod::Fast;
        let observed = Arc::clone(&meter);
        let direct = Arc::new((address.clone(), options.limits));
        manager.custom_setup = Box::new(move |_| {
            let (address, meter) = (address.clone(), Arc::clone(&observed));
            async move {
                let mut conn = address
                    .connect(options.limits)
                    .await
                    .map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()))?;
                conn.set_instrumentation(Observer::new(meter, options.slow_query));
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", manager);
        let pool = bb8::Pool::builder()
            .max_size(options.size.max(1))
            .connection_timeout(options.timeout)
            .test_on_check_out(false)
            .error_sink(Box::new(LogErrors))
            .build_unchecked(manager);
        Self {
            pool,
            meter,
            timeout: options.timeout,
            direct,
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

    /// A connection of one's own, past a pooler and not of the pool, for what needs a session: LISTEN.
    pub async fn dedicated(&self) -> Result<AsyncPgConnection, ConnectError> {
        let (address, limits) = &*self.direct;
        address.connect(*limits).await
    }

    /// A connection, waiting for one to become free if need be.
    pub async fn conn(&self) -> Result<Conn<'_>, NoConnection> {
        self.pool.get().await.map_err(|error| NoConnection {
            waited: self.timeout,
            reason: match error {
                bb8::RunError::TimedOut => "all are in use, or none can be opened".to_owned(),
                bb8::RunError::User(error) => error.to_string(),
            },
        })
    }

    /// Connections open, idle, and lent so far.
    #[must_use]
    pub fn pool_state(&self) -> ::bb8::State {
        self.pool.state()
    }

    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
}

/// The pool tries again by itself; what went wrong would otherwise stay unseen.
#[derive(Clone, Copy, Debug)]
struct LogErrors;

impl ::bb8::ErrorSink<diesel_async::pooled_connection::PoolError> for LogErrors {
    fn sink(&self, error: diesel_async::pooled_connection::PoolError) {
        tracing::warn!("a database connection could not be opened: {error}");
    }

    fn boxed_clone(&self) -> Box<dyn ::bb8::ErrorSink<diesel_async::pooled_connection::PoolError>> {
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
