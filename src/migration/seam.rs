//! What a request meets of the way in: the phase says which tables it reads, where a mutation writes, and what
//! is left to do for it before its answer.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::watch;

use super::{
    Actor, Admission, Control, Failure, adopt,
    backfill::{self, Ended},
    begin, begin_with_files,
    files::{Files, lookups},
    mirror::{self, Mirror},
    parity,
    phase::{Phase, Source, Standing, Writes},
    projection::{ProjectionError, project, shown},
    queue,
    start::{StartError, begin_empty},
    step::Obstacle,
    tables::{ENTITIES, FILES_SCHEMA, Side},
};
use crate::{
    changes::EVERYBODY,
    db::Db,
    error::{Error, Result},
    graphql::Seam,
    viewer::{UserId, Viewer},
};

/// How often the phase and the files are looked at, for what other processes do to them.
const LOOK: Duration = Duration::from_millis(250);

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// An app on its way in.
pub struct Moving {
    db: Db,
    /// The same database, as the files have it.
    files_view: Db,
    files: Arc<Files>,
    mirror: Arc<Mirror>,
    standing: watch::Sender<Standing>,
    /// Owners whose records are in the database, in the epoch beside them.
    adopted: Mutex<HashSet<UserId>>,
    adopted_in: AtomicI64,
}

impl Moving {
    #[must_use]
    pub fn new(db: Db, files: Arc<Files>) -> Arc<Self> {
        Arc::new(Self {
            files_view: db.looking_in(FILES_SCHEMA),
            mirror: Mirror::new(db.clone(), Arc::clone(&files)),
            db,
            files,
            standing: watch::Sender::new(Standing::at(Phase::None)),
            adopted: Mutex::default(),
            adopted_in: AtomicI64::new(0),
        })
    }

    /// Takes up the way in with the files of a folder, from wherever it stands. Without a folder there is nothing to
    /// do, unless the files are still in use.
    pub async fn start(
        db: &Db,
        folder: Option<&Path>,
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
        let moving = Self::new(db.clone(), Files::new(folder.to_owned()));
        if control.phase == Phase::Complete {
            // Until the files are back from their archive there is nothing to do.
            moving.standing.send_replace(control.standing());
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

    /// Reads the files as they are now.
    async fn take_up(self: &Arc<Self>) -> std::result::Result<(), StartError> {
        let mut conn = self.db.conn().await.map_err(Error::from)?;
        self.files
            .look_up(lookups(&mut conn).await.map_err(Error::from)?);
        drop(conn);
        self.project().await?;
        self.look().await?;
        let mut conn = self.db.conn().await.map_err(Error::from)?;
        if self.standing().phase == Phase::None {
            begin_with_files(&mut conn, Actor::Server).await?;
            drop(conn);
            self.look().await?;
        } else if self.standing().use_db_dual_write() {
            parity::refresh(&mut conn, Side::Files)
                .await
                .map_err(StartError::from)?;
        }
        Ok(())
    }

    /// Begins a backfill in this process, or goes on with one.
    pub fn start_backfill(self: &Arc<Self>, actor: Actor) {
        let db = self.db.clone();
        tokio::spawn(async move {
            match backfill::run(&db, actor, |_| {}).await {
                Ok(Ended::Done(_)) => {
                    tracing::info!("the backfill is done, and both sides are equal");
                }
                Ok(Ended::Stopped(state)) => tracing::info!("the backfill is {}", state.word()),
                Err(error) => tracing::error!("the backfill has ended: {error}"),
            }
        });
    }

    /// Writes the files again where they do not follow, over whatever others have put there.
    pub async fn repair(&self, actor: Actor) -> std::result::Result<(), Failure> {
        if !self.standing().use_db_dual_write() {
            return Err(Failure::held_back(Obstacle::NotMirrored));
        }
        self.project().await.map_err(Error::unavailable)?;
        let mut conn = self.db.conn().await?;
        parity::refresh(&mut conn, Side::Files).await?;
        queue::queue_differences(&mut conn, actor).await?;
        drop(conn);
        self.mirror.caught_up().await;
        Ok(())
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
        *self.standing.borrow()
    }

    /// Looks at the phase, and at the files where they are what is read.
    pub async fn look(&self) -> std::result::Result<(), ProjectionError> {
        match self.control().await {
            Ok(control) => {
                self.standing.send_replace(control.standing());
            }
            Err(error) => {
                tracing::warn!(%error, "the phase could not be read; going on with what it was");
            }
        }
        if self.standing().phase == Phase::Complete {
            // They may be gone, and come back as others.
            self.files.close();
        } else if self.standing().writes() == Writes::Files {
            self.project_if_changed().await?;
        } else if self.standing().use_db_dual_write() && self.files.stamp().is_none() {
            self.reopen().await?;
        }
        Ok(())
    }

    /// Files that are back from their archive are given what they missed.
    async fn reopen(&self) -> std::result::Result<(), ProjectionError> {
        self.project().await?;
        let given = async {
            let mut conn = self.db.conn().await?;
            parity::anew(&mut conn, &ENTITIES).await?;
            queue::queue_differences(&mut conn, Actor::Server).await
        };
        if let Err(error) = given.await {
            tracing::error!(
                ?error,
                "what the files miss could not be found; `repairMirror` does it again"
            );
        }
        Ok(())
    }

    async fn control(&self) -> Result<Control> {
        Ok(Control::read(&mut *self.db.conn().await?).await?)
    }

    /// Makes the tables of the files anew where somebody else has written the files, or where their meaning is
    /// another one.
    pub async fn project_if_changed(&self) -> std::result::Result<(), ProjectionError> {
        if self.files.is_current().await? && self.is_shown().await {
            return Ok(());
        }
        self.project().await
    }

    /// Whether the tables say what was read last.
    async fn is_shown(&self) -> bool {
        let shown = async {
            let mut conn = self.db.conn().await?;
            Ok::<_, Error>(shown(&mut conn).await?)
        };
        matches!(shown.await, Ok(stamp) if stamp == self.files.stamp())
    }

    async fn project(&self) -> std::result::Result<(), ProjectionError> {
        if let Ok(mut conn) = self.db.conn().await
            && let Ok(lookups) = lookups(&mut conn).await
        {
            self.files.look_up(lookups);
        }
        let read = project(&self.db, &self.files).await?;
        tracing::info!(
            records = read.report.records.values().sum::<u64>(),
            quarantined = read.report.quarantined,
            "read the files"
        );
        Ok(())
    }

    /// Keeps looking, and has the mirror follow, until it is dropped.
    pub async fn keep_going(&self) {
        let follow = self.mirror.follow(|| self.standing().use_db_dual_write());
        let look = async {
            loop {
                tokio::time::sleep(LOOK).await;
                if let Err(error) = self.look().await {
                    tracing::error!(%error, "the files could not be read; what is served is as they were");
                }
            }
        };
        tokio::join!(follow, look);
    }

    /// Begins a transaction that writes where the phase says.
    async fn begin_writing(&self, conn: &mut AsyncPgConnection, viewer: Viewer) -> Result<()> {
        let admission = begin(conn).await?;
        self.standing.send_if_modified(|standing| {
            let changed = *standing != admission.standing();
            *standing = admission.standing();
            changed
        });
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
        placed
    }

    /// One writer at a time, because files are written as a whole.
    async fn write_files(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        conn.batch_execute("LOCK TABLE mirror_places IN EXCLUSIVE MODE")
            .await?;
        if !self.files.is_current().await.map_err(Error::unavailable)? {
            return Err(Error::unavailable(FilesChanged));
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

    fn is_adopted(&self, owner: UserId, epoch: i64) -> bool {
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        if self.adopted_in.swap(epoch, Ordering::Relaxed) != epoch {
            adopted.clear();
        }
        adopted.contains(&owner)
    }

    fn remember(&self, owner: UserId) {
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        adopted.insert(owner);
    }

    /// What was changed goes into the files before it is committed.
    async fn settle_files(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        let changed = mirror::pending(conn).await?;
        if !changed.is_empty() {
            let edits = mirror::edits(conn, &changed).await?;
            let stamp = self.files.apply(edits).await.map_err(Error::unavailable)?;
            mirror::stamped(conn, &stamp).await?;
        }
        Ok(mirror::keep_places(conn).await?)
    }
}

/// Somebody else has written the files just now.
#[derive(Debug, thiserror::Error)]
#[error("the files were changed by somebody else and are being read again")]
struct FilesChanged;

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
    ) -> BoxFuture<'a, Result<()>> {
        self.begin_writing(conn, viewer).boxed()
    }

    fn settle<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        _: Viewer,
    ) -> BoxFuture<'a, Result<()>> {
        async move {
            match self.standing().writes() {
                Writes::Files => self.settle_files(conn).await,
                _ => Ok(()),
            }
        }
        .boxed()
    }

    fn settled(&self, viewer: Viewer) -> BoxFuture<'_, ()> {
        async move {
            if self.standing().use_db_dual_write() {
                self.remember(viewer.user);
                self.mirror.caught_up().await;
            }
        }
        .boxed()
    }
}
