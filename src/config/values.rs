//! The types a setting can have: how each is written, and what to say when it is not.

use std::{
    fmt::Display,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use tracing::level_filters::LevelFilter;

use super::{Bytes, Interval, Levels, Secret, Share};

/// A type that a setting can have.
pub(super) trait Value: Sized {
    /// What a right value looks like, for the message about a wrong one.
    const EXPECTED: &'static str;
    /// Whether the text may be quoted in an error.
    const SECRET: bool = false;

    fn parse(text: &str) -> Option<Self>;
    fn show(&self) -> String;
}

fn from_str<T: FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

macro_rules! plain_values {
    ($($type:ty: $expected:literal),* $(,)?) => {$(
        impl Value for $type {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                from_str(text)
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

plain_values! {
    bool: "`true` or `false`",
    u16: "a whole number from 0 to 65535",
    u32: "a whole number",
    NonZeroU32: "a whole number from 1",
    String: "a text",
    IpAddr: "an address such as `127.0.0.1`, or `0.0.0.0` for every interface",
    SocketAddr: "an address with its port, such as `127.0.0.1:9464`",
    Levels: "a whole number from 1 to 64",
    Bytes: "a size with its unit, such as `512KiB` or `1MiB`, from 1KiB to 1GiB",
    Interval: "a time from `10ms` to `1d`, with its unit, such as `5s` or `2m`",
    Share: "a number from 0 to 1, such as `0.05`",
    Environment: "`development` or `production`",
    LogFormat: "`pretty` or `json`",
    StatusCodes: "`audited` or `draft`",
    TrustedMode: "`off`, `report` or `enforce`",
    LogLevels: "a level such as `info`, or levels by module such as `info,regimen::sql=debug`",
    Binaries: "`auto`, `local`, `download`, or the folder that holds the PostgreSQL programs",
}

impl Value for Duration {
    const EXPECTED: &'static str = "a time with its unit, such as `200ms`, `5s` or `2m`";

    fn parse(text: &str) -> Option<Self> {
        humantime::parse_duration(text.trim()).ok()
    }

    fn show(&self) -> String {
        humantime::format_duration(*self).to_string()
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "a folder";

    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| Self::from(text))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for Secret {
    const EXPECTED: &'static str = "a text that is not empty";
    const SECRET: bool = true;

    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| Self::new(text.to_owned()))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const SECRET: bool = T::SECRET;

    fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            Some(None)
        } else {
            T::parse(text).map(Some)
        }
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),* }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(()),
                }
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $word),* })
            }
        }
    };
}

word_enum! {
    /// What kind of place this server runs in.
    Environment { Development = "development", Production = "production" }
}

word_enum! {
    /// How a log line is written.
    LogFormat { Pretty = "pretty", Json = "json" }
}

word_enum! {
    /// Which status codes tell how a GraphQL request ended.
    StatusCodes { Audited = "audited", Draft = "draft" }
}

word_enum! {
    /// What happens to documents that nobody vouched for.
    TrustedMode { Off = "off", Report = "report", Enforce = "enforce" }
}

impl Environment {
    pub(super) const fn is_development(self) -> bool {
        matches!(self, Self::Development)
    }

    pub(super) const fn connect_retries(self) -> u32 {
        match self {
            Self::Development => 0,
            Self::Production => 5,
        }
    }

    pub(super) const fn log_format(self) -> LogFormat {
        match self {
            Self::Development => LogFormat::Pretty,
            Self::Production => LogFormat::Json,
        }
    }
}

/// Where PostgreSQL's programs come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Binaries {
    /// Those of this machine, or else downloaded ones.
    #[default]
    Auto,
    /// Those of this machine; nothing is ever downloaded.
    Local,
    /// Downloaded ones, whatever is installed.
    Download,
    /// Those in this folder.
    Folder(PathBuf),
}

impl FromStr for Binaries {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "local" => Ok(Self::Local),
            "download" => Ok(Self::Download),
            folder if Path::new(folder).is_absolute() => Ok(Self::Folder(folder.into())),
            _ => Err(()),
        }
    }
}

impl Display for Binaries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Local => f.write_str("local"),
            Self::Download => f.write_str("download"),
            Self::Folder(folder) => folder.display().fmt(f),
        }
    }
}

/// Which log lines are written, by module.
#[derive(Clone, Debug)]
pub struct LogLevels(pub tracing_subscriber::filter::Targets);

impl FromStr for LogLevels {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // A misspelled level would be taken for a module, and all others would fall silent.
        let is_level = |part: &str| LevelFilter::from_str(part.trim()).is_ok();
        if !text
            .split(',')
            .all(|part| part.contains('=') || is_level(part))
        {
            return Err(());
        }
        text.parse().map(Self).map_err(|_| ())
    }
}

impl Display for LogLevels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
