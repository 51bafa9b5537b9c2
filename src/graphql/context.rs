//! What a resolver reaches through its context: the database, the request's loaders, and who asks.

use std::sync::Arc;

use async_graphql::{
    Context,
    dataloader::{DataLoader, NoCache},
    runtime::{TokioSpawner, TokioTimer},
};

use super::seam::seam;
use crate::{
    changes::{EVERYBODY, Hub},
    config::failpoints,
    db::Db,
    error::{Error, Result},
    viewer::{Caller, Client, Role, UserId, Viewer},
};

/// Where every dataloader's batches are resolved; the key's type tells the loaders apart.
pub struct Loaders {
    pub db: Db,
}

/// A request's loaders: they forget everything when the answer is written.
#[must_use]
pub fn loaders(db: Db) -> DataLoader<Loaders, NoCache> {
    DataLoader::new(
        Loaders { db },
        TokioSpawner::current(),
        TokioTimer::default(),
    )
}

/// The answer of a field that may fail alone: its error nulls the field and nothing around it.
pub type Nullable<T> = Option<Result<T>>;

/// What a resolver reaches through its context.
pub trait ContextExt {
    fn db(&self) -> &Db;
    fn loaders(&self) -> &DataLoader<Loaders, NoCache>;

    /// Whoever sent the request, or nobody.
    fn caller(&self) -> Caller;

    /// Who waits for changes.
    fn hub(&self) -> &Arc<Hub>;

    /// Where the request came from.
    fn client(&self) -> Client;

    /// The signed-in user, who must be there.
    fn viewer(&self) -> Result<Viewer> {
        self.caller().ok_or(Error::SIGN_IN_FIRST)
    }

    /// The owner of whatever this request reads or writes: the signed-in user.
    fn owner(&self) -> Result<UserId> {
        self.viewer().map(|viewer| viewer.user)
    }

    /// Says that what the signed-in user changed is committed. An admin may have changed the library.
    fn announce(&self) -> Result<()> {
        self.announce_for(self.viewer()?);
        Ok(())
    }

    /// The same of somebody else than whoever sent the request.
    fn announce_for(&self, viewer: Viewer) {
        self.hub().announce(viewer.user);
        if viewer.role == Role::Admin {
            self.hub().announce(EVERYBODY);
        }
    }

    /// Refuses what only the database can answer, while an app's files are what is read.
    fn in_database(&self) -> Result<()>;

    /// Refuses what the files could not follow, while an app is moved here.
    fn after_migration(&self) -> Result<()>;

    /// The signed-in user, who must be an admin.
    fn admin(&self) -> Result<Viewer> {
        let viewer = self.viewer()?;
        match viewer.role {
            Role::Admin => Ok(viewer),
            Role::Member => Err(Error::ADMINS_ONLY),
        }
    }
}

impl ContextExt for Context<'_> {
    fn db(&self) -> &Db {
        failpoints::reach("resolver.database");
        self.data_unchecked()
    }

    fn loaders(&self) -> &DataLoader<Loaders, NoCache> {
        self.data_unchecked()
    }

    fn hub(&self) -> &Arc<Hub> {
        self.data_unchecked()
    }

    fn caller(&self) -> Caller {
        self.data_opt::<Caller>().copied().flatten()
    }

    fn in_database(&self) -> Result<()> {
        match seam(self) {
            Some(seam) if !seam.reads_database() => Err(Error::NotMigrated),
            _ => Ok(()),
        }
    }

    fn after_migration(&self) -> Result<()> {
        match seam(self) {
            Some(seam) if !seam.is_over() => Err(Error::NotMigrated),
            _ => Ok(()),
        }
    }

    fn client(&self) -> Client {
        self.data_opt::<Client>().cloned().unwrap_or_default()
    }
}
