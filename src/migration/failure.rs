//! Why a step was not taken.

use diesel::result::Error as DbError;

use super::step::Obstacle;
use crate::{db::NoConnection, error::Error};

/// Why a step was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// It can be taken once these are out of the way.
    #[error("{}", sentences(.0))]
    HeldBack(Vec<Obstacle>),
    /// Somebody else was first.
    #[error("the epoch is {current} by now, not {expected}: look at the state again")]
    Overtaken { expected: i64, current: i64 },
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Failure {
    pub(super) fn held_back(obstacle: Obstacle) -> Self {
        Self::HeldBack(vec![obstacle])
    }

    /// Refuses where something stands in the way.
    pub(super) fn unless_clear(obstacles: Vec<Obstacle>) -> Result<(), Self> {
        if obstacles.is_empty() {
            Ok(())
        } else {
            Err(Self::HeldBack(obstacles))
        }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NoConnection> for Failure {
    fn from(error: NoConnection) -> Self {
        Self::Failed(error.into())
    }
}

/// For API users, what is in the way of a step is a conflict.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Failed(error) => error,
            held_back => Self::conflict(held_back.to_string()),
        }
    }
}

fn sentences(obstacles: &[Obstacle]) -> String {
    let sentences: Vec<_> = obstacles.iter().map(ToString::to_string).collect();
    sentences.join("; ")
}
