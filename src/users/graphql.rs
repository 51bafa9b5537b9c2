//! The fields of the API that concern users: oneself, and for admins everybody.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use futures_util::FutureExt;

use super::{
    User, export,
    input::{UserFilter, UserOrder},
};
use crate::{
    error::{Error, Result},
    graphql::{Connection, ContextExt, Nullable, Page, Total, mutate},
    settings::{Settings, SettingsOf},
    viewer::{Role, UserId},
};

#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// Whoever sends this request; null where nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Nullable<User> {
        let id = ctx.caller()?.user;
        Some(User::load(ctx, id).await.map_err(|error| match error {
            Error::NotFound { .. } => Error::ACCOUNT_GONE,
            other => other,
        }))
    }

    /// One user, for admins.
    async fn user(&self, ctx: &Context<'_>, id: UserId) -> Nullable<User> {
        Some(match ctx.admin() {
            Ok(_) => User::load(ctx, id).await,
            Err(error) => Err(error),
        })
    }

    /// All users, for admins.
    async fn users(
        &self,
        ctx: &Context<'_>,
        filter: Option<UserFilter>,
        #[graphql(default)] order: UserOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<User>> {
        ctx.admin()?;
        let filter = filter.unwrap_or_default().check()?;
        let name = match order {
            UserOrder::Email => "users by email",
            UserOrder::Newest => "users by age",
        };
        let page = Page::new(name, first, after.as_deref(), last, before.as_deref())?;
        let rows = User::page_of(&mut *ctx.db().conn().await?, &filter, order, &page).await?;
        let total = Total::counted_by(move |db| {
            let filter = filter.clone();
            async move { Ok(User::count(&mut *db.conn().await?, &filter).await?) }.boxed()
        });
        Ok(page.connect(rows, total, move |user| user.place(order)))
    }

    /// Everything that is one's own, in one piece: account, settings, exercises, workouts with their
    /// exercises and sets, history and tasks, deleted ones that can still be restored included. It can
    /// be large; fetch it to keep it, not to show it.
    async fn export_my_data(&self, ctx: &Context<'_>) -> Nullable<serde_json::Value> {
        Some(export_own(ctx).await)
    }
}

#[ComplexObject]
impl User {
    /// The address to sign in with; null for people whose outside issuer told none.
    async fn email(&self) -> Option<&str> {
        self.address()
    }

    /// How this user likes to see things.
    async fn settings(&self, ctx: &Context<'_>) -> Nullable<Settings> {
        let found = ctx.loaders().load_one(SettingsOf(self.id)).await;
        Some(found.and_then(|found| found.ok_or(Error::ACCOUNT_GONE)))
    }
}

/// What a change of a user answers.
#[derive(SimpleObject)]
pub struct UserPayload {
    /// The user as they are now.
    pub user: User,
}

#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Gives a user a role, for admins. A new admin is one from their next access token on; a former
    /// one is refused at once. The last admin cannot be demoted.
    async fn set_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose role it is.")] user_id: UserId,
        #[graphql(desc = "What they may do from now on.")] role: Role,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<UserPayload> {
        Some(set_role(ctx, idempotency_key, user_id, role).await)
    }
}

impl User {
    async fn load(ctx: &Context<'_>, id: UserId) -> Result<Self> {
        Self::find(&mut *ctx.db().conn().await?, id).await
    }
}

async fn export_own(ctx: &Context<'_>) -> Result<serde_json::Value> {
    let owner = ctx.owner()?;
    let found = export::of(&mut *ctx.db().conn().await?, owner).await?;
    found.ok_or(Error::ACCOUNT_GONE)
}

async fn set_role(
    ctx: &Context<'_>,
    key: Option<String>,
    id: UserId,
    role: Role,
) -> Result<UserPayload> {
    let admin = ctx.admin()?.user;
    mutate(ctx, key, async |conn, _| {
        User::set_role(conn, id, role, true).await?;
        tracing::info!(%admin, user = %id, role = role.word(), "a role was set");
        Ok(())
    })
    .await?;
    let user = User::load(ctx, id).await?;
    Ok(UserPayload { user })
}
