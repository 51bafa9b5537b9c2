//! What the files mean: from JSON that other people's programs wrote to records that the tables can hold.
//! What is read depends on the files alone, and on what the caller looked up: never on the time or on chance.

mod diary;
mod fields;
mod library;
mod overrides;
mod people;
mod sessions;
mod sets;
mod world;

pub(super) use fields::{Part, Parts, fold};
pub(super) use library::{Entry, exercise, identity};
pub(super) use overrides::{KEY as REGIMEN, differences};
pub(super) use people::{OWN, Person, UNIT, account, settings};
pub(super) use sessions::{Reading, Which, places};
pub(super) use world::{Named, World, session_key};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// When what has no time was made: a fixed time, so that every reading gives the same.
pub(super) const EPOCH: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// Where records of legacy apps say that they come from.
pub(super) const SOURCE: &str = "legacy";

/// The namespace of ids that are made of what a record is called in its file.
const SPACE: Uuid = Uuid::from_u128(0x5e1d_ee3c_0b7a_4f6e_9c2f_6d1c_8a54_27b0);

/// The lists that a legacy app keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shelf {
    Users,
    Library,
    Templates,
    Sessions,
    /// Our own: entries that no session says.
    History,
}

/// An id for what is called so in a file.
pub(super) fn derived(kind: &str, shelf: &str, owner: &str, path: &[&str]) -> Uuid {
    let mut name = [kind, shelf, owner].join("\0");
    for part in path {
        name.push('\0');
        name.push_str(part);
    }
    Uuid::new_v5(&SPACE, name.as_bytes())
}

/// An id that can be kept as it is.
pub(super) fn kept(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok().filter(|id| !id.is_nil())
}
