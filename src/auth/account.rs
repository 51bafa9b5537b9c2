//! The fields of the API that change one's account. What matters most asks for the password again, so
//! that an access token alone, which somebody may have got hold of, is not enough.

use async_graphql::{Context, Object, SimpleObject};
use diesel_async::AsyncConnection;

use super::{
    Gate, Session, SessionId,
    input::{ChangePasswordInput, UpdateProfileInput},
    throttle::Counted,
};
use crate::{
    config::Secret,
    error::{Error, Result},
    graphql::{ContextExt, Nullable, input::given_checked},
    users::{self, Credentials, User, UserPatch, UserPayload, Verdict},
    viewer::UserId,
};

const NO_PASSWORD: Error =
    Error::Forbidden("this account has no password: change it at the issuer you sign in with");

/// What deleting an account answers.
#[derive(SimpleObject)]
struct DeleteAccountPayload {
    /// The id that the account had.
    id: UserId,
}

#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Takes another password, and ends all other sessions.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> Nullable<UserPayload> {
        Some(change_password(ctx, input).await)
    }

    /// Changes one's name, or the address to sign in with.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        input: UpdateProfileInput,
    ) -> Nullable<UserPayload> {
        Some(update_profile(ctx, input).await)
    }

    /// Deletes the account and everything in it, for ever: `exportMyData` first. Exercises of the library
    /// stay.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password; not for accounts that sign in through an outside issuer.")]
        password: Option<Secret>,
    ) -> Nullable<DeleteAccountPayload> {
        Some(delete_account(ctx, password).await)
    }
}

async fn change_password(ctx: &Context<'_>, input: ChangePasswordInput) -> Result<UserPayload> {
    let viewer = ctx.viewer()?;
    let known = prove(ctx, "input.currentPassword", input.current_password).await?;
    users::check_password("input.newPassword", &input.new_password, &known.user.email)?;
    let hash = users::hash_password(input.new_password).await?;
    let mut conn = ctx.db().conn().await?;
    let user = conn
        .transaction(async |conn| {
            let user = known.lock(conn).await?.ok_or_else(changed_meanwhile)?;
            Credentials::set_hash(conn, user.id, &hash).await?;
            Session::end_all_but(conn, user.id, viewer.session.map(SessionId)).await?;
            User::find(conn, user.id).await
        })
        .await?;
    Ok(UserPayload { user })
}

async fn update_profile(ctx: &Context<'_>, input: UpdateProfileInput) -> Result<UserPayload> {
    let id = ctx.owner()?;
    let name = |name: String| users::display_name("input.displayName", &name);
    let email = |email: String| users::email("input.email", &email);
    let patch = UserPatch {
        display_name: given_checked("input.displayName", input.display_name, name)?,
        email: given_checked("input.email", input.email, email)?,
    };
    if patch.email.is_some() {
        let password = input.current_password.ok_or_else(|| {
            let message = "another address needs `currentPassword` as well";
            Error::invalid("input.currentPassword", message)
        })?;
        prove(ctx, "input.currentPassword", password).await?;
        // The right password is no excuse: each answer tells whether an address has an account.
        let _ = Gate::of(ctx)
            .throttle
            .attempt(vec![Counted::AddressChanges(id)])?;
    }
    let user = User::apply(&mut *ctx.db().conn().await?, id, &patch).await?;
    Ok(UserPayload { user })
}

async fn delete_account(
    ctx: &Context<'_>,
    password: Option<Secret>,
) -> Result<DeleteAccountPayload> {
    let id = ctx.owner()?;
    ctx.after_migration()?;
    match (password, credentials(ctx, id).await?.hash) {
        (None, None) => {}
        (None, Some(_)) => {
            let message = "deleting the account needs its password";
            return Err(Error::invalid("password", message));
        }
        (Some(password), _) => drop(prove(ctx, "password", password).await?),
    }
    let mut conn = ctx.db().conn().await?;
    conn.transaction(async |conn| {
        User::keep_an_admin(conn, id).await?;
        Ok::<_, Error>(User::delete(conn, id).await?)
    })
    .await?;
    Gate::of(ctx).forget(id);
    tracing::info!(user = %id, "an account was deleted by its owner");
    Ok(DeleteAccountPayload { id })
}

/// The viewer's account, if this is its password.
async fn prove(ctx: &Context<'_>, field: &str, password: Secret) -> Result<Credentials> {
    let id = ctx.owner()?;
    let attempt = Gate::of(ctx).throttle.attempt(vec![Counted::Account(id)])?;
    let known = credentials(ctx, id).await?;
    if known.hash.is_none() {
        return Err(NO_PASSWORD);
    }
    match users::verify_password(password, known.hash.clone()).await? {
        Verdict::Wrong => Err(Error::invalid(field, "this is not the account's password")),
        Verdict::Right | Verdict::Outdated => {
            attempt.succeeded();
            Ok(known)
        }
    }
}

async fn credentials(ctx: &Context<'_>, id: UserId) -> Result<Credentials> {
    let found = Credentials::of(&mut *ctx.db().conn().await?, id).await?;
    found.ok_or(Error::ACCOUNT_GONE)
}

fn changed_meanwhile() -> Error {
    Error::conflict("the password was changed in the meantime: sign in again")
}
