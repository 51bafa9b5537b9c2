//! The configuration: read once from flags, the environment and `.env`, in that order of precedence.
//! Nothing else in the program looks at the environment.

mod dotenv;
mod secret;
mod settings;
mod values;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

pub use secret::Secret;
pub use settings::{Config, SETTINGS, Setting};
pub use values::{Environment, LogFormat, LogLevels};

use crate::db::embedded;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{name}` (from {origin}) is `{value}`, but must be {expected}")]
    BadValue {
        name: &'static str,
        origin: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("`{name}` is not set, and has no default")]
    Missing { name: &'static str },
    #[error("line {line} of `{}` cannot be read: write it as `NAME=value`, with quotes around a value that has spaces", path.display())]
    BadLine { path: PathBuf, line: usize },
    #[error("line {line} of `{}` sets `{name}`, which does not exist: did you mean `{meant}`?", path.display())]
    Misspelled {
        path: PathBuf,
        line: usize,
        name: String,
        meant: &'static str,
    },
    #[error("`{}` cannot be read: {error}", path.display())]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
}

/// Where values are looked for.
pub(crate) struct Source {
    flags: HashMap<&'static str, String>,
    environment: HashMap<String, String>,
    file: HashMap<String, String>,
}

impl Source {
    /// The value of a variable and where it was found. An empty variable counts as absent.
    fn find(&self, name: &'static str) -> Option<(&'static str, &str)> {
        let places = [
            ("the command line", self.flags.get(name)),
            ("the environment", self.environment.get(name)),
            ("`.env`", self.file.get(name)),
        ];
        places
            .into_iter()
            .find_map(|(origin, value)| Some((origin, value?.as_str())))
            .filter(|(_, value)| !value.trim().is_empty())
    }
}

impl Config {
    /// Reads the configuration of this process; `flags` are the values given on the command line.
    pub fn read(flags: HashMap<&'static str, String>) -> Result<Self, Error> {
        Self::from_sources(&Source {
            flags,
            environment: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((
                        name.into_string().ok()?,
                        value.to_string_lossy().into_owned(),
                    ))
                })
                .collect(),
            file: dotenv::read(Path::new(".env"))?,
        })
    }

    /// The configuration of a process in which nobody set anything, for tests and tools.
    pub fn defaults() -> Result<Self, Error> {
        Self::from_sources(&Source {
            flags: HashMap::new(),
            environment: HashMap::new(),
            file: HashMap::new(),
        })
    }

    #[must_use]
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// How often to try again when the database does not answer at the start.
    #[must_use]
    pub fn connect_retries(&self) -> u32 {
        self.connect_retries
            .unwrap_or(if self.is_production() { 5 } else { 0 })
    }

    #[must_use]
    pub fn log_format(&self) -> LogFormat {
        self.log_format.unwrap_or(if self.is_production() {
            LogFormat::Json
        } else {
            LogFormat::Pretty
        })
    }

    /// What the private PostgreSQL needs to know.
    #[must_use]
    pub fn embedded(&self) -> embedded::Options {
        embedded::Options {
            data_dir: self
                .data_dir
                .clone()
                .unwrap_or_else(embedded::default_data_dir),
            binaries: self.postgres.clone(),
        }
    }
}
