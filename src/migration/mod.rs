//! The way in from JSON files, and back: its phases, the one row that says where everybody reads and
//! writes, the evidence that each step asks for, and the audit of what was done. The domain does not
//! know this room.

mod admission;
pub mod adopt;
pub mod aggregates;
mod audit;
mod control;
mod failure;
mod fence;
mod graphql;
mod lease;
pub mod parity;
pub mod phase;
mod status;
pub mod step;
pub mod tables;
mod verbs;

pub use admission::{Admission, admit, begin};
pub use audit::{AuditEntry, Note, Verdict, append, verify};
pub use control::{Actor, Control};
pub use failure::Failure;
pub use fence::{Fence, pass, restore_expired};
pub use graphql::{MigrationMutation, MigrationQuery, progress};
pub use lease::Lease;
pub use phase::{Phase, Source, Standing};
pub use status::{Migration, MigrationJob, MigrationStep};
pub use verbs::{
    FENCE, begin_with_files, certify, complete, finish_backfill, reopen, rollback, set_dual_write,
};
