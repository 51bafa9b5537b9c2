//! Tokens of an outside issuer: read with the keys that it publishes, and believed only as far as these
//! settings say.

mod fetch;
mod jwks;

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jsonwebtoken::{Header, Validation, errors::ErrorKind};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::{BadToken, crypto, keys::left_until};
use jwks::{KeySet, PublicKey};

/// Which issuer, for whom, and where its keys are.
#[derive(Clone, Debug)]
pub struct IssuerOptions {
    pub issuer: String,
    pub audience: String,
    /// An address or a file.
    pub jwks: String,
}

impl IssuerOptions {
    /// The issuer that the three settings describe; none where none of them is set.
    pub fn from_settings(
        issuer: Option<&String>,
        audience: Option<&String>,
        jwks: Option<&String>,
    ) -> Result<Option<Self>, BadIssuer> {
        match (issuer, audience, jwks) {
            (None, None, None) => Ok(None),
            (Some(issuer), Some(audience), Some(jwks)) => Ok(Some(Self {
                issuer: issuer.clone(),
                audience: audience.clone(),
                jwks: jwks.clone(),
            })),
            _ => Err(BadIssuer::Incomplete),
        }
    }
}

/// Why the settings of the outside issuer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadIssuer {
    #[error(
        "`REGIMEN_OIDC_ISSUER`, `REGIMEN_OIDC_AUDIENCE` and `REGIMEN_OIDC_JWKS` go together: set all or none"
    )]
    Incomplete,
    #[error("`REGIMEN_OIDC_JWKS` is `{0}`, which is no address: {1}")]
    BadAddress(String, url::ParseError),
    #[error("the keys in `{0}`, named by `REGIMEN_OIDC_JWKS`, cannot be used: {1}")]
    BadFile(String, String),
}

/// Somebody as the issuer knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) issuer: String,
    pub(super) subject: String,
    /// Only if the issuer has made sure of it.
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    /// How much longer the token counts.
    pub(super) left: Duration,
}

/// What is read of a token. Claims that are not needed may have any shape.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    email: Value,
    #[serde(default)]
    email_verified: Value,
    #[serde(default)]
    name: Value,
}

/// Keys are asked for again after this, so that one that was withdrawn is not believed for long.
const FRESH: Duration = Duration::from_hours(1);
/// Older ones are not believed, even if no newer ones can be had.
const TOO_OLD: Duration = Duration::from_hours(24);
/// Anybody can send a token that names an unknown key: that asks the issuer this often at most.
const PAUSE: Duration = Duration::from_mins(1);
/// The standard knows no longer ones.
const LONGEST_SUBJECT: usize = 255;

pub(super) struct Issuer {
    name: String,
    audience: String,
    source: Source,
    known: RwLock<Option<Arc<KeySet>>>,
    /// Held while keys are fetched: when that was last done for want of a key, or failed.
    fetching: Mutex<Option<Instant>>,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    Web(Url),
}

impl Issuer {
    /// Keys in a file are read at once, to find out now; those of an address when they are needed.
    pub(super) fn new(options: IssuerOptions) -> Result<Self, BadIssuer> {
        crypto::install();
        let source = source(&options.jwks)?;
        if let Source::File(path) = &source {
            let bad = |reason: String| BadIssuer::BadFile(options.jwks.clone(), reason);
            let text = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
            KeySet::parse(&text).map_err(|error| bad(error.to_string()))?;
        }
        Ok(Self {
            name: options.issuer,
            audience: options.audience,
            source,
            known: RwLock::default(),
            fetching: Mutex::default(),
        })
    }

    /// Whom the token is about, if this issuer made it, for us, and for now.
    pub(super) async fn verify(&self, token: &str, header: &Header) -> Result<Person, BadToken> {
        let key = self.key(header).await.ok_or(BadToken::Invalid)?;
        let mut rules = Validation::new(header.alg);
        rules.set_issuer(&[&self.name]);
        rules.set_audience(&[&self.audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules.validate_nbf = true;
        rules.leeway = 30;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &rules)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => BadToken::Expired,
                _ => BadToken::Invalid,
            })?
            .claims;
        self.person(claims)
    }

    fn person(&self, claims: Claims) -> Result<Person, BadToken> {
        let length = claims.sub.chars().count();
        if !(1..=LONGEST_SUBJECT).contains(&length) || claims.sub.chars().any(char::is_control) {
            return Err(BadToken::Invalid);
        }
        // Some issuers write the flag as text.
        let verified = claims.email_verified == true || claims.email_verified == "true";
        let text = |value: Value| value.as_str().map(ToOwned::to_owned);
        Ok(Person {
            issuer: self.name.clone(),
            subject: claims.sub,
            email: text(claims.email).filter(|_| verified),
            name: text(claims.name),
            left: left_until(claims.exp),
        })
    }

    /// The key that the token names, fetched if it is not known yet.
    async fn key(&self, header: &Header) -> Option<PublicKey> {
        let found = self.known_key(header);
        if let Some((key, age)) = &found
            && *age < FRESH
        {
            return Some(key.clone());
        }
        let old = found.filter(|(_, age)| *age < TOO_OLD).map(|(key, _)| key);
        let last = match &old {
            // Somebody is at it already: the old key does until they are done.
            Some(key) => match self.fetching.try_lock() {
                Ok(last) => last,
                Err(_) => return Some(key.clone()),
            },
            None => self.fetching.lock().await,
        };
        self.refetch(last, header).await;
        match self.known_key(header) {
            Some((key, age)) if age < TOO_OLD => Some(key),
            _ => None,
        }
    }

    /// Fetches the keys unless that was done while the lock was waited for, or a moment ago.
    async fn refetch(
        &self,
        mut last: tokio::sync::MutexGuard<'_, Option<Instant>>,
        header: &Header,
    ) {
        let done = self.known_key(header).is_some_and(|(_, age)| age < FRESH);
        if done || last.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        let first = self.read().is_none();
        match self.fetch().await {
            Ok(keys) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
                // The first time is not for want of one key: the next may still be asked for at once.
                *last = (!first).then(Instant::now);
            }
            Err(reason) => {
                tracing::warn!("the keys of `{}` could not be had: {reason}", self.name);
                *last = Some(Instant::now());
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, String> {
        let read = match &self.source {
            Source::File(path) => tokio::fs::read(path)
                .await
                .map(Into::into)
                .map_err(|error| error.to_string()),
            Source::Web(url) => fetch::get(url).await.map_err(|error| error.to_string()),
        };
        KeySet::parse(&read?).map_err(|error| error.to_string())
    }

    fn known_key(&self, header: &Header) -> Option<(PublicKey, Duration)> {
        let known = self.read()?;
        let key = known.find(header)?.clone();
        Some((key, known.read_at.elapsed()))
    }

    fn read(&self) -> Option<Arc<KeySet>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn source(text: &str) -> Result<Source, BadIssuer> {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return Ok(Source::File(text.into()));
    }
    let url = Url::parse(text).map_err(|error| BadIssuer::BadAddress(text.to_owned(), error))?;
    if url.scheme() == "http" && !is_local(&url) {
        tracing::warn!(
            "`REGIMEN_OIDC_JWKS` is not encrypted: whoever is on the way can sign tokens"
        );
    }
    Ok(Source::Web(url))
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
