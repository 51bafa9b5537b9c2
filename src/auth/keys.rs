//! Access tokens: short-lived, signed, and read without asking the database.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::crypto;
use crate::{
    config::Secret,
    error::{Error, Result},
    viewer::{Role, UserId, Viewer},
};

const ISSUER: &str = "regimen";

/// A token that proves nothing: expired, forged, or not a token at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    Expired,
    Invalid,
    /// An outside issuer's, for an address that has an account of its own here.
    AddressTaken,
}

impl BadToken {
    pub const fn message(self) -> &'static str {
        match self {
            Self::Expired => "the access token has expired: get a new one with `refreshSession`",
            Self::Invalid => "the access token is not valid: sign in again",
            Self::AddressTaken => {
                "the address of this token has an account with a password already: sign in with that"
            }
        }
    }
}

/// Somebody whose token was checked, and how much longer it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    pub viewer: Viewer,
    pub left: Duration,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: UserId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    iat: u64,
    exp: u64,
}

/// What tokens are signed and checked with.
pub struct Keys {
    sign: EncodingKey,
    check: DecodingKey,
    rules: Validation,
}

impl Keys {
    /// Keys from a secret that all replicas share.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        crypto::install();
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        rules.leeway = 5;
        Self {
            sign: EncodingKey::from_secret(secret.expose().as_bytes()),
            check: DecodingKey::from_secret(secret.expose().as_bytes()),
            rules,
        }
    }

    /// A token that proves to be this viewer for so long.
    pub fn issue(&self, viewer: Viewer, lifetime: Duration) -> Result<Secret> {
        let now = jsonwebtoken::get_current_timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: viewer.user,
            role: viewer.role,
            sid: viewer.session,
            iat: now,
            exp: now + lifetime.as_secs(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
            .map(Secret::new)
            .map_err(Error::internal)
    }

    /// Who the token proves to be.
    pub fn verify(&self, token: &str) -> Result<Proven, BadToken> {
        use jsonwebtoken::errors::ErrorKind;

        let claims = jsonwebtoken::decode::<Claims>(token, &self.check, &self.rules)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => BadToken::Expired,
                _ => BadToken::Invalid,
            })?
            .claims;
        let viewer = Viewer {
            user: claims.sub,
            role: claims.role,
            session: claims.sid,
        };
        let left = left_until(claims.exp.saturating_add(self.rules.leeway));
        Ok(Proven { viewer, left })
    }
}

/// How long from now until that second.
pub(super) fn left_until(end: u64) -> Duration {
    Duration::from_secs(end.saturating_sub(jsonwebtoken::get_current_timestamp()))
}

/// Says nothing of the secret.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}
