//! The configuration: read once from flags, the environment and `.env`, in that order of precedence.
//! Nothing else in the program looks at the environment.

mod dotenv;
pub mod failpoints;
mod quantities;
mod secret;
mod settings;
mod values;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

pub use quantities::{Bytes, Interval, Levels, Share};
pub use secret::Secret;
pub(crate) use settings::distance;
pub use settings::{Config, SETTINGS, Setting};
pub use values::{Binaries, Environment, LogFormat, LogLevels, StatusCodes, TrustedMode};

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
    #[error("line {line} of `{}` has a `$` that stands for a variable: put the value in single quotes to keep it, or write `\\$`", path.display())]
    Substitution { path: PathBuf, line: usize },
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
    /// Where data lies unless somebody says: only who runs the database knows.
    data_dir: PathBuf,
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
    /// Reads the configuration of this process; `flags` are the values given on the command line, and
    /// `data_dir` is where data lies unless somebody says.
    pub fn read(flags: HashMap<&'static str, String>, data_dir: PathBuf) -> Result<Self, Error> {
        Self::from_sources(&Source {
            flags,
            environment: environment(),
            file: dotenv::read(Path::new(".env"))?,
            data_dir,
        })
    }

    /// The configuration of a process in which nobody set anything, for tests and tools.
    pub fn defaults() -> Result<Self, Error> {
        Self::from_sources(&Source {
            flags: HashMap::new(),
            environment: HashMap::new(),
            file: HashMap::new(),
            data_dir: PathBuf::from(".regimen"),
        })
    }

    #[must_use]
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }
}

fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        })
        .collect()
}

/// What tests are told by; no server reads any of them.
const OF_TESTS: &str = "REGIMEN_TEST_";

/// The variables of the environment that all but spell a setting, each with the one meant. In `.env` they
/// are refused; here others may have set them, as Kubernetes does for every service called `regimen`.
#[must_use]
pub fn misspelled_in_environment() -> Vec<(String, &'static str)> {
    let misspelled = |name: String| Some((settings::meant_by(&name)?, name));
    let mut found: Vec<_> = environment()
        .into_keys()
        .filter(|name| !name.starts_with(OF_TESTS))
        .filter_map(misspelled)
        .map(|(meant, name)| (name, meant))
        .collect();
    found.sort_unstable();
    found
}
