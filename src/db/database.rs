//! Which database this process works with: the one it was given, or a private one that lives and
//! ends with it.

use std::time::Duration;

use diesel_async::AsyncPgConnection;

use super::{
    Address, BadAddress, ConnectError, Db, Limits, PoolOptions,
    embedded::{self, Cluster, Lifetime},
    first_connection,
};
use crate::config::{Config, Secret};

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
    /// Where migrations go.
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
        let (url, cluster) = if let Some(url) = &config.database_url {
            (url.clone(), None)
        } else {
            let cluster = Cluster::start(&Self::private(config), Lifetime::WithUs).await?;
            (Secret::new(cluster.url()), Some(cluster))
        };
        let address = Address::parse("DATABASE_URL", &url)?;
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
        let first = first_connection(&database.address, limits, config.connect_retries).await?;
        if database.cluster.is_none() {
            database.address.check_pooler(limits, first).await?;
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
        Db::new(self.address.clone(), self.pool)
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

async fn restart(
    cluster: &mut Cluster,
    options: &embedded::Options,
) -> Result<(), embedded::Error> {
    *cluster = Cluster::start(options, Lifetime::WithUs).await?;
    Ok(())
}
