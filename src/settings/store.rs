//! How settings are found and kept. Every user has some: where a row is missing they are those of a new user, and the
//! row is made when they are first changed.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Settings, Units, input::SettingsChange, model::SettingsPatch};
use crate::{
    changes::{self, Change, Entity},
    db::schema::{user_settings, users},
    error::{Error, Result},
    viewer::UserId,
};

impl Settings {
    /// Settings for a user who has none yet; those who have keep theirs.
    pub async fn insert_missing(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        units: Units,
        timezone: &str,
    ) -> QueryResult<usize> {
        diesel::insert_into(user_settings::table)
            .values((
                user_settings::user_id.eq(owner),
                user_settings::units.eq(units),
                user_settings::timezone.eq(timezone),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await
    }

    /// The settings of all these users. Nothing is made by asking: who never set anything has what a new user has.
    pub async fn of_all(conn: &mut AsyncPgConnection, owners: &[UserId]) -> QueryResult<Vec<Self>> {
        let found: Vec<(UserId, DateTime<Utc>, Option<Self>)> = users::table
            .left_join(user_settings::table)
            .filter(users::id.eq_any(owners))
            .select((users::id, users::created_at, Option::<Self>::as_select()))
            .load(conn)
            .await?;
        let or_untouched = |(owner, since, kept): (UserId, DateTime<Utc>, Option<Self>)| {
            kept.unwrap_or_else(|| Self::untouched(owner, since))
        };
        Ok(found.into_iter().map(or_untouched).collect())
    }

    /// As the table has them of somebody who set nothing yet.
    fn untouched(owner: UserId, since: DateTime<Utc>) -> Self {
        Self {
            user_id: owner,
            units: Units::Metric,
            timezone: "UTC".to_owned(),
            week_start: 1,
            preferences: serde_json::Value::Object(serde_json::Map::new()),
            version: 1,
            created_at: since,
            updated_at: since,
        }
    }

    /// The time zone that the owner's days are counted in.
    pub async fn timezone_of(conn: &mut AsyncPgConnection, owner: UserId) -> QueryResult<Tz> {
        let name: Option<String> = user_settings::table
            .find(owner)
            .select(user_settings::timezone)
            .first(conn)
            .await
            .optional()?;
        // The zone data may have forgotten a name that was taken once.
        Ok(name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC))
    }

    /// Changes the owner's settings if they still have the expected version, and gives the new one; none
    /// where nothing would change.
    pub(super) async fn apply(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        expected: Option<i32>,
        change: SettingsChange,
    ) -> Result<Option<i32>> {
        let mut current = lock(conn, owner).await?;
        if current.is_none() {
            let untouched = Self::untouched(owner, Utc::now());
            if !change.patch(&untouched)?.changes(&untouched) {
                return Ok(None);
            }
            make_missing(conn, owner).await?;
            current = lock(conn, owner).await?;
        }
        let current = current.ok_or(Error::ACCOUNT_GONE)?;
        let stale = Error::check_version("record of settings", owner, expected, current.version);
        let patch = change.patch(&current);
        // What somebody else has changed since may be what the preferences fail by.
        let patch = patch.or_else(|wrong| stale.clone().and(Err(wrong)))?;
        if !patch.changes(&current) {
            return Ok(None);
        }
        stale?;
        diesel::update(user_settings::table.find(owner))
            .set((
                &patch,
                user_settings::version.eq(current.version + 1),
                user_settings::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(Some(current.version + 1))
    }
}

impl SettingsChange {
    /// What it sets in these settings.
    fn patch(&self, current: &Settings) -> Result<SettingsPatch> {
        let preferences = self.preferences.as_ref();
        Ok(SettingsPatch {
            units: self.units,
            timezone: self.timezone.clone(),
            week_start: self.week_start,
            preferences: preferences
                .map(|change| change.apply(&current.preferences))
                .transpose()?,
        })
    }
}

async fn lock(conn: &mut AsyncPgConnection, owner: UserId) -> QueryResult<Option<Settings>> {
    user_settings::table
        .find(owner)
        .select(Settings::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Gives settings to the owner, if they exist and have none, and says so in their feed.
async fn make_missing(conn: &mut AsyncPgConnection, owner: UserId) -> QueryResult<()> {
    let there = users::table.find(owner).select(users::id);
    let made = diesel::insert_into(user_settings::table)
        .values(there)
        .into_columns(user_settings::user_id)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if made > 0 {
        let change = Change::created(Entity::Settings, owner.0);
        changes::append(conn, owner, &[change]).await?;
    }
    Ok(())
}
