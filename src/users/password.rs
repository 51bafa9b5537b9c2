//! Passwords: hashed with argon2id, on threads where the work delays nobody.

use argon2::{Argon2, PasswordHasher};

use crate::config::Secret;

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("the password could not be hashed: {0}")]
    Failed(String),
    #[error("the hashing thread ended early")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// The hash to keep in place of a password.
pub async fn hash(password: Secret) -> Result<Secret, HashError> {
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.expose().as_bytes())
            .map(|hash| Secret::new(hash.to_string()))
            .map_err(|error| HashError::Failed(error.to_string()))
    })
    .await?
}
