//! What a server writes about its work: enough to find a request, never what it was about.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};

use crate::support::{Server, TestDatabase, give_to_postgres, regimen, scratch_folder, session};

/// The lines as objects; a line that is none fails the test.
fn objects(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .inspect(|line: &Value| assert!(line.is_object(), "{line}"))
        .collect()
}

#[tokio::test]
async fn in_production_every_line_is_an_object_and_names_its_request() {
    let (folder, database) = (scratch_folder("json"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    command
        .env("REGIMEN_ENV", "production")
        .env(
            "REGIMEN_TOKEN_SECRET",
            "for tests and for nothing else, ever",
        )
        .env("DATABASE_URL", &database.url);
    let server = Server::spawn(&mut command).await;

    let response = reqwest::Client::new()
        .post(format!("{}/graphql", server.url))
        .json(&json!({"query": "{ version }"}))
        .send()
        .await
        .unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap();
    server.says(id).await;

    let lines = objects(&server.log());
    let of_request = lines.iter().find(|line| line["span"]["id"] == id);
    let line = of_request.unwrap_or_else(|| panic!("no line of {id} in {lines:#?}"));
    assert_eq!(line["path"], "/graphql");
    assert_eq!(line["status"], 200);
    assert!(
        line["timestamp"].is_string() && line["level"] == "INFO",
        "{line}"
    );
    let ready = lines
        .iter()
        .find(|line| line["message"] == "ready")
        .unwrap();
    assert!(ready["address"].is_string(), "{ready}");
    assert_eq!(server.text(), server.log(), "standard output stays empty");
    let log = server.whole_log();
    assert!(server.stop().await);
    let log = log.await;
    assert_eq!(objects(&log).last().unwrap()["message"], "stopped");
}

#[tokio::test]
async fn a_private_database_in_production_is_not_passed_over_in_silence() {
    let folder = scratch_folder("unnamed");
    let mut command = regimen(&folder);
    command.env("REGIMEN_ENV", "production").env(
        "REGIMEN_TOKEN_SECRET",
        "for tests and for nothing else, ever",
    );

    let server = Server::spawn(&mut command).await;

    let lines = objects(&server.log());
    let warning = lines.iter().find(|line| line["level"] == "WARN");
    let message = warning.expect("a warning")["message"].as_str().unwrap();
    let data = folder.join(".regimen").display().to_string();
    for part in ["`DATABASE_URL` is not set", "private PostgreSQL", &data] {
        assert!(message.contains(part), "no `{part}` in: {message}");
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_log_of_the_private_postgresql_is_its_owners_alone_and_quotes_no_row() {
    const MARKER: &str = "zqxj private words";
    let folder = scratch_folder("postgres-log");
    let data = folder.join(".regimen");
    std::fs::create_dir(&data).unwrap();
    // As an older version made it.
    std::fs::write(data.join("postgres.log"), "").unwrap();
    give_to_postgres(&data.join("postgres.log"));
    let server = Server::start(&folder).await;
    let mut session = session(&data).await;
    let insert = format!("INSERT INTO kept SELECT '{MARKER}'");
    let made = format!("CREATE TABLE kept (it text PRIMARY KEY); {insert}");
    session.batch_execute(&made).await.unwrap();

    let again = "INSERT INTO kept SELECT it FROM kept";
    session.batch_execute(again).await.unwrap_err();

    let path = data.join("postgres.log");
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains("duplicate key value"), "{log}");
    assert!(!log.contains(MARKER), "{log}");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_slow_statement_is_logged_without_the_values_bound_to_it() {
    const MARKER: &str = "zqxj private words";
    let (folder, database) = (scratch_folder("slow"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_SLOW_QUERY", "0ms")
        .env("REGIMEN_LOG", "debug");
    let server = Server::spawn(&mut command).await;

    let query = format!("{{ exercises(filter: {{search: {MARKER:?}}}) {{ nodes {{ id }} }} }}");
    server.graphql(&query).await.data();
    server.says(r#""exercises"."name""#).await;
    let log = server.whole_log();
    assert!(server.stop().await);
    let log = log.await;

    let is_ours =
        |line: &&str| line.contains("slow statement") && line.contains(r#""exercises"."name""#);
    let slow = log.lines().find(is_ours).expect("just seen");
    for part in ["SELECT", "$1", "elapsed_ms="] {
        assert!(slow.contains(part), "no `{part}` in: {slow}");
    }
    let bytes = |text: &str| {
        let numbers: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
        numbers.join(", ")
    };
    for shape in [MARKER.to_owned(), bytes(MARKER)] {
        let found = log.lines().find(|line| line.contains(&shape));
        assert_eq!(found, None, "a bound value was logged");
    }
}

#[tokio::test]
async fn a_request_whose_client_leaves_is_a_line_all_the_same() {
    let (folder, database) = (scratch_folder("leaves"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    let server = Server::spawn(command.env("DATABASE_URL", &database.url)).await;
    let mut conn = database.connect().await;
    conn.batch_execute("BEGIN; LOCK TABLE exercises")
        .await
        .unwrap();

    let query = json!({"query": "{ exercises(first: 1) { nodes { id } } }"});
    let request = reqwest::Client::new().post(format!("{}/graphql", server.url));
    let request = request.header("x-request-id", "one-that-left").json(&query);
    let left = request.timeout(Duration::from_millis(500)).send().await;

    assert!(left.unwrap_err().is_timeout());
    server.says("abandoned").await;
    let log = server.log();
    let line = log.lines().find(|line| line.contains("abandoned")).unwrap();
    for part in ["one-that-left", "POST", "/graphql", "elapsed_ms="] {
        assert!(line.contains(part), "no `{part}` in: {line}");
    }
    assert!(!line.contains("status="), "{line}");
}

#[tokio::test]
async fn no_log_shows_a_password_a_token_or_what_tokens_are_signed_with() {
    const SECRET: &str = "zqxj-signs-tokens-and-nothing-else";
    const PASSWORD: &str = "zqxj opens one account";
    let folder = scratch_folder("silent");
    let mut command = regimen(&folder);
    command
        .env("REGIMEN_LOG", "trace")
        .env("REGIMEN_TOKEN_SECRET", SECRET);
    let server = Server::spawn(&mut command).await;
    let data = folder.join(".regimen");
    let tokens = "accessToken refreshToken";
    let who = format!("email: \"ada@example.com\", password: \"{PASSWORD}\"");
    let mut hidden = vec![SECRET.to_owned(), PASSWORD.to_owned()];
    let mut ask = async |field: &str, arguments: &str| {
        let query = format!("mutation {{ {field}({arguments}) {{ {tokens} }} }}");
        let answer = server.graphql(&query).await;
        let payload = &answer.data()[field];
        for token in ["accessToken", "refreshToken"] {
            hidden.push(payload[token].as_str().unwrap().to_owned());
        }
        hidden.last().unwrap().clone()
    };

    ask("signUp", &format!("input: {{{who}, displayName: \"Ada\"}}")).await;
    let refresh = ask("signIn", &format!("input: {{{who}}}")).await;
    ask("refreshSession", &format!("refreshToken: \"{refresh}\"")).await;

    let log = server.whole_log();
    assert!(server.stop().await);
    let postgres = std::fs::read_to_string(data.join("postgres.log")).unwrap();
    let log = log.await;
    assert!(
        log.contains("TRACE") && log.contains("INSERT INTO"),
        "{log}"
    );
    assert_eq!(hidden.len(), 8);
    for secret in hidden {
        let bytes: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
        for shape in [secret, bytes.join(", ")] {
            for text in [&log, &postgres] {
                let line = text.lines().find(|line| line.contains(&shape));
                assert_eq!(line, None, "a secret was logged");
            }
        }
    }
}
