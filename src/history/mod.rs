//! History: what was done and when, with the workout's name and totals frozen in it.

mod model;

pub use model::{HistoryId, NewHistory};
