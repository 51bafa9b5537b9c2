//! How exercises are found and kept.

use diesel::{prelude::*, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Exercise, ExerciseId};
use crate::db::schema::exercises;

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

impl Exercise {
    /// The library's exercises whose name contains `search`, by name.
    pub async fn library(
        conn: &mut AsyncPgConnection,
        search: Option<&str>,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = Self::query()
            .filter(exercises::owner_id.is_null())
            .filter(exercises::archived_at.is_null())
            .order((lower(exercises::name), exercises::id))
            .limit(limit)
            .into_boxed();
        if let Some(search) = search {
            query = query.filter(lower(exercises::name).like(pattern_containing(search)));
        }
        query.load(conn).await
    }

    /// Those of `ids` that are in the library.
    pub async fn in_library(
        conn: &mut AsyncPgConnection,
        ids: &[ExerciseId],
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(exercises::owner_id.is_null())
            .filter(exercises::id.eq_any(ids))
            .load(conn)
            .await
    }
}

/// A LIKE pattern for names that contain the text, whatever signs the text holds.
fn pattern_containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
