//! How exercises are found and kept. A reader sees the library and what is their own; whoever is not
//! signed in sees the library alone.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use super::{
    Exercise, ExerciseId, NewExercise,
    input::{ExerciseOrder, ExerciseScope, Wanted},
    model::ExercisePatch,
    search,
};
use crate::{
    db::{Columns, Prepared, among, kept_with, keyset, one_of, schema::exercises},
    error::{Error, Result},
    graphql::Page,
    viewer::UserId,
};

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

/// What a list of exercises is ordered by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ExercisePlace {
    Name(String, ExerciseId),
    Newest(DateTime<Utc>, ExerciseId),
    Relevance(String, ExerciseId),
}

/// How well each exercise of a page meets the search; the database says, so it is kept for cursors.
pub type Relevance = HashMap<ExerciseId, String>;

pub(super) type Query<'a> = exercises::BoxedQuery<'a, Pg>;

impl Exercise {
    /// The exercise's place in a list of that order.
    pub fn place(&self, order: ExerciseOrder, relevance: &Relevance) -> ExercisePlace {
        match order {
            ExerciseOrder::Name => ExercisePlace::Name(self.name.clone(), self.id),
            ExerciseOrder::Newest => ExercisePlace::Newest(self.created_at, self.id),
            ExerciseOrder::Relevance => {
                let key = relevance.get(&self.id).cloned().unwrap_or_default();
                ExercisePlace::Relevance(key, self.id)
            }
        }
    }

    /// One page of what the reader can see.
    pub async fn page_of(
        conn: &mut AsyncPgConnection,
        reader: Option<UserId>,
        filter: &Wanted,
        order: ExerciseOrder,
        page: &Page<ExercisePlace>,
        columns: Columns<Self>,
    ) -> QueryResult<(Vec<Self>, Relevance)> {
        let query = matching(reader, filter)
            .limit(page.limit())
            .offset(page.offset);
        let search = filter.search.as_deref().unwrap_or_default();
        let query = ordered(query, order, page, search);
        if order != ExerciseOrder::Relevance {
            let query = Prepared(query.select(columns.select().0));
            let found = query.load(conn).await?;
            return Ok((found, Relevance::new()));
        }
        let query = query.select((search::relevance(search), Self::as_select()));
        let found: Vec<(String, Self)> = Prepared(query).load(conn).await?;
        let keys = found.iter().map(|(key, it)| (it.id, key.clone()));
        let keys = keys.collect();
        Ok((found.into_iter().map(|(_, it)| it).collect(), keys))
    }

    /// How many the whole list has.
    pub async fn count(
        conn: &mut AsyncPgConnection,
        reader: Option<UserId>,
        filter: &Wanted,
    ) -> QueryResult<i64> {
        Prepared(matching(reader, filter).count())
            .get_result(conn)
            .await
    }

    /// Those of `ids` that the reader can see.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        reader: Option<UserId>,
        ids: &[ExerciseId],
    ) -> QueryResult<Vec<Self>> {
        visible_to(reader)
            .filter(exercises::id.eq_any(ids))
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// Those of `ids` that somebody sees who is signed in.
    pub async fn seen_by(
        mut conn: &AsyncPgConnection,
        reader: UserId,
        ids: &[ExerciseId],
        columns: Columns<Self>,
    ) -> QueryResult<Vec<Self>> {
        let query = kept_with!(columns, |selected| {
            exercises::table
                .filter(among!("id", ids))
                .filter(
                    exercises::owner_id
                        .is_null()
                        .or(exercises::owner_id.eq(reader)),
                )
                .select(selected)
        });
        query.load(&mut conn).await
    }

    /// Changes what belongs to `owner` (without one: to the library), if it still has the expected
    /// version. Gives its new version; none where nothing would change.
    pub async fn apply(
        conn: &mut AsyncPgConnection,
        owner: Option<UserId>,
        id: ExerciseId,
        expected: Option<i32>,
        mut patch: ExercisePatch,
    ) -> Result<Option<i32>> {
        let found: Option<Self> = exercises::table
            .filter(exercises::id.eq(id))
            .filter(exercises::owner_id.is_not_distinct_from(owner))
            .select(Self::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()?;
        let current = found.ok_or_else(|| Error::not_found("exercise", id))?;
        // What was put away already stays so since then.
        let was_archived = current.archived_at.is_some();
        patch.archived_at = patch.archived_at.filter(|at| at.is_some() != was_archived);
        if !patch.changes(&current) {
            return Ok(None);
        }
        Error::check_version("exercise", id, expected, current.version)?;
        if let Some(name) = &patch.name
            && let Some(other) = with_same_name(conn, owner, name)
                .await?
                .filter(|o| o.0 != id)
        {
            return Err(name_taken(name, Some(other)));
        }
        diesel::update(exercises::table.find(id))
            .set((
                &patch,
                exercises::version.eq(current.version + 1),
                exercises::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await
            .map_err(|error| clash(patch.name.as_deref(), error))?;
        Ok(Some(current.version + 1))
    }
}

impl NewExercise {
    /// Inserts those that clash with nothing, and returns their ids.
    pub async fn insert_missing(
        conn: &mut AsyncPgConnection,
        rows: &[Self],
    ) -> QueryResult<Vec<ExerciseId>> {
        diesel::insert_into(exercises::table)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(exercises::id)
            .get_results(conn)
            .await
    }

    /// Inserts it. The same id with the same contents from the same owner is the same exercise, made
    /// once. An id of anybody else's cannot be used, and no more is said about it.
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> Result<bool> {
        let inserted = diesel::insert_into(exercises::table)
            .values(self)
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if inserted > 0 {
            return Ok(true);
        }
        let own: Option<(Self, i32)> = exercises::table
            .filter(exercises::id.eq(self.id))
            .filter(exercises::owner_id.is_not_distinct_from(self.owner_id))
            .select((Self::as_select(), exercises::version))
            .first(conn)
            .await
            .optional()?;
        match own {
            Some((there, _)) if there == *self => return Ok(false),
            Some((_, version)) => {
                return Err(Error::known("exercise", self.id, version).at("input.id"));
            }
            None => {}
        }
        match with_same_name(conn, self.owner_id, &self.name).await? {
            Some(other) => Err(name_taken(&self.name, Some(other))),
            None => Err(Error::invalid(
                "input.id",
                "this id cannot be used: make a new one",
            )),
        }
    }
}

/// Another exercise that took the name in the same moment.
fn clash(name: Option<&str>, error: diesel::result::Error) -> Error {
    match (Error::broken_constraint(&error), name) {
        (Some("exercises_library_name_key" | "exercises_owner_name_key"), Some(name)) => {
            name_taken(name, None)
        }
        _ => error.into(),
    }
}

/// The exercise that has the name, and its version.
async fn with_same_name(
    conn: &mut AsyncPgConnection,
    owner: Option<UserId>,
    name: &str,
) -> QueryResult<Option<(ExerciseId, i32)>> {
    let named = exercises::table
        .filter(lower(exercises::name).eq(lower(name)))
        .into_boxed();
    // No index serves `IS NOT DISTINCT FROM`.
    let named = match owner {
        Some(owner) => named.filter(exercises::owner_id.eq(owner)),
        None => named.filter(exercises::owner_id.is_null()),
    };
    named
        .select((exercises::id, exercises::version))
        .first(conn)
        .await
        .optional()
}

fn name_taken(name: &str, other: Option<(ExerciseId, i32)>) -> Error {
    let message =
        format!("there is an exercise called `{name}` already: use it, or choose another name");
    let error = Error::conflict(message).at("input.name");
    match other {
        Some((id, version)) => error.with(id, Some(version)),
        None => error,
    }
}

/// All rows that the reader can see.
fn visible_to<'a>(reader: Option<UserId>) -> Query<'a> {
    let query = exercises::table.into_boxed();
    match reader {
        Some(reader) => query.filter(
            exercises::owner_id
                .is_null()
                .or(exercises::owner_id.eq(reader)),
        ),
        None => query.filter(exercises::owner_id.is_null()),
    }
}

/// A list of names in lower case; its column is named as in SQL. No name has the character between them.
macro_rules! folded {
    ($column:literal) => {
        diesel::dsl::sql::<diesel::sql_types::Array<Text>>(concat!(
            "string_to_array(lower(array_to_string(exercises.",
            $column,
            ", chr(31))), chr(31))"
        ))
    };
}

fn matching(reader: Option<UserId>, filter: &Wanted) -> Query<'_> {
    let mut query = match (filter.scope, reader) {
        (ExerciseScope::All, reader) => visible_to(reader),
        (ExerciseScope::Library, _) => visible_to(None),
        (ExerciseScope::Mine, reader) => exercises::table
            .filter(exercises::owner_id.eq(reader))
            .into_boxed(),
    };
    query = if filter.archived {
        query.filter(exercises::archived_at.is_not_null())
    } else {
        query.filter(exercises::archived_at.is_null())
    };
    if let Some(categories) = &filter.categories {
        query = one_of!(query, lower(exercises::category), categories);
    }
    if let Some(muscles) = &filter.muscles {
        let first = folded!("primary_muscles").overlaps_with(muscles);
        query = query.filter(first.or(folded!("secondary_muscles").overlaps_with(muscles)));
    }
    if let Some(equipment) = &filter.equipment {
        query = query.filter(folded!("equipment").is_contained_by(equipment));
    }
    if let Some(levels) = &filter.levels {
        query = one_of!(query, exercises::level, levels);
    }
    match &filter.search {
        Some(search) => search::having_all_words(query, search),
        None => query,
    }
}

/// The order, and where in it the page begins. Ties are broken by id.
fn ordered<'a>(
    query: Query<'a>,
    order: ExerciseOrder,
    page: &Page<ExercisePlace>,
    search: &str,
) -> Query<'a> {
    use exercises::{created_at, id, name};

    match order {
        ExerciseOrder::Name => {
            let from = match &page.from {
                Some(ExercisePlace::Name(key, last)) => Some((lower(key.clone()), *last)),
                _ => None,
            };
            keyset!(query, lower(name), id, page.upwards(true), from)
        }
        ExerciseOrder::Newest => {
            let from = match &page.from {
                Some(ExercisePlace::Newest(at, last)) => Some((*at, *last)),
                _ => None,
            };
            keyset!(query, created_at, id, page.upwards(false), from)
        }
        ExerciseOrder::Relevance => {
            let from = match &page.from {
                Some(ExercisePlace::Relevance(key, last)) => Some((key.clone(), *last)),
                _ => None,
            };
            let key = || search::relevance(search);
            keyset!(query, key(), id, page.upwards(true), from)
        }
    }
}
