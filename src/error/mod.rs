//! The errors that API users see: one type, one table of codes. Whatever else goes wrong is internal:
//! it is logged, and the client is given the request id that finds it.

mod constraints;

use std::{sync::Arc, time::Duration};

pub use constraints::known as known_constraints;
use diesel::result::{DatabaseErrorKind, Error as DbError};
use uuid::Uuid;

use crate::db::NoConnection;

type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// What a field of the API answers when it cannot do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("no {what} has the id `{id}`, or it is not yours")]
    NotFound {
        what: &'static str,
        id: Uuid,
        /// The path to the id, where it stood in an input or a list.
        field: Option<String>,
    },
    #[error("{message}")]
    Invalid {
        /// The path to the input field, such as `input.sets.2.reps`.
        field: String,
        message: String,
    },
    #[error("{message}")]
    Conflict {
        message: String,
        /// The record in the way: the newer version, or the one that has the name.
        id: Option<Uuid>,
        version: Option<i32>,
        /// The path to the input that it is in the way of, where there is one.
        field: Option<String>,
    },
    #[error("{0}")]
    Unauthenticated(&'static str),
    #[error("{0}")]
    Forbidden(&'static str),
    /// Items of a list that cannot be taken, each with the path to it; nothing was changed. The answer
    /// has an error for each.
    #[error("{}", .0.first().map_or_else(String::new, |(_, error)| error.to_string()))]
    Items(Vec<(String, Self)>),
    #[error(
        "this cursor is older than what is kept: read everything again, then continue from a new `syncCursor`"
    )]
    CursorExpired,
    #[error("too many {what}: try again in {}", humantime::format_duration(*.retry_after))]
    RateLimited {
        what: &'static str,
        retry_after: Duration,
    },
    /// Writes are held up for a moment, and nothing was written.
    #[error("nothing can be written while the data changes places: send this again in {}", humantime::format_duration(whole(*.retry_after)))]
    Paused { retry_after: Duration },
    #[error(
        "this is answered once the data is in the database: until then the app's files are what counts, see `migration`"
    )]
    NotMigrated,
    #[error("the server is busy: try again in a moment")]
    Unavailable(#[source] Cause),
    /// The app's files, where they are in use, keep something from being done.
    #[error("{told}")]
    Files {
        told: &'static str,
        #[source]
        cause: Cause,
    },
    #[error("something went wrong on our side; the request id finds it in the log")]
    Internal(#[source] Cause),
}

impl Error {
    pub const SIGN_IN_FIRST: Self = Self::Unauthenticated(
        "sign in first: send `Authorization: Bearer` with the access token of `signIn`",
    );
    /// A token outlives the account it was made for by some minutes.
    pub const ACCOUNT_GONE: Self =
        Self::Unauthenticated("this account is gone: sign in with another, or make a new one");
    pub const ADMINS_ONLY: Self = Self::Forbidden("this is for admins: ask one to do it");

    /// The code a program can act on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Invalid { .. } => "VALIDATION",
            Self::Conflict { .. } => "CONFLICT",
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::CursorExpired => "CURSOR_EXPIRED",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Items(items) => match items.as_slice() {
                [(_, first), ..] => first.code(),
                [] => "VALIDATION",
            },
            Self::Paused { .. } | Self::Unavailable(_) | Self::Files { .. } => "UNAVAILABLE",
            Self::NotMigrated => "NOT_MIGRATED",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// An input value that cannot be taken; `message` says what would be.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }

    /// The same error where the input stood in a list or in another input: `input.name` within
    /// `exercises.3` is `exercises.3.name`.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        if let Some(field) = self.field_mut().filter(|field| !field.is_empty()) {
            let inner = field.strip_prefix("input.").unwrap_or(field);
            *field = format!("{place}.{inner}");
        }
        self
    }

    /// The same error, of the input at this path.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        if let Self::NotFound { field, .. } | Self::Conflict { field, .. } = &mut self {
            *field = Some(path.into());
        }
        self
    }

    /// The path to the input that it is about, where there is one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            Self::NotFound { field, .. } | Self::Conflict { field, .. } => field.as_deref(),
            _ => None,
        }
    }

    fn field_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            Self::NotFound { field, .. } | Self::Conflict { field, .. } => field.as_mut(),
            _ => None,
        }
    }

    /// Nothing of that kind with that id, as far as the caller may know.
    pub fn not_found(what: &'static str, id: impl Into<Uuid>) -> Self {
        Self::NotFound {
            what,
            id: id.into(),
            field: None,
        }
    }

    /// Something is in the way; `message` says what to do about it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict {
            message: message.into(),
            id: None,
            version: None,
            field: None,
        }
    }

    /// The same, and which record it is that is in the way.
    #[must_use]
    pub fn with(mut self, record: impl Into<Uuid>, current: Option<i32>) -> Self {
        if let Self::Conflict { id, version, .. } = &mut self {
            (*id, *version) = (Some(record.into()), current);
        }
        self
    }

    /// The record was changed by somebody else in the meantime.
    #[must_use]
    pub fn stale(what: &'static str, id: impl Into<Uuid>, expected: i32, current: i32) -> Self {
        Self::conflict(format!(
            "this {what} has version {current}, not {expected}: read it again, then repeat the change"
        ))
        .with(id, Some(current))
    }

    /// Refuses a change by somebody who saw another version.
    pub fn check_version(
        what: &'static str,
        id: impl Into<Uuid>,
        expected: Option<i32>,
        current: i32,
    ) -> Result<()> {
        match expected {
            Some(expected) if expected != current => Err(Self::stale(what, id, expected, current)),
            _ => Ok(()),
        }
    }

    /// A change of what was deleted and can be restored.
    #[must_use]
    pub fn in_trash(what: &'static str, id: impl Into<Uuid>, version: i32) -> Self {
        let message = format!("this {what} is in the trash: restore it first");
        Self::conflict(message).with(id, Some(version))
    }

    /// Something new that was given the id of something else of one's own. What is there is named by its
    /// id and version.
    #[must_use]
    pub fn known(what: &'static str, id: impl Into<Uuid>, version: i32) -> Self {
        let message = format!("this {what} was made before with other contents: change that one");
        Self::conflict(message).with(id, Some(version))
    }

    /// The same, where that one was deleted.
    #[must_use]
    pub fn known_in_trash(what: &'static str, id: impl Into<Uuid>, version: i32) -> Self {
        let message = format!("this {what} was made before and deleted: restore that one");
        Self::conflict(message).with(id, Some(version))
    }

    /// Something that may pass: the caller is asked to come again.
    pub fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(cause))
    }

    /// The same on account of the app's files; `told` says what it is about them.
    pub fn files(
        told: &'static str,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Files {
            told,
            cause: Arc::new(cause),
        }
    }

    /// A failure that nobody outside can do anything about.
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Arc::new(cause))
    }

    /// The name of the constraint that a write broke, for the query that can break it.
    #[must_use]
    pub fn broken_constraint(error: &DbError) -> Option<&str> {
        match error {
            DbError::DatabaseError(_, info) => info.constraint_name(),
            _ => None,
        }
    }
}

impl From<NoConnection> for Error {
    fn from(error: NoConnection) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

/// What the database says where the same request may do well a moment later.
const WORTH_ANOTHER_TRY: &[&str] = &[
    "terminating connection",
    "deadlock detected",
    "due to statement timeout",
    "due to lock timeout",
];

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        use DatabaseErrorKind as Kind;

        match &error {
            DbError::DatabaseError(Kind::CheckViolation | Kind::UniqueViolation, info) => {
                let broken = info.constraint_name().and_then(constraints::broken);
                broken.unwrap_or_else(|| Self::internal(error))
            }
            DbError::DatabaseError(Kind::ForeignKeyViolation, info)
                if info.constraint_name().is_some_and(names_the_owner) =>
            {
                Self::ACCOUNT_GONE
            }
            DbError::DatabaseError(
                Kind::SerializationFailure | Kind::ClosedConnection | Kind::UnableToSendCommand,
                _,
            )
            | DbError::BrokenTransactionManager => Self::Unavailable(Arc::new(error)),
            // Their codes are not passed on, only their words.
            DbError::DatabaseError(_, info)
                if WORTH_ANOTHER_TRY
                    .iter()
                    .any(|words| info.message().contains(words)) =>
            {
                Self::Unavailable(Arc::new(error))
            }
            _ => Self::internal(error),
        }
    }
}

/// Whether the reference that was refused is that of a row to its owner.
fn names_the_owner(constraint: &str) -> bool {
    constraint.ends_with("_user_fkey") || constraint.ends_with("_owner_fkey")
}

/// `due_date` as the API spells it: `dueDate`.
pub(crate) fn camel_case(column: &str) -> String {
    let mut name = String::with_capacity(column.len());
    let mut upper = false;
    for letter in column.chars() {
        if letter == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            name.extend(letter.to_uppercase());
        } else {
            name.push(letter);
        }
    }
    name
}

/// As many seconds as cover it, because nobody waits for fractions.
fn whole(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

/// What resolvers and stores return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
