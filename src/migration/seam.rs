//! What a request meets of the way in: the phase says which tables it reads, where a mutation writes, and what
//! is left to do for it before its answer.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::watch;

use super::{
    Admission, Control, adopt, begin,
    files::{CHANGED, Files},
    mirror::{self, Mirror},
    phase::{Phase, Source, Standing, Writes},
    projection::shown,
    shadows::Shadows,
    start::{StartError, begin_empty},
    tables::{FILES_SCHEMA, Side},
};
use crate::{
    changes::EVERYBODY,
    config::failpoints,
    db::Db,
    error::{Error, Result},
    graphql::{Seam, Ticket},
    viewer::{UserId, Viewer},
};

/// Whether the tables of the files were filled since PostgreSQL crashed the last time; it fails where they were not.
const IS_SHOWN: &str = "SELECT 1 / count(*) FROM regimen_files.projected";

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// An app on its way in.
pub struct Moving {
    pub(super) db: Db,
    /// The same database, as the files have it.
    files_view: Db,
    pub(super) files: Arc<Files>,
    pub(super) mirror: Arc<Mirror>,
    /// The newest that was seen, by its epoch.
    seen: watch::Sender<Seen>,
    /// Owners whose records are in the database, in the epoch beside them.
    adopted: Mutex<(i64, HashSet<UserId>)>,
    shadows: Shadows,
}

/// Where everybody reads and writes, as it was in an epoch.
#[derive(Clone, Copy, Debug)]
struct Seen {
    epoch: i64,
    standing: Standing,
}

impl Moving {
    #[must_use]
    pub fn new(db: Db, files: Arc<Files>, at_once: u64) -> Arc<Self> {
        Arc::new(Self {
            files_view: db.looking_in(FILES_SCHEMA, IS_SHOWN),
            mirror: Mirror::new(db.clone(), Arc::clone(&files), at_once),
            db,
            files,
            seen: watch::Sender::new(Seen {
                epoch: 0,
                standing: Standing::at(Phase::None),
            }),
            adopted: Mutex::default(),
            shadows: Shadows::default(),
        })
    }

    /// Takes up the way in with the files of a folder, from wherever it stands. Without a folder there is nothing to
    /// do, unless the files are still in use. Files of up to `at_once` bytes are written with every change.
    pub async fn start(
        db: &Db,
        folder: Option<&Path>,
        at_once: u64,
    ) -> std::result::Result<Option<Arc<Self>>, StartError> {
        let control = Control::read(&mut *db.conn().await.map_err(Error::from)?)
            .await
            .map_err(Error::from)?;
        let in_use = !matches!(control.phase, Phase::None | Phase::Complete);
        let Some(folder) = folder else {
            return if in_use {
                Err(StartError::NoFolder(control.phase))
            } else {
                Ok(None)
            };
        };
        let moving = Self::new(db.clone(), Files::new(folder.to_owned()), at_once);
        if control.phase == Phase::Complete {
            // Until the files are back from their archive there is nothing to do.
            moving.see(control.epoch, control.standing());
            return Ok(Some(moving));
        }
        let mut conn = db.conn().await.map_err(Error::from)?;
        if control.phase == Phase::None {
            begin_empty(&mut conn).await?;
        }
        drop(conn);
        moving.take_up().await?;
        Ok(Some(moving))
    }

    /// What is read on both sides.
    #[must_use]
    pub const fn shadows(&self) -> &Shadows {
        &self.shadows
    }

    /// What requests read, and the other side, once that has everything.
    #[must_use]
    pub fn both_sides(&self) -> Option<(Db, Db)> {
        let (files, database) = (self.files_view.clone(), self.db.clone());
        match self.standing().phase {
            Phase::Backfilled | Phase::Verified => Some((files, database)),
            Phase::Soak => Some((database, files)),
            _ => None,
        }
    }

    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.db
    }

    #[must_use]
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    #[must_use]
    pub fn mirror(&self) -> &Arc<Mirror> {
        &self.mirror
    }

    #[must_use]
    pub fn standing(&self) -> Standing {
        self.seen.borrow().standing
    }

    /// What is seen late says nothing: somebody else may have seen what came after it.
    pub(super) fn see(&self, epoch: i64, standing: Standing) {
        self.seen.send_if_modified(|seen| {
            let is_newer = epoch >= seen.epoch && standing != seen.standing;
            if epoch >= seen.epoch {
                *seen = Seen { epoch, standing };
            }
            is_newer
        });
    }

    /// Begins a transaction that writes where the phase says.
    async fn begin_writing(&self, conn: &mut AsyncPgConnection, viewer: Viewer) -> Result<Ticket> {
        let admission = begin(conn).await?;
        self.see(admission.epoch, admission.standing());
        let placed = match admission.standing().writes() {
            Writes::Files => self.write_files(conn).await,
            Writes::Mirrored => self.write_both(conn, admission, viewer).await,
            Writes::Database | Writes::Nobody => {
                Ok(conn.batch_execute(Side::Database.look_here()).await?)
            }
        };
        if placed.is_err() {
            // The connection is of no use if that fails, and is dropped.
            let _ = Transactions::rollback_transaction(conn).await;
        }
        placed.map(|()| Ticket(admission.epoch))
    }

    /// One writer at a time, because files are written as a whole.
    async fn write_files(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        conn.batch_execute("LOCK TABLE mirror_places IN EXCLUSIVE MODE")
            .await?;
        // After a write that failed, the files are usually as they were.
        if !self.is_shown(conn).await? {
            return Err(FilesChanged.into());
        }
        Ok(conn.batch_execute(Side::Files.look_here()).await?)
    }

    /// Who writes for the first time brings along what they have in the files.
    async fn write_both(
        &self,
        conn: &mut AsyncPgConnection,
        admission: Admission,
        viewer: Viewer,
    ) -> Result<()> {
        conn.batch_execute(Side::Database.look_here()).await?;
        if admission.standing().reads() == Source::Database
            || self.is_adopted(viewer.user, admission.epoch)
        {
            return Ok(());
        }
        adopt::adopt(conn, &[EVERYBODY]).await?;
        adopt::adopt(conn, &[viewer.user]).await?;
        Ok(())
    }

    /// Whether the tables say what the files say, and both are known here, for whoever holds the lock of writers.
    pub(super) async fn is_shown(
        &self,
        conn: &mut AsyncPgConnection,
    ) -> std::result::Result<bool, Error> {
        let shown = shown(conn).await?;
        if self.files.is_as_left().await? && shown == self.files.stamp() {
            return Ok(true);
        }
        match shown {
            // Another server on this database may have written them, and said so.
            Some(known) => {
                let is_known = self.files.accept(known.clone()).await?;
                Ok(is_known && self.files.stamp() == Some(known))
            }
            None => Ok(false),
        }
    }

    fn is_adopted(&self, owner: UserId, epoch: i64) -> bool {
        let adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        adopted.0 == epoch && adopted.1.contains(&owner)
    }

    fn remember(&self, owner: UserId, Ticket(epoch): Ticket) {
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        if adopted.0 < epoch {
            *adopted = (epoch, HashSet::new());
        }
        if adopted.0 == epoch {
            adopted.1.insert(owner);
        }
    }

    /// What was changed goes into the files before it is committed.
    async fn settle_files(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        let (changed, places) = mirror::pending(conn).await?;
        if !changed.is_empty() {
            let edits = mirror::edits(conn, &changed).await?;
            let stamp = self.files.apply(edits).await?;
            failpoints::reach("files.written");
            mirror::stamped(conn, &stamp).await?;
        }
        Ok(mirror::keep_places(conn, &places).await?)
    }
}

/// Somebody else has written the files just now.
#[derive(Debug, thiserror::Error)]
#[error("the files were changed by somebody else and are being read again")]
struct FilesChanged;

impl From<FilesChanged> for Error {
    fn from(changed: FilesChanged) -> Self {
        Self::files(CHANGED, changed)
    }
}

/// What was written is in the database, but the tables that answers are read from do not have it yet.
#[derive(Debug, thiserror::Error)]
#[error("the files' tables do not follow the database yet")]
struct NotShown;

impl From<NotShown> for Error {
    fn from(behind: NotShown) -> Self {
        Self::files(
            "this is written, but the app's files are not far enough to show it: ask for it in a moment",
            behind,
        )
    }
}

impl Seam for Moving {
    fn reading(&self) -> Db {
        match self.standing().reads() {
            Source::Files => self.files_view.clone(),
            Source::Database => self.db.clone(),
        }
    }

    fn reads_database(&self) -> bool {
        self.standing().use_db()
    }

    fn is_over(&self) -> bool {
        matches!(self.standing().phase, Phase::None | Phase::Complete)
    }

    fn begin<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        viewer: Viewer,
    ) -> BoxFuture<'a, Result<Ticket>> {
        self.begin_writing(conn, viewer).boxed()
    }

    fn settle<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        _: Ticket,
    ) -> BoxFuture<'a, Result<()>> {
        async move {
            match self.standing().writes() {
                Writes::Files => self.settle_files(conn).await,
                _ => Ok(()),
            }
        }
        .boxed()
    }

    fn settled(&self, viewer: Viewer, ticket: Ticket) -> BoxFuture<'_, Result<()>> {
        async move {
            if self.standing().use_db_dual_write() {
                self.remember(viewer.user, ticket);
                let shown = self.mirror.caught_up(self.standing().reads()).await;
                if !shown && self.standing().reads() == Source::Files {
                    return Err(NotShown.into());
                }
            }
            Ok(())
        }
        .boxed()
    }
}
