//! Looking after an app on its way in: at what others do to its files, at a database that has crashed, and at work
//! whose process is gone.

use std::{sync::Arc, time::Duration};

use diesel_async::{AsyncConnection, SimpleAsyncConnection};

use super::{
    Actor, Control, Failure, Moving,
    backfill::{self, Ended},
    begin_with_files,
    pace::Hurry,
    phase::{Phase, Source, Writes},
    projection::{ProjectionError, shown},
    start::StartError,
    step::Obstacle,
    taking::{self, Differing},
};
use crate::{
    db::Db,
    error::{Error, Result},
};

/// How often the phase and the files are looked at, for what other processes do to them.
const LOOK: Duration = Duration::from_millis(250);
/// How often a backfill is looked for whose process is gone.
const RESUME: Duration = Duration::from_secs(2);
/// How long the end of the process waits for the files.
const LAST: Duration = Duration::from_secs(10);

impl Moving {
    /// Reads the files as they are now.
    pub(super) async fn take_up(self: &Arc<Self>) -> std::result::Result<(), StartError> {
        self.project(Differing::Held).await?;
        self.look().await?;
        if self.standing().phase == Phase::None {
            let mut conn = self.db.conn().await.map_err(Error::from)?;
            begin_with_files(&mut conn, Actor::Server).await?;
            drop(conn);
            self.look().await?;
        }
        Ok(())
    }

    /// Begins a backfill in this process, or goes on with one.
    pub fn start_backfill(self: &Arc<Self>, actor: Actor) {
        let db = self.db.clone();
        tokio::spawn(async move { run_backfill(&db, actor).await });
    }

    /// Has both sides be the same again where the files do not follow: as the database has it, or as the files do where
    /// others have edited them. What of ours is on its way to the files stays ours.
    pub async fn repair(&self, actor: Actor, keep: Source) -> std::result::Result<(), Failure> {
        if !self.standing().use_db_dual_write() {
            return Err(Failure::held_back(Obstacle::NotMirrored));
        }
        let differing = match keep {
            Source::Database => Differing::WrittenOver(actor),
            Source::Files => Differing::TakenOver(actor),
        };
        self.project(differing).await.map_err(Error::from)?;
        self.mirror.caught_up(self.standing().reads()).await;
        Ok(())
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
        } else if self.standing().use_db_dual_write()
            && (self.files.stamp().is_none() || self.is_lost().await)
        {
            self.project(Differing::Held).await?;
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

    async fn control(&self) -> Result<Control> {
        Ok(Control::read(&mut *self.db.conn().await?).await?)
    }

    /// Makes the tables of the files anew where somebody else has written the files, or where their meaning is
    /// another one.
    pub async fn project_if_changed(&self) -> std::result::Result<(), ProjectionError> {
        let (current, stamp) = (self.files.is_current().await?, self.files.stamp());
        let mut conn = self.db.conn().await.map_err(Error::from)?;
        if current && stamp.is_some() && shown(&mut conn).await.unwrap_or_default() == stamp {
            return Ok(());
        }
        // A writer may be between its files and its commit.
        let is_shown = conn
            .transaction(async |conn| {
                conn.batch_execute("LOCK TABLE mirror_places IN EXCLUSIVE MODE")
                    .await?;
                self.is_shown(conn).await
            })
            .await;
        drop(conn);
        match is_shown {
            Ok(true) => Ok(()),
            _ => self.project(Differing::Held).await,
        }
    }

    async fn project(&self, differing: Differing) -> std::result::Result<(), ProjectionError> {
        let read = taking::take_up(&self.db, &self.files, differing).await?;
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
        let resume = async {
            loop {
                self.resume_backfill().await;
                tokio::time::sleep(RESUME).await;
            }
        };
        tokio::join!(follow, look, resume);
    }

    /// Has the files be given what was put off, before the process ends.
    pub async fn finish(&self) {
        if !self.standing().use_db_dual_write() {
            return;
        }
        let last = async {
            let _hurry = Hurry::begin(&self.db).await?;
            self.mirror.round().await
        };
        if !matches!(tokio::time::timeout(LAST, last).await, Ok(Ok(()))) {
            tracing::warn!(
                "the files lack what was changed last: they are given it by the next server"
            );
        }
    }

    /// Goes on with a backfill whose process is gone. While that is not certain, its lease keeps others out.
    async fn resume_backfill(&self) {
        if self.standing().phase != Phase::DualWrite {
            return;
        }
        let interrupted = async {
            let mut conn = self.db.conn().await?;
            backfill::is_interrupted(&mut conn).await
        };
        if interrupted.await.unwrap_or_default() {
            run_backfill(&self.db, Actor::Server).await;
        }
    }
}

async fn run_backfill(db: &Db, actor: Actor) {
    match backfill::run(db, actor, |_| {}).await {
        Ok(Ended::Done(_)) => tracing::info!("the backfill is done, and both sides are equal"),
        Ok(Ended::Stopped(state)) => tracing::info!("the backfill is {}", state.word()),
        Err(error) => tracing::error!("the backfill has ended: {error}"),
    }
}
