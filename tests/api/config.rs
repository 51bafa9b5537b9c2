//! Settings: where they come from, which one wins, and what is said about a bad one.

use std::{fs, path::Path};

use regimen::config::SETTINGS;

use crate::support::{Finished, TestDatabase, regimen, scratch_folder};

const PASSWORD: &str = "hunter2-Zq";

fn folder_with(dotenv: &str) -> std::path::PathBuf {
    let folder = scratch_folder("config");
    fs::write(folder.join(".env"), dotenv).unwrap();
    folder
}

/// Runs `regimen config`, which reads every setting and does nothing else.
async fn config(folder: &Path, flags: &[&str], environment: &[(&str, &str)]) -> Finished {
    let mut command = regimen(folder);
    command
        .arg("config")
        .args(flags)
        .envs(environment.iter().copied());
    Finished::of(&mut command).await
}

/// The value that `regimen config` shows for a setting.
#[track_caller]
fn shown(run: &Finished, name: &str) -> String {
    assert!(run.success, "{}", run.stderr);
    let line = run.stdout.lines().find(|line| line.starts_with(name));
    let Some((_, value)) = line.and_then(|line| line.split_once("  ")) else {
        panic!("no `{name}` in: {}", run.stdout);
    };
    value.trim().to_owned()
}

/// The failure is one line with all these parts, and nothing beside it.
#[track_caller]
fn fails_with(run: &Finished, parts: &[&str]) {
    let failure = run.failure();
    assert!(failure.starts_with("error: "), "{failure}");
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    for part in parts {
        assert!(failure.contains(part), "no `{part}` in: {failure}");
    }
}

#[tokio::test]
async fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let folder = folder_with("REGIMEN_PORT=1003\n");
    let environment = [("REGIMEN_PORT", "1002")];

    let default = config(&scratch_folder("config"), &[], &[]).await;
    let file = config(&folder, &[], &[]).await;
    let both = config(&folder, &[], &environment).await;
    let all = config(&folder, &["--port", "1001"], &environment).await;

    let ports = [default, file, both, all].map(|run| shown(&run, "REGIMEN_PORT"));
    assert_eq!(ports, ["4000", "1003", "1002", "1001"]);
}

#[tokio::test]
async fn a_flag_may_come_before_the_command() {
    let folder = scratch_folder("config");
    let run = Finished::of(regimen(&folder).args(["--port", "1001", "config"])).await;

    assert_eq!(shown(&run, "REGIMEN_PORT"), "1001");
}

#[tokio::test]
async fn an_empty_variable_takes_back_what_the_file_says() {
    let folder = folder_with("DATABASE_URL=postgresql://ada@db.example/app\n");

    let without = config(&folder, &[], &[]).await;
    let with = config(&folder, &[], &[("DATABASE_URL", "")]).await;

    assert_eq!(shown(&without, "DATABASE_URL"), "****");
    assert_eq!(shown(&with, "DATABASE_URL"), "(not set)");
}

#[tokio::test]
async fn the_file_may_quote_comment_and_export() {
    let folder = folder_with(
        "\u{feff}# ours\n\nexport REGIMEN_PORT=1001 # why\nREGIMEN_ENV='production'\nREGIMEN_DATA_DIR=\"/tmp/two words\"\nREGIMEN_HOST=::1 ",
    );

    let run = config(&folder, &[], &[]).await;

    assert_eq!(shown(&run, "REGIMEN_PORT"), "1001");
    assert_eq!(shown(&run, "REGIMEN_ENV"), "production");
    assert_eq!(shown(&run, "REGIMEN_DATA_DIR"), "/tmp/two words");
    assert_eq!(shown(&run, "REGIMEN_HOST"), "::1");
}

#[tokio::test]
async fn a_bad_value_is_one_line_that_names_the_variable_and_what_is_expected() {
    let folder = scratch_folder("config");
    for (name, value, expected) in [
        ("REGIMEN_ENV", "prod", "`development` or `production`"),
        (
            "REGIMEN_HOST",
            "localhost",
            "an address such as `127.0.0.1`",
        ),
        ("REGIMEN_PORT", "65536", "a whole number from 0 to 65535"),
        ("REGIMEN_PORT", "-1", "a whole number from 0 to 65535"),
        ("DATABASE_POOL_SIZE", "many", "a whole number"),
        ("DATABASE_POOL_TIMEOUT", "5", "a time with its unit"),
        ("DATABASE_CONNECT_TIMEOUT", "soon", "a time with its unit"),
        ("DATABASE_CONNECT_RETRIES", "-1", "a whole number"),
        ("DATABASE_STATEMENT_TIMEOUT", "5x", "a time with its unit"),
        (
            "REGIMEN_POSTGRES",
            "./bin",
            "`auto`, `local`, `download`, or the folder",
        ),
        ("REGIMEN_MIGRATE", "yes", "`true` or `false`"),
        ("REGIMEN_SEED", "2", "`true` or `false`"),
        ("REGIMEN_LOG", "verbose", "a level such as `info`"),
        ("REGIMEN_LOG", "regimen=loud", "a level such as `info`"),
        ("REGIMEN_LOG_FORMAT", "xml", "`pretty` or `json`"),
        ("REGIMEN_SLOW_QUERY", "0.2", "a time with its unit"),
        ("REGIMEN_SHUTDOWN_DEADLINE", "20", "a time with its unit"),
        ("REGIMEN_PORT", "40\n00", "is `40 00`, but"),
    ] {
        let run = config(&folder, &[], &[(name, value)]).await;
        fails_with(
            &run,
            &[&format!("`{name}` (from the environment)"), expected],
        );
    }
}

#[tokio::test]
async fn a_bad_value_is_traced_to_where_it_was_written() {
    let folder = folder_with("REGIMEN_PORT=nine\n");
    let good = [("REGIMEN_PORT", "1002")];
    let bad = [("REGIMEN_PORT", "eight")];

    let file = config(&folder, &[], &[]).await;
    let environment = config(&folder, &[], &bad).await;
    let flag = config(&folder, &["--port", "seven"], &good).await;

    fails_with(&file, &["`REGIMEN_PORT` (from `.env`) is `nine`"]);
    fails_with(
        &environment,
        &["`REGIMEN_PORT` (from the environment) is `eight`"],
    );
    fails_with(
        &flag,
        &["`REGIMEN_PORT` (from the command line) is `seven`"],
    );
}

#[tokio::test]
async fn a_misspelled_name_in_the_file_is_named_with_its_line_and_the_one_meant() {
    for (line, meant) in [
        (
            format!("DATABSE_URL=postgres://ada:{PASSWORD}@db/app"),
            "DATABASE_URL",
        ),
        (
            format!("export DATABASE_ULR='postgres://ada:{PASSWORD}@db/app'"),
            "DATABASE_URL",
        ),
        (
            "REGIMEN_SHUTDOWN_TIME=1s".to_owned(),
            "REGIMEN_SHUTDOWN_DEADLINE",
        ),
    ] {
        let folder = folder_with(&format!("# first\nREGIMEN_PORT=1\n{line}\n"));
        let run = config(&folder, &[], &[]).await;

        let name = line
            .trim_start_matches("export ")
            .split('=')
            .next()
            .unwrap();
        fails_with(
            &run,
            &[
                "line 3 of `.env`",
                &format!("`{name}`"),
                &format!("did you mean `{meant}`?"),
            ],
        );
        assert!(!run.stderr.contains(PASSWORD), "{}", run.stderr);
    }
}

#[tokio::test]
async fn a_misspelled_name_in_the_environment_is_warned_of() {
    let folder = scratch_folder("config");
    let environment = [
        ("REGIMEN_PROT", PASSWORD),
        ("PGPORT", "5432"),
        ("REGIMEN_TEST_PGBOUNCER", "/usr/sbin/pgbouncer"),
    ];

    let run = config(&folder, &[], &environment).await;

    assert_eq!(shown(&run, "REGIMEN_PORT"), "4000");
    let warning = "`REGIMEN_PROT`, which does not exist: did you mean `REGIMEN_PORT`?";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(!run.stderr.contains(PASSWORD));
}

#[tokio::test]
async fn a_dollar_that_would_be_replaced_is_refused_with_its_line() {
    for value in [
        "hunter2$word",
        "\"hunter2$word\"",
        "hunter2${word}",
        "\"hunter2${word\"",
    ] {
        let folder = folder_with(&format!(
            "# first\nDATABASE_URL=postgresql://ada:{value}@db/app\nREGIMEN_PORT=1\n"
        ));
        let run = config(&folder, &[], &[]).await;

        fails_with(&run, &["line 2 of `.env`", "`$`", "single quotes"]);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    }
    let folder = folder_with("REGIMEN_DATA_DIR='/tmp/pa$word'\nREGIMEN_OIDC_AUDIENCE=\\$a # $b\n");
    let run = config(&folder, &[], &[]).await;
    assert_eq!(shown(&run, "REGIMEN_DATA_DIR"), "/tmp/pa$word");
    assert_eq!(shown(&run, "REGIMEN_OIDC_AUDIENCE"), "$a");
}

#[tokio::test]
async fn a_default_that_depends_on_others_is_shown_as_it_is_in_force() {
    let folder = scratch_folder("config");
    let production = [("REGIMEN_ENV", "production")];
    let set = [production[0], ("DATABASE_CONNECT_RETRIES", "2")];

    let development = config(&folder, &[], &[]).await;
    let production = config(&folder, &[], &production).await;
    let set = config(&folder, &[], &set).await;

    let retries =
        [&development, &production, &set].map(|run| shown(run, "DATABASE_CONNECT_RETRIES"));
    assert_eq!(retries, ["0", "5", "2"]);
    let formats = [&development, &production].map(|run| shown(run, "REGIMEN_LOG_FORMAT"));
    assert_eq!(formats, ["pretty", "json"]);
    assert_eq!(
        shown(&development, "REGIMEN_DATA_DIR"),
        folder.join(".regimen").display().to_string()
    );
}

#[tokio::test]
async fn the_variables_of_other_tools_are_left_alone() {
    let folder = folder_with("COMPOSE_PROJECT_NAME=gym\nPGDATABASE=app\nREGIMEN_PORT=1003\n");

    let run = config(&folder, &[], &[]).await;

    assert_eq!(shown(&run, "REGIMEN_PORT"), "1003");
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_numbered_and_never_quoted() {
    for line in [
        format!("DATABASE_URL postgres://ada:{PASSWORD}@db/app"),
        format!("DATABASE_URL=postgres://ada:{PASSWORD} @db/app"),
        format!("DATABASE_URL=\"postgres://ada:{PASSWORD}@db/app"),
        format!("DATABASE_URL='postgres://ada:{PASSWORD}@db/app"),
        format!("={PASSWORD}"),
    ] {
        let folder = folder_with(&format!(
            "# first\nREGIMEN_PORT=1\nREGIMEN_DATA_DIR=\"two\nlines\"\n\n{line}\nREGIMEN_SEED=true\n"
        ));
        let run = config(&folder, &[], &[]).await;

        fails_with(&run, &["line 6 of `.env`", "write it as `NAME=value`"]);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    }
}

#[tokio::test]
async fn a_file_that_is_no_text_is_named() {
    let folder = scratch_folder("config");
    fs::write(folder.join(".env"), b"REGIMEN_PORT=\xff\xfe\n").unwrap();

    fails_with(&config(&folder, &[], &[]).await, &["`.env` cannot be read"]);
}

#[tokio::test]
async fn secrets_are_masked_where_settings_are_shown() {
    let folder = scratch_folder("config");
    let url = format!("postgresql://ada:{PASSWORD}@db.example/app");

    let run = config(
        &folder,
        &[],
        &[
            ("DATABASE_URL", &url),
            ("DATABASE_DIRECT_URL", &url),
            ("REGIMEN_TOKEN_SECRET", PASSWORD),
        ],
    )
    .await;

    assert_eq!(shown(&run, "DATABASE_URL"), "****");
    assert_eq!(shown(&run, "DATABASE_DIRECT_URL"), "****");
    assert_eq!(shown(&run, "REGIMEN_TOKEN_SECRET"), "****");
    assert!(!run.stdout.contains(PASSWORD));
    assert_eq!(run.stdout.lines().count(), SETTINGS.len());
}

#[tokio::test]
async fn no_failure_prints_the_password_of_the_database() {
    let folder = scratch_folder("config");
    let database = TestDatabase::create_bare().await;
    let socket = database.url.split("host=").last().unwrap();
    let socket = socket.split('&').next().unwrap();
    for (url, parts) in [
        (
            format!("postgresql://ada:{PASSWORD}@127.0.0.1:1/app"),
            "127.0.0.1:1/app",
        ),
        (
            format!("postgresql://ada:{PASSWORD}@nowhere.invalid/app"),
            "nowhere.invalid",
        ),
        (
            format!("postgresql://ada:{PASSWORD}@db/app?sslmode=on"),
            "`sslmode=on`",
        ),
        (format!("postgresql://ada:{PASSWORD}@db:port/app"), "`port`"),
        (
            format!("postgresql://ada:{PASSWORD}@db/app?colour=red"),
            "colour",
        ),
        (format!("mysql://ada:{PASSWORD}@db/app"), "must look like"),
        (format!("ada:{PASSWORD}@db/app"), "must look like"),
        (PASSWORD.to_owned(), "must look like"),
        (
            format!("postgresql:///regimen?host={socket}&user=nobody_here&password={PASSWORD}"),
            "nobody_here",
        ),
        (
            format!("postgresql:///not_here?host={socket}&user=regimen&password={PASSWORD}"),
            "createdb",
        ),
        (
            format!("postgresql://ada:{PASSWORD}@db/app?sslmode=verify-ca&sslrootcert=/nowhere"),
            "sslrootcert=/nowhere",
        ),
    ] {
        let mut command = regimen(&folder);
        command
            .args(["migrate", "status"])
            .env("DATABASE_URL", &url)
            .env("DATABASE_CONNECT_TIMEOUT", "2s")
            .env("REGIMEN_LOG", "trace");
        let run = Finished::of(&mut command).await;

        let failure = run.failure();
        assert!(
            failure.contains("`DATABASE_URL`") && failure.contains(parts),
            "{failure}"
        );
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains(PASSWORD), "for {parts}: {all}");
    }
}

#[tokio::test]
async fn help_shows_every_setting() {
    let run = Finished::of(regimen(&scratch_folder("config")).arg("--help")).await;

    assert!(run.success);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = words(&run.stdout);
    for setting in SETTINGS {
        let default = if setting.default.is_empty() {
            String::new()
        } else {
            format!(" [default: {}]", setting.default)
        };
        let parts = match setting.flag() {
            None => vec![setting.name.to_owned()],
            Some(flag) => vec![
                format!("--{flag} <VALUE>"),
                words(setting.doc),
                format!("[env: {}]{default}", setting.name),
            ],
        };
        for part in parts {
            assert!(help.contains(&part), "no `{part}` in: {help}");
        }
    }
}
