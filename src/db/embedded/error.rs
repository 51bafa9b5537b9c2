//! Everything that can keep the private PostgreSQL from running, each with the way out.

use std::io;
use std::path::{Path, PathBuf};

use crate::db::OLDEST_POSTGRES;

/// How to get PostgreSQL, for messages about its absence.
pub const INSTALL: &str = if cfg!(target_os = "macos") {
    "install PostgreSQL with `brew install postgresql@17`, or set `DATABASE_URL` to a server of your own"
} else {
    "install PostgreSQL with `apt-get install postgresql` (or your system's package), or set \
     `DATABASE_URL` to a server of your own"
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "cannot use the data folder: `{}`: {source}; make it readable and writable for `{user}`, \
         or point `REGIMEN_DATA_DIR` to another folder", path.display()
    )]
    DataFolder {
        path: PathBuf,
        user: String,
        source: io::Error,
    },

    #[error(
        "`{user}`, the account PostgreSQL runs as here, may not enter `{}`; open that folder with \
         `chmod o+x`, or point `REGIMEN_DATA_DIR` to a folder such as `/var/lib/regimen`",
        folder.display()
    )]
    ClosedFolder { folder: PathBuf, user: String },

    #[error(
        "`{}` belongs to `{owner}`, but PostgreSQL would run as `{user}`; give it away with \
         `chown -R {user}`, or point `REGIMEN_DATA_DIR` to a new folder", path.display()
    )]
    ForeignOwner {
        path: PathBuf,
        owner: String,
        user: String,
    },

    #[error(
        "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody` to run \
         it as; create one, or set `DATABASE_URL`"
    )]
    NoAccount,

    #[error(
        "`{}` is not a complete PostgreSQL data folder: it has no `{missing}`; restore it from a \
         backup, or move it away to begin with an empty database", path.display()
    )]
    HalfMade {
        path: PathBuf,
        missing: &'static str,
    },

    #[error("no PostgreSQL {OLDEST_POSTGRES} or newer found ({found}); {INSTALL}")]
    NoPrograms { found: String },

    #[error(
        "`{}` was made by PostgreSQL {wanted}, which is not among those here ({found}); install \
         PostgreSQL {wanted}, or point `REGIMEN_DATA_DIR` to a new folder, or dump the data with \
         the old version and restore it with the new one", path.display()
    )]
    OtherMajor {
        path: PathBuf,
        wanted: u32,
        found: String,
    },

    #[error(
        "`REGIMEN_POSTGRES` names `{}`, which does not hold programs `postgres` and `initdb` that \
         `{user}` can run; name a folder such as `/usr/lib/postgresql/17/bin`, or `auto`",
        folder.display()
    )]
    BadProgramFolder { folder: PathBuf, user: String },

    #[error("cannot download PostgreSQL: {reason}; {INSTALL}")]
    Download { reason: String },

    #[error("cannot make a database in `{}`: {reason}; put that right and start again, or set \
         `DATABASE_URL`", path.display())]
    Init { path: PathBuf, reason: String },

    #[error(
        "another process has been starting PostgreSQL in `{}` for too long; end it, then try again",
        path.display()
    )]
    Busy { path: PathBuf },

    #[error("PostgreSQL did not start: {reason}; its log is `{}`", log.display())]
    NotStarted { log: PathBuf, reason: String },

    #[error("PostgreSQL ended unexpectedly: {reason}; its log is `{}`", log.display())]
    Ended { log: PathBuf, reason: String },

    #[error(
        "a server keeps PostgreSQL running in `{}` and has started it again: stop that server, \
         and PostgreSQL ends with it", path.display()
    )]
    KeptRunning { path: PathBuf },

    #[error("cannot stop PostgreSQL (process {pid}): {reason}")]
    NotStopped { pid: i32, reason: String },
}

impl Error {
    /// For `map_err` on whatever touches a file of the data folder.
    pub(super) fn folder(path: &Path, user: &str) -> impl FnOnce(io::Error) -> Self + use<> {
        let (path, user) = (path.to_owned(), user.to_owned());
        move |source| Self::DataFolder { path, user, source }
    }
}
