//! The steps between phases, as plain data: which there are, and what holds one back. Each rule is here
//! alone, for whoever takes a step, for those who ask what the next one lacks, and for the test that
//! explores them.

use chrono::{DateTime, Utc};

use super::phase::{Phase, Standing};
use crate::db::text_enum;

text_enum! {
    /// How a job of the way in is doing.
    #[graphql(name = "MigrationJobState")]
    JobState {
        /// It is being done, or goes on when a server starts.
        Running = "running",
        /// Somebody told it to wait.
        Paused = "paused",
        /// Somebody gave it up.
        Cancelled = "cancelled",
        /// It ended because of an error.
        Failed = "failed",
        /// It is done.
        Done = "done",
    }
}

/// The jobs whose end is what a step waits for, as their checkpoints call them.
pub const BACKFILL: &str = "backfill";
pub const ARCHIVE: &str = "archive";
pub const RESTORE: &str = "restore";

/// One step from a phase to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub from: Phase,
    pub to: Phase,
    /// Whether nobody may write while it is taken.
    pub fenced: bool,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Forward,
    Back,
}

/// All there are.
pub const STEPS: &[Step] = &[
    forward(Phase::None, Phase::Legacy, false),
    forward(Phase::Legacy, Phase::DualWrite, false),
    forward(Phase::DualWrite, Phase::Backfilled, false),
    forward(Phase::Backfilled, Phase::Verified, false),
    forward(Phase::Verified, Phase::Soak, true),
    forward(Phase::Soak, Phase::Complete, false),
    back(Phase::DualWrite, Phase::Legacy, true),
    back(Phase::Backfilled, Phase::Legacy, true),
    back(Phase::Verified, Phase::Legacy, true),
    back(Phase::Soak, Phase::Backfilled, true),
    back(Phase::Complete, Phase::Soak, false),
];

const fn forward(from: Phase, to: Phase, fenced: bool) -> Step {
    let kind = Kind::Forward;
    Step {
        from,
        to,
        fenced,
        kind,
    }
}

const fn back(from: Phase, to: Phase, fenced: bool) -> Step {
    let kind = Kind::Back;
    Step {
        from,
        to,
        fenced,
        kind,
    }
}

/// What is known when a step is considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// How often the phase has changed.
    pub epoch: i64,
    /// By the database's clock.
    pub now: DateTime<Utc>,
    /// Whether there are files to serve.
    pub has_files: bool,
    pub backfill: Option<JobState>,
    pub archive: Option<JobState>,
    pub restore: Option<JobState>,
    /// The newest proof that both sides are equal.
    pub certificate: Option<Certificate>,
    /// How many changes the mirror has not taken to the files yet.
    pub behind: i64,
    /// Until when a fence holds writes up, where one is raised.
    pub fence_deadline: Option<DateTime<Utc>>,
    /// What a comparison behind the fence found, where there was one.
    pub equal: Option<bool>,
}

/// That both sides were equal: in which epoch, and how long that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub epoch: i64,
    pub expires_at: DateTime<Utc>,
}

/// What holds a step back, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    #[error("no JSON files are served: start the server with `REGIMEN_LEGACY_DIR`")]
    NoFiles,
    #[error("the files are not at hand: name their folder with `REGIMEN_LEGACY_DIR`")]
    FilesAway,
    #[error("there is no step from `{from}` to `{to}`: look at `regimen migration status`")]
    NoStep { from: Phase, to: Phase },
    #[error("from `{0}` there is no way back")]
    NoWayBack(Phase),
    #[error("a fence is up: wait until it is down again")]
    Fenced,
    #[error("the fence is down already: the step was given up")]
    FenceDown,
    #[error("the fence was up for as long as it may: see what the mirror waits for")]
    FenceLate,
    #[error("a backfill needs the phase `dual_write`, and this is `{0}`: see `regimen dual-write`")]
    NotDualWriting(Phase),
    #[error(
        "people are linked to accounts while the files are all there is, and the phase is `{0}`: go back first"
    )]
    LinkedTooLate(Phase),
    #[error("nothing is mirrored in this phase: see `regimen migration status`")]
    NotMirrored,
    #[error("not all records are in the database: run `regimen backfill`")]
    NotBackfilled,
    #[error("the backfill is `{}`: see that it gets done with `regimen backfill`", .0.word())]
    Backfilling(JobState),
    #[error("nothing proves that files and database are equal: run `regimen parity`")]
    NotCertified,
    #[error(
        "files and database were compared before the last change of phase: run `regimen parity` again"
    )]
    CertificateStale,
    #[error(
        "the proof that files and database are equal expired at {0}: run `regimen parity` again"
    )]
    CertificateExpired(DateTime<Utc>),
    #[error("the files lack {0} changes: wait for the mirror")]
    Behind(i64),
    #[error("files and database were not compared behind the fence")]
    NotCompared,
    #[error("files and database differ: `regimen parity` shows where")]
    Different,
    #[error("this needs the phase `{needed}`, and it is `{phase}`: see `regimen migration status`")]
    WrongPhase { phase: Phase, needed: Phase },
    #[error(
        "the archive does not hold what the database holds by now: run `regimen archive` again"
    )]
    ArchiveStale,
    #[error("the files are not in a verified archive: run `regimen archive`")]
    NotArchived,
    #[error("the files are not back from their archive: run `regimen restore`")]
    NotRestored,
}

impl Step {
    /// The step between these two, if there is one.
    #[must_use]
    pub fn between(from: Phase, to: Phase) -> Option<Self> {
        let found = STEPS.iter().find(|step| step.from == from && step.to == to);
        found.copied()
    }

    /// Where the way goes on from a phase, or back.
    #[must_use]
    pub fn from(phase: Phase, kind: Kind) -> Option<Self> {
        let found = STEPS
            .iter()
            .find(|step| step.from == phase && step.kind == kind);
        found.copied()
    }

    /// What keeps the step from being begun.
    #[must_use]
    pub fn held_back_by(self, standing: Standing, evidence: &Evidence) -> Vec<Obstacle> {
        if standing.is_fenced() {
            return vec![Obstacle::Fenced];
        }
        if standing.phase != self.from {
            let (from, to) = (standing.phase, self.to);
            return vec![Obstacle::NoStep { from, to }];
        }
        let mut found = Vec::new();
        match (self.from, self.to) {
            (Phase::None, _) if !evidence.has_files => found.push(Obstacle::NoFiles),
            (Phase::DualWrite, Phase::Backfilled) => found.extend(unfilled(evidence.backfill)),
            (Phase::Verified, Phase::Soak) => found.extend(uncertified(evidence)),
            (Phase::Soak, Phase::Complete) => {
                let archived = evidence.archive == Some(JobState::Done);
                found.extend((!archived).then_some(Obstacle::NotArchived));
                found.extend(behind(evidence));
            }
            (Phase::Complete, Phase::Soak) => {
                let restored = evidence.restore == Some(JobState::Done);
                found.extend((!restored).then_some(Obstacle::NotRestored));
            }
            _ => {}
        }
        found
    }

    /// What keeps a fenced step from being taken once the fence is up: looked at in the transaction
    /// that takes it.
    #[must_use]
    pub fn stopped_by(self, standing: Standing, evidence: &Evidence) -> Vec<Obstacle> {
        if standing != Standing::fenced(self.from) {
            return vec![Obstacle::FenceDown];
        }
        let mut found = Vec::new();
        if evidence
            .fence_deadline
            .is_none_or(|deadline| deadline <= evidence.now)
        {
            found.push(Obstacle::FenceLate);
        }
        found.extend(behind(evidence));
        if self.kind == Kind::Forward {
            found.extend(match evidence.equal {
                Some(true) => None,
                Some(false) => Some(Obstacle::Different),
                None => Some(Obstacle::NotCompared),
            });
        }
        found
    }
}

fn behind(evidence: &Evidence) -> Option<Obstacle> {
    (evidence.behind > 0).then_some(Obstacle::Behind(evidence.behind))
}

fn unfilled(backfill: Option<JobState>) -> Option<Obstacle> {
    match backfill {
        Some(JobState::Done) => None,
        Some(state) => Some(Obstacle::Backfilling(state)),
        None => Some(Obstacle::NotBackfilled),
    }
}

/// A proof counts in the epoch it was made in: whatever changed the phase since may have let the two
/// sides part.
fn uncertified(evidence: &Evidence) -> Option<Obstacle> {
    match evidence.certificate {
        None => Some(Obstacle::NotCertified),
        Some(it) if it.epoch != evidence.epoch => Some(Obstacle::CertificateStale),
        Some(it) if it.expires_at <= evidence.now => {
            Some(Obstacle::CertificateExpired(it.expires_at))
        }
        Some(_) => None,
    }
}
