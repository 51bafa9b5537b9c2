//! A PostgreSQL as somebody else runs it: over TCP, with a password, and with TLS if wanted.

mod authority;
mod pgbouncer;
mod proxy;
mod tied;

use std::{
    fmt::Write,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use regimen::{
    config::Secret,
    db::{Address, BadAddress},
};

pub use authority::{Authority, Certificate, self_signed, self_signed_until};
pub use pgbouncer::PgBouncer;
pub use proxy::Proxy;
pub use tied::{Tied, account, give_to_postgres};

use super::{TestDatabase, scratch_folder};

/// Who owns everything in it.
pub const USER: &str = "ada";
/// Her password. It needs quoting everywhere; what must never be printed is its first letters.
pub const PASSWORD: &str = r#"hunter2 é@pa:ss/w?rd#%'"\"#;
/// The part of it that looks the same however it is quoted.
pub const FRAGMENT: &str = "hunter2";

/// A server. It ends with this value.
pub struct Remote {
    pub port: u16,
    folder: PathBuf,
    settings: Vec<String>,
    process: Option<Tied>,
}

/// The authority that issued the shared server's certificate, which names `localhost` alone.
pub static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("the right one"));

static WITH_TLS: LazyLock<Remote> = LazyLock::new(|| {
    let mut server = Remote::prepare(Some(&AUTHORITY.issue("localhost")));
    server.start();
    server
});

static WITHOUT_TLS: LazyLock<Remote> = LazyLock::new(|| {
    let mut server = Remote::prepare(None);
    server.start();
    server
});

impl Remote {
    /// The server with TLS that tests share.
    pub fn with_tls() -> &'static Self {
        &WITH_TLS
    }

    /// The server without TLS that tests share.
    pub fn without_tls() -> &'static Self {
        &WITHOUT_TLS
    }

    /// A server that is not yet started.
    pub fn prepare(tls: Option<&Certificate>) -> Self {
        let folder = scratch_folder("remote").join("data");
        succeed(Command::new("cp").arg("-a").arg(&*TEMPLATE).arg(&folder));
        let port = free_port();
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            "fsync=off".to_owned(),
        ];
        if let Some(tls) = tls {
            write_private(&folder.join("server.crt"), &tls.certificate);
            write_private(&folder.join("server.key"), &tls.key);
            settings.push("ssl=on".to_owned());
        }
        Self {
            port,
            folder,
            settings,
            process: None,
        }
    }

    /// Starts it and waits until it takes connections.
    pub fn start(&mut self) {
        let postgres = BINARIES.join("postgres");
        let mut command = vec![path(&postgres), "-D", path(&self.folder)];
        for setting in &self.settings {
            command.extend(["-c", setting]);
        }
        let log = self.folder.with_extension("log");
        self.process = Some(Tied::start("INT", &command, &log, account().as_ref()));
        let ready = || {
            let file = std::fs::read_to_string(self.folder.join("postmaster.pid"));
            file.is_ok_and(|text| {
                text.lines()
                    .nth(7)
                    .is_some_and(|line| line.trim() == "ready")
            })
        };
        wait_for(ready, &log);
    }

    /// Stops it as an administrator would: sessions are told, and ended.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// The address of one of its databases, as `DATABASE_URL` would hold it.
    pub fn url(&self, database: &str) -> String {
        url("127.0.0.1", self.port, database)
    }

    /// The same by the name that its certificate has, with parameters.
    pub fn url_by_name(&self, database: &str, parameters: &str) -> String {
        url("localhost", self.port, database) + "?" + parameters
    }

    /// Makes an empty database and returns its name.
    pub async fn database(&self) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("remote_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("CREATE DATABASE {name}")).await;
        name
    }

    /// Runs statements as the owner.
    pub async fn run(&self, sql: &str) {
        let address = address(&self.url("postgres")).expect("an address");
        let mut conn = address
            .connect(TestDatabase::limits())
            .await
            .expect("it answers");
        conn.batch_execute(sql).await.expect(sql);
    }
}

/// Parses what `DATABASE_URL` would hold.
pub fn address(url: &str) -> Result<Address, BadAddress> {
    Address::parse("DATABASE_URL", &Secret::new(url.to_owned()))
}

/// The owner's address of a database.
pub fn url(host: &str, port: u16, database: &str) -> String {
    let mut password = String::new();
    for byte in PASSWORD.bytes() {
        if byte.is_ascii_alphanumeric() {
            password.push(char::from(byte));
        } else {
            write!(password, "%{byte:02X}").expect("to a string");
        }
    }
    format!("postgresql://{USER}:{password}@{host}:{port}/{database}")
}

/// A port where nothing listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Waits for a program to get ready, and shows its log when it does not.
pub fn wait_for(ready: impl Fn() -> bool, log: &Path) {
    let since = Instant::now();
    while !ready() {
        if since.elapsed() > Duration::from_secs(30) {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            panic!("it did not get ready: {log}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Writes a file that only the account of PostgreSQL can read.
pub fn write_private(file: &Path, text: &str) {
    std::fs::write(file, text).expect("written");
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o600)).expect("private");
    give_to_postgres(file);
}

/// A data folder that is copied, because that is quicker than making one.
static TEMPLATE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = scratch_folder("template");
    give_to_postgres(&folder);
    let (data, password) = (folder.join("data"), folder.join("password"));
    write_private(&password, PASSWORD);
    let mut initdb = Command::new(BINARIES.join("initdb"));
    initdb
        .args([
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--wal-segsize=1",
        ])
        .args(["--auth=scram-sha-256", "--username", USER, "--pwfile"])
        .arg(&password)
        .arg("-D")
        .arg(&data)
        .current_dir("/");
    tied::switch(&mut initdb, account().as_ref());
    succeed(&mut initdb);
    // `sealed` is let in over TLS alone.
    let rules = "host all ada,eve 127.0.0.1/32 scram-sha-256\n\
                 hostssl all sealed 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(data.join("pg_hba.conf"), rules).expect("written");
    data
});

/// Where the programs of the tests' own PostgreSQL are.
static BINARIES: LazyLock<PathBuf> = LazyLock::new(|| {
    // A thread of its own, because the test that asks is already inside a runtime.
    let ask = || {
        tokio::runtime::Runtime::new()
            .expect("a runtime")
            .block_on(folder_of_programs())
    };
    std::thread::spawn(ask).join().expect("a folder")
});

async fn folder_of_programs() -> PathBuf {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        setting: String,
    }
    let database = TestDatabase::create_bare().await;
    let found: Found = sql_query("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
        .get_result(&mut database.connect().await)
        .await
        .expect("an answer");
    found.setting.into()
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}
