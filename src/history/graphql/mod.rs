//! The fields of the API that concern the history.

mod mutation;
mod query;

pub use mutation::HistoryMutation;
pub use query::HistoryQuery;
