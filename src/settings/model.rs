//! What can be set.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{patch, schema::user_settings, text_enum},
    viewer::UserId,
};

text_enum! {
    /// The units that weights and distances are shown in.
    Units {
        /// Kilograms and kilometres.
        Metric = "metric",
        /// Pounds and miles.
        Imperial = "imperial",
    }
}

/// How a user likes to see things.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = user_settings)]
pub struct Settings {
    /// Names these settings; the same as the id of the user whose they are.
    #[graphql(name = "id")]
    pub user_id: UserId,
    /// The units that weights and distances are shown in.
    pub units: Units,
    /// The time zone that days are counted in, such as `Europe/Berlin`.
    pub timezone: String,
    /// The first day of the week: 1 is Monday, 7 is Sunday.
    pub week_start: i16,
    /// What the apps remember for the user; `UpdateSettingsInput` says what can be in it.
    pub preferences: serde_json::Value,
    /// Counts the changes; send it back as `expectedVersion` to change what you saw.
    pub version: i32,
    /// When the settings were made.
    pub created_at: DateTime<Utc>,
    /// When they were last changed.
    pub updated_at: DateTime<Utc>,
}

patch! {
    /// What is to change of settings; `None` leaves a column as it is.
    SettingsPatch of Settings in user_settings {
        units: Units,
        timezone: String,
        week_start: i16,
        preferences: serde_json::Value,
    }
}
