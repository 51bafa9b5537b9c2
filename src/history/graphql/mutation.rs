//! Recording sessions, and changing what was recorded.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::{
    changes::{self, Change, Entity},
    error::Result,
    graphql::{ContextExt, Nullable, mutate},
    history::{
        HistoryEntry, HistoryEntryOf, HistoryId,
        input::{LogHistoryInput, UpdateHistoryInput, check_batch},
        store::{self, Outcome},
        zone_of,
    },
    viewer::UserId,
};

/// What a change of an entry answers.
#[derive(SimpleObject)]
struct HistoryPayload {
    /// The entry as it is now.
    history_entry: HistoryEntry,
}

/// What recording a batch answers.
#[derive(SimpleObject)]
struct HistoryBatchPayload {
    /// What became of each entry, in the order in which they were sent.
    results: Vec<HistoryBatchResult>,
    /// How many were recorded.
    inserted: usize,
    /// How many had been recorded before.
    unchanged: usize,
    /// How many had been recorded before with other contents.
    conflicting: usize,
}

/// What became of one entry of a batch.
#[derive(SimpleObject)]
#[graphql(complex)]
struct HistoryBatchResult {
    #[graphql(skip)]
    owner: UserId,
    /// The entry's place in the batch, from 0.
    index: usize,
    /// What became of it.
    outcome: Outcome,
    /// The id it is recorded under.
    id: HistoryId,
}

#[ComplexObject]
impl HistoryBatchResult {
    /// The entry as it is recorded, in the trash or not.
    async fn entry(&self, ctx: &Context<'_>) -> Nullable<HistoryEntry> {
        let (owner, id) = (self.owner, self.id);
        ctx.loaders()
            .load_one(HistoryEntryOf { owner, id })
            .await
            .transpose()
    }
}

#[derive(Default)]
pub struct HistoryMutation;

#[Object]
impl HistoryMutation {
    /// Records a session that was done, with or without a workout. The same id, or the same source and
    /// key, is the same session and is recorded once; with other contents, or in the trash, it is a
    /// conflict.
    async fn log_history(
        &self,
        ctx: &Context<'_>,
        input: LogHistoryInput,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<HistoryPayload> {
        Some(log(ctx, idempotency_key, input).await)
    }

    /// Records up to 500 sessions, each with a `sourceKey`. Sending them again records nothing twice.
    async fn log_history_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sessions, each with a `sourceKey`.")] entries: Vec<LogHistoryInput>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<HistoryBatchPayload> {
        Some(log_batch(ctx, idempotency_key, entries).await)
    }

    /// Changes an entry of the history. Its day follows from its instant and its time zone.
    async fn update_history(
        &self,
        ctx: &Context<'_>,
        id: HistoryId,
        input: UpdateHistoryInput,
        #[graphql(desc = "Refuses the change if the entry has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<HistoryPayload> {
        Some(update(ctx, idempotency_key, id, input, expected_version).await)
    }

    /// Puts an entry of the history in the trash; for 30 days it can be restored.
    async fn delete_history(
        &self,
        ctx: &Context<'_>,
        id: HistoryId,
        #[graphql(desc = "Refuses the change if the entry has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<HistoryPayload> {
        Some(set_deleted(ctx, idempotency_key, id, expected_version, true).await)
    }

    /// Brings an entry back from the trash. One that is not there stays as it is.
    async fn restore_history(
        &self,
        ctx: &Context<'_>,
        id: HistoryId,
        #[graphql(desc = "Refuses the change if the entry has another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<HistoryPayload> {
        Some(set_deleted(ctx, idempotency_key, id, expected_version, false).await)
    }
}

async fn payload(ctx: &Context<'_>, id: HistoryId) -> Result<HistoryPayload> {
    let mut conn = ctx.db().conn().await?;
    let history_entry = HistoryEntry::find_kept(&mut conn, ctx.owner()?, id).await?;
    Ok(HistoryPayload { history_entry })
}

async fn log(
    ctx: &Context<'_>,
    key: Option<String>,
    input: LogHistoryInput,
) -> Result<HistoryPayload> {
    let logged = input.check("input", ctx.owner()?)?;
    let id = mutate(ctx, key, async |conn, owner| {
        let zone = zone_of(conn, owner, logged.zone).await?;
        let (id, recorded) = store::log(conn, owner, logged.into_row(zone)).await?;
        if recorded {
            changes::append(conn, owner, &[Change::created(Entity::History, id.0)]).await?;
        }
        Ok(id)
    })
    .await?;
    payload(ctx, id).await
}

async fn log_batch(
    ctx: &Context<'_>,
    key: Option<String>,
    entries: Vec<LogHistoryInput>,
) -> Result<HistoryBatchPayload> {
    let owner = ctx.owner()?;
    let logged = check_batch(entries, owner)?;
    let outcomes = mutate(ctx, key, async |conn, owner| {
        let usual = zone_of(conn, owner, None).await?;
        let rows = logged.into_iter().map(|entry| entry.into_row(usual));
        let outcomes = store::log_batch(conn, owner, rows.collect()).await?;
        let inserted = outcomes.iter().filter(|it| it.1 == Outcome::Inserted);
        let changes: Vec<Change> = inserted
            .map(|(id, _)| Change::created(Entity::History, id.0))
            .collect();
        changes::append(conn, owner, &changes).await?;
        Ok(outcomes)
    })
    .await?;
    Ok(HistoryBatchPayload::of(owner, outcomes))
}

impl HistoryBatchPayload {
    fn of(owner: UserId, outcomes: Vec<(HistoryId, Outcome)>) -> Self {
        let count = |wanted| outcomes.iter().filter(|(_, it)| *it == wanted).count();
        let (inserted, unchanged) = (count(Outcome::Inserted), count(Outcome::Unchanged));
        let conflicting = count(Outcome::Conflicting);
        let results = outcomes.into_iter().enumerate();
        Self {
            results: results
                .map(|(index, (id, outcome))| HistoryBatchResult {
                    owner,
                    index,
                    outcome,
                    id,
                })
                .collect(),
            inserted,
            unchanged,
            conflicting,
        }
    }
}

async fn update(
    ctx: &Context<'_>,
    key: Option<String>,
    id: HistoryId,
    input: UpdateHistoryInput,
    expected: Option<i32>,
) -> Result<HistoryPayload> {
    let (patch, zone) = input.check()?;
    let id = mutate(ctx, key, async |conn, owner| {
        let version = HistoryEntry::apply(conn, owner, id, expected, patch, zone).await?;
        let change = version.map(|version| Change::updated(Entity::History, id.0, version));
        changes::append(conn, owner, change.as_slice()).await?;
        Ok(id)
    })
    .await?;
    payload(ctx, id).await
}

async fn set_deleted(
    ctx: &Context<'_>,
    key: Option<String>,
    id: HistoryId,
    expected: Option<i32>,
    deleted: bool,
) -> Result<HistoryPayload> {
    let id = mutate(ctx, key, async |conn, owner| {
        let version = HistoryEntry::set_deleted(conn, owner, id, expected, deleted).await?;
        let change = |version| Change::moved(Entity::History, id.0, version, deleted);
        let change = version.map(change);
        changes::append(conn, owner, change.as_slice()).await?;
        Ok(id)
    })
    .await?;
    payload(ctx, id).await
}
