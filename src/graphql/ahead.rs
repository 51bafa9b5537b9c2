//! What was fetched along with a row because the request was seen to ask for it.

use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    pg::{Pg, PgValue},
    sql_types::Uuid,
};

/// A place on a row for what hangs below it: filled when it was fetched ahead of being asked for,
/// else empty, and then a loader fetches it.
///
/// Rows are read column by column, and this is no column: it stands on the row's `id` and ignores it.
#[derive(Clone, Debug, FromSqlRow)]
pub struct Ahead<T>(Option<T>);

impl<T> Ahead<T> {
    pub const EMPTY: Self = Self(None);

    pub fn fill(&mut self, value: T) {
        self.0 = Some(value);
    }

    pub const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T> FromSql<Uuid, Pg> for Ahead<T> {
    fn from_sql(_: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::EMPTY)
    }
}
