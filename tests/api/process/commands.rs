//! The other commands: `db`, `seed`, `schema`.

use std::{fs, os::unix::fs::symlink, process::Command};

use crate::support::{
    Finished, Server, TestDatabase, eventually, is_alive, postmaster, regimen, scratch_folder,
};

#[tokio::test]
async fn the_private_postgresql_is_started_asked_and_stopped_by_hand() {
    let folder = scratch_folder("by-hand");
    let data = folder.join(".regimen");
    let run = async |args: &[&str]| {
        let run = Finished::of(regimen(&folder).arg("db").args(args)).await;
        (run.success, run.stdout.trim().to_owned(), run.stderr)
    };

    let (success, _, stderr) = run(&["url"]).await;
    assert!(!success);
    assert!(
        stderr.contains("start it with `regimen db start`"),
        "{stderr}"
    );
    assert_eq!(run(&["stop"]).await.1, "it was not running");

    let (success, started, stderr) = run(&["start"]).await;
    assert!(success, "{stderr}");
    let postgres = postmaster(&data);
    assert!(is_alive(postgres), "it stays when the command has ended");
    let (_, url, _) = run(&["url"]).await;
    assert!(url.starts_with("postgresql:///regimen?host="), "{url}");
    assert_eq!(started, format!("started: {url}"));
    assert_eq!(run(&["start"]).await.1, format!("already running: {url}"));

    let (success, answer, stderr) = run(&["psql", "-A", "-t", "-c", "select 40 + 2"]).await;
    assert!(success, "{stderr}");
    assert_eq!(answer, "42");
    let (success, _, stderr) = run(&["psql", "-c", "select nonsense"]).await;
    assert!(!success);
    assert!(stderr.contains("`psql` ended with"), "{stderr}");

    assert_eq!(run(&["stop"]).await.1, "stopped");
    eventually("PostgreSQL ends", async || !is_alive(postgres)).await;
}

#[tokio::test]
async fn stopping_what_a_server_keeps_running_says_so() {
    let folder = scratch_folder("kept");
    let server = Server::start(&folder).await;

    let run = Finished::of(regimen(&folder).args(["db", "stop"])).await;

    let failure = run.failure();
    assert!(failure.contains("stop that server"), "{failure}");
    let data = folder.join(".regimen").display().to_string();
    assert!(failure.contains(&data), "{failure}");
    server.says("PostgreSQL runs again").await;
    assert!(server.stop().await);
    let run = Finished::of(regimen(&folder).args(["db", "stop"])).await;
    assert_eq!(run.stdout, "it was not running\n");
}

#[tokio::test]
async fn stopping_spares_a_postgresql_that_only_has_the_number_of_ours() {
    let folder = scratch_folder("stranger");
    let cluster = folder.join(".regimen/postgres");
    fs::create_dir_all(&cluster).unwrap();
    let program = folder.join("postgres");
    symlink("/bin/sleep", &program).unwrap();
    let mut stranger = Command::new(&program).arg("60").spawn().unwrap();
    let (pid, path) = (stranger.id(), cluster.display());
    let file = format!("{pid}\n{path}\n0\n5432\n{path}\n\n\nready\n");
    fs::write(cluster.join("postmaster.pid"), file).unwrap();

    let run = Finished::of(regimen(&folder).args(["db", "stop"])).await;

    let spared = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(spared, "{}", run.stderr);
    assert_eq!(run.stdout, "it was not running\n");
}

#[tokio::test]
async fn a_given_database_is_nothing_to_start_or_stop() {
    let folder = scratch_folder("given");
    let url = "postgresql://ada:hunter2@db.example/app";

    for verb in ["start", "stop"] {
        let run = Finished::of(regimen(&folder).args(["db", verb]).env("DATABASE_URL", url)).await;
        assert!(run.failure().contains("`DATABASE_URL` is set"), "{verb}");
    }
    assert!(!folder.join(".regimen").exists());
}

#[tokio::test]
async fn seeding_counts_what_it_inserts_and_finds() {
    let (folder, database) = (scratch_folder("seed"), TestDatabase::create().await);
    let seed = async || {
        let mut command = regimen(&folder);
        command
            .args(["seed", "--demo"])
            .env("DATABASE_URL", &database.url);
        let run = Finished::of(&mut command).await;
        assert!(run.success, "{}", run.stderr);
        run.stdout
    };

    let first = seed().await;
    let second = seed().await;

    let exercises = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("exercises "));
        let words: Vec<String> = line
            .expect("exercises")
            .split_whitespace()
            .map(|word| word.trim_end_matches(',').to_owned())
            .collect();
        (words[1].clone(), words[3].clone(), words[5].clone())
    };
    let (inserted, unchanged, conflicting) = exercises(&first);
    assert!(inserted.parse::<u32>().unwrap() > 100, "{first}");
    assert_eq!((unchanged.as_str(), conflicting.as_str()), ("0", "0"));
    assert_eq!(
        exercises(&second),
        ("0".to_owned(), inserted, "0".to_owned())
    );
    assert!(second.lines().count() > 1, "the demo user's rows: {second}");
    for line in second.lines() {
        assert!(line.contains(" 0 inserted, "), "{line}");
    }
}

#[tokio::test]
async fn seeding_a_database_without_a_schema_says_what_to_do_first() {
    let (folder, database) = (scratch_folder("seed"), TestDatabase::create_bare().await);

    let run = Finished::of(
        regimen(&folder)
            .arg("seed")
            .env("DATABASE_URL", &database.url),
    )
    .await;

    assert!(run.failure().contains("run `regimen migrate up`"));
}

#[tokio::test]
async fn the_schema_is_printed_without_a_database_or_a_valid_configuration() {
    let folder = scratch_folder("sdl");

    let run = Finished::of(regimen(&folder).arg("schema").env("REGIMEN_PORT", "none")).await;

    assert!(run.success, "{}", run.stderr);
    for part in ["type Query", "exercises(", "schema {"] {
        assert!(run.stdout.contains(part), "no `{part}` in: {}", run.stdout);
    }
    assert!(!folder.join(".regimen").exists());
}
