//! How the history is found and kept.

mod list;
mod log;
mod write;

pub use list::HistoryPlace;
pub use log::{Outcome, log, log_batch};
pub use write::zone_of;
