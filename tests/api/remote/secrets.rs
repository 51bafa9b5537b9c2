//! The password of `DATABASE_URL`: used, and never shown.

use std::{collections::HashMap, os::unix::fs::PermissionsExt, path::PathBuf};

use regimen::config::Config;

use super::program;
use crate::support::{
    Finished, Server, TestDatabase, regimen,
    remote::{FRAGMENT, PASSWORD, Remote, address, free_port, url},
    scratch_folder,
};

/// Every way to print a text that the password may be hidden in.
fn assert_hidden(text: &str) {
    let bytes: Vec<String> = FRAGMENT.bytes().map(|byte| byte.to_string()).collect();
    assert!(!text.contains(FRAGMENT), "{text}");
    assert!(!text.contains(&bytes.join(", ")), "{text}");
}

#[tokio::test]
async fn a_server_that_logs_everything_shows_no_password() {
    let server = Remote::with_tls();
    let url = server.url_by_name(&server.database().await, "sslmode=require");
    for level in ["debug", "trace"] {
        let mut serve = program(&url);
        serve
            .env("REGIMEN_LOG", level)
            .env("DATABASE_DIRECT_URL", &url);
        let serving = Server::spawn(&mut serve).await;
        serving
            .graphql("{ exercises(first: 1) { nodes { name } } }")
            .await
            .data();
        let text = serving.text();
        assert!(text.contains("DEBUG"), "{text}");
        assert_hidden(&text);
    }
}

#[tokio::test]
async fn the_values_of_a_statement_are_never_logged() {
    let server = Remote::without_tls();
    let mut serve = program(&server.url(&server.database().await));
    let serving = Server::spawn(serve.env("REGIMEN_LOG", "trace")).await;
    let query = "{ exercises(filter: { search: \"hunter2\" }) { nodes { name } } }";
    serving.graphql(query).await.data();
    let text = serving.text();
    assert!(
        text.contains("lower(\"exercises\".\"name\")"),
        "no statement was logged: {text}"
    );
    assert_hidden(&text);
}

#[tokio::test]
async fn a_command_that_fails_shows_no_password() {
    let server = Remote::with_tls();
    let right = server.url("postgres");
    let wrong_user = right.replace("ada:", "eve:");
    let urls = [
        url("127.0.0.1", free_port(), "app"),
        server.url("nowhere"),
        wrong_user,
        server.url("postgres") + "?sslmode=verify-full",
        server.url("postgres") + "?sslmode=on",
        server.url("postgres") + "?nonsense=1",
        right.replace("postgresql:", "mysql:"),
    ];
    for url in urls {
        for command in [["serve"].as_slice(), &["migrate", "status"], &["seed"]] {
            let mut regimen = program(&url);
            regimen.args(command).env("REGIMEN_LOG", "trace");
            let finished = Finished::of(&mut regimen).await;
            assert!(!finished.failure().is_empty());
            assert_hidden(&(finished.stdout + &finished.stderr));
        }
    }
}

#[tokio::test]
async fn the_settings_in_force_show_no_password() {
    let url = url("127.0.0.1", 5432, "app");
    let finished = Finished::of(program(&url).arg("config")).await;
    assert!(
        finished.stdout.contains("DATABASE_URL"),
        "{}",
        finished.stdout
    );
    assert_hidden(&(finished.stdout + &finished.stderr));
}

#[tokio::test]
async fn nothing_in_the_process_prints_it() {
    let url = url("127.0.0.1", free_port(), "app");
    let config = Config::read(
        HashMap::from([("DATABASE_URL", url.clone())]),
        PathBuf::from(".regimen"),
    )
    .unwrap();
    assert!(config.database_url.is_some());
    assert_hidden(&format!("{config:?} {:?}", config.shown()));
    let address = address(&url).unwrap();
    assert_hidden(&format!("{address} {address:?}"));
    let Err(error) = address.connect(TestDatabase::limits()).await else {
        panic!("nothing listens there")
    };
    assert_hidden(&format!("{error} {error:?}"));
    let Err(error) = regimen::db::Database::open(&config).await else {
        panic!("nothing listens there")
    };
    assert_hidden(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn psql_is_given_the_password_where_others_cannot_read_it() {
    let folder = scratch_folder("psql");
    let psql = folder.join("psql");
    std::fs::write(&psql, "#!/bin/sh\necho \"$@\"\necho \"$PGPASSWORD\" >&2\n").unwrap();
    std::fs::set_permissions(&psql, PermissionsExt::from_mode(0o755)).unwrap();
    let mut path = std::ffi::OsString::from(&folder);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let url = url("db.example", 6543, "app");
    let run = async |direct: &str| {
        let mut command = program(&url);
        command.args(["db", "psql", "-c", "select 1"]);
        command
            .env("PATH", &path)
            .env("DATABASE_DIRECT_URL", direct);
        Finished::of(&mut command).await
    };

    let through = run("").await;
    let direct = run("postgresql://ada@direct.example/app?password=hunter2").await;

    assert_eq!(
        through.stdout,
        "postgresql://ada@db.example:6543/app -c select 1\n"
    );
    assert_eq!(through.stderr.trim_end(), PASSWORD);
    assert_eq!(
        direct.stdout,
        "postgresql://ada@direct.example/app -c select 1\n"
    );
    assert_eq!(direct.stderr.trim_end(), "hunter2");
}

#[tokio::test]
async fn no_flag_takes_a_secret() {
    for flag in ["database-url", "database-direct-url", "token-secret"] {
        let mut command = regimen(&scratch_folder("flags"));
        let run = Finished::of(command.arg(format!("--{flag}={PASSWORD}")).arg("config")).await;

        assert!(!run.success, "--{flag}: {}", run.stdout);
        assert!(run.stderr.contains("unexpected argument"), "{}", run.stderr);
        assert_hidden(&run.stderr);
    }
}
