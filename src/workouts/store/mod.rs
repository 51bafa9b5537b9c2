//! How workouts are found and kept. Whatever changes one takes it first (`take`): that locks it until
//! the transaction ends and gives it its new version, so changes of one workout come one after another.

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
