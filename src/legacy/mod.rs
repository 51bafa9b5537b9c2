//! The files of an app that kept its data in JSON: read, understood and written. No database here: what
//! is known only there comes in as a `Lookups`, and what the files say goes out as records.

pub mod canonical;
mod disk;
mod folder;
mod meaning;
mod native;
pub mod record;
mod scan;
mod text;
pub mod wire;

use std::collections::HashMap;

use crate::{exercises::ExerciseId, viewer::UserId};
use record::{Key, Record};

pub use disk::{Faults, Step};
pub use folder::{
    Applied, ApplyError, FileFacts, Folder, Item, Link, Quarantined, Refusal, Report, Stamp,
    Unreadable,
};
pub use meaning::Shelf;

/// What only the server knows, and the meaning of the files depends on.
#[derive(Clone, Debug, Default)]
pub struct Lookups {
    /// Accounts that people of the files have already, by the id they have there. They keep their account:
    /// no record of the kind `User` is made of them.
    pub users: HashMap<String, UserId>,
    /// The server's library.
    pub library: Vec<Known>,
}

/// An exercise of the server's library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: ExerciseId,
    pub name: String,
    pub aliases: Vec<String>,
}

/// What is to become of a record in the files.
#[expect(
    clippy::large_enum_variant,
    reason = "almost all of them are records: a box for each would be one more allocation"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// It is to be what it says here, new or not.
    Put(Record),
    /// It is to be gone.
    Remove(Key),
}
