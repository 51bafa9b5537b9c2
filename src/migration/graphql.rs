//! The fields of the API that concern the way in. All of them are for admins.

use std::{sync::Arc, time::Duration};

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use futures_util::{
    FutureExt,
    stream::{self, BoxStream, StreamExt},
};
use tokio::time::sleep;

use super::{
    Failure, Moving,
    audit::AuditEntry,
    control::{Actor, Control},
    people::{self, LegacyPerson},
    status::Migration,
    step::Obstacle,
    verbs::{self, FENCE},
};
use crate::{
    db::Db,
    error::{Error, Result},
    graphql::{Connection, ContextExt, Nullable, Page, Total},
    users::User,
    viewer::{Role, UserId},
};

/// How often whoever watches is told.
const TICK: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct MigrationQuery;

#[Object]
impl MigrationQuery {
    /// How far the way in from JSON files is, and what holds the next step back, for admins.
    async fn migration(&self, ctx: &Context<'_>) -> Nullable<Migration> {
        Some(status(ctx).await)
    }

    /// Whom the app's files know, by the id they have there, for admins: each with their account, which
    /// `linkLegacyUser` can make another one.
    async fn legacy_people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The most to show, from 1 to 200.", default = 50)] first: i32,
        #[graphql(desc = "The `legacyId` of the last one that was seen.")] after: Option<String>,
    ) -> Result<Vec<LegacyPerson>> {
        legacy_people(ctx, first, after.as_deref()).await
    }

    /// What was done on the way in and by whom, the newest first, for admins. Rows are only ever added.
    async fn migration_audit(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<AuditEntry>> {
        ctx.admin()?;
        let list = "audit of the migration";
        let page: Page<i64> = Page::new(list, first, after.as_deref(), last, before.as_deref())?;
        let rows = AuditEntry::page_of(&mut *ctx.db().conn().await?, &page).await?;
        let total = Total::counted_by(|db| {
            async move { Ok(AuditEntry::count(&mut *db.conn().await?).await?) }.boxed()
        });
        Ok(page.connect(rows, total, |entry: &AuditEntry| entry.seq))
    }
}

#[ComplexObject]
impl AuditEntry {
    /// Its SHA-256, which the next row continues, in hexadecimal digits.
    async fn hash(&self) -> String {
        self.hash_text()
    }
}

/// What a step of the way in answers.
#[derive(SimpleObject)]
pub struct MigrationPayload {
    /// Where it stands now.
    pub migration: Migration,
}

#[derive(Default)]
pub struct MigrationMutation;

#[Object]
impl MigrationMutation {
    /// Switches dual write on or off, for admins: on, each write goes to the database and from there to
    /// the files; off, the files have everything and are all there is. After the cutover it stays on, as
    /// that is what makes a way back. Does nothing where it is so already.
    async fn set_dual_write(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether each write is to go to both sides.")] on: bool,
        #[graphql(desc = "The epoch you saw; nothing is done where it is another one by now.")]
        expected_epoch: Option<i64>,
    ) -> Nullable<MigrationPayload> {
        Some(set_dual_write(ctx, on, expected_epoch).await)
    }

    /// Goes one step back, for admins, and loses nothing: before the cutover to the files alone, after it
    /// to reading the files while each write goes to both sides. Writes wait for a moment.
    async fn rollback_migration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The epoch you saw; nothing is done where it is another one by now.")]
        expected_epoch: Option<i64>,
    ) -> Nullable<MigrationPayload> {
        Some(rollback(ctx, expected_epoch).await)
    }
}

async fn legacy_people(
    ctx: &Context<'_>,
    first: i32,
    after: Option<&str>,
) -> Result<Vec<LegacyPerson>> {
    ctx.admin()?;
    let most = usize::try_from(first).unwrap_or_default();
    if !(1..=200).contains(&most) {
        return Err(Error::invalid("first", "`first` must be from 1 to 200"));
    }
    let moving: Option<&Arc<Moving>> = ctx.data_opt();
    let moving = moving.ok_or_else(|| Failure::held_back(Obstacle::NoFiles))?;
    people::listed(&mut *ctx.db().conn().await?, moving.files(), after, most).await
}

pub(super) async fn status(ctx: &Context<'_>) -> Result<Migration> {
    ctx.admin()?;
    Ok(Migration::read(&mut *ctx.db().conn().await?).await?)
}

async fn set_dual_write(
    ctx: &Context<'_>,
    on: bool,
    expected: Option<i64>,
) -> Result<MigrationPayload> {
    let (db, actor) = (ctx.db().clone(), Actor::User(ctx.admin()?.user));
    to_the_end(async move { verbs::set_dual_write(&db, actor, on, expected, FENCE).await }).await?;
    let migration = status(ctx).await?;
    Ok(MigrationPayload { migration })
}

async fn rollback(ctx: &Context<'_>, expected: Option<i64>) -> Result<MigrationPayload> {
    let (db, actor) = (ctx.db().clone(), Actor::User(ctx.admin()?.user));
    to_the_end(async move { verbs::rollback(&db, actor, expected, FENCE).await }).await?;
    let migration = status(ctx).await?;
    Ok(MigrationPayload { migration })
}

/// Goes through with a step also where whoever asked for it does not wait for the answer: half of one
/// would leave its fence up until the deadline.
async fn to_the_end(
    step: impl Future<Output = Result<Control, Failure>> + Send + 'static,
) -> Result<Control> {
    let taken = tokio::spawn(step).await.map_err(Error::internal)?;
    Ok(taken?)
}

/// Where the way in stands, now and whenever that has changed. A few rows are read for it once a second,
/// because they change in many places and those who watch are few. An error of the database is waited
/// out. Whoever is an admin no more is told so, and nothing else.
pub fn progress(ctx: &Context<'_>) -> Result<BoxStream<'static, Result<Migration>>> {
    let watch = Watch {
        db: ctx.db().clone(),
        user: ctx.admin()?.user,
        seen: None,
    };
    let told = stream::unfold(Some(watch), async |watch| {
        let mut watch = watch?;
        let told = watch.next().await;
        let goes_on = told.is_ok();
        Some((told, goes_on.then_some(watch)))
    });
    Ok(told.boxed())
}

/// Somebody who watches.
struct Watch {
    db: Db,
    user: UserId,
    /// What they were told last.
    seen: Option<Migration>,
}

impl Watch {
    /// What is to be told next. An error is for them, and the last they hear.
    async fn next(&mut self) -> Result<Migration> {
        let mut pause = self.seen.is_some();
        loop {
            if pause {
                sleep(TICK).await;
            }
            pause = true;
            match self.read().await {
                Ok((Some(Role::Admin), now)) if self.seen.as_ref() == Some(&now) => {}
                Ok((Some(Role::Admin), now)) => {
                    self.seen = Some(now.clone());
                    return Ok(now);
                }
                Ok(_) => return Err(Error::ADMINS_ONLY),
                Err(error) => {
                    tracing::warn!(error = ?error, "the way in could not be looked at; trying again");
                }
            }
        }
    }

    /// What they may do by now, and where it stands.
    async fn read(&self) -> Result<(Option<Role>, Migration)> {
        let mut conn = self.db.conn().await?;
        let role = User::role_of(&mut conn, self.user).await?;
        Ok((role, Migration::read(&mut conn).await?))
    }
}
