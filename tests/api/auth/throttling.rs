//! Too many attempts: who has to wait, and who does not.

use futures_util::future::join_all;
use regimen::auth::GateOptions;
use serde_json::{Value, json};

use super::{PASSWORD, SIGN_IN, SIGN_UP, moments, sign_in, sign_up, try_sign_in};
use crate::support::TestApp;

/// Tries to sign in over a proxy that names the client so.
async fn from(app: &TestApp, client: &str, email: &str) -> Value {
    let body =
        json!({"query": SIGN_IN, "variables": {"email": email, "password": "not the password"}});
    let request = app
        .client
        .post(format!("{}/graphql", app.url))
        .header("x-forwarded-for", client)
        .json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["errors"][0]["extensions"].clone()
}

async fn hammer(app: &TestApp, client: impl Fn(usize) -> String, times: usize) -> Vec<Value> {
    let attempts = (0..times).map(|n| async move { (n, format!("{n}@example.com")) });
    let attempts = attempts.map(|attempt| async {
        let (n, email) = attempt.await;
        from(app, &client(n), &email).await
    });
    join_all(attempts).await
}

fn limited(answers: &[Value]) -> usize {
    let codes = answers.iter().map(|answer| &answer["code"]);
    codes.filter(|code| **code == "RATE_LIMITED").count()
}

#[tokio::test]
async fn after_a_few_wrong_passwords_even_the_right_one_has_to_wait() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    let wrong = async || try_sign_in(&app, "ada@example.com", "not the password").await;
    join_all((0..5).map(|_| wrong())).await;
    // Two more, each as soon as it may: the next wait is long enough to be seen on a busy machine.
    for wait in [1100, 2100] {
        moments(wait).await;
        assert_eq!(wrong().await.code(), "UNAUTHENTICATED");
    }

    let refused = try_sign_in(&app, "Ada@example.com", PASSWORD).await;
    assert_eq!(refused.code(), "RATE_LIMITED");
    let wait = refused.error()["extensions"]["retryAfterSeconds"].as_u64();
    let wait = wait.unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
    let message = format!("too many attempts: try again in {wait}s");
    assert_eq!(refused.message(), message);

    moments(wait * 1000).await;
    sign_in(&app, "ada@example.com").await;
    assert_eq!(wrong().await.code(), "UNAUTHENTICATED");
    assert_eq!(wrong().await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn an_address_without_an_account_is_throttled_like_any_other() {
    let app = TestApp::start().await;
    let attempts = (0..8).map(|_| try_sign_in(&app, "nobody@example.com", "not the password"));
    let answers = join_all(attempts).await;
    let limited = answers
        .iter()
        .filter(|answer| answer.code() == "RATE_LIMITED")
        .count();
    // Fewer where they took more than a second to arrive.
    assert!((1..=3).contains(&limited), "{limited}");
}

#[tokio::test]
async fn one_client_that_tries_many_addresses_has_to_wait_whatever_it_says_of_itself() {
    let app = TestApp::start().await;
    let answers = hammer(&app, |n| format!("192.0.2.{n}"), 24).await;
    assert!((1..=4).contains(&limited(&answers)));
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_by_itself() {
    let behind_one = GateOptions {
        trusted_proxies: 1,
        ..GateOptions::default()
    };
    let app = TestApp::start_gated(behind_one).await;
    // What stands before our proxy's entry is the client's own invention.
    let answers = hammer(&app, |n| format!("203.0.113.{n}, 192.0.2.1"), 24).await;
    assert!((1..=4).contains(&limited(&answers)));
    let other = from(&app, "192.0.2.1, 192.0.2.2", "ada@example.com").await;
    assert_eq!(other["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn accounts_cannot_be_made_in_rows() {
    let app = TestApp::start().await;
    let mut codes = Vec::new();
    for n in 0..11 {
        let input = json!({"email": format!("{n}@example.com"), "password": PASSWORD});
        let answer = app.graphql(SIGN_UP, json!({"input": input})).await;
        codes.push(answer.body["errors"][0]["extensions"]["code"].clone());
    }
    assert_eq!(codes[..10], vec![Value::Null; 10]);
    assert_eq!(codes[10], "RATE_LIMITED");
}

#[tokio::test]
async fn a_stolen_access_token_cannot_be_used_to_guess_the_password() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;
    let delete = "mutation { deleteAccount(password: \"not the password\") { id } }";
    let mut codes = Vec::new();
    for _ in 0..6 {
        let refused = app.graphql_with(&tokens.access, delete, json!({})).await;
        codes.push(refused.code().to_owned());
    }
    assert_eq!(codes[4..], ["VALIDATION", "RATE_LIMITED"]);
}
