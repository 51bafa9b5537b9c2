//! What changed: for clients that keep a copy, and for those that want to see it happen.

mod cursor;
mod graphql;
mod live;
mod model;

pub use graphql::SyncQuery;
pub use live::changed;
pub use model::ChangeEvent;
