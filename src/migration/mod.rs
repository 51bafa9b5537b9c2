//! The way in from JSON files, and back: its phases, the one row that says where everybody reads and
//! writes, the evidence that each step asks for, and the audit of what was done. The domain does not
//! know this room.

mod admission;
pub mod adopt;
pub mod aggregates;
pub mod archive;
mod audit;
pub mod backfill;
mod batches;
mod control;
mod copies;
mod cutover;
mod desk;
pub mod ending;
mod failure;
mod fence;
pub mod files;
mod graphql;
mod lease;
pub mod mirror;
mod offer;
pub mod parity;
pub mod people;
pub mod phase;
pub mod plan;
mod projection;
mod quarantine;
pub mod queue;
mod seam;
mod shadows;
mod start;
mod status;
pub mod step;
pub mod tables;
mod taking;
mod verbs;
mod watch;

pub use admission::{Admission, admit, begin};
pub use audit::{AuditEntry, Note, Verdict, append, verify};
pub use control::{Actor, Control};
pub use cutover::{PROOF, cut_over, prove};
pub use desk::{DeskMutation, DeskQuery};
pub use failure::Failure;
pub use fence::{Fence, pass, restore_expired};
pub use graphql::{MigrationMutation, MigrationQuery, progress};
pub use lease::Lease;
pub use phase::{Phase, Source, Standing};
pub use projection::{Projection, ProjectionError};
pub use seam::Moving;
pub use shadows::{Finding, Shadows};
pub use status::{Migration, MigrationJob, MigrationStep};
pub use tables::ENTITIES;
pub use verbs::{
    FENCE, begin_with_files, certify, complete, finish_backfill, reopen, rollback, set_dual_write,
};
