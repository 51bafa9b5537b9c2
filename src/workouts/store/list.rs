//! Finding workouts: one, some, or a page of a list.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    expression::{AsExpression, SqlLiteral},
    pg::Pg,
    prelude::*,
    sql_types::{Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use serde::{Deserialize, Serialize};

use crate::{
    db::{Prepared, kept, keyset, one_of, schema::workouts},
    error::{Error, Result},
    graphql::Page,
    viewer::UserId,
    workouts::{
        Parts, Workout, WorkoutId, WorkoutStatus,
        input::{TemplateScope, Wanted, WorkoutOrder},
    },
};

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

diesel::define_sql_function! {
    #[sql_name = "coalesce"]
    fn or_else(at: Nullable<Timestamptz>, instead: Timestamptz) -> Timestamptz;
}

/// What a list of workouts is ordered by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum WorkoutPlace {
    Made(DateTime<Utc>, WorkoutId),
    Started(Option<DateTime<Utc>>, WorkoutId),
    Name(String, WorkoutId),
}

type Query<'a> = workouts::BoxedQuery<'a, Pg>;

impl Workout {
    /// The workout's place in a list of that order.
    pub fn place(&self, order: WorkoutOrder) -> WorkoutPlace {
        match order {
            WorkoutOrder::Newest | WorkoutOrder::Oldest => {
                WorkoutPlace::Made(self.created_at, self.id)
            }
            WorkoutOrder::Started => WorkoutPlace::Started(self.started_at, self.id),
            WorkoutOrder::Name => WorkoutPlace::Name(self.name.clone(), self.id),
        }
    }

    /// One page of the owner's workouts, with the parts asked for: two round trips.
    pub async fn page_of(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: &Wanted,
        order: WorkoutOrder,
        page: &Page<WorkoutPlace>,
        parts: Parts,
    ) -> QueryResult<Vec<Self>> {
        let query = matching(owner, wanted).limit(page.limit());
        let query = ordered(query, order, page).select(Self::as_select());
        let mut found: Vec<Self> = Prepared(query).load(conn).await?;
        let ids: Vec<WorkoutId> = found.iter().map(|workout| workout.id).collect();
        parts.fetch(conn, owner, &ids).await?.hang_on(&mut found);
        Ok(found)
    }

    /// How many the whole list has.
    pub async fn count(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: &Wanted,
    ) -> QueryResult<i64> {
        Prepared(matching(owner, wanted).count())
            .get_result(conn)
            .await
    }

    /// Those of `ids` that are the owner's and not deleted.
    pub async fn find_all(
        mut conn: &AsyncPgConnection,
        owner: UserId,
        ids: &[WorkoutId],
    ) -> QueryResult<Vec<Self>> {
        workouts::table
            .filter(workouts::user_id.eq(owner))
            .filter(workouts::id.eq_any(ids))
            .filter(workouts::deleted_at.is_null())
            .select(Self::as_select())
            .load(&mut conn)
            .await
    }

    /// One workout with the parts asked for, in the trash or not: one round trip, since its id is known.
    pub async fn find_kept(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        parts: Parts,
    ) -> Result<Self> {
        let conn = &*conn;
        let (found, below) = try_join!(
            row(conn, owner, id),
            parts.fetch(conn, owner, std::slice::from_ref(&id))
        )?;
        let mut workout = found.ok_or_else(|| Error::not_found("workout", id))?;
        below.hang_on(std::slice::from_mut(&mut workout));
        Ok(workout)
    }

    /// The same, unless it has to be restored first.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        parts: Parts,
    ) -> Result<Self> {
        Self::find_kept(conn, owner, id, parts)
            .await?
            .not_in_trash()
    }

    /// The workout that is being trained now.
    pub async fn active(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        parts: Parts,
    ) -> QueryResult<Option<Self>> {
        let found: Option<Self> = workouts::table
            .filter(workouts::user_id.eq(owner))
            .filter(workouts::status.eq(WorkoutStatus::Active))
            .filter(workouts::deleted_at.is_null())
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()?;
        let Some(mut workout) = found else {
            return Ok(None);
        };
        parts
            .fetch(conn, owner, &[workout.id])
            .await?
            .hang_on(std::slice::from_mut(&mut workout));
        Ok(Some(workout))
    }
}

async fn row(
    mut conn: &AsyncPgConnection,
    owner: UserId,
    id: WorkoutId,
) -> QueryResult<Option<Workout>> {
    let query = kept!(
        workouts::table
            .find((owner, id))
            .select(Workout::as_select())
    );
    query.get_result(&mut conn).await.optional()
}

fn matching(owner: UserId, wanted: &Wanted) -> Query<'_> {
    let mut query = workouts::table
        .filter(workouts::user_id.eq(owner))
        .into_boxed();
    query = if wanted.deleted {
        query.filter(workouts::deleted_at.is_not_null())
    } else {
        query.filter(workouts::deleted_at.is_null())
    };
    query = match wanted.templates {
        TemplateScope::None => query.filter(diesel::dsl::not(workouts::is_template)),
        TemplateScope::Only => query.filter(workouts::is_template),
        TemplateScope::All => query,
    };
    if let Some(statuses) = &wanted.statuses {
        query = one_of!(query, workouts::status, statuses);
    }
    if let Some(from) = wanted.from {
        query = query.filter(workouts::created_at.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(workouts::created_at.lt(to));
    }
    if let Some(from) = wanted.started_from {
        query = query.filter(start(workouts::started_at).ge(from));
    }
    if let Some(to) = wanted.started_to {
        // Compared with the key as well, so that one index bounds the list on both sides.
        let begun = workouts::started_at.is_not_null();
        query = query
            .filter(begun)
            .filter(start(workouts::started_at).lt(to));
    }
    match &wanted.search {
        Some(text) => query.filter(lower(workouts::name).like(pattern(text))),
        None => query,
    }
}

/// The text anywhere; what would be a wildcard stands for itself.
fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// When a workout was begun, before all times where it was not; as the index on it has it.
fn start<T: AsExpression<Nullable<Timestamptz>>>(at: T) -> or_else<T, SqlLiteral<Timestamptz>> {
    or_else(at, sql("'-infinity'::timestamptz"))
}

/// The order, and where in it the page begins. Ties are broken by id.
fn ordered<'a>(query: Query<'a>, order: WorkoutOrder, page: &Page<WorkoutPlace>) -> Query<'a> {
    use workouts::{created_at, id, name, started_at};

    match order {
        WorkoutOrder::Newest | WorkoutOrder::Oldest => {
            let from = match &page.from {
                Some(WorkoutPlace::Made(at, last)) => Some((*at, *last)),
                _ => None,
            };
            let upwards = page.upwards(order == WorkoutOrder::Oldest);
            keyset!(query, created_at, id, upwards, from)
        }
        WorkoutOrder::Started => {
            let from = match &page.from {
                Some(WorkoutPlace::Started(at, last)) => Some((start(*at), *last)),
                _ => None,
            };
            keyset!(query, start(started_at), id, page.upwards(false), from)
        }
        WorkoutOrder::Name => {
            let from = match &page.from {
                Some(WorkoutPlace::Name(key, last)) => Some((lower(key.clone()), *last)),
                _ => None,
            };
            keyset!(query, lower(name), id, page.upwards(true), from)
        }
    }
}
