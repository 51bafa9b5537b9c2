//! What completing and reopening do to the other occurrences of a recurring task. Completing one makes
//! the next, unless there is one already; reopening it takes the next back, unless somebody has touched
//! that by now. So a series never has two open occurrences because of an undo.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{
    NewTask, RecurrenceBasis, Task, TaskId, position,
    recurrence::{Due, Rule},
};
use crate::{
    db::schema::tasks,
    error::{Error, Result},
    settings::Settings,
    viewer::UserId,
};

/// A task before and after a change.
pub struct Step {
    pub before: Task,
    pub after: Task,
}

impl Step {
    const fn finishes(&self) -> bool {
        !self.before.completed && self.after.completed && self.after.recurrence.is_some()
    }

    const fn reopens(&self) -> bool {
        self.before.completed && !self.after.completed && self.after.series_id.is_some()
    }
}

/// What a change of some occurrences means for others.
#[derive(Default)]
pub struct Followed {
    /// The occurrences that come next, with their subtasks.
    pub made: Vec<NewTask>,
    /// The next occurrences, those that were there already included.
    pub next: Vec<TaskId>,
    /// Next occurrences that are taken back.
    pub withdrawn: Vec<TaskId>,
    /// The same and their subtasks, locked: what is to be deleted.
    pub gone: Vec<TaskId>,
}

/// Finds out what the steps mean for other occurrences; a fixed number of statements.
pub async fn follow(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    steps: &[Step],
) -> QueryResult<Followed> {
    let mut followed = Followed::default();
    let turned: Vec<TaskId> = steps
        .iter()
        .filter(|step| step.finishes() || step.reopens())
        .map(|step| step.after.id)
        .collect();
    if turned.is_empty() {
        return Ok(followed);
    }
    let later = occurrences_after(conn, owner, &turned).await?;
    let with_subtasks: Vec<TaskId> = turned
        .iter()
        .copied()
        .chain(later.values().map(|task| task.id))
        .collect();
    let subtasks = Task::subtasks_of(conn, owner, &with_subtasks, &[]).await?;

    let changed: HashSet<TaskId> = steps.iter().map(|step| step.after.id).collect();
    let reopened = steps.iter().filter(|step| step.reopens());
    let mut unwanted: Vec<&Task> = reopened
        .filter_map(|step| later.get(&step.after.id))
        .filter(|next| !changed.contains(&next.id) && is_untouched(next, &subtasks))
        .collect();
    let lost = lost_subtasks(conn, owner, &unwanted).await?;
    unwanted.retain(|next| !lost.contains(&next.created_at));
    take_back(conn, owner, &unwanted, &subtasks, &mut followed).await?;
    let (there, missing): (Vec<&Step>, Vec<&Step>) = steps
        .iter()
        .filter(|step| step.finishes())
        .partition(|step| later.contains_key(&step.after.id));
    let there = there.iter().filter_map(|step| later.get(&step.after.id));
    followed.next.extend(there.map(|task| task.id));
    if !missing.is_empty() {
        let missing: Vec<&Task> = missing.iter().map(|step| &step.after).collect();
        make_next(conn, owner, &missing, &subtasks, &mut followed).await?;
    }
    Ok(followed)
}

/// The occurrence that was made after each of these, if it is there.
async fn occurrences_after(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    ids: &[TaskId],
) -> QueryResult<HashMap<TaskId, Task>> {
    let earlier = diesel::alias!(tasks as earlier);
    let same_series = earlier
        .field(tasks::user_id)
        .eq(tasks::user_id)
        .and(earlier.field(tasks::series_id).eq(tasks::series_id))
        .and(earlier.field(tasks::created_at).lt(tasks::created_at));
    let found: Vec<(TaskId, Task)> = tasks::table
        .inner_join(earlier.on(same_series))
        .filter(earlier.field(tasks::user_id).eq(owner))
        .filter(earlier.field(tasks::id).eq_any(ids))
        .filter(tasks::user_id.eq(owner))
        .filter(tasks::deleted_at.is_null())
        .distinct_on(earlier.field(tasks::id))
        .order((earlier.field(tasks::id), tasks::created_at, tasks::id))
        .select((earlier.field(tasks::id), Task::as_select()))
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// When occurrences were made whose subtasks have been deleted or moved away since: what is made together has
/// the same moment. It may be that of another occurrence, which is then rather left than taken back.
async fn lost_subtasks(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    occurrences: &[&Task],
) -> QueryResult<HashSet<DateTime<Utc>>> {
    if occurrences.is_empty() {
        return Ok(HashSet::new());
    }
    let made: Vec<DateTime<Utc>> = occurrences.iter().map(|task| task.created_at).collect();
    let lost: Vec<DateTime<Utc>> = tasks::table
        .filter(tasks::user_id.eq(owner))
        .filter(tasks::created_at.eq_any(made))
        .filter(tasks::version.gt(1))
        .filter(tasks::series_id.is_null())
        .select(tasks::created_at)
        .load(conn)
        .await?;
    Ok(lost.into_iter().collect())
}

/// Refuses to bring an open occurrence back while another one is open: an undo must not make two of them.
pub async fn check_none_open(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    task: &Task,
) -> Result<()> {
    let Some(series) = task.series_id.filter(|_| !task.completed) else {
        return Ok(());
    };
    let open: Option<(TaskId, i32)> = tasks::table
        .filter(tasks::user_id.eq(owner))
        .filter(tasks::series_id.eq(series))
        .filter(tasks::id.ne(task.id))
        .filter(tasks::completed.eq(false))
        .filter(tasks::deleted_at.is_null())
        .select((tasks::id, tasks::version))
        .first(conn)
        .await
        .optional()?;
    let Some((id, version)) = open else {
        return Ok(());
    };
    let message = "another occurrence of this task is open: complete or delete that one first";
    Err(Error::conflict(message).with(id, Some(version)))
}

/// Takes occurrences back, unless somebody touches one of them at this moment.
async fn take_back(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    unwanted: &[&Task],
    subtasks: &[Task],
    followed: &mut Followed,
) -> QueryResult<()> {
    if unwanted.is_empty() {
        return Ok(());
    }
    let belongs = |it: &&Task| unwanted.iter().any(|next| it.parent_id == Some(next.id));
    let ids = subtasks
        .iter()
        .filter(belongs)
        .chain(unwanted.iter().copied());
    let ids: Vec<TaskId> = ids.map(|task| task.id).collect();
    let locked = Task::lock_all(conn, owner, &ids).await?;
    for next in locked.iter().filter(|task| task.parent_id.is_none()) {
        if is_untouched(next, &locked) {
            let own = locked.iter().filter(|it| it.parent_id == Some(next.id));
            followed.gone.extend(own.map(|task| task.id));
            followed.gone.push(next.id);
            followed.withdrawn.push(next.id);
        }
    }
    Ok(())
}

/// Whether nobody has done anything with an occurrence since it was made.
fn is_untouched(task: &Task, subtasks: &[Task]) -> bool {
    let mut own = subtasks.iter().filter(|it| it.parent_id == Some(task.id));
    task.version == 1
        && !task.completed
        && own.all(|it| it.version == 1 && it.created_at == task.created_at)
}

async fn make_next(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    done: &[&Task],
    subtasks: &[Task],
    followed: &mut Followed,
) -> QueryResult<()> {
    let home = Settings::timezone_of(conn, owner).await?;
    let ids: Vec<TaskId> = done.iter().map(|task| task.id).collect();
    let places = places_after(conn, owner, &ids).await?;
    for task in done {
        let Some((next, days)) = task.next_occurrence(home) else {
            continue;
        };
        let place = places.get(&task.id).cloned();
        let next = NewTask {
            position: place.unwrap_or_else(|| next.position.clone()),
            ..next
        };
        let own = subtasks.iter().filter(|it| it.parent_id == Some(task.id));
        let own = own.map(|it| it.again(Some(next.id), days, home));
        followed.next.push(next.id);
        followed.made.extend(own);
        followed.made.push(next);
    }
    Ok(())
}

/// A place for the next occurrence right behind each of these, if there is one.
async fn places_after(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    ids: &[TaskId],
) -> QueryResult<HashMap<TaskId, String>> {
    #[derive(QueryableByName)]
    struct Gap {
        #[diesel(sql_type = SqlUuid)]
        id: TaskId,
        #[diesel(sql_type = Text)]
        low: String,
        #[diesel(sql_type = Nullable<Text>)]
        high: Option<String>,
    }

    let gaps: Vec<Gap> = sql_query(
        "SELECT id, position AS low, (SELECT min(other.position) FROM tasks other \
           WHERE other.user_id = $1 AND other.parent_id IS NULL AND other.deleted_at IS NULL \
           AND other.position > done.position) AS high \
         FROM tasks done WHERE user_id = $1 AND id = ANY ($2)",
    )
    .bind::<SqlUuid, _>(owner)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    let place = |gap: Gap| {
        Some((
            gap.id,
            position::between(Some(&gap.low), gap.high.as_deref())?,
        ))
    };
    Ok(gaps.into_iter().filter_map(place).collect())
}

impl Task {
    /// The occurrence after this one, which is done, and by how many days it is later; none where the
    /// rule has ended. It stands where this one stands.
    fn next_occurrence(&self, home: Tz) -> Option<(NewTask, i64)> {
        let due = self.due(home)?;
        let rule: Rule = self.recurrence.as_deref()?.parse().ok()?;
        let zone = match due {
            Due::At(_, zone) => zone,
            Due::On(_) => home,
        };
        let done = match self.recurrence_basis {
            RecurrenceBasis::Due => None,
            RecurrenceBasis::Completion => {
                let at: DateTime<Utc> = self.completed_at?;
                Some(at.with_timezone(&zone).date_naive())
            }
        };
        let (next, rule) = rule.following(due, done)?;
        let days = next.day().signed_duration_since(due.day()).num_days();
        let task = NewTask {
            recurrence: Some(rule.to_string()),
            recurrence_basis: self.recurrence_basis,
            series_id: self.series_id,
            ..self.again(None, 0, home).due(next)
        };
        Some((task, days))
    }

    /// The same to be done again so many days later, as a part of the next occurrence.
    fn again(&self, parent_id: Option<TaskId>, days: i64, home: Tz) -> NewTask {
        let task = NewTask {
            parent_id,
            description: self.description.clone(),
            priority: self.priority,
            tags: self.tags.clone(),
            due_timezone: self.due_timezone.clone(),
            position: self.position.clone(),
            ..NewTask::titled(self.user_id, TaskId::new(), self.title.clone())
        };
        match self.due(home).and_then(|due| due.later_by(days)) {
            Some(due) => task.due(due),
            None => NewTask {
                due_timezone: None,
                ..task
            },
        }
    }
}
