//! Where a database is and how to speak to it: one parsed `DATABASE_URL`. The password stays inside.

use std::{fmt, time::Duration};

use tokio_postgres::config::{Host, SslMode as Negotiation};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

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
        let mut url = Url::parse(text.expose()).map_err(|_| BadAddress::NotAnAddress(variable))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(BadAddress::NotAnAddress(variable));
        }
        let (mode, root) = take_tls_parameters(&mut url, variable)?;
        let mut config: tokio_postgres::Config =
            url.as_str()
                .parse()
                .map_err(|error: tokio_postgres::Error| BadAddress::NotUnderstood {
                    variable,
                    reason: cause(&error),
                })?;
        let local = config
            .get_hosts()
            .iter()
            .all(|host| matches!(host, Host::Unix(_)));
        let mode = mode.unwrap_or(if local {
            SslMode::Disable
        } else {
            SslMode::Prefer
        });
        config.ssl_mode(mode.negotiation());
        if config.get_application_name().is_none() {
            config.application_name("regimen");
        }
        let tls =
            tls::connector(mode.trust(root.is_some()), root.as_deref()).map_err(|reason| {
                BadAddress::RootCertificate {
                    variable,
                    path: root.unwrap_or_default(),
                    reason,
                }
            })?;
        Ok(Self {
            config,
            tls,
            variable,
        })
    }

    /// The same server, another database: for tools and tests.
    #[must_use]
    pub fn with_database(mut self, name: &str) -> Self {
        self.config.dbname(name);
        self
    }
}

/// `host:port/database`, and nothing that has to stay secret.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => f.write_str(host)?,
            Some(Host::Unix(path)) => write!(f, "{}", path.display())?,
            None => f.write_str("localhost")?,
        }
        if let Some(port) = self.config.get_ports().first() {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// The driver knows no `verify-full` and no root certificate: both are ours to handle.
fn take_tls_parameters(
    url: &mut Url,
    variable: &'static str,
) -> Result<(Option<SslMode>, Option<String>), BadAddress> {
    let (mut mode, mut root, mut rest) = (None, None, Vec::new());
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "sslmode" => {
                mode = Some(
                    SslMode::parse(&value).ok_or_else(|| BadAddress::UnknownMode {
                        variable,
                        value: value.to_string(),
                    })?,
                );
            }
            "sslrootcert" if value == "system" => {}
            "sslrootcert" => root = Some(value.into_owned()),
            _ => rest.push(format!("{}={}", name, urlencode(&value))),
        }
    }
    url.set_query((!rest.is_empty()).then(|| rest.join("&")).as_deref());
    Ok((mode, root))
}

// The driver decodes percent signs but leaves a `+` as it is, so form encoding will not do.
fn urlencode(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
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
    fn a_socket_folder_with_spaces_survives() {
        let address = parse("postgresql:///app?host=%2Ftmp%2Fa%20b&user=ada").unwrap();
        assert_eq!(address.to_string(), "/tmp/a b/app");
    }
}
