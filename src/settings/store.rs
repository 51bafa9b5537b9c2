//! How settings are found and kept. Every user has some: where a row is missing it is made when it is
//! first asked for.

use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

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

    /// The settings of all these users, of whom each has some afterwards.
    pub async fn of_all(conn: &mut AsyncPgConnection, owners: &[UserId]) -> QueryResult<Vec<Self>> {
        let found = find_all(conn, owners).await?;
        if found.len() == owners.len() {
            return Ok(found);
        }
        conn.transaction(async |conn| make_missing(conn, owners).await)
            .await?;
        find_all(conn, owners).await
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
            make_missing(conn, &[owner]).await?;
            current = lock(conn, owner).await?;
        }
        let current = current.ok_or(Error::ACCOUNT_GONE)?;
        let stale = Error::check_version("record of settings", owner, expected, current.version);
        let preferences = change
            .preferences
            .map(|change| change.apply(&current.preferences))
            .transpose();
        // What somebody else has changed since may be what the preferences fail by.
        let preferences = preferences.or_else(|wrong| stale.clone().and(Err(wrong)))?;
        let patch = SettingsPatch {
            units: change.units,
            timezone: change.timezone,
            week_start: change.week_start,
            preferences,
        };
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

async fn find_all(conn: &mut AsyncPgConnection, owners: &[UserId]) -> QueryResult<Vec<Settings>> {
    Settings::query()
        .filter(user_settings::user_id.eq_any(owners))
        .load(conn)
        .await
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

/// Gives settings to those of `owners` who exist and have none, and says so in their feeds.
async fn make_missing(conn: &mut AsyncPgConnection, owners: &[UserId]) -> QueryResult<()> {
    let there = users::table
        .filter(users::id.eq_any(owners))
        .select(users::id);
    let made: Vec<UserId> = diesel::insert_into(user_settings::table)
        .values(there)
        .into_columns(user_settings::user_id)
        .on_conflict_do_nothing()
        .returning(user_settings::user_id)
        .get_results(conn)
        .await?;
    for owner in made {
        let change = Change::created(Entity::Settings, owner.0);
        changes::append(conn, owner, &[change]).await?;
    }
    Ok(())
}
