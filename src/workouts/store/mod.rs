//! How workouts are found and kept. Whatever changes one takes it first (`take`): that locks it until
//! the transaction ends and gives it its new version, so changes of one workout come one after another.

/// Whether a new set was done where nobody says so: not in what is yet to be trained. The row of the
/// workout is called `$workout`.
macro_rules! done_by_default {
    ($workout:literal) => {
        concat!(
            "NOT ",
            $workout,
            ".is_template AND ",
            $workout,
            ".status <> 'planned'"
        )
    };
}

mod active;
mod additions;
mod at_once;
mod complete;
mod copies;
mod list;
mod made;
mod order;
mod own;
mod places;
mod purge;
mod sets;
mod take;
mod trained;
mod whole;

pub use copies::Copied;
pub use list::WorkoutPlace;
pub use purge::{Purged, purge_daily, purge_deleted};
pub use sets::SetPlace;
use take::{Held, Part, Taken};
