//! How far the way in is, and what holds the next step back: for the API, the command line and whoever
//! watches.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value as Json;

use super::{
    control::{Control, evidence},
    phase::{Phase, Source},
    step::{ARCHIVE, Evidence, JobState, Kind, Obstacle, Step},
};
use crate::db::schema::{migration_checkpoints, migration_quarantine};

/// How far the way in from JSON files is.
#[derive(Clone, Debug, PartialEq, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// Where it stands.
    pub phase: Phase,
    /// Counts the changes of phase; send it back as `expectedEpoch` to change what you saw.
    pub epoch: i64,
    /// When the phase was entered.
    pub since: DateTime<Utc>,
    /// Where reads come from.
    pub read_source: Source,
    /// The flag `USE_DB`: whether reads come from the database.
    pub use_db: bool,
    /// The flag `USE_DB_DUAL_WRITE`: whether each write goes to both sides.
    pub use_db_dual_write: bool,
    /// Until when writes are held up, at the latest; null where there is no fence.
    pub fence_deadline: Option<DateTime<Utc>>,
    /// How many changes the files have yet to be given.
    pub behind: i64,
    /// Until when it counts as proved that both sides are equal; null where nothing proves it.
    pub certified_until: Option<DateTime<Utc>>,
    /// How many pieces of the files could not be taken over, and are kept as they were.
    pub quarantined: i64,
    /// When the app's own files were removed, so that only the archive has them; null while they are where they were.
    pub files_removed_at: Option<DateTime<Utc>>,
    /// The work that is under way or was done, by name.
    pub jobs: Vec<MigrationJob>,
    /// The next step; null where there is none.
    pub next_step: Option<MigrationStep>,
    /// The step back; null where there is none.
    pub rollback_step: Option<MigrationStep>,
}

/// A step that can be taken from here.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationStep {
    /// The phase that it leads to.
    pub to: Phase,
    /// Whether writes are held up for a moment while it is taken.
    pub fenced: bool,
    /// What holds it back, each with what to do about it; empty where it can be taken.
    pub held_back_by: Vec<String>,
}

/// A piece of work that goes on where it stopped.
#[derive(Clone, Debug, PartialEq, HasQuery, SimpleObject, Serialize)]
#[diesel(table_name = migration_checkpoints)]
#[serde(rename_all = "camelCase")]
pub struct MigrationJob {
    /// What it is called.
    pub job: String,
    /// How it is doing.
    pub state: JobState,
    /// What was done last.
    pub place: Option<String>,
    /// How much was done, in the job's own numbers.
    pub progress: Json,
    /// When it last got further.
    pub updated_at: DateTime<Utc>,
}

impl Migration {
    pub async fn read(conn: &mut AsyncPgConnection) -> QueryResult<Self> {
        let control = Control::read(conn).await?;
        let evidence = evidence(conn, &control).await?;
        let jobs = MigrationJob::query()
            .order(migration_checkpoints::job)
            .load(conn)
            .await?;
        let quarantined = migration_quarantine::table.count().get_result(conn).await?;
        Ok(Self::of(&control, &evidence, jobs, quarantined))
    }

    fn of(
        control: &Control,
        evidence: &Evidence,
        jobs: Vec<MigrationJob>,
        quarantined: i64,
    ) -> Self {
        let standing = control.standing();
        let step = |kind| Step::from(standing.ground(), kind);
        let shown = |step: Step| MigrationStep {
            to: step.to,
            fenced: step.fenced,
            held_back_by: words(&step.held_back_by(standing, evidence)),
        };
        let certificate = evidence
            .certificate
            .filter(|it| it.epoch == control.epoch && it.expires_at > evidence.now);
        Self {
            phase: control.phase,
            epoch: control.epoch,
            since: control.since,
            read_source: control.read_source,
            use_db: standing.use_db(),
            use_db_dual_write: standing.use_db_dual_write(),
            fence_deadline: control.fence_deadline,
            behind: evidence.behind,
            certified_until: certificate.map(|it| it.expires_at),
            quarantined,
            files_removed_at: removed_at(&jobs),
            jobs,
            next_step: step(Kind::Forward).map(shown),
            rollback_step: step(Kind::Back).map(shown),
        }
    }
}

fn removed_at(jobs: &[MigrationJob]) -> Option<DateTime<Utc>> {
    let archive = jobs.iter().find(|job| job.job == ARCHIVE)?;
    archive.progress["removedAt"].as_str()?.parse().ok()
}

fn words(obstacles: &[Obstacle]) -> Vec<String> {
    obstacles.iter().map(ToString::to_string).collect()
}
