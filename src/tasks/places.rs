//! Where a task goes: below which parent, and between which siblings. A move writes one row; only where
//! two siblings leave no room between them is their whole list numbered anew.

use diesel::{pg::Pg, prelude::*};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{
    NewTask, Task, TaskId,
    edit::Wanted,
    input::{ListEdge, Spot},
    position,
    store::{has_subtasks, place_all, take_list},
};
use crate::{
    changes::{self, Change},
    db::{keyset, schema::tasks},
    error::{Error, Result},
    viewer::UserId,
};

/// How many subtasks one task can have: they are shown all at once.
const MOST_SUBTASKS: i64 = 200;

/// The children of one parent, or what is at the top, without the task that is moved.
#[derive(Clone, Copy)]
struct Siblings {
    owner: UserId,
    parent: Option<TaskId>,
    moved: TaskId,
}

/// A place among siblings.
#[derive(Clone, Copy)]
enum Gap<'a> {
    Before(&'a Task),
    After(&'a Task),
    Edge(ListEdge),
}

type Neighbours = (Option<String>, Option<String>);

impl NewTask {
    /// Makes a task: at the end of its list, or at the place that the client chose. The same id with the
    /// same contents from the same owner is the same task, made once.
    pub async fn create(
        mut self,
        conn: &mut AsyncPgConnection,
        place: Option<String>,
        named: bool,
    ) -> Result<()> {
        let owner = self.user_id;
        take_list(conn, owner).await?;
        let placed = place.is_some();
        self.position = place.unwrap_or_default();
        if named && self.is_there(conn, placed).await? {
            return Ok(());
        }
        let siblings = Siblings {
            owner,
            parent: self.parent_id,
            moved: self.id,
        };
        if let Some(parent) = self.parent_id {
            let found = Task::lock_all(conn, owner, &[parent]).await?;
            check_parent(found.as_slice().first(), parent, "input.parentId")?;
            siblings.check_room(conn, "input.parentId").await?;
        }
        let mut feed = Vec::new();
        if !placed {
            let end = Gap::Edge(ListEdge::End);
            self.position = siblings.place(conn, end, &mut feed).await?;
        }
        feed.extend(Self::insert_all(conn, std::slice::from_ref(&self)).await?);
        Ok(changes::append(conn, owner, &feed).await?)
    }
}

impl Task {
    /// Moves one of the owner's tasks.
    pub async fn move_to(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        wanted: Wanted,
        spot: Spot,
    ) -> Result<()> {
        take_list(conn, owner).await?;
        let other = match spot {
            Spot::Before(other) | Spot::After(other) => Some(other),
            Spot::Edge(_, parent) => parent.flatten(),
        };
        let ids: Vec<TaskId> = std::iter::once(wanted.id).chain(other).collect();
        let found = Self::lock_all(conn, owner, &ids).await?;
        let find = |id| {
            let task = found.iter().find(|task| task.id == id);
            task.ok_or_else(|| Error::not_found("task", id))
        };
        let task = find(wanted.id)?;
        task.check_there()?;
        let neighbour = |id, path: &str| {
            let other = find(id).and_then(|other| beside(task, other));
            other.map_err(|error| error.at(path))
        };
        let (parent, gap) = match spot {
            Spot::Before(other) => {
                let other = neighbour(other, "to.before")?;
                (other.parent_id, Gap::Before(other))
            }
            Spot::After(other) => {
                let other = neighbour(other, "to.after")?;
                (other.parent_id, Gap::After(other))
            }
            Spot::Edge(edge, parent) => (parent.unwrap_or(task.parent_id), Gap::Edge(edge)),
        };
        if let Spot::Edge(_, Some(Some(parent))) = spot {
            check_parent(find(parent).ok(), parent, "to.parentId")?;
        }
        task.put(conn, parent, gap, wanted.expected).await
    }

    /// Puts the task there, unless it is there already.
    async fn put(
        &self,
        conn: &mut AsyncPgConnection,
        parent: Option<TaskId>,
        gap: Gap<'_>,
        expected: Option<i32>,
    ) -> Result<()> {
        let siblings = Siblings {
            owner: self.user_id,
            parent,
            moved: self.id,
        };
        if parent != self.parent_id && parent.is_some() {
            self.check_version(expected)?;
            self.check_can_be_part(conn, parent).await?;
            siblings.check_room(conn, "to").await?;
        }
        let (low, high) = siblings.around(conn, gap).await?;
        let is_there = parent == self.parent_id
            && low.as_ref().is_none_or(|low| *low < self.position)
            && high.as_ref().is_none_or(|high| self.position < *high);
        if is_there {
            return Ok(());
        }
        self.check_version(expected)?;
        let mut feed = Vec::new();
        let position = match position::between(low.as_deref(), high.as_deref()) {
            Some(place) => place,
            None => siblings.make_room(conn, gap, &mut feed).await?,
        };
        let moved = Self {
            parent_id: parent,
            position,
            ..self.clone()
        };
        feed.extend(Self::save_all(conn, &[moved]).await?);
        Ok(changes::append(conn, self.user_id, &feed).await?)
    }

    /// Whether the task can become a part of another.
    async fn check_can_be_part(
        &self,
        conn: &mut AsyncPgConnection,
        parent: Option<TaskId>,
    ) -> Result<()> {
        let message = if parent == Some(self.id) {
            "a task cannot be its own subtask: name another parent"
        } else if self.recurrence.is_some() {
            "a recurring task cannot be a subtask: clear its `recurrence` first"
        } else if has_subtasks(conn, self.user_id, self.id).await? {
            "a task with subtasks cannot be a subtask: move those first"
        } else {
            return Ok(());
        };
        Err(Error::invalid("to", message))
    }
}

/// Whether a task can stand beside another.
fn beside<'a>(task: &Task, other: &'a Task) -> Result<&'a Task> {
    if task.id == other.id {
        return Err(Error::invalid(
            "to",
            "a task cannot stand beside itself: name another one",
        ));
    }
    other.check_there()?;
    Ok(other)
}

/// Whether a task can have subtasks.
fn check_parent(found: Option<&Task>, id: TaskId, field: &str) -> Result<()> {
    let parent = found.ok_or_else(|| Error::not_found("task", id).at(field))?;
    parent.check_there().map_err(|error| error.at(field))?;
    if parent.parent_id.is_some() {
        let message =
            "this parent is a subtask itself, and there is one level of them: name another";
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

impl Siblings {
    fn all<'a>(self) -> tasks::BoxedQuery<'a, Pg> {
        let query = tasks::table
            .filter(tasks::user_id.eq(self.owner))
            .filter(tasks::deleted_at.is_null())
            .filter(tasks::id.ne(self.moved))
            .into_boxed();
        // No index serves `IS NOT DISTINCT FROM`.
        match self.parent {
            Some(parent) => query.filter(tasks::parent_id.eq(parent)),
            None => query.filter(tasks::parent_id.is_null()),
        }
    }

    async fn check_room(self, conn: &mut AsyncPgConnection, field: &str) -> Result<()> {
        let count: i64 = self.all().count().get_result(conn).await?;
        if count < MOST_SUBTASKS {
            return Ok(());
        }
        let message =
            format!("a task must have at most {MOST_SUBTASKS} subtasks: name another parent");
        Err(Error::invalid(field, message))
    }

    /// A place in the gap, after numbering the siblings anew if there is none.
    async fn place(
        self,
        conn: &mut AsyncPgConnection,
        gap: Gap<'_>,
        feed: &mut Vec<Change>,
    ) -> Result<String> {
        let (low, high) = self.around(conn, gap).await?;
        match position::between(low.as_deref(), high.as_deref()) {
            Some(place) => Ok(place),
            None => self.make_room(conn, gap, feed).await,
        }
    }

    /// The places on both sides of the gap.
    async fn around(self, conn: &mut AsyncPgConnection, gap: Gap<'_>) -> QueryResult<Neighbours> {
        let upwards = matches!(gap, Gap::After(_) | Gap::Edge(ListEdge::Start));
        let from = match gap {
            Gap::After(task) | Gap::Before(task) => Some((&task.position, task.id)),
            Gap::Edge(_) => None,
        };
        let query = keyset!(self.all(), tasks::position, tasks::id, upwards, from);
        let found: Option<String> = query.select(tasks::position).first(conn).await.optional()?;
        Ok(match gap {
            Gap::After(task) => (Some(task.position.clone()), found),
            Gap::Before(task) => (found, Some(task.position.clone())),
            Gap::Edge(ListEdge::Start) => (None, found),
            Gap::Edge(ListEdge::End) => (found, None),
        })
    }

    /// Numbers all siblings anew, and gives the place in the gap.
    async fn make_room(
        self,
        conn: &mut AsyncPgConnection,
        gap: Gap<'_>,
        feed: &mut Vec<Change>,
    ) -> Result<String> {
        let siblings: Vec<TaskId> = self
            .all()
            .order((tasks::position, tasks::id))
            .select(tasks::id)
            .load(conn)
            .await?;
        let index_of = |task: &Task| siblings.iter().position(|id| *id == task.id);
        let index = match gap {
            Gap::Before(task) => index_of(task),
            Gap::After(task) => index_of(task).map(|index| index + 1),
            Gap::Edge(ListEdge::Start) => Some(0),
            Gap::Edge(ListEdge::End) => None,
        };
        let mut numbers = position::numbered(siblings.len() + 1);
        let own = numbers.remove(index.unwrap_or(siblings.len()));
        let placed: Vec<(TaskId, String)> = siblings.into_iter().zip(numbers).collect();
        feed.extend(place_all(conn, self.owner, &placed).await?);
        Ok(own)
    }
}
