//! What a session is: a device that is signed in, and the secret it stays signed in with.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use async_graphql::SimpleObject;

use crate::{
    config::Secret, db::schema::sessions, graphql::written::parts, ids::id, viewer::UserId,
};

id! {
    /// Names one session.
    SessionId
}

/// A device or app that is signed in. It stays so as long as it refreshes its tokens.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = sessions)]
#[graphql(complex)]
pub struct Session {
    #[graphql(skip)]
    pub user_id: UserId,
    /// The row of the newest refresh token; the session goes by its family.
    #[graphql(skip)]
    pub id: Uuid,
    #[graphql(skip)]
    pub family_id: SessionId,
    /// What the device or app calls itself.
    pub user_agent: Option<String>,
    /// When its tokens were last refreshed.
    #[graphql(name = "lastUsedAt")]
    pub created_at: DateTime<Utc>,
    /// When it ends unless it is used before.
    pub expires_at: DateTime<Utc>,
}

parts! {
    Session { user_agent, expires_at }
}

/// A refresh token to insert.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sessions)]
pub(super) struct NewSession {
    pub(super) user_id: UserId,
    pub(super) id: Uuid,
    pub(super) family_id: SessionId,
    pub(super) token_hash: Vec<u8>,
    pub(super) user_agent: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
}

/// A refresh token as clients hold it: 256 bits that nobody can guess. Only its digest is kept; there is
/// nothing in it to try words against, so one round of SHA-256 is enough.
#[derive(Clone, Debug)]
pub(super) struct RefreshToken(Secret);

impl RefreshToken {
    pub(super) fn new() -> Self {
        Self(Secret::random())
    }

    /// What a client sent; none where it cannot be one of ours.
    pub(super) fn parse(secret: Secret) -> Option<Self> {
        let bytes = BASE64.decode(secret.expose()).ok()?;
        (bytes.len() == 32).then_some(Self(secret))
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.0.expose()).to_vec()
    }

    pub(super) fn into_secret(self) -> Secret {
        self.0
    }
}
