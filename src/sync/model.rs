//! Changes as clients see them.

use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cursor::SyncCursor;
use crate::{
    changes::{Batch, Entity, Op, Place, Recorded},
    settings::SettingsId,
    viewer::UserId,
};

/// That a record was made, changed or removed. What it holds is read by its id; where a record
/// changed several times in a row, only the last change is told.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Change", complex)]
pub struct ChangeEvent {
    /// Send it as `after` to continue behind this change.
    cursor: String,
    /// What kind of record it is.
    entity: Entity,
    /// Names the record.
    id: ID,
    /// Whether the record is there or gone.
    operation: Op,
    /// The record's version after the change: an older one never replaces a newer one.
    version: i32,
    /// When it happened.
    at: DateTime<Utc>,
    #[graphql(skip)]
    record: Uuid,
}

impl ChangeEvent {
    /// The kind of the record that changed.
    pub fn kind(&self) -> Entity {
        self.entity
    }

    /// Whether the record was removed.
    pub fn is_gone(&self) -> bool {
        self.operation == Op::Delete
    }

    /// The id of the record that changed.
    pub fn record(&self) -> Uuid {
        self.record
    }

    fn new(change: &Recorded, cursor: &SyncCursor) -> Self {
        Self {
            cursor: cursor.text(),
            entity: change.entity,
            id: match change.entity {
                Entity::Settings => ID::from(SettingsId::of(UserId(change.id))),
                _ => ID::from(change.id),
            },
            operation: change.op,
            version: change.version,
            at: change.at,
            record: change.id,
        }
    }
}

/// The changes after a cursor, and how to go on.
#[derive(Debug, SimpleObject)]
pub(super) struct ChangePage {
    /// Each record at most once, with its newest change; library exercises come first, because
    /// one's own records refer to them.
    changes: Vec<ChangeEvent>,
    /// Send it as `after` next time, also where `changes` is empty.
    end_cursor: String,
    /// Whether there is more at this moment.
    has_more: bool,
}

impl ChangePage {
    /// The page that `batch` is, and moves the cursor behind it.
    pub(super) fn new(batch: &Batch, cursor: &mut SyncCursor) -> Self {
        let changes = events(batch, cursor);
        Self {
            changes,
            end_cursor: cursor.text(),
            has_more: batch.more,
        }
    }
}

/// The batch's changes, each with the cursor behind it; `cursor` ends up behind them all.
pub(super) fn events(batch: &Batch, cursor: &mut SyncCursor) -> Vec<ChangeEvent> {
    let event = |change: &Recorded| {
        cursor.advance(Place {
            owner: change.owner,
            seq: change.seq,
        });
        ChangeEvent::new(change, cursor)
    };
    let events = batch.changes.iter().map(event).collect();
    cursor.advance_all(&batch.places);
    events
}
