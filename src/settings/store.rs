//! How settings are found and kept.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Settings, Units};
use crate::{db::schema::user_settings, viewer::UserId};

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
}
