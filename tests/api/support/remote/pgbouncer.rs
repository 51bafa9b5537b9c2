//! A connection pooler before a server, as providers put it: by transaction.

use std::{
    io::Write,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    PASSWORD, Tied, USER, account, free_port, give_to_postgres, path, url, wait_for, write_private,
};
use crate::support::scratch_folder;

/// A running PgBouncer. It ends with this value.
pub struct PgBouncer {
    pub port: u16,
    _process: Tied,
}

impl PgBouncer {
    /// One before the server at `port`, with further lines of configuration; nothing, and a word about
    /// it, where there is no PgBouncer 1.21 or newer.
    pub fn before(port: u16, lines: &str) -> Option<Self> {
        let program = program()?;
        let folder = scratch_folder("pgbouncer");
        give_to_postgres(&folder);
        let own = free_port();
        let users = folder.join("users.txt");
        let quoted = PASSWORD.replace('"', "\"\"");
        write_private(&users, &format!("\"{USER}\" \"{quoted}\"\n"));
        let config = folder.join("pgbouncer.ini");
        // As root it opens its program where another account might not reach it, and then switches.
        let user = account().map_or_else(String::new, |user| format!("user = {}", user.name));
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {own}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\n\
             pool_mode = transaction\nserver_login_retry = 1\n{user}\n{lines}\n",
            users.display(),
        );
        write_private(&config, &text);
        let log = folder.join("log");
        // Each version has other ideas about the gentler signals, and it has nothing to lose.
        let process = Tied::start("KILL", &[path(&program), path(&config)], &log, None);
        wait_for(|| TcpStream::connect(("127.0.0.1", own)).is_ok(), &log);
        Some(Self {
            port: own,
            _process: process,
        })
    }

    /// Its address for one of the server's databases.
    pub fn url(&self, database: &str) -> String {
        url("127.0.0.1", self.port, database)
    }
}

/// The program that a test may use, if there is one.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("REGIMEN_TEST_PGBOUNCER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/pgbouncer");
    let found = named
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain([tools])
        .map(|place| {
            if place.is_dir() {
                place.join("pgbouncer")
            } else {
                place
            }
        })
        .find(|program| keeps_statements(program));
    if found.is_none() {
        // Not with `println!`, which a test that passes keeps to itself.
        let word = "SKIPPED: no PgBouncer 1.21 or newer; `scripts/pgbouncer` fetches one";
        writeln!(std::io::stderr(), "{word}").expect("a word about it");
    }
    found
}

/// Whether it is new enough to keep prepared statements.
fn keeps_statements(program: &Path) -> bool {
    let Ok(output) = Command::new(program).arg("--version").output() else {
        return false;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text
        .trim_start_matches("PgBouncer ")
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|number| number.parse::<u32>().ok());
    numbers.next().zip(numbers.next()) >= Some((1, 21))
}
