//! What can be set.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    db::{patch, schema::user_settings, text_enum},
    ids::id,
    viewer::UserId,
};

id! {
    /// Names somebody's settings.
    SettingsId
}

impl SettingsId {
    /// Clients keep records by their ids alone, so the settings of a user have another id than the user; it
    /// follows from that one.
    pub fn of(user: UserId) -> Self {
        const SETTINGS: Uuid = Uuid::from_u128(0x5d0f_4a1c_9b6e_4c57_8e21_7f3a_b4c9_06d2);
        Self(Uuid::new_v5(&SETTINGS, user.0.as_bytes()))
    }
}

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
#[graphql(complex)]
pub struct Settings {
    #[graphql(skip)]
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
