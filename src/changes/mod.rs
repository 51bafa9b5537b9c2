//! The change feed: one gapless sequence for each owner, written in the same transaction as the change
//! itself. Whoever wants to know what happened reads it. Nobody has to be told; the hub only says when
//! it is worth reading again.

mod feed;
mod follow;
mod herald;
mod hub;
mod listener;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub(crate) use feed::appended;
pub use feed::{append, forget_older_than, heads, read};
pub use hub::Hub;

use crate::{db::text_enum, viewer::UserId};

/// The owner of what belongs to everybody: the exercise library.
pub const EVERYBODY: UserId = UserId(Uuid::nil());

text_enum! {
    /// The kinds of things whose changes are recorded. Each is changed as a whole, under one version.
    #[graphql(name = "ChangeEntity")]
    Entity {
        /// An exercise, of one's own or of the library.
        Exercise = "exercise",
        /// A workout with its exercises and sets.
        Workout = "workout",
        /// An entry of the history.
        History = "history",
        /// A task.
        Task = "task",
        /// The user's settings.
        Settings = "settings",
    }
}

text_enum! {
    /// What became of a record.
    #[graphql(name = "ChangeOperation")]
    Op {
        /// It was made or changed.
        Upsert = "upsert",
        /// It is gone.
        Delete = "delete",
    }
}

/// One change to record.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub entity: Entity,
    pub id: Uuid,
    pub op: Op,
    pub version: i32,
}

impl Change {
    /// Something that was just made.
    pub const fn created(entity: Entity, id: Uuid) -> Self {
        Self::updated(entity, id, 1)
    }

    /// Something that has a new version.
    pub const fn updated(entity: Entity, id: Uuid, version: i32) -> Self {
        Self {
            entity,
            id,
            op: Op::Upsert,
            version,
        }
    }

    /// Something that has a new version and may be in the trash, which is gone for those who follow.
    pub const fn moved(entity: Entity, id: Uuid, version: i32, in_trash: bool) -> Self {
        if in_trash {
            Self::deleted(entity, id, version)
        } else {
            Self::updated(entity, id, version)
        }
    }

    /// Something that is gone.
    pub const fn deleted(entity: Entity, id: Uuid, version: i32) -> Self {
        Self {
            entity,
            id,
            op: Op::Delete,
            version,
        }
    }
}

/// One change as it stands in a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub owner: UserId,
    pub seq: i64,
    pub entity: Entity,
    pub id: Uuid,
    pub op: Op,
    pub version: i32,
    pub at: DateTime<Utc>,
}

/// How far somebody has read one feed: up to this change, itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub owner: UserId,
    pub seq: i64,
}

/// Some changes, and how far they lead.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Each record once, with its newest change, in the order of the feeds.
    pub changes: Vec<Recorded>,
    /// Where to read on.
    pub places: Vec<Place>,
    /// Whether there is more already.
    pub more: bool,
}

/// Which changes somebody wants to know of.
#[derive(Clone, Debug)]
pub struct Scope {
    pub viewer: UserId,
    /// All kinds where there is no list, those that are yet to be invented too.
    pub entities: Option<Vec<Entity>>,
}

impl Scope {
    /// Whether changes of this kind are wanted.
    #[must_use]
    pub fn has(&self, entity: Entity) -> bool {
        self.entities
            .as_ref()
            .is_none_or(|wanted| wanted.contains(&entity))
    }

    /// The feeds to read, in this order: what others refer to comes first.
    #[must_use]
    pub fn feeds(&self) -> Vec<UserId> {
        if self.has(Entity::Exercise) {
            vec![EVERYBODY, self.viewer]
        } else {
            vec![self.viewer]
        }
    }
}
