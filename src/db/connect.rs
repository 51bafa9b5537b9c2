//! Opening one connection, and saying plainly what is wrong when that fails.

use std::time::Duration;

use diesel::{QueryResult, define_sql_function, select};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio_postgres::{
    Client, Connection, Socket, config::SslMode, error::SqlState, tls::TlsStream,
};

use super::{Address, Limits, OLDEST_POSTGRES};

/// The setting that is to blame when the private PostgreSQL cannot be reached.
pub(super) const PRIVATE: &str = "REGIMEN_DATA_DIR";

/// What is said of servers that are about to start or end, by them and by PgBouncer.
const UNDER_WAY: [&str; 5] = [
    "server_login_retry",
    "server login",
    "query_wait_timeout",
    "terminating connection",
    "connection closed",
];

define_sql_function! {
    fn pg_backend_pid() -> Integer;
}

/// How long a pooler may take to find a second server.
const PROBE: Duration = Duration::from_secs(2);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no PostgreSQL answers at {at}: {reason}; {}", way_out(variable))]
    Unreachable {
        at: String,
        variable: &'static str,
        reason: String,
    },
    #[error("PostgreSQL at {at} is not ready yet: {reason}")]
    NotReady { at: String, reason: String },
    #[error("PostgreSQL at {at} refused the user or password of `{variable}`: {reason}")]
    Refused {
        at: String,
        variable: &'static str,
        reason: String,
    },
    #[error(
        "there is no such database at {at}: create it with `createdb`, or correct `{variable}`"
    )]
    NoDatabase { at: String, variable: &'static str },
    #[error(
        "no secure connection to {at}: {reason}; `sslmode` in `{variable}` says what is demanded, `sslrootcert` names the file of a private authority"
    )]
    Tls {
        at: String,
        variable: &'static str,
        reason: String,
    },
    #[error("PostgreSQL at {at} is version {found}, but {OLDEST_POSTGRES} or newer is needed")]
    TooOld { at: String, found: String },
    #[error(
        "the pooler at {at} loses prepared statements: set `max_prepared_statements = 200` in PgBouncer 1.21 or newer, or pool by session"
    )]
    Pooler { at: String },
    #[error("PostgreSQL at {at} failed: {reason}")]
    Other { at: String, reason: String },
}

impl ConnectError {
    /// Whether the same attempt may succeed a moment later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::NotReady { .. })
    }
}

impl Address {
    /// Opens a connection and checks that the server is one we can work with.
    pub async fn connect(&self, limits: Limits) -> Result<AsyncPgConnection, ConnectError> {
        tokio::time::timeout(limits.connect_timeout, self.connect_unhurried(limits))
            .await
            .unwrap_or_else(|_| {
                Err(self.unreachable(format!(
                    "no answer within {}",
                    humantime::format_duration(limits.connect_timeout)
                )))
            })
    }

    async fn connect_unhurried(&self, limits: Limits) -> Result<AsyncPgConnection, ConnectError> {
        let (client, connection) = self.open(limits).await?;
        self.check_version(&connection)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection)
            .await
            .map_err(|error| self.explain_setup(&error.to_string()))
    }

    /// Whether there is a pooler by transaction. It hands each one to the server that is free, so it has to
    /// carry prepared statements along. One that does not fails now and then, and later: this makes it
    /// fail now.
    pub(super) async fn check_pooler(
        &self,
        limits: Limits,
        mut first: AsyncPgConnection,
    ) -> Result<bool, ConnectError> {
        let mut second = self.connect(limits).await?;
        let meet = async {
            let before = server_of(&mut first).await?;
            // Takes the server that `first` has just left, which now needs another.
            second.batch_execute("BEGIN").await?;
            Ok(before != server_of(&mut first).await?)
        };
        match tokio::time::timeout(PROBE, meet).await {
            Ok(Ok(moved)) => Ok(moved),
            Ok(Err(error)) => {
                let error: diesel::result::Error = error;
                Err(self.explain_setup(&error.to_string()))
            }
            // There is no other: a pooler with a single server cannot mix them up.
            Err(_) => Ok(true),
        }
    }

    /// A pooler may refuse to pass on options; then the timeout has to be set on the role instead.
    pub(super) async fn open(
        &self,
        limits: Limits,
    ) -> Result<
        (
            Client,
            Connection<Socket, impl TlsStream + Unpin + Send + 'static>,
        ),
        ConnectError,
    > {
        let mut with_timeout = self.config.clone();
        let given = self.config.get_options().unwrap_or_default();
        let timeout = limits.statement_timeout.as_millis();
        with_timeout.options(format!("{given} -c statement_timeout={timeout}").trim());
        let opened = match with_timeout.connect(self.tls.clone()).await {
            Err(error) if refuses_options(&error) => {
                let opened = self.config.connect(self.tls.clone()).await;
                if opened.is_ok() {
                    warn_of_missing_timeout(self, limits.statement_timeout);
                }
                opened
            }
            opened => opened,
        };
        opened.map_err(|error| self.explain(&error))
    }

    fn check_version<S>(&self, connection: &Connection<Socket, S>) -> Result<(), ConnectError>
    where
        S: TlsStream + Unpin,
    {
        let version = connection.parameter("server_version").unwrap_or_default();
        let major = version
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap_or_default();
        match major.parse::<u32>() {
            Ok(major) if major < OLDEST_POSTGRES => Err(ConnectError::TooOld {
                at: self.to_string(),
                found: version.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn unreachable(&self, reason: String) -> ConnectError {
        ConnectError::Unreachable {
            at: self.to_string(),
            variable: self.variable,
            reason,
        }
    }

    /// Turns the driver's error into one that says what to do.
    pub(super) fn explain(&self, error: &tokio_postgres::Error) -> ConnectError {
        let (at, variable) = (self.to_string(), self.variable);
        let reason = root_cause(error);
        let cause = error.as_db_error().map_or_else(
            || Cause::of_driver(&error.to_string(), &reason),
            |error| Cause::of_server(error.code(), &reason, self.config.get_ssl_mode()),
        );
        match cause {
            Cause::Credentials => ConnectError::Refused {
                at,
                variable,
                reason,
            },
            Cause::NoDatabase => ConnectError::NoDatabase { at, variable },
            Cause::NotReady => ConnectError::NotReady { at, reason },
            Cause::Tls => ConnectError::Tls {
                at,
                variable,
                reason,
            },
            Cause::Unreachable => self.unreachable(reason),
            Cause::Other => ConnectError::Other {
                at,
                reason: error.code().map_or_else(
                    || reason.clone(),
                    |code| format!("{reason} (SQLSTATE {})", code.code()),
                ),
            },
        }
    }

    /// The first statements fail behind a pooler that hands them to different servers, or has none.
    fn explain_setup(&self, reason: &str) -> ConnectError {
        if reason.contains("prepared statement") || reason.contains("bind message supplies") {
            return ConnectError::Pooler {
                at: self.to_string(),
            };
        }
        let (at, reason) = (self.to_string(), reason.to_owned());
        match Cause::of_pooler(&reason) {
            Cause::NotReady => ConnectError::NotReady { at, reason },
            _ => ConnectError::Other { at, reason },
        }
    }
}

/// What to do about a server that does not answer: nobody started the private one by hand.
fn way_out(variable: &str) -> String {
    if variable == PRIVATE {
        format!("it is the private one: read `postgres.log` in the folder of `{variable}`")
    } else {
        format!("start it, or correct `{variable}` (without it a private PostgreSQL is started)")
    }
}

/// What kind of thing went wrong.
enum Cause {
    Credentials,
    NoDatabase,
    NotReady,
    Tls,
    Unreachable,
    Other,
}

impl Cause {
    /// The server, or a pooler in its name, has answered with an error.
    fn of_server(code: &SqlState, reason: &str, negotiation: SslMode) -> Self {
        match code {
            &SqlState::INVALID_AUTHORIZATION_SPECIFICATION
                if negotiation == SslMode::Disable && reason.contains("no encryption") =>
            {
                Self::Tls
            }
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                Self::Credentials
            }
            &SqlState::INVALID_CATALOG_NAME => Self::NoDatabase,
            &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::TOO_MANY_CONNECTIONS
            | &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN => Self::NotReady,
            &SqlState::PROTOCOL_VIOLATION => Self::of_pooler(reason),
            _ => Self::Other,
        }
    }

    /// PgBouncer has the same code for everything, so its text has to tell.
    fn of_pooler(reason: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|words| reason.contains(words));
        if says(&["authentication failed", "no such user"]) {
            Self::Credentials
        } else if says(&["no such database"]) || reason.ends_with("\" does not exist") {
            Self::NoDatabase
        } else if says(&UNDER_WAY) {
            Self::NotReady
        } else {
            Self::Other
        }
    }

    /// No answer, or not one that the driver can go on with. It keeps the kind of its errors to
    /// itself, so their text has to tell.
    fn of_driver(text: &str, reason: &str) -> Self {
        if text.contains("TLS") || reason.contains("channel binding") {
            Self::Tls
        } else if text.starts_with("authentication") || reason == "password missing" {
            Self::Credentials
        } else if text.starts_with("invalid configuration") {
            Self::Other
        } else {
            Self::Unreachable
        }
    }
}

/// The process that serves the connection, asked by a statement that is prepared the first time.
async fn server_of(conn: &mut AsyncPgConnection) -> QueryResult<i32> {
    select(pg_backend_pid()).get_result(conn).await
}

fn refuses_options(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        error.code() == &SqlState::PROTOCOL_VIOLATION && error.message().contains("options")
    })
}

fn warn_of_missing_timeout(address: &Address, timeout: Duration) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        tracing::warn!(
            "the pooler at {address} takes no options: set the timeout on the role instead, with `ALTER ROLE \"{}\" SET statement_timeout = '{}ms'`",
            address.user().unwrap_or("…"),
            timeout.as_millis()
        );
    });
}

fn root_cause(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_private_postgresql_is_not_blamed_on_the_address_of_another() {
        let of = |variable| {
            let (at, reason) = ("db/app".to_owned(), "no".to_owned());
            let error = ConnectError::Unreachable {
                at,
                variable,
                reason,
            };
            error.to_string()
        };

        assert!(of("DATABASE_URL").contains("correct `DATABASE_URL`"));
        assert!(of(PRIVATE).contains("`REGIMEN_DATA_DIR`"));
        assert!(!of(PRIVATE).contains("DATABASE_URL"));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let at = || "db/app".to_owned();
        let variable = "DATABASE_URL";
        let reason = || "no".to_owned();
        assert!(
            ConnectError::Unreachable {
                at: at(),
                variable,
                reason: reason()
            }
            .may_pass()
        );
        assert!(
            ConnectError::NotReady {
                at: at(),
                reason: reason()
            }
            .may_pass()
        );
        assert!(
            !ConnectError::Refused {
                at: at(),
                variable,
                reason: reason()
            }
            .may_pass()
        );
    }
}
