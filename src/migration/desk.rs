//! What admins ask for and start on the way in, by the API.

use std::{sync::Arc, time::Duration};

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use uuid::Uuid;

use super::{
    Actor, Failure, Migration, Moving, Source, backfill, cut_over, ending,
    graphql::{MigrationPayload, status},
    parity::{self, BothSides, Parity},
    people,
    plan::{self, BackfillPlan},
    prove,
    quarantine::{self, QuarantinedPiece},
    queue::{self, Queued},
    shadows::{self, ShadowFinding},
    step::{JobState, Obstacle},
    tables::ENTITIES,
    verbs::FENCE,
};
use crate::{
    changes::Entity,
    error::{Error, Result},
    graphql::{ContextExt, Nullable},
    viewer::UserId,
};

/// The longest that writes may be held up on request.
const LONGEST_FENCE: i32 = 60;

#[derive(Default)]
pub struct DeskQuery;

#[Object]
impl DeskQuery {
    /// What a backfill would copy, for admins. Nothing is done.
    async fn backfill_plan(&self, ctx: &Context<'_>) -> Nullable<BackfillPlan> {
        Some(plan(ctx).await)
    }

    /// Whether files and database hold the same records, for admins: by digests that follow the mirror, so it takes
    /// milliseconds. What is on its way to the files is no difference.
    async fn parity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these kinds of records; all of them where absent.")]
        entities: Option<Vec<Entity>>,
    ) -> Nullable<Parity> {
        Some(compare(ctx, entities).await)
    }

    /// One record as both sides have it, for admins.
    async fn parity_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The kind of record.")] entity: Entity,
        #[graphql(desc = "Whose it is; the nil UUID for the library.")] owner: UserId,
        #[graphql(desc = "Names the record.")] id: ID,
    ) -> Nullable<BothSides> {
        Some(both(ctx, entity, owner, id).await)
    }

    /// How far the files follow the database, for admins.
    async fn mirror(&self, ctx: &Context<'_>) -> Nullable<MirrorState> {
        Some(mirror_state(ctx).await)
    }

    /// Queries that files and database answered differently, the newest first, for admins: found where
    /// `REGIMEN_SHADOW_READS` has a share of them asked on both sides.
    async fn shadow_findings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The most to show, from 1 to 200.", default = 50)] first: i32,
    ) -> Result<Vec<ShadowFinding>> {
        ctx.admin()?;
        if !(1..=200).contains(&first) {
            return Err(Error::invalid("first", "`first` must be from 1 to 200"));
        }
        let mut conn = ctx.db().conn().await?;
        Ok(shadows::findings(&mut conn, first.into()).await?)
    }

    /// Pieces of the files that could not be understood, for admins; they stay in the files as they are.
    async fn quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The most to show, from 1 to 200.", default = 50)] first: i32,
        #[graphql(desc = "The `number` of the last one that was seen.")] after: Option<i64>,
    ) -> Result<Vec<QuarantinedPiece>> {
        ctx.admin()?;
        if !(1..=200).contains(&first) {
            return Err(Error::invalid("first", "`first` must be from 1 to 200"));
        }
        let mut conn = ctx.db().conn().await?;
        Ok(quarantine::after(&mut conn, after.unwrap_or(0), first.into()).await?)
    }
}

/// How far the files follow the database.
#[derive(SimpleObject)]
pub struct MirrorState {
    /// How many changes the files do not have yet.
    pub behind: i64,
    /// Since when the one waits that has waited longest, whether on its way or in the queue; null where the files have
    /// everything.
    pub waiting_since: Option<DateTime<Utc>>,
    /// How many records wait because they could not be written.
    pub queued: i64,
    /// The first of those.
    pub queue: Vec<Queued>,
}

/// Which side is right where both differ.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum Keep {
    /// The database: the files are written again, also over what others have put there.
    Database,
    /// The files: what others have put there is taken over into the database, as changes with new versions. What was
    /// on its way to the files still goes there.
    Files,
}

/// What a proof found.
#[derive(SimpleObject)]
pub struct ProveParityPayload {
    /// What was compared.
    pub parity: Parity,
    /// Where the way in stands now.
    pub migration: Migration,
}

#[derive(Default)]
pub struct DeskMutation;

#[Object]
impl DeskMutation {
    /// Copies everybody's records from the files to the database, for admins, or goes on with it. The answer comes
    /// at once; `migrationProgress` tells how far it is.
    async fn start_backfill(&self, ctx: &Context<'_>) -> Nullable<MigrationPayload> {
        Some(start_backfill(ctx).await)
    }

    /// Has the backfill wait, for admins.
    async fn pause_backfill(&self, ctx: &Context<'_>) -> Nullable<MigrationPayload> {
        Some(tell_backfill(ctx, JobState::Paused).await)
    }

    /// Gives the backfill up, for admins. What was copied stays; another one begins anew and copies what is missing.
    async fn cancel_backfill(&self, ctx: &Context<'_>) -> Nullable<MigrationPayload> {
        Some(tell_backfill(ctx, JobState::Cancelled).await)
    }

    /// Compares everything, for admins: the files are read from the first byte to the last, and both sides are
    /// hashed anew. If nothing differs, that is the proof that a cutover asks for; it counts for an hour.
    async fn prove_parity(&self, ctx: &Context<'_>) -> Nullable<ProveParityPayload> {
        Some(prove_parity(ctx).await)
    }

    /// Has the database be what is read, for admins. Writes wait for a moment: the files get what they lack, both
    /// sides are compared once more, and one transaction switches. If anything is wrong, all stays as it was.
    async fn cut_over(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many seconds writes may be held up at most, from 1 to 60.",
            default = 5
        )]
        within_seconds: i32,
        #[graphql(desc = "The epoch you saw; nothing is done where it is another one by now.")]
        expected_epoch: Option<i64>,
    ) -> Nullable<MigrationPayload> {
        Some(cut(ctx, within_seconds, expected_epoch).await)
    }

    /// Has files and database be the same again where the files do not follow, for admins: by default they are written
    /// again, also over what others have put there.
    async fn repair_mirror(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which side is right.", default_with = "Keep::Database")] keep: Keep,
    ) -> Nullable<MigrationPayload> {
        Some(repair(ctx, keep).await)
    }

    /// Copies the app's files to an archive beside them, with a list of their hashes, for admins, and tries whether the
    /// copy holds what the database holds.
    async fn archive_files(&self, ctx: &Context<'_>) -> Nullable<MigrationPayload> {
        Some(put_away(ctx).await)
    }

    /// Ends the way in, for admins, once the archive still holds everything. The files stay where they are.
    async fn complete_migration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The epoch you saw; nothing is done where it is another one by now.")]
        expected_epoch: Option<i64>,
    ) -> Nullable<MigrationPayload> {
        Some(complete(ctx, expected_epoch).await)
    }

    /// Removes the app's files, for admins, each only if the archive has it as it is.
    async fn retire_files(&self, ctx: &Context<'_>) -> Nullable<MigrationPayload> {
        Some(retire(ctx).await)
    }

    /// Brings the files back from their archive, for admins, and has them follow again: so there is a way back.
    async fn restore_files(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The epoch you saw; nothing is done where it is another one by now.")]
        expected_epoch: Option<i64>,
    ) -> Nullable<MigrationPayload> {
        Some(fetch_back(ctx, expected_epoch).await)
    }

    /// Says that a person of the files is the one with this account, for admins.
    async fn link_legacy_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id that they have in the files.")] legacy_id: String,
        #[graphql(desc = "The address of their account.")] email: String,
    ) -> Nullable<MigrationPayload> {
        Some(link(ctx, legacy_id, email).await)
    }
}

async fn plan(ctx: &Context<'_>) -> Result<BackfillPlan> {
    ctx.admin()?;
    moving(ctx)?;
    plan::plan(&mut *ctx.db().conn().await?).await
}

async fn compare(ctx: &Context<'_>, entities: Option<Vec<Entity>>) -> Result<Parity> {
    ctx.admin()?;
    moving(ctx)?;
    let entities = entities.unwrap_or_else(|| ENTITIES.to_vec());
    let mut conn = ctx.db().conn().await?;
    conn.transaction(async |conn| parity::compare(conn, &entities).await)
        .await
}

async fn both(ctx: &Context<'_>, entity: Entity, owner: UserId, id: ID) -> Result<BothSides> {
    ctx.admin()?;
    moving(ctx)?;
    let id = Uuid::parse_str(&id).map_err(|_| Error::invalid("id", "`id` must be a UUID"))?;
    let mut conn = ctx.db().conn().await?;
    conn.transaction(async |conn| parity::both(conn, entity, (owner, id)).await)
        .await
}

async fn mirror_state(ctx: &Context<'_>) -> Result<MirrorState> {
    ctx.admin()?;
    let mut conn = ctx.db().conn().await?;
    let lag = queue::lag(&mut conn).await?;
    Ok(MirrorState {
        behind: lag.changes,
        waiting_since: queue::waiting_since(&mut conn).await?,
        queued: lag.queued,
        queue: queue::queue_of(&mut conn, 50).await?,
    })
}

async fn start_backfill(ctx: &Context<'_>) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    let moving = Arc::clone(moving(ctx)?);
    backfill::may_begin(&mut *ctx.db().conn().await?).await?;
    moving.start_backfill(actor);
    answer(ctx).await
}

async fn tell_backfill(ctx: &Context<'_>, state: JobState) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    backfill::tell(&mut *ctx.db().conn().await?, actor, state).await?;
    answer(ctx).await
}

async fn prove_parity(ctx: &Context<'_>) -> Result<ProveParityPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    let moving = moving(ctx)?;
    let (parity, _) = prove(moving.db(), actor, Some(moving.files())).await?;
    let migration = status(ctx).await?;
    Ok(ProveParityPayload { parity, migration })
}

async fn cut(ctx: &Context<'_>, within: i32, expected: Option<i64>) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    if !(1..=LONGEST_FENCE).contains(&within) {
        let message = format!("`withinSeconds` must be from 1 to {LONGEST_FENCE}");
        return Err(Error::invalid("withinSeconds", message));
    }
    let within = u64::try_from(within).map_or(FENCE, Duration::from_secs);
    cut_over(moving(ctx)?.db(), actor, expected, within).await?;
    answer(ctx).await
}

async fn repair(ctx: &Context<'_>, keep: Keep) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    let keep = match keep {
        Keep::Database => Source::Database,
        Keep::Files => Source::Files,
    };
    moving(ctx)?.repair(actor, keep).await?;
    answer(ctx).await
}

async fn put_away(ctx: &Context<'_>) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    let moving = moving(ctx)?;
    ending::put_away(moving.db(), actor, moving.files(), None).await?;
    answer(ctx).await
}

async fn complete(ctx: &Context<'_>, expected: Option<i64>) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    ending::complete(moving(ctx)?.db(), actor, expected).await?;
    answer(ctx).await
}

async fn retire(ctx: &Context<'_>) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    let moving = moving(ctx)?;
    ending::retire(moving.db(), actor, moving.files()).await?;
    answer(ctx).await
}

async fn fetch_back(ctx: &Context<'_>, expected: Option<i64>) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    let moving = moving(ctx)?;
    ending::fetch_back(moving.db(), actor, moving.files(), expected).await?;
    answer(ctx).await
}

async fn link(ctx: &Context<'_>, key: String, email: String) -> Result<MigrationPayload> {
    let actor = Actor::User(ctx.admin()?.user);
    if let Ok(moving) = moving(ctx) {
        people::check(moving.files(), &key).await?;
    }
    people::link(&mut *ctx.db().conn().await?, actor, &key, &email).await?;
    if let Ok(moving) = moving(ctx) {
        moving.look().await.map_err(Error::from)?;
    }
    answer(ctx).await
}

/// Every step answers with where that leads, and requests follow at once.
async fn answer(ctx: &Context<'_>) -> Result<MigrationPayload> {
    if let Ok(moving) = moving(ctx) {
        moving.look().await.map_err(Error::from)?;
    }
    let migration = status(ctx).await?;
    Ok(MigrationPayload { migration })
}

fn moving<'a>(ctx: &Context<'a>) -> Result<&'a Arc<Moving>> {
    ctx.data_opt()
        .ok_or_else(|| Failure::held_back(Obstacle::NoFiles).into())
}
