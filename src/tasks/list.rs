//! How lists of tasks are read: which rows match, in what order, and one page of them.

use chrono::{DateTime, Duration, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Bool, Integer, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use super::{
    Priority, Task, TaskId,
    filter::{Conditions, Search, TaskOrder},
    recurrence::moment_at,
};
use crate::{
    db::{Columns, Prepared, keyset, one_of, schema::tasks},
    graphql::{Date, Page},
    settings::Settings,
    viewer::UserId,
};

/// What is searched, to the letter as in the index on it.
const WORDS: &str = "to_tsvector('simple', title || ' ' || coalesce(description, ''))";

/// What a list of tasks is ordered by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum TaskPlace {
    Position(String, TaskId),
    Due(Option<Date>, Option<DateTime<Utc>>, TaskId),
    Priority(Priority, TaskId),
    Newest(DateTime<Utc>, TaskId),
    Updated(DateTime<Utc>, TaskId),
}

type Query<'a> = tasks::BoxedQuery<'a, Pg>;

impl Task {
    /// The task's place in a list of that order.
    pub fn place(&self, order: TaskOrder) -> TaskPlace {
        match order {
            TaskOrder::Position => TaskPlace::Position(self.position.clone(), self.id),
            TaskOrder::Due => TaskPlace::Due(self.due_date, self.due_at, self.id),
            TaskOrder::Priority => TaskPlace::Priority(self.priority, self.id),
            TaskOrder::Newest => TaskPlace::Newest(self.created_at, self.id),
            TaskOrder::Updated => TaskPlace::Updated(self.updated_at, self.id),
        }
    }

    /// One page of the owner's tasks.
    pub async fn page_of(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        conditions: &Conditions,
        order: TaskOrder,
        page: &Page<TaskPlace>,
        columns: Columns<Self>,
    ) -> QueryResult<Vec<Self>> {
        let asked = conditions.asks_for_days() || order == TaskOrder::Due;
        let home = home(conn, owner, asked).await?;
        let query = matching(owner, conditions, home).limit(page.limit());
        let query = ordered(query, order, page, home).select(columns.select().0);
        Prepared(query).load(conn).await
    }

    /// How many the whole list has.
    pub async fn count(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        conditions: &Conditions,
    ) -> QueryResult<i64> {
        let home = home(conn, owner, conditions.asks_for_days()).await?;
        Prepared(matching(owner, conditions, home).count())
            .get_result(conn)
            .await
    }
}

/// Where the owner's days are counted; asked for only where it matters.
async fn home(conn: &mut AsyncPgConnection, owner: UserId, asked: bool) -> QueryResult<Tz> {
    if asked {
        Settings::timezone_of(conn, owner).await
    } else {
        Ok(Tz::UTC)
    }
}

fn matching(owner: UserId, conditions: &Conditions, home: Tz) -> Query<'_> {
    let mut query = tasks::table.filter(tasks::user_id.eq(owner)).into_boxed();
    query = if conditions.deleted {
        query.filter(tasks::deleted_at.is_not_null())
    } else {
        query.filter(tasks::deleted_at.is_null())
    };
    if let Some(completed) = conditions.completed {
        query = query.filter(tasks::completed.eq(completed));
    }
    if let Some(priorities) = &conditions.priorities {
        query = one_of!(query, tasks::priority, priorities);
    }
    if let Some(parent) = conditions.parent_id {
        query = query.filter(tasks::parent_id.eq(parent));
    }
    if conditions.top_level_only {
        query = query.filter(tasks::parent_id.is_null());
    }
    if let Some(series) = conditions.series_id {
        query = query.filter(tasks::series_id.eq(series));
    }
    query = tagged(query, conditions);
    query = due(query, conditions, home);
    match &conditions.search {
        Some(search) => query.filter(says(search)),
        None => query,
    }
}

fn tagged<'a>(mut query: Query<'a>, conditions: &'a Conditions) -> Query<'a> {
    if let Some(any) = &conditions.tags_any {
        query = query.filter(tasks::tags.overlaps_with(any));
    }
    if let Some(all) = &conditions.tags_all {
        query = query.filter(tasks::tags.contains(all));
    }
    if let Some(none) = &conditions.tags_none {
        query = query.filter(diesel::dsl::not(tasks::tags.overlaps_with(none)));
    }
    query
}

/// A day is compared as a day, a moment with the midnights where the owner is.
fn due<'a>(mut query: Query<'a>, conditions: &'a Conditions, home: Tz) -> Query<'a> {
    if let Some(from) = conditions.due_from {
        let since = tasks::due_date
            .ge(from)
            .or(tasks::due_at.ge(midnight(from, home)));
        query = query.filter(since);
    }
    if let Some(to) = conditions.due_to {
        let before = tasks::due_date
            .lt(to)
            .or(tasks::due_at.lt(midnight(to, home)));
        query = query.filter(before);
    }
    if let Some((wanted, now)) = conditions.overdue {
        let today = Date(now.with_timezone(&home).date_naive());
        let past = tasks::due_date.lt(today).or(tasks::due_at.lt(now));
        let overdue = tasks::completed.eq(false).and(past);
        query = if wanted {
            query.filter(overdue.is_not_distinct_from(true))
        } else {
            query.filter(overdue.is_distinct_from(true))
        };
    }
    query
}

/// The first moment of a day where the owner is.
fn midnight(day: Date, home: Tz) -> DateTime<Utc> {
    let local = day.0.and_time(chrono::NaiveTime::MIN);
    moment_at(home, local).unwrap_or_else(|| local.and_utc())
}

fn says<'a>(search: &Search) -> Box<dyn BoxableExpression<tasks::table, Pg, SqlType = Bool> + 'a> {
    let words = || sql::<Bool>(WORDS).sql(" @@ ");
    match search {
        Search::Words(text) => {
            let words = words().sql("websearch_to_tsquery('simple', ");
            Box::new(words.bind::<Text, _>(text.clone()).sql(")"))
        }
        Search::Beginning(last) => {
            let words = words().sql("to_tsquery('simple', ");
            Box::new(words.bind::<Text, _>(last.clone()).sql(")"))
        }
        Search::Both(text, last) => {
            let words = words().sql("(websearch_to_tsquery('simple', ");
            let words = words
                .bind::<Text, _>(text.clone())
                .sql(") && to_tsquery('simple', ");
            Box::new(words.bind::<Text, _>(last.clone()).sql("))"))
        }
    }
}

/// The order, and where in it the page begins. Ties are broken by id.
fn ordered<'a>(query: Query<'a>, order: TaskOrder, page: &Page<TaskPlace>, home: Tz) -> Query<'a> {
    let (upwards, downwards) = (page.upwards(true), page.upwards(false));
    let from = page.from.clone();
    match order {
        TaskOrder::Position => {
            let from = from.and_then(|it| match it {
                TaskPlace::Position(key, id) => Some((key, id)),
                _ => None,
            });
            keyset!(query, tasks::position, tasks::id, upwards, from)
        }
        TaskOrder::Due => {
            let offset = offset_of(home);
            let from = from.and_then(|it| match it {
                TaskPlace::Due(day, moment, id) => Some((sorting_due(day, moment, offset), id)),
                _ => None,
            });
            keyset!(query, due_key(offset), tasks::id, upwards, from)
        }
        TaskOrder::Priority => {
            let from = from.and_then(|it| match it {
                TaskPlace::Priority(key, id) => Some((key, id)),
                _ => None,
            });
            keyset!(query, tasks::priority, tasks::id, downwards, from)
        }
        TaskOrder::Newest => {
            let from = from.and_then(|it| match it {
                TaskPlace::Newest(key, id) => Some((key, id)),
                _ => None,
            });
            keyset!(query, tasks::created_at, tasks::id, downwards, from)
        }
        TaskOrder::Updated => {
            let from = from.and_then(|it| match it {
                TaskPlace::Updated(key, id) => Some((key, id)),
                _ => None,
            });
            keyset!(query, tasks::updated_at, tasks::id, downwards, from)
        }
    }
}

/// Seconds that clocks at home are ahead of UTC. A whole day is sorted by today's offset: the database
/// may not know the zone by its name, and an hour matters only around the change of the clocks.
fn offset_of(home: Tz) -> i32 {
    home.offset_from_utc_datetime(&Utc::now().naive_utc())
        .fix()
        .local_minus_utc()
}

fn due_key(offset: i32) -> Box<dyn BoxableExpression<tasks::table, Pg, SqlType = Timestamptz>> {
    let key = sql::<Timestamptz>("coalesce(due_at, due_date::timestamp AT TIME ZONE ")
        .sql("make_interval(secs => ")
        .bind::<Integer, _>(offset)
        .sql("), '2300-01-01 00:00Z')");
    Box::new(key)
}

/// The same of one task.
fn sorting_due(day: Option<Date>, moment: Option<DateTime<Utc>>, offset: i32) -> DateTime<Utc> {
    let begin = |Date(day): Date| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let never = || {
        Utc.with_ymd_and_hms(2300, 1, 1, 0, 0, 0)
            .single()
            .unwrap_or_default()
    };
    let day = day.map(|day| begin(day) - Duration::seconds(offset.into()));
    moment.or(day).unwrap_or_else(never)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_words_searched_are_the_words_indexed() {
        let migration = include_str!("../../migrations/2026-11-20-000005_tasks/up.sql");
        assert!(migration.contains(&format!("USING gin ({})", super::WORDS)));
    }
}
