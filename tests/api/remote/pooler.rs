//! Databases behind PgBouncer, pooled by transaction.

use serde_json::{Value, json};

use super::{assert_says, program, refusal};
use crate::support::{
    Finished, Server,
    remote::{PgBouncer, Remote},
};

const KEEPS: &str = "max_prepared_statements = 200\ndefault_pool_size = 8";
const LOSES: &str = "max_prepared_statements = 0";

/// Sends so many requests from so many clients at once, and counts the right answers.
async fn right_answers(serving: &Server, clients: usize, each: usize) -> usize {
    let tasks: Vec<_> = (0..clients)
        .map(|client| tokio::spawn(ask(format!("{}/graphql", serving.url), client, each)))
        .collect();
    let mut right = 0;
    for task in tasks {
        right += task.await.unwrap();
    }
    right
}

async fn ask(url: String, client: usize, times: usize) -> usize {
    let http = reqwest::Client::new();
    let query = "query ($first: Int!) { exercises(first: $first) { nodes { id name } } }";
    let mut right = 0;
    for turn in 0..times {
        let first = (client + turn) % 7 + 1;
        let body = json!({"query": query, "variables": {"first": first}});
        let response = http.post(&url).json(&body).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        let nodes = answer["data"]["exercises"]["nodes"].as_array();
        right += usize::from(nodes.is_some_and(|nodes| nodes.len() == first));
    }
    right
}

#[tokio::test]
async fn two_thousand_requests_of_forty_clients_are_all_right() {
    let server = Remote::without_tls();
    let Some(pooler) = PgBouncer::before(server.port, KEEPS) else {
        return;
    };
    let database = server.database().await;
    let mut serve = program(&pooler.url(&database));
    let serve = serve.env("DATABASE_DIRECT_URL", server.url(&database));
    let serving = Server::spawn(serve.env("DATABASE_POOL_SIZE", "20")).await;
    assert_eq!(right_answers(&serving, 40, 50).await, 2000);
    assert!(serving.stop().await);
}

#[tokio::test]
async fn migrations_work_through_the_pooler_too() {
    let server = Remote::without_tls();
    let Some(pooler) = PgBouncer::before(server.port, KEEPS) else {
        return;
    };
    let url = pooler.url(&server.database().await);
    let migrated = Finished::of(program(&url).args(["migrate", "up"])).await;
    assert!(migrated.success, "{}", migrated.stderr);
    let undone = Finished::of(program(&url).args(["migrate", "redo", "--yes"])).await;
    assert!(undone.success, "{}", undone.stderr);
    let serving = Server::spawn(&mut program(&url)).await;
    assert_eq!(right_answers(&serving, 4, 10).await, 40);
}

#[tokio::test]
async fn a_pooler_that_takes_no_timeout_is_warned_of_once() {
    let server = Remote::without_tls();
    let Some(pooler) = PgBouncer::before(server.port, KEEPS) else {
        return;
    };
    let mut serve = program(&pooler.url(&server.database().await));
    let serving = Server::spawn(serve.env("DATABASE_STATEMENT_TIMEOUT", "7s")).await;
    right_answers(&serving, 10, 3).await;
    let text = serving.text();
    let warnings: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("takes no options"))
        .collect();
    assert_eq!(warnings.len(), 1, "{text}");
    let at = format!("the pooler at 127.0.0.1:{}", pooler.port);
    let cure = "`ALTER ROLE \"ada\" SET statement_timeout = '7000ms'`";
    assert_says(warnings[0], &["WARN", &at, cure]);
}

#[tokio::test]
async fn listening_through_a_pooler_is_warned_of_and_past_it_is_not() {
    const WARNING: &str = "subscriptions see what other servers change after up to 30 seconds";
    let server = Remote::without_tls();
    let Some(pooler) = PgBouncer::before(server.port, KEEPS) else {
        return;
    };
    let database = server.database().await;
    let through = Server::spawn(&mut program(&pooler.url(&database))).await;
    let text = through.text();
    let at = format!("127.0.0.1:{}/{database} is a pooler", pooler.port);
    assert_says(&text, &["`DATABASE_DIRECT_URL` is not set", &at, WARNING]);
    let mut serve = program(&pooler.url(&database));
    let past = Server::spawn(serve.env("DATABASE_DIRECT_URL", server.url(&database))).await;
    assert!(!past.text().contains(WARNING), "{}", past.text());
    let straight = Server::spawn(&mut program(&server.url(&database))).await;
    assert!(!straight.text().contains(WARNING), "{}", straight.text());
}

#[tokio::test]
async fn a_pooler_that_loses_statements_is_refused_at_the_start() {
    let server = Remote::without_tls();
    let Some(pooler) = PgBouncer::before(server.port, LOSES) else {
        return;
    };
    let database = server.database().await;
    let mut migrate = program(&server.url(&database));
    assert!(Finished::of(migrate.args(["migrate", "up"])).await.success);
    for _ in 0..3 {
        let mut serve = program(&pooler.url(&database));
        let serve = serve.env("DATABASE_DIRECT_URL", server.url(&database));
        let finished = Finished::of(serve).await;
        let at = format!("the pooler at 127.0.0.1:{}/{database}", pooler.port);
        assert_says(
            finished.failure(),
            &[&at, "max_prepared_statements = 200", "1.21"],
        );
    }
}

#[tokio::test]
async fn a_pooler_by_session_may_lose_statements() {
    let server = Remote::without_tls();
    let lines = format!("{LOSES}\npool_mode = session");
    let Some(pooler) = PgBouncer::before(server.port, &lines) else {
        return;
    };
    let serving = Server::spawn(&mut program(&pooler.url(&server.database().await))).await;
    assert_eq!(right_answers(&serving, 4, 10).await, 40);
}

#[tokio::test]
async fn a_pooler_with_one_server_is_taken() {
    let server = Remote::without_tls();
    let lines = "max_prepared_statements = 200\ndefault_pool_size = 1";
    let Some(pooler) = PgBouncer::before(server.port, lines) else {
        return;
    };
    let database = server.database().await;
    let mut serve = program(&pooler.url(&database));
    let serve = serve.env("DATABASE_DIRECT_URL", server.url(&database));
    let serving = Server::spawn(serve).await;
    assert_eq!(right_answers(&serving, 4, 10).await, 40);
}

#[tokio::test]
async fn the_poolers_own_refusals_are_told_apart() {
    let server = Remote::without_tls();
    let Some(pooler) = PgBouncer::before(server.port, KEEPS) else {
        return;
    };
    let at = format!("127.0.0.1:{}/postgres", pooler.port);
    let wrong = format!("postgresql://ada:wrong@{at}");
    assert_says(
        &refusal(&wrong).await,
        &["refused the user or password of `DATABASE_URL`"],
    );
    let nobody = format!("postgresql://eve:wrong@{at}");
    assert_says(
        &refusal(&nobody).await,
        &["refused the user or password of `DATABASE_URL`"],
    );
    assert_says(
        &refusal(&pooler.url("nowhere")).await,
        &["no such database", "`createdb`"],
    );
    let sealed = pooler.url("postgres") + "?sslmode=require";
    assert_says(&refusal(&sealed).await, &["no secure connection"]);
}
