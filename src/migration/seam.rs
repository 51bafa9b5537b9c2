//! What a request meets of the way in: the phase says which tables it reads, where a mutation writes, and what
//! is left to do for it before its answer.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
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
    config::failpoints,
    db::Db,
    error::{Error, Result},
    graphql::{Seam, Ticket},
    viewer::{UserId, Viewer},
};

/// How often the phase and the files are looked at, for what other processes do to them.
const LOOK: Duration = Duration::from_millis(250);

/// Whether the tables of the files were filled since PostgreSQL crashed the last time; it fails where they were not.
const IS_SHOWN: &str = "SELECT 1 / count(*) FROM regimen_files.projected";
/// Why nothing is written to the files.
const FOREIGN: &str = "the files were changed by somebody else while no server followed them";

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// An app on its way in.
pub struct Moving {
    db: Db,
    /// The same database, as the files have it.
    files_view: Db,
    files: Arc<Files>,
    mirror: Arc<Mirror>,
    /// The newest that was seen, by its epoch.
    seen: watch::Sender<Seen>,
    /// Owners whose records are in the database, in the epoch beside them.
    adopted: Mutex<(i64, HashSet<UserId>)>,
}

/// Where everybody reads and writes, as it was in an epoch.
#[derive(Clone, Copy, Debug)]
struct Seen {
    epoch: i64,
    standing: Standing,
}

impl Moving {
    #[must_use]
    pub fn new(db: Db, files: Arc<Files>) -> Arc<Self> {
        Arc::new(Self {
            files_view: db.looking_in(FILES_SCHEMA, IS_SHOWN),
            mirror: Mirror::new(db.clone(), Arc::clone(&files)),
            db,
            files,
            seen: watch::Sender::new(Seen {
                epoch: 0,
                standing: Standing::at(Phase::None),
            }),
            adopted: Mutex::default(),
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

    /// Reads the files as they are now.
    async fn take_up(self: &Arc<Self>) -> std::result::Result<(), StartError> {
        let mut conn = self.db.conn().await.map_err(Error::from)?;
        self.files
            .look_up(lookups(&mut conn).await.map_err(Error::from)?);
        // There is nothing to be found where nothing was shown yet.
        let before = shown(&mut conn).await.unwrap_or_default();
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
            if before != self.files.stamp() {
                self.hold_foreign(&mut conn).await?;
            }
            mirror::show_acknowledged(&mut conn).await?;
        }
        Ok(())
    }

    /// Somebody else may have written the files while no server ran. What nothing of ours was on its way to is theirs:
    /// it is not written over until an admin says so.
    async fn hold_foreign(&self, conn: &mut AsyncPgConnection) -> Result<()> {
        // The hashes of what was just taken over may not be known yet.
        parity::refresh(conn, Side::Database).await?;
        let records = queue::queue_foreign(conn, FOREIGN).await?;
        if records > 0 {
            self.files.hold(FOREIGN);
            tracing::error!(
                records,
                "{FOREIGN}: look at `regimen parity`, then ask for `repairMirror`"
            );
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
        mirror::show_acknowledged(&mut conn).await?;
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
        self.seen.borrow().standing
    }

    /// What is seen late says nothing: somebody else may have seen what came after it.
    fn see(&self, epoch: i64, standing: Standing) {
        self.seen.send_if_modified(|seen| {
            let is_newer = epoch >= seen.epoch && standing != seen.standing;
            if epoch >= seen.epoch {
                *seen = Seen { epoch, standing };
            }
            is_newer
        });
    }

    /// Looks at the phase, and at the files where they are what is read.
    pub async fn look(&self) -> std::result::Result<(), ProjectionError> {
        match self.control().await {
            Ok(control) => {
                self.see(control.epoch, control.standing());
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
        } else if self.standing().use_db_dual_write() {
            if self.files.stamp().is_none() {
                self.reopen().await?;
            } else if self.is_lost().await {
                self.show_again().await?;
            }
        }
        Ok(())
    }

    /// Whether PostgreSQL has crashed, which empties the tables of the files.
    async fn is_lost(&self) -> bool {
        let Ok(mut conn) = self.db.conn().await else {
            return false;
        };
        matches!(shown(&mut conn).await, Ok(None))
    }

    /// Makes the tables of the files anew while they follow the database.
    async fn show_again(&self) -> std::result::Result<(), ProjectionError> {
        tracing::warn!("PostgreSQL has crashed: the files are read again");
        let ours = self.files.is_current().await.unwrap_or_default();
        self.project().await?;
        if !ours {
            self.files.hold(FOREIGN);
        }
        let made = async {
            let mut conn = self.db.conn().await?;
            parity::refresh(&mut conn, Side::Files).await?;
            if !ours {
                self.hold_foreign(&mut conn).await?;
            }
            mirror::show_acknowledged(&mut conn).await?;
            Ok::<_, Error>(())
        };
        if let Err(error) = made.await {
            tracing::error!(
                ?error,
                "the files could not be compared; `repairMirror` does it again"
            );
        }
        Ok(())
    }

    /// Files that are back from their archive are given what they missed.
    async fn reopen(&self) -> std::result::Result<(), ProjectionError> {
        self.project().await?;
        let given = async {
            let mut conn = self.db.conn().await?;
            parity::anew(&mut conn, &ENTITIES).await?;
            queue::queue_differences(&mut conn, Actor::Server).await?;
            mirror::show_acknowledged(&mut conn).await
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
        if self.files.is_current().await? && self.is_shown(false).await {
            return Ok(());
        }
        // A writer may be between its files and its commit.
        if self.is_shown(true).await && self.files.is_current().await? {
            return Ok(());
        }
        self.project().await
    }

    /// Whether the tables say what was read or written last; on demand, once nobody writes.
    async fn is_shown(&self, alone: bool) -> bool {
        let shown = async {
            let mut conn = self.db.conn().await?;
            conn.transaction(async |conn| {
                if alone {
                    conn.batch_execute("LOCK TABLE mirror_places IN EXCLUSIVE MODE")
                        .await?;
                }
                Ok::<_, Error>(shown(conn).await? == self.files.stamp())
            })
            .await
        };
        shown.await.unwrap_or_default()
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
        let is_current = self.files.is_as_left().await.map_err(Error::unavailable)?;
        if !is_current || shown(conn).await? != self.files.stamp() {
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
        let changed = mirror::pending(conn).await?;
        if !changed.is_empty() {
            let edits = mirror::edits(conn, &changed).await?;
            let stamp = self.files.apply(edits).await.map_err(Error::unavailable)?;
            failpoints::reach("files.written");
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

    fn settled(&self, viewer: Viewer, ticket: Ticket) -> BoxFuture<'_, ()> {
        async move {
            if self.standing().use_db_dual_write() {
                self.remember(viewer.user, ticket);
                self.mirror.caught_up().await;
            }
        }
        .boxed()
    }
}
