//! Passwords: chosen, checked, changed, and taken over from elsewhere.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use regimen::{auth::GateOptions, db::schema::users};
use serde_json::{Value, json};

use super::{PASSWORD, SIGN_UP, Tokens, refresh, sign_in, sign_up, try_sign_in, who};
use crate::support::{Answer, TestApp};

const CHANGE: &str = "mutation ($current: String!, $new: String!) {
    changePassword(input: {currentPassword: $current, newPassword: $new}) { user { id } }
}";

async fn change(app: &TestApp, token: &str, current: &str, new: &str) -> Answer {
    let variables = json!({"current": current, "new": new});
    app.graphql_with(token, CHANGE, variables).await
}

async fn hash_of(app: &TestApp, email: &str) -> String {
    let hash: Option<String> = users::table
        .filter(users::email.eq(email))
        .select(users::password_hash)
        .first(&mut app.database.connect().await)
        .await
        .unwrap();
    hash.unwrap()
}

async fn set_hash(app: &TestApp, email: &str, hash: &str) {
    diesel::update(users::table.filter(users::email.eq(email)))
        .set(users::password_hash.eq(hash))
        .execute(&mut app.database.connect().await)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    app.user("outside").await; // has no password at all
    let wrong = try_sign_in(&app, "ada@example.com", "not the password").await;
    assert_eq!(wrong.code(), "UNAUTHENTICATED");
    for (email, password) in [
        ("nobody@example.com", PASSWORD),
        ("outside@example.com", PASSWORD),
        ("outside@example.com", ""),
        ("ada@example.com", ""),
        ("ada@example.com", "correct horse battery "),
        ("no address", PASSWORD),
        ("nul\0@example.com", PASSWORD),
    ] {
        let other = try_sign_in(&app, email, password).await;
        assert_eq!(other.body, wrong.body, "{email} {password}");
    }
    let long = "x".repeat(100_000);
    assert_eq!(
        try_sign_in(&app, "bob@example.com", &long).await.body,
        wrong.body
    );
}

#[tokio::test]
async fn a_password_is_kept_as_argon2id() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    assert!(
        hash_of(&app, "ada@example.com")
            .await
            .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
    );
}

#[tokio::test]
async fn an_account_that_cannot_be_made_is_refused_with_the_path_to_why() {
    let app = TestApp::start().await;
    let with = |field: &str, value: Value| {
        let mut input = json!({"email": "ada@example.com", "password": PASSWORD});
        input[field] = value;
        json!({"input": input})
    };
    for (variables, field) in [
        (with("email", json!("ada")), "input.email"),
        (with("email", json!("ada@")), "input.email"),
        (with("email", json!("@example.com")), "input.email"),
        (with("email", json!("a da@example.com")), "input.email"),
        (with("email", json!("a@b@example.com")), "input.email"),
        (with("email", json!("ada@\u{7}example.com")), "input.email"),
        (
            with("email", json!(format!("{}@example.com", "a".repeat(320)))),
            "input.email",
        ),
        (
            with("email", json!("someone@no-address.invalid")),
            "input.email",
        ),
        (with("password", json!("seven..")), "input.password"),
        (with("password", json!("x".repeat(201))), "input.password"),
        (with("password", json!("ADA@example.com")), "input.password"),
        (
            with("displayName", json!("x".repeat(121))),
            "input.displayName",
        ),
        (with("displayName", json!("a\nb")), "input.displayName"),
        (with("timezone", json!("Mars/Olympus")), "input.timezone"),
    ] {
        let refused = app.graphql(SIGN_UP, variables.clone()).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{variables}"
        );
    }
    let long = app
        .graphql(SIGN_UP, with("password", json!("é".repeat(200))))
        .await;
    assert_eq!(long.data()["signUp"]["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn an_address_is_taken_once_whatever_its_case_and_nothing_is_told_of_who_has_it() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    let input = json!({"email": "Ada@Example.com", "password": "another password"});

    let refused = app.graphql(SIGN_UP, json!({"input": input})).await;

    assert_eq!(refused.code(), "CONFLICT");
    let told = refused.error()["extensions"].as_object().unwrap();
    assert_eq!(told.keys().collect::<Vec<_>>(), ["code"]);
    sign_in(&app, "ada@example.com").await;
}

#[tokio::test]
async fn nobody_chooses_the_id_of_an_account_and_so_learns_which_are_taken() {
    let app = TestApp::start().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let input = json!({"id": id, "email": "ada@example.com", "password": PASSWORD});
    let refused = app.graphql(SIGN_UP, json!({"input": input})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("BAD_VARIABLES", "input.id")
    );
}

#[tokio::test]
async fn where_signing_up_is_closed_nobody_can() {
    let closed = GateOptions {
        sign_up: false,
        ..GateOptions::default()
    };
    let app = TestApp::start_gated(closed).await;
    let input = json!({"email": "ada@example.com", "password": PASSWORD});
    let refused = app.graphql(SIGN_UP, json!({"input": input})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
}

#[tokio::test]
async fn another_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let here = sign_up(&app, "ada@example.com").await;
    let there = sign_in(&app, "ada@example.com").await;

    let refused = change(&app, &here.access, "not the password", "a better password").await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.currentPassword")
    );
    let refused = change(&app, &here.access, PASSWORD, "short").await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION", "input.newPassword")
    );
    refresh(&app, &there.refresh).await.data();
    let there = sign_in(&app, "ada@example.com").await;

    change(&app, &here.access, PASSWORD, "a better password")
        .await
        .data();

    assert_eq!(
        refresh(&app, &there.refresh).await.code(),
        "UNAUTHENTICATED"
    );
    refresh(&app, &here.refresh).await.data();
    let old = try_sign_in(&app, "ada@example.com", PASSWORD).await;
    assert_eq!(old.code(), "UNAUTHENTICATED");
    let new = try_sign_in(&app, "ada@example.com", "a better password").await;
    who(&app, &Tokens::of(&new, "signIn").access).await.data();
}

#[tokio::test]
async fn imported_bcrypt_hashes_verify_once_and_become_argon2id() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    let parts = bcrypt::hash_with_result(PASSWORD, 4).unwrap();
    for version in [
        bcrypt::Version::TwoA,
        bcrypt::Version::TwoB,
        bcrypt::Version::TwoY,
    ] {
        let imported = parts.format_for_version(version);
        set_hash(&app, "ada@example.com", &imported).await;

        let wrong = try_sign_in(&app, "ada@example.com", "not the password").await;
        assert_eq!(wrong.code(), "UNAUTHENTICATED");
        assert_eq!(hash_of(&app, "ada@example.com").await, imported);

        sign_in(&app, "ada@example.com").await;
        assert!(
            hash_of(&app, "ada@example.com")
                .await
                .starts_with("$argon2id$")
        );
        sign_in(&app, "ada@example.com").await;
    }
}

#[tokio::test]
async fn a_hash_of_weaker_making_is_made_anew() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    // Of `correct horse battery`, with a twentieth of the memory.
    let weak = {
        use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
        let params = Params::new(1024, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        weak.hash_password(PASSWORD.as_bytes()).unwrap().to_string()
    };
    set_hash(&app, "ada@example.com", &weak).await;

    sign_in(&app, "ada@example.com").await;

    assert!(
        hash_of(&app, "ada@example.com")
            .await
            .contains("m=19456,t=2,p=1")
    );
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_or_would_take_minutes_matches_nothing() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.com").await;
    let endless = format!("$2b$31${}", "a".repeat(53));
    for hash in ["plain text", "$2b$04$short", "$argon2id$broken", &endless] {
        set_hash(&app, "ada@example.com", hash).await;
        let refused = try_sign_in(&app, "ada@example.com", PASSWORD).await;
        assert_eq!(refused.code(), "UNAUTHENTICATED", "{hash}");
    }
}
