//! Any record by its id alone, whatever kind it is: what Relay calls a node.

use async_graphql::{ComplexObject, Context, ID, Interface, Object};
use diesel::{
    prelude::*,
    sql_types::{Bool, Nullable as OrNull, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{
    auth::{Session, SessionId},
    changes::Entity,
    db::{statement, text_enum},
    error::{Error, Result},
    exercises::{Exercise, ExerciseId, ExerciseSeenBy},
    graphql::{ContextExt, Nullable},
    history::{HistoryEntry, HistoryEntryOf, HistoryId},
    ids::id,
    settings::{Settings, SettingsId, SettingsOf},
    sync::ChangeEvent,
    tasks::{Task, TaskId, TaskOf},
    users::User,
    viewer::UserId,
    workouts::{
        PlaceOf, Set, SetId, SetOf, Workout, WorkoutExercise, WorkoutExerciseId, WorkoutId,
        WorkoutOf,
    },
};

id! {
    /// Names a record of any kind.
    NodeId
}

/// A record that can be read by its id alone.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Names the record."))]
pub enum Node {
    Exercise(Exercise),
    Workout(Workout),
    WorkoutExercise(WorkoutExercise),
    Set(Set),
    HistoryEntry(HistoryEntry),
    Task(Task),
    Settings(Settings),
    Session(Session),
    User(User),
}

impl Node {
    /// Whether it is not in the trash.
    const fn is_there(&self) -> bool {
        match self {
            Self::Workout(it) => it.deleted_at.is_none(),
            Self::HistoryEntry(it) => it.deleted_at.is_none(),
            Self::Task(it) => it.deleted_at.is_none(),
            _ => true,
        }
    }
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The record with this id, whatever kind it is: a library exercise, or something of one's own
    /// that is not in the trash: a record, one's account, settings or a session. Admins find every user.
    async fn node(&self, ctx: &Context<'_>, id: NodeId) -> Nullable<Node> {
        Some(find(ctx, id.0).await)
    }
}

#[ComplexObject]
impl ChangeEvent {
    /// The record as it is now; null where it is gone.
    async fn node(&self, ctx: &Context<'_>) -> Nullable<Node> {
        if self.is_gone() {
            return None;
        }
        let kind = match self.kind() {
            Entity::Exercise => Kind::Exercise,
            Entity::Workout => Kind::Workout,
            Entity::History => Kind::HistoryEntry,
            Entity::Task => Kind::Task,
            Entity::Settings => Kind::Settings,
        };
        let found = load(ctx, kind, self.record()).await;
        // It may have been put in the trash since.
        found.map(|node| node.filter(Node::is_there)).transpose()
    }
}

text_enum! {
    /// What kind of record an id names.
    Kind {
        /// An exercise.
        Exercise = "exercise",
        /// A workout.
        Workout = "workout",
        /// An exercise's place in a workout.
        WorkoutExercise = "workout exercise",
        /// A set.
        Set = "set",
        /// An entry of the history.
        HistoryEntry = "history entry",
        /// A task.
        Task = "task",
        /// Somebody's settings.
        Settings = "settings",
        /// A session.
        Session = "session",
        /// A user.
        User = "user",
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    kind: Kind,
}

/// One statement says what kind it is, and that kind's loader finds it.
async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Node> {
    let reader = ctx.caller().map(|viewer| viewer.user);
    if let Some(owner) = reader.filter(|reader| SettingsId::of(*reader).0 == id) {
        let settings = load(ctx, Kind::Settings, owner.0).await?;
        return settings.ok_or(Error::ACCOUNT_GONE);
    }
    let node = match kind_of(ctx, reader, id).await? {
        Some(kind) => load(ctx, kind, id).await?,
        None => None,
    };
    node.ok_or_else(|| Error::not_found("record", id))
}

async fn load(ctx: &Context<'_>, kind: Kind, id: Uuid) -> Result<Option<Node>> {
    let loaders = ctx.loaders();
    let reader = ctx.caller().map(|viewer| viewer.user);
    if kind == Kind::Exercise {
        let id = ExerciseId(id);
        let found = loaders.load_one(ExerciseSeenBy { reader, id }).await?;
        return Ok(found.map(Node::Exercise));
    }
    let owner = ctx.owner()?;
    Ok(match kind {
        Kind::Exercise => None,
        Kind::Workout => {
            let id = WorkoutId(id);
            loaders
                .load_one(WorkoutOf { owner, id })
                .await?
                .map(Node::Workout)
        }
        Kind::WorkoutExercise => {
            let id = WorkoutExerciseId(id);
            loaders
                .load_one(PlaceOf { owner, id })
                .await?
                .map(Node::WorkoutExercise)
        }
        Kind::Set => {
            let id = SetId(id);
            loaders.load_one(SetOf { owner, id }).await?.map(Node::Set)
        }
        Kind::HistoryEntry => {
            let id = HistoryId(id);
            loaders
                .load_one(HistoryEntryOf { owner, id })
                .await?
                .map(Node::HistoryEntry)
        }
        Kind::Task => {
            let id = TaskId(id);
            loaders
                .load_one(TaskOf { owner, id })
                .await?
                .map(Node::Task)
        }
        Kind::Settings => {
            let found = loaders.load_one(SettingsOf(owner)).await?;
            found.map(Node::Settings)
        }
        Kind::Session => {
            let mut conn = ctx.db().conn().await?;
            let found = Session::find_opt(&mut conn, owner, SessionId(id)).await?;
            found.map(Node::Session)
        }
        Kind::User => {
            let mut conn = ctx.db().conn().await?;
            User::find(&mut conn, UserId(id)).await.map(Node::User).ok()
        }
    })
}

async fn kind_of(ctx: &Context<'_>, reader: Option<UserId>, id: Uuid) -> Result<Option<Kind>> {
    let found: Option<Found> = statement(
        "WITH wanted (reader, id, is_admin) AS (VALUES (?, ?, ?)) \
         SELECT 'exercise' AS kind FROM exercises e, wanted w \
           WHERE e.id = w.id AND (e.owner_id IS NULL OR e.owner_id = w.reader) \
         UNION ALL SELECT 'workout' FROM workouts o, wanted w \
           WHERE o.user_id = w.reader AND o.id = w.id AND o.deleted_at IS NULL \
         UNION ALL SELECT 'workout exercise' FROM workout_exercises o, wanted w \
           WHERE o.user_id = w.reader AND o.id = w.id \
         UNION ALL SELECT 'set' FROM sets o, wanted w WHERE o.user_id = w.reader AND o.id = w.id \
         UNION ALL SELECT 'history entry' FROM history o, wanted w \
           WHERE o.user_id = w.reader AND o.id = w.id AND o.deleted_at IS NULL \
         UNION ALL SELECT 'task' FROM tasks o, wanted w \
           WHERE o.user_id = w.reader AND o.id = w.id AND o.deleted_at IS NULL \
         UNION ALL SELECT 'session' FROM sessions o, wanted w \
           WHERE o.user_id = w.reader AND o.family_id = w.id AND o.used_at IS NULL \
         UNION ALL SELECT 'user' FROM users o, wanted w \
           WHERE o.id = w.id AND (w.id = w.reader OR w.is_admin) AND o.deleted_at IS NULL \
         LIMIT 1",
    )
    .bind::<OrNull<SqlUuid>, _>(reader)
    .bind::<SqlUuid, _>(id)
    .bind::<Bool, _>(ctx.admin().is_ok())
    .get_result(&mut *ctx.db().conn().await?)
    .await
    .optional()?;
    Ok(found.map(|found| found.kind))
}
