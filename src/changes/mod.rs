//! The change feed: one gapless sequence for each owner, written in the same transaction as the change
//! itself. Whoever wants to know what happened reads it; nobody has to be told.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::{db::statement, viewer::UserId};

/// The owner of what belongs to everybody: the exercise library.
pub const EVERYBODY: UserId = UserId(Uuid::nil());

/// The kinds of things whose changes are recorded. Each is changed as a whole, under one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    Exercise,
    Workout,
    History,
    Task,
    Settings,
}

impl Entity {
    const fn word(self) -> &'static str {
        match self {
            Self::Exercise => "exercise",
            Self::Workout => "workout",
            Self::History => "history",
            Self::Task => "task",
            Self::Settings => "settings",
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Upsert,
    Delete,
}

impl Op {
    const fn word(self) -> &'static str {
        match self {
            Self::Upsert => "upsert",
            Self::Delete => "delete",
        }
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

/// Appends to the owner's feed, in one statement however many changes there are. The owner's head
/// stays locked until the transaction ends, so the sequence is the order of commits.
pub async fn append(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    changes: &[Change],
) -> QueryResult<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    statement(
        "WITH head AS ( \
           INSERT INTO change_heads (user_id, seq) VALUES (?, ?) \
           ON CONFLICT (user_id) DO UPDATE SET seq = change_heads.seq + excluded.seq \
           RETURNING user_id, seq) \
         INSERT INTO changes (user_id, seq, entity, entity_id, op, version) \
         SELECT head.user_id, head.seq - ? + n, entity, id, op, version \
         FROM head, unnest(?, ?, ?, ?) WITH ORDINALITY AS c (entity, id, op, version, n)",
    )
    .bind::<SqlUuid, _>(owner)
    .bind::<BigInt, _>(count)
    .bind::<BigInt, _>(count)
    .column::<Text, _, _>(changes, |change| change.entity.word())
    .column::<SqlUuid, _, _>(changes, |change| change.id)
    .column::<Text, _, _>(changes, |change| change.op.word())
    .column::<Integer, _, _>(changes, |change| change.version)
    .execute(conn)
    .await
    .map(drop)
}
