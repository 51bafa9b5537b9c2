//! The fields of the API that begin, keep up and end sessions.
//!
//! Those that take a password or answer with a token have no idempotency key: what is kept with a key
//! would be a token, or a digest that passwords could be tried against.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;

use super::{
    Session, SessionId,
    input::{SignInInput, SignUpInput},
    sign_in::{self, SessionPayload},
    store,
};
use crate::{
    config::Secret,
    error::{Error, Result},
    graphql::{Connection, ContextExt, Nullable, Page, Total, mutate},
};

#[derive(Default)]
pub struct AuthQuery;

#[Object]
impl AuthQuery {
    /// Where one is signed in, the latest used first.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Session>> {
        let owner = ctx.owner()?;
        let name = "sessions by use";
        let page = Page::new(name, first, after.as_deref(), last, before.as_deref())?;
        let rows = Session::page_of(&mut *ctx.db().conn().await?, owner, &page).await?;
        let total = Total::counted_by(move |db| {
            async move { Ok(Session::count(&mut *db.conn().await?, owner).await?) }.boxed()
        });
        Ok(page.connect(rows, total, Session::place))
    }
}

#[ComplexObject]
impl Session {
    /// Names this session.
    pub async fn id(&self) -> SessionId {
        self.family_id
    }

    /// When it was begun.
    #[graphql(name = "createdAt")]
    async fn first_begun_at(&self) -> DateTime<Utc> {
        self.begun_at()
    }

    /// Whether it is the one that this request was sent with.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        let own = ctx.caller().and_then(|viewer| viewer.session);
        own == Some(self.family_id.0)
    }
}

/// What ending sessions answers.
#[derive(SimpleObject)]
struct EndSessionsPayload {
    /// How many sessions were ended. An access token of theirs may still be used until it expires, some
    /// minutes later; refresh tokens cannot.
    ended: i32,
}

#[derive(Default)]
pub struct AuthMutation;

#[Object]
impl AuthMutation {
    /// Makes an account and signs in with it. An address that has an account already
    /// is a `CONFLICT`.
    async fn sign_up(&self, ctx: &Context<'_>, input: SignUpInput) -> Nullable<SessionPayload> {
        Some(sign_in::sign_up(ctx, input).await)
    }

    /// Signs in with a password. After a few wrong ones the code is `RATE_LIMITED`, and
    /// `retryAfterSeconds` says how long to wait.
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> Nullable<SessionPayload> {
        Some(sign_in::sign_in(ctx, input).await)
    }

    /// Exchanges a refresh token for new tokens. Each is good for one exchange; a second one ends the
    /// session.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The newest refresh token of the session.")] refresh_token: Secret,
    ) -> Nullable<SessionPayload> {
        Some(sign_in::refresh(ctx, refresh_token).await)
    }

    /// Ends the session that this request is sent with.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<EndSessionsPayload> {
        Some(match current(ctx) {
            Ok(session) => end(ctx, idempotency_key, session, false).await,
            Err(error) => Err(error),
        })
    }

    /// Ends one of one's sessions.
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        id: SessionId,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<EndSessionsPayload> {
        Some(end(ctx, idempotency_key, id, true).await)
    }

    /// Ends all of one's sessions but the one that this request is sent with.
    async fn end_other_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<EndSessionsPayload> {
        Some(end_others(ctx, idempotency_key).await)
    }
}

fn current(ctx: &Context<'_>) -> Result<SessionId> {
    ctx.viewer()?.session.map(SessionId).ok_or(Error::Forbidden(
        "this token is of an outside issuer and has no session here: sign out there",
    ))
}

/// Ends one session; `must_be` says whether it is a mistake when there is none.
async fn end(
    ctx: &Context<'_>,
    key: Option<String>,
    session: SessionId,
    must_be: bool,
) -> Result<EndSessionsPayload> {
    let ended = mutate(ctx, key, async |conn, owner| {
        store::lock_user(conn, Some(owner)).await?;
        let ended = Session::end(conn, owner, session).await?;
        if must_be && !ended {
            return Err(Error::not_found("session", session));
        }
        Ok(i32::from(ended))
    })
    .await?;
    Ok(EndSessionsPayload { ended })
}

async fn end_others(ctx: &Context<'_>, key: Option<String>) -> Result<EndSessionsPayload> {
    let kept = ctx.viewer()?.session.map(SessionId);
    let ended = mutate(ctx, key, async |conn, owner| {
        store::lock_user(conn, Some(owner)).await?;
        let ended = Session::end_all_but(conn, owner, kept).await?;
        Ok(i32::try_from(ended).unwrap_or(i32::MAX))
    })
    .await?;
    Ok(EndSessionsPayload { ended })
}
