//! The phases of the way in, as plain data: where each reads and writes, and the two flags that people
//! know it by. No database here: a test explores these rules exhaustively.

use crate::db::text_enum;

text_enum! {
    /// How far the way in from JSON files is.
    #[graphql(name = "MigrationPhase")]
    Phase {
        /// There are no files: the database is all there is.
        None = "none",
        /// The files are read and written; the database has no part in it.
        Legacy = "legacy",
        /// Writes go to the database and from there to the files, which are still read.
        DualWrite = "dual_write",
        /// The same, and the database has everything that the files have.
        Backfilled = "backfilled",
        /// The same, and both sides were proved to be equal.
        Verified = "verified",
        /// Nobody writes for a moment, while the two sides change places.
        Fence = "fence",
        /// The database is read and written; the files follow, so that there is a way back.
        Soak = "soak",
        /// The database is all there is, and the files are in an archive.
        Complete = "complete",
    }
}

text_enum! {
    /// One of the two places where data can live.
    #[graphql(name = "MigrationSource")]
    Source {
        /// The JSON files.
        Files = "files",
        /// PostgreSQL.
        Database = "database",
    }
}

/// Where a write becomes durable before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writes {
    /// In the files alone.
    Files,
    /// In the database alone.
    Database,
    /// In the database, from where the mirror takes it to the files.
    Mirrored,
    /// Nowhere: writes wait.
    Nobody,
}

/// A phase, and for a fence the phase that it was raised in and falls back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    pub phase: Phase,
    pub fence_from: Option<Phase>,
}

impl Standing {
    #[must_use]
    pub const fn at(phase: Phase) -> Self {
        Self {
            phase,
            fence_from: None,
        }
    }

    /// Behind a fence that was raised in this phase.
    #[must_use]
    pub const fn fenced(from: Phase) -> Self {
        Self {
            phase: Phase::Fence,
            fence_from: Some(from),
        }
    }

    #[must_use]
    pub const fn is_fenced(self) -> bool {
        self.fence_from.is_some()
    }

    /// The phase whose rules hold for readers: behind a fence, the one it was raised in.
    #[must_use]
    pub fn ground(self) -> Phase {
        self.fence_from.unwrap_or(self.phase)
    }

    #[must_use]
    pub fn reads(self) -> Source {
        match self.ground() {
            Phase::Legacy | Phase::DualWrite | Phase::Backfilled | Phase::Verified => Source::Files,
            Phase::None | Phase::Fence | Phase::Soak | Phase::Complete => Source::Database,
        }
    }

    #[must_use]
    pub fn writes(self) -> Writes {
        match self.phase {
            Phase::None | Phase::Complete => Writes::Database,
            Phase::Legacy => Writes::Files,
            Phase::DualWrite | Phase::Backfilled | Phase::Verified | Phase::Soak => {
                Writes::Mirrored
            }
            Phase::Fence => Writes::Nobody,
        }
    }

    /// Whether reads come from the database: what `USE_DB` says.
    #[must_use]
    pub fn use_db(self) -> bool {
        self.reads() == Source::Database
    }

    /// Whether the mirror runs, so that both sides get every write: what `USE_DB_DUAL_WRITE` says.
    #[must_use]
    pub fn use_db_dual_write(self) -> bool {
        Self::at(self.ground()).writes() == Writes::Mirrored
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
