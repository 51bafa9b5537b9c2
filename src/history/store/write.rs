//! Changing, deleting and restoring entries.

use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    db::schema::{history, user_settings},
    error::{Error, Result},
    history::{HistoryEntry, HistoryId, input::local_date, model::HistoryPatch},
    viewer::UserId,
};

/// The zone given, or else that of the owner's settings.
pub async fn zone_of(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    given: Option<Tz>,
) -> QueryResult<Tz> {
    if let Some(zone) = given {
        return Ok(zone);
    }
    let name: Option<String> = user_settings::table
        .find(owner)
        .select(user_settings::timezone)
        .first(conn)
        .await
        .optional()?;
    Ok(name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC))
}

impl HistoryEntry {
    async fn locked_at(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: HistoryId,
        expected: Option<i32>,
    ) -> Result<Self> {
        let found: Option<Self> = history::table
            .find((owner, id))
            .select(Self::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()?;
        let current = found.ok_or_else(|| Error::not_found("entry of the history", id))?;
        match expected {
            Some(expected) if expected != current.version => Err(Error::stale(
                "entry of the history",
                id,
                expected,
                current.version,
            )),
            _ => Ok(current),
        }
    }

    /// Changes an entry; its day follows from its instant and its zone.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: HistoryId,
        expected: Option<i32>,
        mut patch: HistoryPatch,
        zone: Option<Tz>,
    ) -> Result<i32> {
        let current = Self::locked_at(conn, owner, id, expected).await?;
        if current.deleted_at.is_some() {
            return Err(Error::not_found("entry of the history", id));
        }
        if patch.performed_at.is_some() || zone.is_some() {
            let zone = zone.or_else(|| current.timezone.parse().ok());
            let at = patch.performed_at.unwrap_or(current.performed_at);
            patch.local_date = Some(local_date(at, zone.unwrap_or(Tz::UTC)));
        }
        let version = current.version + 1;
        diesel::update(history::table.find((owner, id)))
            .set((
                &patch,
                history::version.eq(version),
                history::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(version)
    }

    /// Deletes an entry, or brings it back. Gives its new version; none where it was so already.
    pub async fn set_deleted(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: HistoryId,
        expected: Option<i32>,
        deleted: bool,
    ) -> Result<Option<i32>> {
        let current = Self::locked_at(conn, owner, id, expected).await?;
        if current.deleted_at.is_some() == deleted {
            return if deleted {
                Err(Error::not_found("entry of the history", id))
            } else {
                Ok(None)
            };
        }
        let version = current.version + 1;
        diesel::update(history::table.find((owner, id)))
            .set((
                history::version.eq(version),
                history::deleted_at.eq(deleted.then(chrono::Utc::now)),
                history::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(Some(version))
    }
}
