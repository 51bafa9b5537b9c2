//! Passwords: hashed with argon2id, on threads where the work delays nobody, a few at a time. Hashes of
//! bcrypt, as other systems keep them, are understood but never made.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash,
};
use tokio::sync::Semaphore;

use crate::{
    config::Secret,
    error::{Error, Result},
};

const SHORTEST: usize = 8;
const LONGEST: usize = 200;
/// More bytes than a password of the longest kind can have.
const MOST_BYTES: usize = 4 * LONGEST;

/// A bcrypt hash that would take minutes to verify is not worth them.
const HIGHEST_BCRYPT_COST: u32 = 15;

/// Each hash takes 19 MiB and a processor for as long as it runs, so a storm of attempts has to queue.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    Arc::new(Semaphore::new(processors.clamp(2, 8)))
});
const LONGEST_QUEUE: Duration = Duration::from_secs(10);

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("the password could not be hashed: {0}")]
    Failed(String),
    #[error("the hashing thread ended early")]
    Interrupted(#[from] tokio::task::JoinError),
    #[error("too many passwords are being checked at once")]
    Busy,
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Unavailable(Arc::new(error)),
            _ => Self::internal(error),
        }
    }
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, and to be hashed again: the hash is not of the kind that is made now.
    Outdated,
}

/// Whether a new password will do, for the account with this address.
pub fn check(field: &str, password: &Secret, email: &str) -> Result<()> {
    let text = password.expose();
    let message = match text.chars().count() {
        0..SHORTEST => format!("a password must have at least {SHORTEST} characters"),
        SHORTEST..=LONGEST => {
            let same = text.trim().to_lowercase() == email.to_lowercase();
            if !same {
                return Ok(());
            }
            "a password must not be the address it belongs to".to_owned()
        }
        _ => format!("a password must have at most {LONGEST} characters"),
    };
    Err(Error::invalid(field, message))
}

/// The hash to keep in place of a password.
pub async fn hash(password: Secret) -> Result<Secret, HashError> {
    in_turn(move || hash_now(&password)).await?
}

/// Compares a password with a hash. Where there is none the same work is done, so that time does not
/// tell whether there is one.
pub async fn verify(password: Secret, hash: Option<Secret>) -> Result<Verdict, HashError> {
    in_turn(move || verify_now(&password, hash.as_ref())).await?
}

/// Runs `work` on a thread of its own, when it is its turn.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HashError> {
    let turn = tokio::time::timeout(LONGEST_QUEUE, Arc::clone(&TURNS).acquire_owned())
        .await
        .ok()
        .and_then(std::result::Result::ok)
        .ok_or(HashError::Busy)?;
    let worker = tokio::task::spawn_blocking(move || {
        let outcome = work();
        // Only now, even if nobody waits for the outcome any more: the memory was in use until here.
        drop(turn);
        outcome
    });
    Ok(worker.await?)
}

fn hash_now(password: &Secret) -> Result<Secret, HashError> {
    Argon2::default()
        .hash_password(password.expose().as_bytes())
        .map(|hash| Secret::new(hash.to_string()))
        .map_err(|error| HashError::Failed(error.to_string()))
}

fn verify_now(password: &Secret, hash: Option<&Secret>) -> Result<Verdict, HashError> {
    let Some(hash) = hash.filter(|_| password.expose().len() <= MOST_BYTES) else {
        return hash_now(&Secret::new(String::new())).map(|_| Verdict::Wrong);
    };
    let bytes = password.expose().as_bytes();
    if is_bcrypt(hash.expose()) {
        // A hash that cannot be read is one that nothing matches.
        let right = bcrypt::verify(bytes, hash.expose()).unwrap_or(false);
        return Ok(if right {
            Verdict::Outdated
        } else {
            Verdict::Wrong
        });
    }
    let Ok(parsed) = PasswordHash::new(hash.expose()) else {
        tracing::warn!("a password hash is of no known kind: nobody can sign in with it");
        return hash_now(password).map(|_| Verdict::Wrong);
    };
    Ok(match Argon2::default().verify_password(bytes, &parsed) {
        Err(_) => Verdict::Wrong,
        Ok(()) if is_current(&parsed) => Verdict::Right,
        Ok(()) => Verdict::Outdated,
    })
}

/// `$2a$`, `$2b$` or `$2y$`, and a cost that ends within a lifetime.
fn is_bcrypt(hash: &str) -> bool {
    let version = ["$2a$", "$2b$", "$2y$"]
        .iter()
        .find_map(|version| hash.strip_prefix(version));
    version
        .and_then(|rest| rest.split('$').next()?.parse::<u32>().ok())
        .is_some_and(|cost| cost <= HIGHEST_BCRYPT_COST)
}

fn is_current(hash: &PasswordHash) -> bool {
    let wanted = Params::default();
    let same = |found: Params| {
        (found.m_cost(), found.t_cost(), found.p_cost())
            == (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
    };
    hash.algorithm == Algorithm::default().ident() && Params::try_from(hash).is_ok_and(same)
}
