//! Which database this process works with: the one it was given, or a private one that lives and
//! ends with it.

use std::time::Duration;

use diesel_async::AsyncPgConnection;

use super::{
    Address, BadAddress, ConnectError, Db, Limits, PoolOptions,
    connect::PRIVATE,
    embedded::{self, Cluster, Lifetime},
    first_connection,
};
use crate::config::{Config, Secret};

/// How often the private PostgreSQL is asked for a connection before that counts as a failure.
const ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(250);

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum NoDatabase {
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error(transparent)]
    Embedded(#[from] embedded::Error),
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// A database that answers.
pub struct Database {
    /// Where requests go, through a pooler if there is one.
    pub address: Address,
    /// Where migrations and LISTEN go.
    pub direct: Address,
    limits: Limits,
    pool: PoolOptions,
    cluster: Option<Cluster>,
    restart: embedded::Options,
}

impl Database {
    /// What the private PostgreSQL needs to know.
    #[must_use]
    pub fn private(config: &Config) -> embedded::Options {
        embedded::Options {
            data_dir: config.data_dir.clone(),
            binaries: config.postgres.clone(),
        }
    }

    /// Reaches the database of `DATABASE_URL`, or starts the private one.
    pub async fn open(config: &Config) -> Result<Self, NoDatabase> {
        let limits = Limits {
            connect_timeout: config.connect_timeout,
            statement_timeout: config.statement_timeout,
        };
        let (address, cluster) = if let Some(url) = &config.database_url {
            (Address::parse("DATABASE_URL", url)?, None)
        } else {
            let (address, cluster) = private(&Self::private(config), limits).await?;
            (address, Some(cluster))
        };
        let direct = match &config.database_direct_url {
            Some(url) if cluster.is_none() => Address::parse("DATABASE_DIRECT_URL", url)?,
            _ => address.clone(),
        };
        let pool = PoolOptions {
            size: config.pool_size.get(),
            timeout: config.pool_timeout,
            limits,
            slow_query: config.slow_query,
        };
        let database = Self {
            address,
            direct,
            limits,
            pool,
            cluster,
            restart: Self::private(config),
        };
        if database.cluster.is_none() {
            let retries = config.connect_retries;
            let first = first_connection(&database.address, limits, retries).await?;
            let pooled = database.address.check_pooler(limits, first).await?;
            if pooled && config.database_direct_url.is_none() {
                warn_of_pooled_listening(&database.address);
            }
        }
        Ok(database)
    }

    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// A pool of connections for requests.
    #[must_use]
    pub fn pool(&self) -> Db {
        Db::new(self.address.clone(), self.pool).with_direct(self.direct.clone())
    }

    /// One connection for a command that needs no pool.
    pub async fn connect(&self) -> Result<AsyncPgConnection, ConnectError> {
        self.address.connect(self.limits).await
    }

    /// The private PostgreSQL, if it is one.
    #[must_use]
    pub const fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// Whether the private PostgreSQL that was joined or started has ended, or is about to.
    pub async fn is_lost(&mut self) -> bool {
        match &mut self.cluster {
            Some(cluster) => !cluster.is_running().await,
            None => false,
        }
    }

    /// Brings the private PostgreSQL back whenever it ends before us. Never returns; drop it to stop.
    pub async fn keep_running(&mut self) {
        let Some(cluster) = &mut self.cluster else {
            return std::future::pending().await;
        };
        loop {
            let reason = cluster.exited().await;
            tracing::error!("{reason}; starting it again");
            while let Err(error) = restart(cluster, &self.restart).await {
                tracing::error!("{error}; trying again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            tracing::info!("PostgreSQL runs again");
        }
    }

    /// Stops the private PostgreSQL if this process started it.
    pub async fn close(self) {
        if let Some(cluster) = self.cluster
            && let Err(error) = cluster.stop().await
        {
            tracing::warn!("{error}");
        }
    }
}

/// A pooler lends its servers from one transaction to the next, and what listens is not one.
fn warn_of_pooled_listening(address: &Address) {
    tracing::warn!(
        "`DATABASE_DIRECT_URL` is not set and {address} is a pooler: subscriptions see what other servers change after up to 30 seconds"
    );
}

/// Joins or starts the private PostgreSQL. One that was joined may have been on its way out: then
/// another takes its place.
async fn private(
    options: &embedded::Options,
    limits: Limits,
) -> Result<(Address, Cluster), NoDatabase> {
    let mut cluster = Cluster::start(options, Lifetime::WithUs).await?;
    let mut attempt = 1;
    loop {
        let address = Address::parse(PRIVATE, &Secret::new(cluster.url()))?;
        match first_connection(&address, limits, 0).await {
            Ok(_) => return Ok((address, cluster)),
            Err(error) if error.may_pass() && attempt < ATTEMPTS => {
                tracing::info!("{error}; trying again");
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(PAUSE).await;
        if !cluster.is_running().await {
            cluster = Cluster::start(options, Lifetime::WithUs).await?;
        }
        attempt += 1;
    }
}

async fn restart(
    cluster: &mut Cluster,
    options: &embedded::Options,
) -> Result<(), embedded::Error> {
    *cluster = Cluster::start(options, Lifetime::WithUs).await?;
    Ok(())
}
