//! How tasks are found and kept. Whoever changes more than one task takes the owner's list first, so
//! that positions, parents and series are changed by one request at a time.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid},
    upsert::excluded,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{NewTask, Task, TaskId};
use crate::{
    changes::{Change, Entity},
    db::schema::tasks,
    error::{Error, Result},
    viewer::UserId,
};

/// A tag, and how often it is used.
#[derive(Clone, Debug, QueryableByName, async_graphql::SimpleObject)]
pub struct TagCount {
    /// The tag.
    #[diesel(sql_type = Text)]
    pub tag: String,
    /// How many tasks have it, those in the trash left out.
    #[diesel(sql_type = BigInt)]
    pub tasks: i64,
    /// How many of them are not done.
    #[diesel(sql_type = BigInt)]
    pub open_tasks: i64,
}

/// More tags than anybody looks through.
const MOST_TAGS_LISTED: i64 = 1000;

/// Waits until no other request changes the order, the parents or the series of the owner's tasks, and
/// keeps them until the transaction ends.
pub async fn take_list(conn: &mut AsyncPgConnection, owner: UserId) -> QueryResult<()> {
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended('tasks ' || $1, 0))")
        .bind::<Text, _>(owner.to_string())
        .execute(conn)
        .await
        .map(drop)
}

impl Task {
    /// Those of `ids` that are the owner's, in the trash or not.
    pub async fn find_all(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        ids: &[TaskId],
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(tasks::user_id.eq(owner))
            .filter(tasks::id.eq_any(ids))
            .load(conn)
            .await
    }

    /// The same, kept from being changed by others until the transaction ends.
    pub async fn lock_all(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        ids: &[TaskId],
    ) -> QueryResult<Vec<Self>> {
        tasks::table
            .filter(tasks::user_id.eq(owner))
            .filter(tasks::id.eq_any(ids))
            .order(tasks::id)
            .select(Self::as_select())
            .for_update()
            .load(conn)
            .await
    }

    /// The subtasks of these tasks: what is there, and what went to the trash at one of these moments.
    /// In the order in which people arranged them.
    pub async fn subtasks_of(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        parents: &[TaskId],
        deleted: &[DateTime<Utc>],
    ) -> QueryResult<Vec<Self>> {
        let there = tasks::deleted_at.is_null();
        Self::query()
            .filter(tasks::user_id.eq(owner))
            .filter(tasks::parent_id.eq_any(parents))
            .filter(there.or(tasks::deleted_at.eq_any(deleted)))
            .order((tasks::position, tasks::id))
            .load(conn)
            .await
    }

    /// How many subtasks there are, by parent, by when they went to the trash, and by whether they are
    /// done.
    pub async fn count_subtasks(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        parents: &[TaskId],
    ) -> QueryResult<Vec<SubtaskCount>> {
        tasks::table
            .filter(tasks::user_id.eq(owner))
            .filter(tasks::parent_id.eq_any(parents))
            .group_by((tasks::parent_id, tasks::deleted_at, tasks::completed))
            .select((
                tasks::parent_id,
                tasks::deleted_at,
                tasks::completed,
                diesel::dsl::count_star(),
            ))
            .load(conn)
            .await
    }

    /// The owner's tags, the most used first.
    pub async fn tags_of(
        conn: &mut AsyncPgConnection,
        owner: UserId,
    ) -> QueryResult<Vec<TagCount>> {
        sql_query(
            "SELECT tag, count(*) AS tasks, count(*) FILTER (WHERE NOT completed) AS open_tasks \
             FROM tasks, unnest(tags) AS tag WHERE user_id = $1 AND deleted_at IS NULL \
             GROUP BY tag ORDER BY count(*) DESC, tag LIMIT $2",
        )
        .bind::<SqlUuid, _>(owner)
        .bind::<BigInt, _>(MOST_TAGS_LISTED)
        .load(conn)
        .await
    }

    /// Keeps tasks as they are to be, in one statement; each must have been locked. Gives what is to be
    /// appended to the feed.
    pub async fn save_all(
        conn: &mut AsyncPgConnection,
        changed: &[Self],
    ) -> QueryResult<Vec<Change>> {
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        diesel::insert_into(tasks::table)
            .values(changed)
            .on_conflict((tasks::user_id, tasks::id))
            .do_update()
            .set((
                tasks::parent_id.eq(excluded(tasks::parent_id)),
                tasks::title.eq(excluded(tasks::title)),
                tasks::description.eq(excluded(tasks::description)),
                tasks::completed.eq(excluded(tasks::completed)),
                tasks::completed_at.eq(excluded(tasks::completed_at)),
                tasks::priority.eq(excluded(tasks::priority)),
                tasks::tags.eq(excluded(tasks::tags)),
                tasks::due_date.eq(excluded(tasks::due_date)),
                tasks::due_at.eq(excluded(tasks::due_at)),
                tasks::due_timezone.eq(excluded(tasks::due_timezone)),
                tasks::recurrence.eq(excluded(tasks::recurrence)),
                tasks::recurrence_basis.eq(excluded(tasks::recurrence_basis)),
                tasks::series_id.eq(excluded(tasks::series_id)),
                tasks::position.eq(excluded(tasks::position)),
                tasks::deleted_at.eq(excluded(tasks::deleted_at)),
                tasks::version.eq(tasks::version + 1),
                tasks::updated_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        Ok(changed.iter().map(Self::changed).collect())
    }

    /// What the feed says about a change of this task.
    fn changed(&self) -> Change {
        let in_trash = self.deleted_at.is_some();
        Change::moved(Entity::Task, self.id.0, self.version + 1, in_trash)
    }

    /// Deletes tasks for good, with their subtasks; gives what is to be appended to the feed.
    pub async fn delete_all(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        ids: &[TaskId],
    ) -> QueryResult<Vec<Change>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let gone: Vec<(TaskId, i32)> = diesel::delete(
            tasks::table
                .filter(tasks::user_id.eq(owner))
                .filter(tasks::id.eq_any(ids)),
        )
        .returning((tasks::id, tasks::version))
        .get_results(conn)
        .await?;
        let change =
            |(id, version): (TaskId, i32)| Change::deleted(Entity::Task, id.0, version + 1);
        Ok(gone.into_iter().map(change).collect())
    }

    /// Deletes for good what went to the trash before then, at most so many, and says how many. The feed has
    /// told that they are gone.
    pub async fn purge_deleted(
        conn: &mut AsyncPgConnection,
        before: DateTime<Utc>,
        most: i64,
    ) -> QueryResult<usize> {
        sql_query(
            "DELETE FROM tasks WHERE (user_id, id) IN ( \
               SELECT user_id, id FROM tasks WHERE deleted_at < $1 LIMIT $2)",
        )
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(most)
        .execute(conn)
        .await
    }

    /// Whether the task can be changed by somebody who saw that version.
    pub fn check_version(&self, expected: Option<i32>) -> Result<()> {
        Error::check_version("task", self.id, expected, self.version)
    }

    /// Whether the task is there, and not in the trash.
    pub fn check_there(&self) -> Result<()> {
        if self.deleted_at.is_none() {
            return Ok(());
        }
        Err(Error::in_trash("task", self.id, self.version))
    }
}

/// Parent, moment of deletion, whether done, and how many.
pub type SubtaskCount = (Option<TaskId>, Option<DateTime<Utc>>, bool, i64);

impl NewTask {
    /// Whether the owner has made this task before, under the id that the client chose; `placed` if its
    /// place was chosen as well. What has that id with other contents is refused.
    pub async fn is_there(&self, conn: &mut AsyncPgConnection, placed: bool) -> Result<bool> {
        let found: Option<(Self, i32, Option<DateTime<Utc>>)> = tasks::table
            .find((self.user_id, self.id))
            .select((Self::as_select(), tasks::version, tasks::deleted_at))
            .first(conn)
            .await
            .optional()?;
        let Some((mut there, version, deleted_at)) = found else {
            return Ok(false);
        };
        if !placed {
            there.position.clone_from(&self.position);
        }
        let known = match deleted_at {
            Some(_) => Error::known_in_trash("task", self.id, version),
            None if there == *self => return Ok(true),
            None => Error::known("task", self.id, version),
        };
        Err(known.at("input.id"))
    }

    /// Inserts tasks in one statement; one whose id the owner has already is left out. Gives those
    /// inserted.
    pub async fn insert_all(
        conn: &mut AsyncPgConnection,
        new: &[Self],
    ) -> QueryResult<Vec<Change>> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let made: Vec<TaskId> = diesel::insert_into(tasks::table)
            .values(new)
            .on_conflict_do_nothing()
            .returning(tasks::id)
            .get_results(conn)
            .await?;
        let created = |id: &TaskId| Change::created(Entity::Task, id.0);
        Ok(made.iter().map(created).collect())
    }
}

/// Gives siblings new places, in one statement; gives what is to be appended to the feed.
pub async fn place_all(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    moves: &[(TaskId, String)],
) -> QueryResult<Vec<Change>> {
    #[derive(QueryableByName)]
    struct Placed {
        #[diesel(sql_type = SqlUuid)]
        id: TaskId,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        version: i32,
    }

    let (ids, places): (Vec<TaskId>, Vec<&str>) = moves
        .iter()
        .map(|(id, place)| (*id, place.as_str()))
        .unzip();
    let rows: Vec<Placed> = sql_query(
        "UPDATE tasks SET position = place, version = version + 1, updated_at = now() \
         FROM unnest($2, $3) AS placed (task, place) \
         WHERE user_id = $1 AND id = task AND position <> place RETURNING id, version",
    )
    .bind::<SqlUuid, _>(owner)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(places)
    .load(conn)
    .await?;
    let change = |it: &Placed| Change::updated(Entity::Task, it.id.0, it.version);
    Ok(rows.iter().map(change).collect())
}

/// Whether a task has subtasks that are not in the trash.
pub async fn has_subtasks(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    id: TaskId,
) -> QueryResult<bool> {
    let subtasks = tasks::table
        .filter(tasks::user_id.eq(owner))
        .filter(tasks::parent_id.eq(id))
        .filter(tasks::deleted_at.is_null());
    diesel::select(diesel::dsl::exists(subtasks))
        .get_result::<bool>(conn)
        .await
}
