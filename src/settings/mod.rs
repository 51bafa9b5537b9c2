//! Settings: how a user likes to see things.

mod graphql;
mod input;
mod loader;
mod model;
mod preferences;
mod store;

pub use graphql::{SettingsMutation, SettingsQuery};
pub use input::timezone;
pub use loader::SettingsOf;
pub use model::{Settings, SettingsId, Units};
