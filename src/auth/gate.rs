//! What signing in needs beside the database: keys, lifetimes, the count of attempts, and the outside
//! issuer. One for the whole process.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use async_graphql::Context;
use jsonwebtoken::Algorithm;

use super::{
    BadToken, Keys, Proven, identity,
    issuer::{BadIssuer, Issuer, IssuerOptions},
    throttle::Throttle,
};
use crate::{
    db::Db,
    error::{Error, Result},
    users::User,
    viewer::{Role, UserId, Viewer},
};

/// How people sign in here.
#[derive(Clone, Debug)]
pub struct GateOptions {
    pub access_lifetime: Duration,
    /// Counted anew from each use.
    pub session_lifetime: Duration,
    /// Whether people may make accounts by themselves.
    pub sign_up: bool,
    /// How many proxies add to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    pub issuer: Option<IssuerOptions>,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            access_lifetime: Duration::from_mins(15),
            session_lifetime: Duration::from_hours(30 * 24),
            sign_up: true,
            trusted_proxies: 0,
            issuer: None,
        }
    }
}

/// Lets people in, and knows them again.
pub struct Gate {
    pub keys: Arc<Keys>,
    pub options: GateOptions,
    pub(super) throttle: Throttle,
    issuer: Option<Issuer>,
    /// Accounts that were deleted here, until the last of their tokens has expired.
    gone: RwLock<HashMap<UserId, Instant>>,
}

impl Gate {
    pub fn new(keys: Keys, options: GateOptions) -> Result<Self, BadIssuer> {
        let issuer = options.issuer.clone().map(Issuer::new).transpose()?;
        Ok(Self {
            keys: Arc::new(keys),
            options,
            throttle: Throttle::default(),
            issuer,
            gone: RwLock::default(),
        })
    }

    /// An account was deleted: its tokens prove nothing any more, though nobody asks the database.
    pub(super) fn forget(&self, user: UserId) {
        let now = Instant::now();
        let mut gone = self.gone.write().unwrap_or_else(PoisonError::into_inner);
        gone.retain(|_, until| *until > now);
        gone.insert(user, now + self.options.access_lifetime);
    }

    fn is_gone(&self, user: UserId) -> bool {
        let gone = self.gone.read().unwrap_or_else(PoisonError::into_inner);
        gone.contains_key(&user)
    }

    /// The gate that a resolver reaches.
    pub(super) fn of<'a>(ctx: &'a Context<'_>) -> &'a Self {
        ctx.data_unchecked::<Arc<Self>>()
    }

    /// Who the token proves to be. Our own are believed without a look into the database, except for
    /// admins: what they may do is asked anew each time, so that a role taken away is gone at once.
    pub async fn prove(&self, db: &Db, token: &str) -> Result<Proven> {
        if let Some(proven) = self.keys.known(token) {
            return self.as_of_now(db, proven).await;
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken::Invalid)?;
        // The kind of signature alone decides which keys are tried: never a public key as a secret.
        if header.alg != Algorithm::HS256 {
            let issuer = self.issuer.as_ref().ok_or(BadToken::Invalid)?;
            let person = issuer.verify(token, &header).await?;
            let viewer = identity::viewer(db, &person).await?;
            return Ok(Proven {
                viewer,
                left: person.left,
            });
        }
        self.as_of_now(db, self.keys.verify(token)?).await
    }

    /// What a token of ours proves by now: nothing where the account is gone, and the role of today.
    async fn as_of_now(&self, db: &Db, proven: Proven) -> Result<Proven> {
        let viewer = proven.viewer;
        if self.is_gone(viewer.user) {
            return Err(Error::ACCOUNT_GONE);
        }
        if viewer.role == Role::Member {
            return Ok(proven);
        }
        let role = User::role_of(&mut *db.conn().await?, viewer.user).await?;
        let role = role.ok_or(Error::ACCOUNT_GONE)?;
        let viewer = Viewer { role, ..viewer };
        Ok(Proven { viewer, ..proven })
    }
}

impl From<BadToken> for Error {
    fn from(bad: BadToken) -> Self {
        Self::Unauthenticated(bad.message())
    }
}
