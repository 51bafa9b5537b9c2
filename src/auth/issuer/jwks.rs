//! The keys of an issuer as it publishes them (RFC 7517). Each key says which signatures it is for, and
//! is tried for no others: a public key is never taken for a shared secret.

use std::time::Instant;

use jsonwebtoken::{
    Algorithm, DecodingKey, Header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;

/// A key that signatures can be checked with.
#[derive(Clone)]
pub(super) struct PublicKey {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

/// All keys of an issuer at one moment.
pub(super) struct KeySet {
    pub(super) read_at: Instant,
    keys: Vec<PublicKey>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum BadKeys {
    #[error("this is no JWKS: {0}")]
    NotJwks(#[from] serde_json::Error),
    #[error("it has no key that signs with RSA, P-256, P-384 or Ed25519")]
    NoneOfUse,
}

/// Keys of kinds that are not known here do not spoil the others.
#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    pub(super) fn parse(text: &[u8]) -> Result<Self, BadKeys> {
        let jwks: Jwks = serde_json::from_slice(text)?;
        let parsed = jwks.keys.into_iter().filter_map(|key| {
            let jwk: Jwk = serde_json::from_value(key).ok()?;
            PublicKey::of(&jwk)
        });
        let keys: Vec<PublicKey> = parsed.collect();
        if keys.is_empty() {
            return Err(BadKeys::NoneOfUse);
        }
        Ok(Self {
            read_at: Instant::now(),
            keys,
        })
    }

    /// The key that a token names; where it names none, the only one of its kind.
    pub(super) fn find(&self, header: &Header) -> Option<&PublicKey> {
        let fits = |key: &&PublicKey| key.algorithms.contains(&header.alg);
        let mut fitting = self.keys.iter().filter(fits);
        match &header.kid {
            Some(id) => fitting.find(|key| key.id.as_ref() == Some(id)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }
}

impl PublicKey {
    fn of(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        if !matches!(common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let mut algorithms = algorithms_of(&jwk.algorithm)?.to_vec();
        if let Some(named) = common.key_algorithm {
            let named = Algorithm::try_from(named).ok()?;
            algorithms.retain(|algorithm| *algorithm == named);
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let id = common.key_id.clone();
        (!algorithms.is_empty()).then_some(Self {
            id,
            algorithms,
            key,
        })
    }
}

/// The signatures that a key of this kind can make; shared secrets have no place in public.
fn algorithms_of(key: &AlgorithmParameters) -> Option<&'static [Algorithm]> {
    match key {
        AlgorithmParameters::RSA(_) => Some(&[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
        ]),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Some(&[Algorithm::ES256]),
            EllipticCurve::P384 => Some(&[Algorithm::ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(key) => match key.curve {
            EllipticCurve::Ed25519 => Some(&[Algorithm::EdDSA]),
            _ => None,
        },
        _ => None,
    }
}
