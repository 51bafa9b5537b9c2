//! Databases that somebody else runs, given by `DATABASE_URL`: reached, secured, pooled and lost over
//! the network, by the real program.

mod late;
mod limits;
mod lost;
mod pooler;
mod refused;
mod secrets;
mod tls;

use tokio::process::Command;

use crate::support::{
    Finished, TestDatabase, regimen,
    remote::{FRAGMENT, address},
    scratch_folder,
};

/// The program in a folder of its own, on a given database.
fn program(url: &str) -> Command {
    let mut command = regimen(&scratch_folder("remote"));
    command
        .env("DATABASE_URL", url)
        .env("REGIMEN_PORT", "0")
        .env(
            "REGIMEN_TOKEN_SECRET",
            "only-for-tests-only-for-tests-only-for-tests",
        );
    command
}

/// The one line with which `regimen serve` ends at once. It never holds the password.
async fn refusal(url: &str) -> String {
    let finished = Finished::of(&mut program(url)).await;
    let line = finished.failure().to_owned();
    assert_eq!(
        (finished.stderr.as_str(), finished.stdout.as_str()),
        (format!("{line}\n").as_str(), ""),
        "one line, and nothing else"
    );
    assert!(!line.contains(FRAGMENT), "{line}");
    line
}

/// Asserts that a text holds all of these words.
#[track_caller]
fn assert_says(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "no `{words}` in: {text}");
    }
}

/// A connection to what `DATABASE_URL` would hold, as the program makes it.
async fn connect(url: &str) -> diesel_async::AsyncPgConnection {
    let address = address(url).expect("an address");
    let connected = address.connect(TestDatabase::limits()).await;
    connected.unwrap_or_else(|error| panic!("{error}"))
}
