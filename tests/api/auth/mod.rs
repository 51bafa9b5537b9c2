//! Signing in and everything around it, over GraphQL and the command line.

mod account;
mod outside;
mod passwords;
mod roles;
mod sessions;
mod throttling;
mod tokens;

use std::time::Duration;

use ring::hmac;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const PASSWORD: &str = "correct horse battery";

const SIGN_UP: &str = "mutation ($input: SignUpInput!) {
    signUp(input: $input) { accessToken expiresAt refreshToken user { id email displayName role } }
}";
const SIGN_IN: &str = "mutation ($email: String!, $password: String!) {
    signIn(input: {email: $email, password: $password}) {
        accessToken expiresAt refreshToken user { id email }
    }
}";
const REFRESH: &str = "mutation ($token: String!) {
    refreshSession(refreshToken: $token) { accessToken expiresAt refreshToken user { id } }
}";
const WHO: &str = "{ viewer { id email displayName role } }";

/// What a client keeps of a payload.
struct Tokens {
    access: String,
    refresh: String,
    user: Value,
}

impl Tokens {
    #[track_caller]
    fn of(answer: &Answer, field: &str) -> Self {
        let payload = &answer.data()[field];
        Self {
            access: payload["accessToken"].as_str().unwrap().to_owned(),
            refresh: payload["refreshToken"].as_str().unwrap().to_owned(),
            user: payload["user"].clone(),
        }
    }
}

async fn sign_up(app: &TestApp, email: &str) -> Tokens {
    let input = json!({"email": email, "password": PASSWORD, "displayName": "Ada"});
    Tokens::of(
        &app.graphql(SIGN_UP, json!({"input": input})).await,
        "signUp",
    )
}

async fn try_sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.graphql(SIGN_IN, json!({"email": email, "password": password}))
        .await
}

async fn sign_in(app: &TestApp, email: &str) -> Tokens {
    Tokens::of(&try_sign_in(app, email, PASSWORD).await, "signIn")
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.graphql(REFRESH, json!({"token": token})).await
}

/// Who the server takes the bearer of this token for.
async fn who(app: &TestApp, token: &str) -> Answer {
    app.graphql_with(token, WHO, json!({})).await
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with any header and claims, signed with a shared secret.
fn hmac_token(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!(
        "{}.{}",
        base64(header.to_string()),
        base64(claims.to_string())
    );
    let signature = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, secret),
        message.as_bytes(),
    );
    format!("{message}.{}", base64(signature))
}

/// Seconds since 1970, so many from now.
fn seconds_from_now(offset: i64) -> i64 {
    chrono::Utc::now().timestamp() + offset
}

async fn moments(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
