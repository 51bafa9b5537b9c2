//! Where a database is and how to speak to it: one parsed `DATABASE_URL`. The password stays inside.

use std::{fmt, time::Duration};

use tokio_postgres::config::{Host, SslMode as Negotiation};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::{self, Trust};
use crate::config::Secret;

/// A parsed address, ready to connect to.
#[derive(Clone)]
pub struct Address {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: MakeRustlsConnect,
    /// The variable it came from, for messages.
    pub(super) variable: &'static str,
}

/// What to ask of every connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connect_timeout: Duration,
    pub statement_timeout: Duration,
}

/// Why an address cannot be used. The address itself is never quoted: it holds a password.
#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    #[error("`{0}` must look like `postgresql://user:password@host:5432/database?sslmode=require`")]
    NotAnAddress(&'static str),
    #[error(
        "`{0}` has a sign that must be percent-encoded: `#` as `%23`, `/` as `%2F`, `?` as `%3F`, `@` as `%40`"
    )]
    StraySign(&'static str),
    #[error("`{variable}` has a part that is not understood: {reason}")]
    NotUnderstood {
        variable: &'static str,
        reason: String,
    },
    #[error(
        "`{variable}` asks for `sslmode={value}`, but must ask for one of `disable`, `prefer`, `require`, `verify-ca`, `verify-full`"
    )]
    UnknownMode {
        variable: &'static str,
        value: String,
    },
    #[error("`{0}` asks for `sslrootcert=system`, which needs `sslmode=verify-full`")]
    WeakMode(&'static str),
    #[error("`{variable}` names `sslrootcert={path}`, which cannot be used: {reason}")]
    RootCertificate {
        variable: &'static str,
        path: String,
        reason: String,
    },
}

/// How far a connection is secured, in the words of every PostgreSQL client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SslMode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "disable" => Self::Disable,
            "allow" | "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    fn negotiation(self) -> Negotiation {
        match self {
            Self::Disable => Negotiation::Disable,
            Self::Prefer => Negotiation::Prefer,
            Self::Require | Self::VerifyCa | Self::VerifyFull => Negotiation::Require,
        }
    }

    /// As in libpq, a root certificate given with `require` is a wish to have it checked.
    fn trust(self, root_given: bool) -> Trust {
        match self {
            Self::VerifyFull => Trust::Name,
            Self::VerifyCa => Trust::Chain,
            Self::Require if root_given => Trust::Chain,
            Self::Disable | Self::Prefer | Self::Require => Trust::Anyone,
        }
    }
}

impl Address {
    /// Parses the address that `variable` holds.
    pub fn parse(variable: &'static str, text: &Secret) -> Result<Self, BadAddress> {
        let text = text.expose().trim();
        check_signs(variable, text)?;
        let (text, tls) = take_tls_parameters(variable, text)?;
        let mut config: tokio_postgres::Config =
            text.parse()
                .map_err(|error: tokio_postgres::Error| BadAddress::NotUnderstood {
                    variable,
                    reason: cause(&error),
                })?;
        let hosts = config.get_hosts();
        if hosts.is_empty() && config.get_hostaddrs().is_empty() {
            return Err(BadAddress::NotAnAddress(variable));
        }
        let local = !hosts.is_empty() && hosts.iter().all(|host| matches!(host, Host::Unix(_)));
        let mode = tls.mode(local).ok_or(BadAddress::WeakMode(variable))?;
        config.ssl_mode(mode.negotiation());
        if config.get_application_name().is_none() {
            config.application_name("regimen");
        }
        notice_dead_peers(&mut config);
        let root = tls.root_file();
        let tls = tls::connector(mode.trust(root.is_some()), root).map_err(|reason| {
            BadAddress::RootCertificate {
                variable,
                path: root.unwrap_or_default().to_owned(),
                reason,
            }
        })?;
        Ok(Self {
            config,
            tls,
            variable,
        })
    }

    /// The same database, where names of tables are looked up in `schema` before all others.
    #[must_use]
    pub fn looking_in(mut self, schema: &str) -> Self {
        let given = self.config.get_options().unwrap_or_default();
        let options = format!("{given} -c search_path={schema},public");
        self.config.options(options.trim());
        self
    }

    /// The same server, another database: for tools and tests.
    #[must_use]
    pub fn with_database(mut self, name: &str) -> Self {
        self.config.dbname(name);
        self
    }

    /// The text it was parsed from without its password, and that: for programs that would otherwise be
    /// given it on their command line.
    #[must_use]
    pub fn apart(&self, text: &Secret) -> (String, Option<Secret>) {
        let (base, query) = split_query(text.expose().trim());
        let is_password = |pair: &&str| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            percent_decoded(name) == "password"
        };
        let rest: Vec<&str> = pairs(query).filter(|pair| !is_password(pair)).collect();
        let base = match base.split_once('@') {
            Some((user, host)) => {
                let (scheme, user) = user.split_once("://").unwrap_or(("postgresql", user));
                let user = user.split_once(':').map_or(user, |(user, _)| user);
                format!("{scheme}://{user}@{host}")
            }
            None => base.to_owned(),
        };
        let password = self.config.get_password().map(String::from_utf8_lossy);
        (
            joined(&base, &rest),
            password.map(|password| Secret::new(password.into_owned())),
        )
    }

    /// Who connects, as far as the address says.
    pub(super) fn user(&self) -> Option<&str> {
        self.config.get_user()
    }
}

/// `host:port/database`, and nothing that has to stay secret.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(host) => host.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        let mut hosts: Vec<String> = named.collect();
        if hosts.is_empty() {
            hosts.extend(self.config.get_hostaddrs().iter().map(ToString::to_string));
        }
        let ports = self.config.get_ports();
        for (index, host) in hosts.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{host}")?;
            if let Some(port) = ports.get(index).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        let database = self.config.get_dbname().or(self.config.get_user());
        write!(f, "/{}", database.unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// What the address says about TLS. The driver knows no `verify-full` and no root certificate, so
/// both are ours to handle.
#[derive(Default)]
struct TlsParameters {
    mode: Option<SslMode>,
    root: Option<String>,
}

impl TlsParameters {
    /// The root certificates of `sslrootcert=system`, as libpq calls them, vouch for anybody who owns
    /// a name: without a look at the name they prove nothing. None: that was asked for.
    fn mode(&self, local: bool) -> Option<SslMode> {
        let system = self.root.as_deref() == Some(SYSTEM);
        match self.mode {
            Some(mode) if system && mode != SslMode::VerifyFull => None,
            Some(mode) => Some(mode),
            None if system => Some(SslMode::VerifyFull),
            None if local => Some(SslMode::Disable),
            None => Some(SslMode::Prefer),
        }
    }

    fn root_file(&self) -> Option<&str> {
        self.root.as_deref().filter(|root| *root != SYSTEM)
    }
}

const SYSTEM: &str = "system";

/// The driver ends user and password at the first `@`. A second one, or a `/`, `?` or `#` before it, was
/// meant as a part of them, and would be taken for the start of something that may be shown.
fn check_signs(variable: &'static str, text: &str) -> Result<(), BadAddress> {
    let rest = text
        .strip_prefix("postgresql://")
        .or_else(|| text.strip_prefix("postgres://"))
        .ok_or(BadAddress::NotAnAddress(variable))?;
    let (head, tail) = rest.split_once('@').unwrap_or(("", rest));
    if head.contains(['/', '?']) || tail.contains('@') || rest.contains('#') {
        return Err(BadAddress::StraySign(variable));
    }
    Ok(())
}

/// The address without what is ours, and that.
fn take_tls_parameters(
    variable: &'static str,
    text: &str,
) -> Result<(String, TlsParameters), BadAddress> {
    let (base, query) = split_query(text);
    let (mut ours, mut rest) = (TlsParameters::default(), Vec::new());
    for pair in pairs(query) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match percent_decoded(name).as_str() {
            "sslmode" => {
                let value = percent_decoded(value);
                let mode = SslMode::parse(&value);
                ours.mode = Some(mode.ok_or(BadAddress::UnknownMode { variable, value })?);
            }
            "sslrootcert" => ours.root = Some(percent_decoded(value)),
            _ => rest.push(pair),
        }
    }
    Ok((joined(base, &rest), ours))
}

fn split_query(text: &str) -> (&str, &str) {
    text.split_once('?').unwrap_or((text, ""))
}

fn pairs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty())
}

fn joined(base: &str, pairs: &[&str]) -> String {
    let question = if pairs.is_empty() { "" } else { "?" };
    format!("{base}{question}{}", pairs.join("&"))
}

/// In a database's address a `+` is a `+`, unlike in a form.
fn percent_decoded(text: &str) -> String {
    let as_value = format!("={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(as_value.as_bytes())
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// A firewall may forget an idle connection, and a machine may vanish. That is noticed within a minute
/// and a half, where custom has two hours of silence, or a quarter of an hour of asking in vain.
fn notice_dead_peers(config: &mut tokio_postgres::Config) {
    let customary = tokio_postgres::Config::new().get_keepalives_idle();
    if config.get_keepalives_idle() == customary {
        config.keepalives_idle(Duration::from_mins(1));
        config.keepalives_interval(Duration::from_secs(10));
        config.keepalives_retries(3);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(30));
    }
}

fn cause(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, BadAddress> {
        Address::parse("DATABASE_URL", &Secret::new(text.to_owned()))
    }

    #[test]
    fn the_password_is_never_shown() {
        let address =
            parse("postgres://ada:hunter2@db.example:6543/app?sslmode=verify-full").unwrap();
        assert_eq!(address.to_string(), "db.example:6543/app");
        assert_eq!(format!("{address:?}"), "Address(db.example:6543/app)");
        for wrong in [
            "ada:hunter2@db",
            "mysql://ada:hunter2@db/app",
            "postgres://ada:hunter2@db/app?sslmode=on",
        ] {
            assert!(!parse(wrong).unwrap_err().to_string().contains("hunter2"));
        }
    }

    #[test]
    fn the_password_can_be_taken_out() {
        for (text, without) in [
            (
                "postgres://ada:hunter2%40@db:1/app?sslmode=require",
                "postgres://ada@db:1/app?sslmode=require",
            ),
            (
                "postgresql://db/app?user=ada&p%61ssword=hunter2%40",
                "postgresql://db/app?user=ada",
            ),
        ] {
            let secret = Secret::new(text.to_owned());
            let (rest, password) = parse(text).unwrap().apart(&secret);
            assert_eq!(rest, without);
            assert_eq!(password.unwrap().expose(), "hunter2@");
        }
        let plain = Secret::new("postgres://ada@db/app".to_owned());
        let (rest, password) = parse(plain.expose()).unwrap().apart(&plain);
        assert_eq!((rest.as_str(), password), (plain.expose(), None));
    }

    #[test]
    fn every_way_to_write_a_parameter_is_understood() {
        let missing = |text: &str| match parse(text) {
            Err(BadAddress::RootCertificate { path, .. }) => path,
            _ => panic!("there is no such file"),
        };
        let address = "postgres://db/app?sslrootcert=/a%20b/c+d=e.crt&ssl%6Dode=verify%2Dfull";
        assert_eq!(missing(address), "/a b/c+d=e.crt");
        let address = parse("postgres://db/app?ssl%6Dode=require&options=-c%20a%3Db+c").unwrap();
        assert_eq!(address.config.get_ssl_mode(), Negotiation::Require);
        assert_eq!(address.config.get_options(), Some("-c a=b+c"));
    }

    #[test]
    fn a_socket_folder_with_spaces_survives() {
        let address = parse("postgresql:///app?host=%2Ftmp%2Fa%20b&user=ada").unwrap();
        assert_eq!(address.to_string(), "/tmp/a b/app");
    }
}
