//! History: what was done and when, with the workout's name and totals frozen in it.

mod frozen;
mod graphql;
mod input;
mod loader;
mod model;
mod store;
mod summary;

pub use frozen::{Summary, SummaryExercise, SummarySet};
pub use graphql::{HistoryMutation, HistoryQuery};
pub use input::Mark;
pub use loader::{HistoryEntryOf, HistoryOf};
pub use model::{HistoryEntry, HistoryId, NewHistory};
pub use store::zone_of;
pub use summary::summary_of;
