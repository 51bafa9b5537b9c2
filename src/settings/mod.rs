//! Settings: how a user likes to see things.

mod model;
mod store;

pub use model::{Settings, Units};
