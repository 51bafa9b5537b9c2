//! How somebody comes in: with a new account, with a password, or with a refresh token. Passwords are
//! hashed while no connection is held.

use std::time::Duration;

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use tokio::time::Instant;

use super::{
    Gate, Session, SessionId,
    input::{SignInInput, SignUpInput},
    model::RefreshToken,
    store::{Grant, Refreshed},
    throttle::{Attempt, Counted},
};
use crate::{
    changes::{self, Change, Entity},
    config::Secret,
    error::{Error, Result},
    graphql::{self, ContextExt},
    settings::{self, Settings},
    users::{self, Credentials, NewUser, User, Verdict},
    viewer::{Role, UserId, Viewer},
};

const WRONG: Error =
    Error::Unauthenticated("the address or the password is wrong: check both and try again");
const REFUSED: Error =
    Error::Unauthenticated("this refresh token is not valid any more: sign in again");
const CLOSED: Error =
    Error::Forbidden("nobody can sign up here by themselves: ask an admin for an account");

/// A refusal takes at least this long, whatever was wrong: old hashes take other times than new ones.
const REFUSAL_TAKES: Duration = Duration::from_millis(300);

/// What signing in answers.
#[derive(Debug)]
pub struct SessionPayload {
    access_token: Secret,
    expires_at: DateTime<Utc>,
    refresh_token: Secret,
    user: User,
}

/// What signing in answers: keep both tokens where no other app can read them.
#[Object]
impl SessionPayload {
    /// Proves who sends a request: put it into the header `Authorization`, after `Bearer`.
    async fn access_token(&self) -> &str {
        self.access_token.expose()
    }

    /// When the access token expires. Call `refreshSession` shortly before.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// Gets the next tokens from `refreshSession`, once. Using it twice ends the session, because
    /// somebody else may have it then: let only one tab or thread of an app refresh at a time.
    async fn refresh_token(&self) -> &str {
        self.refresh_token.expose()
    }

    /// Who is signed in.
    async fn user(&self) -> &User {
        &self.user
    }
}

/// Makes an account and signs in with it.
pub(super) async fn sign_up(ctx: &Context<'_>, input: SignUpInput) -> Result<SessionPayload> {
    let gate = Gate::of(ctx);
    if !gate.options.sign_up {
        return Err(CLOSED);
    }
    let email = users::email("input.email", &input.email)?;
    let display_name = users::display_name("input.displayName", &input.display_name)?;
    users::check_password("input.password", &input.password, &email)?;
    let timezone = settings::timezone(&input.timezone)?;
    let address = ctx.client().address;
    // Counted whatever becomes of it: this is what keeps people from trying out who is here.
    let _ = gate
        .throttle
        .attempt(address.map(Counted::sign_ups).into_iter().collect())?;
    let new = NewUser {
        id: UserId::new(),
        email,
        display_name,
        password_hash: Some(users::hash_password(input.password.clone()).await?),
    };
    open_new(ctx, &new, &input, &timezone).await
}

async fn open_new(
    ctx: &Context<'_>,
    new: &NewUser,
    input: &SignUpInput,
    timezone: &str,
) -> Result<SessionPayload> {
    let token = RefreshToken::new();
    let grant = grant(ctx, &token);
    let viewer = Viewer {
        user: new.id,
        role: Role::Member,
        session: None,
    };
    let (user, session) = graphql::mutate_as(ctx, viewer, async |conn, _| {
        let user = new.make(conn).await?;
        Settings::insert_missing(conn, user.id, input.units, timezone).await?;
        let change = Change::created(Entity::Settings, user.id.0);
        changes::append(conn, user.id, &[change]).await?;
        let session = Session::begin(conn, user.id, grant).await?;
        Ok((user, session))
    })
    .await?;
    payload(ctx, user, session, token)
}

/// Signs in with a password. A refusal does not say what was wrong, and takes the same time.
pub(super) async fn sign_in(ctx: &Context<'_>, input: SignInInput) -> Result<SessionPayload> {
    let begun = Instant::now();
    let attempt = attempt(ctx, &input.email)?;
    if let Some(payload) = recognise(ctx, input).await? {
        attempt.succeeded();
        return Ok(payload);
    }
    tokio::time::sleep_until(begun + REFUSAL_TAKES).await;
    Err(WRONG)
}

async fn recognise(ctx: &Context<'_>, input: SignInInput) -> Result<Option<SessionPayload>> {
    // What cannot be an address has no account.
    let found = match users::email("input.email", &input.email) {
        Ok(email) => Credentials::by_email(&mut *ctx.db().conn().await?, &email).await?,
        Err(_) => None,
    };
    let hash = found.as_ref().and_then(|found| found.hash.clone());
    let verdict = users::verify_password(input.password.clone(), hash).await?;
    let upgrade = match verdict {
        Verdict::Wrong => return Ok(None),
        Verdict::Right => None,
        Verdict::Outdated => Some(users::hash_password(input.password).await?),
    };
    match found {
        Some(found) => open(ctx, &found, upgrade).await,
        None => Ok(None),
    }
}

/// Begins a session, unless the password was changed since it was verified.
async fn open(
    ctx: &Context<'_>,
    known: &Credentials,
    upgrade: Option<Secret>,
) -> Result<Option<SessionPayload>> {
    let token = RefreshToken::new();
    let grant = grant(ctx, &token);
    let mut conn = ctx.db().conn().await?;
    let begun = conn
        .transaction(async |conn| {
            let Some(user) = known.lock(conn).await? else {
                return Ok(None);
            };
            if let Some(hash) = &upgrade {
                Credentials::set_hash(conn, user.id, hash).await?;
            }
            let session = Session::begin(conn, user.id, grant).await?;
            Ok::<_, Error>(Some((user, session)))
        })
        .await?;
    begun
        .map(|(user, session)| payload(ctx, user, session, token))
        .transpose()
}

/// Exchanges a refresh token for new ones.
pub(super) async fn refresh(ctx: &Context<'_>, sent: Secret) -> Result<SessionPayload> {
    let sent = RefreshToken::parse(sent).ok_or(REFUSED)?;
    let token = RefreshToken::new();
    let grant = grant(ctx, &token);
    let mut conn = ctx.db().conn().await?;
    // A reuse is a refusal, and its transaction is committed all the same: the end of the session is in it.
    let refreshed = conn
        .transaction(async |conn| Ok::<_, Error>(Session::refresh(conn, &sent, grant).await?))
        .await?;
    match refreshed {
        Refreshed::Exchanged(user, session) => payload(ctx, user, session, token),
        Refreshed::Reused(user, session) => {
            tracing::warn!(%user, %session, "a refresh token was used twice: its session has ended");
            Err(REFUSED)
        }
        Refreshed::Refused => Err(REFUSED),
    }
}

fn attempt<'a>(ctx: &'a Context<'_>, email: &str) -> Result<Attempt<'a>> {
    let mut counted = vec![Counted::address(email)];
    counted.extend(ctx.client().address.map(Counted::client));
    Gate::of(ctx).throttle.attempt(counted)
}

fn grant<'a>(ctx: &Context<'_>, token: &'a RefreshToken) -> Grant<'a> {
    Grant {
        token,
        user_agent: ctx.client().user_agent,
        expires_at: Utc::now() + Gate::of(ctx).options.session_lifetime,
    }
}

fn payload(
    ctx: &Context<'_>,
    user: User,
    session: SessionId,
    refresh: RefreshToken,
) -> Result<SessionPayload> {
    let gate = Gate::of(ctx);
    let viewer = Viewer {
        user: user.id,
        role: user.role,
        session: Some(session.0),
    };
    let lifetime = gate.options.access_lifetime;
    Ok(SessionPayload {
        access_token: gate.keys.issue(viewer, lifetime)?,
        expires_at: Utc::now() + lifetime,
        refresh_token: refresh.into_secret(),
        user,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer::{Role, UserId};

    #[test]
    fn what_is_printed_of_a_payload_or_an_input_holds_no_secret() {
        let payload = SessionPayload {
            access_token: Secret::new("hush-1".to_owned()),
            expires_at: Utc::now(),
            refresh_token: RefreshToken::parse(Secret::random()).unwrap().into_secret(),
            user: User {
                id: UserId::new(),
                email: "ada@example.com".to_owned(),
                display_name: String::new(),
                role: Role::Member,
                created_at: Utc::now(),
                updated_at: Utc::now(),
            },
        };
        let input = SignInInput {
            email: "ada@example.com".to_owned(),
            password: Secret::new("hush-2".to_owned()),
        };
        let printed = format!("{payload:?} {input:?}");
        assert!(printed.contains("ada@example.com"));
        assert!(!printed.contains("hush"));
        assert!(!printed.contains(payload.refresh_token.expose()));
    }
}
