//! What keeps a server from starting: one line each, which names the thing and the way out.

use std::{fs, net::TcpListener, path::Path};

use crate::support::{Finished, give_to_postgres, regimen, scratch_folder};

/// A cluster by its looks.
pub(super) fn fake_cluster(data: &Path, version: Option<&str>) {
    let cluster = data.join("postgres");
    fs::create_dir_all(cluster.join("global")).unwrap();
    fs::write(cluster.join("global/pg_control"), "precious").unwrap();
    if let Some(version) = version {
        fs::write(cluster.join("PG_VERSION"), version).unwrap();
    }
    give_to_postgres(&cluster);
}

#[track_caller]
pub(super) fn names(failure: &str, parts: &[&str]) {
    for part in parts {
        assert!(failure.contains(part), "no `{part}` in: {failure}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named_before_anything_is_touched() {
    let folder = scratch_folder("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let run = Finished::of(regimen(&folder).env("REGIMEN_PORT", &port)).await;

    names(
        run.failure(),
        &[&format!("port {port} is taken"), "`REGIMEN_PORT`"],
    );
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(!folder.join(".regimen").exists());
}

#[tokio::test]
async fn an_address_of_another_machine_is_named() {
    let folder = scratch_folder("host");

    let run = Finished::of(
        regimen(&folder)
            .env("REGIMEN_HOST", "192.0.2.1")
            .env("REGIMEN_PORT", "0"),
    )
    .await;

    names(run.failure(), &["192.0.2.1", "`REGIMEN_HOST`"]);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = scratch_folder("readonly");
    let file = folder.join("file");
    fs::write(&file, "not a folder").unwrap();
    let data = file.join("data");

    let run = Finished::of(
        regimen(&folder)
            .env("REGIMEN_PORT", "0")
            .env("REGIMEN_DATA_DIR", &data),
    )
    .await;

    names(
        run.failure(),
        &[&format!("`{}`", data.display()), "`REGIMEN_DATA_DIR`"],
    );
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
}

#[tokio::test]
async fn a_database_of_another_major_version_is_named_and_kept() {
    let folder = scratch_folder("major");
    let data = folder.join("data");
    fake_cluster(&data, Some("12\n"));

    let run = Finished::of(
        regimen(&folder)
            .env("REGIMEN_PORT", "0")
            .env("REGIMEN_POSTGRES", "local")
            .env("REGIMEN_DATA_DIR", &data),
    )
    .await;

    let cluster = data.join("postgres").display().to_string();
    names(
        run.failure(),
        &[&cluster, "made by PostgreSQL 12", "`REGIMEN_DATA_DIR`"],
    );
    let control = data.join("postgres/global/pg_control");
    assert_eq!(fs::read_to_string(control).unwrap(), "precious");
}

#[tokio::test]
async fn a_database_without_its_version_is_named_and_kept() {
    let folder = scratch_folder("headless");
    let data = folder.join("data");
    fake_cluster(&data, None);

    let run = Finished::of(
        regimen(&folder)
            .env("REGIMEN_PORT", "0")
            .env("REGIMEN_DATA_DIR", &data),
    )
    .await;

    let cluster = data.join("postgres").display().to_string();
    names(
        run.failure(),
        &[
            &cluster,
            "it has no `PG_VERSION`",
            "restore it from a backup",
        ],
    );
    let control = data.join("postgres/global/pg_control");
    assert_eq!(fs::read_to_string(control).unwrap(), "precious");
}

#[tokio::test]
async fn a_folder_without_postgresql_programs_is_named() {
    let folder = scratch_folder("programs");

    let run = Finished::of(
        regimen(&folder)
            .env("REGIMEN_PORT", "0")
            .env("REGIMEN_POSTGRES", "/nonexistent"),
    )
    .await;

    names(
        run.failure(),
        &["`REGIMEN_POSTGRES` names `/nonexistent`", "or `auto`"],
    );
    assert!(!folder.join(".regimen/postgres").exists());
}
