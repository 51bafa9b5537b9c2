//! What was fetched along with a row because the request was seen to ask for it, and which columns of rows
//! that is.

use async_graphql::{Lookahead, SelectionField};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    pg::{Pg, PgValue},
    sql_types::Uuid,
};

use super::written::is_spelled;
use crate::db::{Columns, InPart, columns::Blank};

/// The columns of rows that are asked for here; `also` those that are needed for something else. None
/// where no rows are asked for.
pub fn asked<R: InPart>(here: &Lookahead<'_>, also: &[&str]) -> Option<Columns<R>> {
    if !here.exists() {
        return None;
    }
    let fields: Vec<&str> = here
        .selection_fields()
        .iter()
        .flat_map(SelectionField::selection_set)
        .map(|field| field.name())
        .collect();
    Some(Columns::only(|column| {
        also.contains(&column) || fields.iter().any(|field| is_spelled(column, field))
    }))
}

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

impl<T> Blank for Ahead<T> {
    fn blank() -> Self {
        Self::EMPTY
    }
}

impl<T> FromSql<Uuid, Pg> for Ahead<T> {
    fn from_sql(_: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::EMPTY)
    }
}
