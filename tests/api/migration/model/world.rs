//! What the world is made of. A record's content is the set of writes in it, one bit each: what is lost
//! is a bit that is gone.

use chrono::{TimeDelta, Utc};
use regimen::migration::{
    Phase, Standing,
    phase::Writes,
    step::{Certificate, Evidence, JobState},
};

/// The write of somebody else, directly to the first record's file.
pub const FOREIGN: u8 = 0x80;
/// What was in the second record's file before anything began. Nobody changes it.
pub const OLD: u8 = 0x40;
/// What each client writes to the first record, one after the other.
pub const WRITES: [&[u8]; 2] = [&[0b001], &[0b010]];

/// A rule that is left out, to see that it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    AcknowledgesBeforeCommit,
    PlaceBeforeFile,
    TwoMirrorsAtOnce,
    OverwritesEditsOfOthers,
    WritersAreNotWaitedFor,
    KeepsOldRowsWhenTakingOver,
    SwitchesWithoutDraining,
    CutsOverUnproved,
    TrustsOldArchives,
    RemovesUnverifiedFiles,
}

/// One record on both sides, and what is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Record {
    pub database: u8,
    pub file: u8,
    /// What was acknowledged to whoever wrote it.
    pub acknowledged: u8,
    /// Whether the database has taken it over from the file.
    pub adopted: bool,
    /// Whether the feed is ahead of the mirror's place.
    pub queued: bool,
    /// Whether the file is not as the mirror left it.
    pub edited: bool,
    /// The file's copy in the archive.
    pub archived: Option<u8>,
}

/// One client between its request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    Idle,
    /// Its transaction is open, let in under these rules.
    Admitted {
        writes: Writes,
        /// Whether the epoch is still the one it was let in under.
        current: bool,
    },
    /// Committed and not answered yet.
    Committed,
}

/// One process that takes changes to the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mirror {
    Idle,
    /// It has read a record's state.
    Read {
        record: usize,
        image: u8,
    },
    /// The state is in the file, on disk.
    Written {
        record: usize,
        image: u8,
    },
}

/// Whether both sides were proved equal, and whether in this epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    None,
    Stale,
    Current,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "any of them goes with any other"
)]
pub struct World {
    pub standing: Standing,
    /// Where the step leads that the fence was raised for.
    pub towards: Option<Phase>,
    /// What the comparison behind the fence found.
    pub equal: Option<bool>,
    pub proof: Proof,
    pub backfilled: bool,
    pub archived: bool,
    pub retired: bool,
    pub restored: bool,
    pub records: [Record; 2],
    pub clients: [(Client, u8); 2],
    pub mirrors: [Mirror; 2],
    pub foreign: bool,
    /// Whether the edit of somebody else was given up, with a row that says so.
    pub settled: bool,
}

impl World {
    pub fn beginning() -> Self {
        Self {
            standing: Standing::at(Phase::Legacy),
            towards: None,
            equal: None,
            proof: Proof::None,
            backfilled: false,
            archived: false,
            retired: false,
            restored: false,
            records: [
                Record::default(),
                Record {
                    file: OLD,
                    acknowledged: OLD,
                    ..Record::default()
                },
            ],
            clients: [(Client::Idle, 0); 2],
            mirrors: [Mirror::Idle; 2],
            foreign: false,
            settled: false,
        }
    }

    pub fn is_drained(&self) -> bool {
        self.records.iter().all(|record| !record.queued)
    }

    pub fn is_equal(&self) -> bool {
        self.records
            .iter()
            .all(|record| record.database == record.file)
    }

    /// Whether no writer holds the lock that whoever changes the phase has to wait for.
    pub fn has_no_writer(&self) -> bool {
        self.clients.iter().all(|(client, _)| !client.is_admitted())
    }

    /// What the program would find in its tables.
    pub fn evidence(&self) -> Evidence {
        let job = |done: bool| done.then_some(JobState::Done);
        let (now, epoch) = (Utc::now(), 7);
        let certified = |epoch| Certificate {
            epoch,
            expires_at: now + TimeDelta::hours(1),
        };
        Evidence {
            epoch,
            now,
            has_files: true,
            backfill: job(self.backfilled),
            archive: job(self.archived),
            restore: job(self.restored),
            certificate: match self.proof {
                Proof::None => None,
                Proof::Stale => Some(certified(epoch - 1)),
                Proof::Current => Some(certified(epoch)),
            },
            behind: self.records.iter().map(|it| i64::from(it.queued)).sum(),
            fence_deadline: Some(now + TimeDelta::seconds(1)),
            equal: self.equal,
        }
    }

    /// The number of an invariant that does not hold, and how.
    pub fn violated(&self) -> Option<(u8, &'static str)> {
        let standing = self.standing;
        for record in &self.records {
            let lost_in_database = record.acknowledged & !record.database != 0;
            let lost_in_file = record.acknowledged & !record.file != 0;
            let on_its_way = record.queued || record.edited;
            let written = Standing::at(standing.ground()).writes();
            if written == Writes::Files && lost_in_file {
                return Some((8, "the files that are read lack what was acknowledged"));
            }
            if standing.use_db() && lost_in_database {
                return Some((8, "the database that is read lacks what was acknowledged"));
            }
            if written == Writes::Mirrored && record.adopted && lost_in_database {
                return Some((1, "what was acknowledged is not in the database"));
            }
            if written == Writes::Mirrored && !on_its_way && lost_in_file {
                return Some((
                    1,
                    "what was acknowledged is neither in the file nor on its way",
                ));
            }
        }
        let first = &self.records[0];
        let kept = first.file | first.database | first.archived.unwrap_or(0);
        if self.foreign && !self.settled && kept & FOREIGN == 0 {
            return Some((
                7,
                "an edit of somebody else is gone and nothing tells of it",
            ));
        }
        None
    }
}

impl Client {
    pub fn is_admitted(self) -> bool {
        matches!(self, Self::Admitted { .. })
    }
}
