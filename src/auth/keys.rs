//! Access tokens: short-lived, signed, and read without asking the database.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::crypto;
use crate::{
    config::Secret,
    error::{Error, Result},
    viewer::{Role, UserId, Viewer},
};

const ISSUER: &str = "regimen";
/// So many tokens are known again without their signature being computed, in about a megabyte.
const KNOWN: usize = 8192;

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
    /// Those that were right, by their hash: no token can be read from memory.
    known: Cache<[u8; 32], Known>,
}

/// What a token has proved, and the last second at which it counts.
#[derive(Clone, Copy)]
struct Known {
    viewer: Viewer,
    end: u64,
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
            known: Cache::new(KNOWN),
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

    /// Who a token proves to be that was verified before and still counts.
    pub(super) fn known(&self, token: &str) -> Option<Proven> {
        let Known { viewer, end } = self.known.get(&hash_of(token))?;
        let left = left_until(end);
        (!left.is_zero()).then_some(Proven { viewer, left })
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
        let end = claims.exp.saturating_add(self.rules.leeway);
        self.known.insert(hash_of(token), Known { viewer, end });
        let left = left_until(end);
        Ok(Proven { viewer, left })
    }
}

fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
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
