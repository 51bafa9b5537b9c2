//! Tokens of an outside issuer, which here is a small server of the test's own.

mod issuer;

use base64::{Engine, engine::general_purpose::STANDARD};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use regimen::{config::Config, db::schema::identities};
use ring::signature::KeyPair;
use serde_json::{Value, json};

use self::issuer::{AUDIENCE, Issuer, Key};
use super::{base64, hmac_token, seconds_from_now, sign_up, who};
use crate::support::{Answer, Finished, TestApp, regimen as program, scratch_folder};

#[track_caller]
fn refused(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code()),
        (401, "UNAUTHENTICATED"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_person_of_the_issuer_is_given_an_account_once_whatever_key_signs() {
    let keys = [Key::rsa(), Key::p256(), Key::ed25519()];
    let public = json!([
        {"kty": "unheard-of", "kid": "x"},
        keys[0].public("0"), keys[1].public("1"), keys[2].public("2"),
    ]);
    let issuer = Issuer::start(public).await;
    let app = TestApp::start_gated(issuer.options()).await;
    let mut claims = issuer.claims("subject-1");
    claims["email"] = json!("ada@example.com");
    claims["email_verified"] = json!(true);
    claims["name"] = json!("Ada");

    let at_once = join_all((0..4).map(|_| async { who(&app, &keys[0].token("0", &claims)).await }));
    let first = at_once.await;
    let viewer = first[0].data()["viewer"].clone();
    assert_eq!(
        (&viewer["email"], &viewer["displayName"], &viewer["role"]),
        (&json!("ada@example.com"), &json!("Ada"), &json!("MEMBER"))
    );
    for answer in &first {
        assert_eq!(answer.data()["viewer"], viewer);
    }
    for (id, key) in [("1", &keys[1]), ("2", &keys[2])] {
        assert_eq!(
            who(&app, &key.token(id, &claims)).await.data()["viewer"],
            viewer
        );
    }
    let token = keys[0].token("0", &claims);
    let settings = app
        .graphql_with(&token, "{ settings { timezone version } }", json!({}))
        .await;
    assert_eq!(
        settings.data()["settings"],
        json!({"timezone": "UTC", "version": 1})
    );
    let (statements, _) = app
        .statements_of(app.graphql_with(&token, "{ version }", json!({})))
        .await;
    assert_eq!((statements, issuer.asked()), (1, 1));

    let other = who(&app, &keys[1].token("1", &issuer.claims("subject-2"))).await;
    let other = &other.data()["viewer"];
    assert_ne!(other["id"], viewer["id"]);
    assert_eq!(
        (&other["email"], &other["displayName"]),
        (&Value::Null, &json!(""))
    );
}

#[tokio::test]
async fn a_token_for_somebody_else_of_somebody_else_or_of_another_time_is_refused() {
    let key = Key::p256();
    let issuer = Issuer::start(json!([key.public("1")])).await;
    let app = TestApp::start_gated(issuer.options()).await;
    let with = |name: &str, value: Value| {
        let mut claims = issuer.claims("subject");
        claims[name] = value;
        key.token("1", &claims)
    };
    let without = |name: &str| {
        let mut claims = issuer.claims("subject");
        claims.as_object_mut().unwrap().remove(name);
        key.token("1", &claims)
    };
    who(&app, &with("nbf", json!(seconds_from_now(-10))))
        .await
        .data();
    who(&app, &with("aud", json!(["other", AUDIENCE])))
        .await
        .data();
    for wrong in [
        with("aud", json!("another-app")),
        with("iss", json!("https://elsewhere.example.com")),
        with("iss", json!("regimen")),
        with("exp", json!(seconds_from_now(-120))),
        with("exp", json!("soon")),
        with("nbf", json!(seconds_from_now(120))),
        with("sub", json!("")),
        with("sub", json!("x".repeat(256))),
        with("sub", json!("a\u{0}b")),
        with("sub", json!(7)),
        without("aud"),
        without("iss"),
        without("exp"),
        without("sub"),
        Key::p256().token("1", &issuer.claims("subject")),
        Key::ed25519().token("1", &issuer.claims("subject")),
    ] {
        refused(&who(&app, &wrong).await);
    }
}

#[tokio::test]
async fn no_other_algorithm_can_be_passed_off_for_the_keys_own() {
    let (rsa, ec) = (Key::rsa(), Key::p256());
    let (rsa_jwk, ec_jwk) = (rsa.public("rsa"), ec.public("ec"));
    let shared =
        json!({"kty": "oct", "kid": "oct", "k": base64(b"a shared secret in public, alas!!")});
    let only_384 = {
        let mut jwk = rsa.public("384");
        jwk["alg"] = json!("RS384");
        jwk
    };
    let issuer = Issuer::start(json!([rsa_jwk, ec_jwk, shared, only_384])).await;
    let app = TestApp::start_gated(issuer.options()).await;
    let claims = issuer.claims("subject");
    who(&app, &rsa.token("rsa", &claims)).await.data();

    let hs256 = |id: &str| json!({"alg": "HS256", "kid": id, "typ": "JWT"});
    let Key::Rsa(pair) = &rsa else { unreachable!() };
    let point = match &ec {
        Key::P256(pair) => pair.public_key().as_ref().to_vec(),
        _ => unreachable!(),
    };
    let n = STANDARD.encode(ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public()).n);
    let body = base64(claims.to_string());
    let none = base64(json!({"alg": "none", "kid": "rsa"}).to_string());
    let as_ed = base64(json!({"alg": "EdDSA", "kid": "ec"}).to_string());
    for wrong in [
        hmac_token(&hs256("rsa"), &claims, pair.public().as_ref()),
        hmac_token(&hs256("rsa"), &claims, n.as_bytes()),
        hmac_token(&hs256("ec"), &claims, &point),
        hmac_token(&hs256("oct"), &claims, b"a shared secret in public, alas!!"),
        hmac_token(
            &json!({"alg": "RS256", "kid": "rsa"}),
            &claims,
            pair.public().as_ref(),
        ),
        format!("{none}.{body}."),
        format!("{none}.{body}.{}", base64(b"x")),
        format!(
            "{as_ed}.{body}.{}",
            base64(ec.sign(format!("{as_ed}.{body}").as_bytes()))
        ),
        // The key is there, under another name or for another algorithm.
        rsa.token("ec", &claims),
        rsa.token("384", &claims),
    ] {
        refused(&who(&app, &wrong).await);
    }
}

#[tokio::test]
async fn a_new_key_is_found_at_once_and_unknown_ones_do_not_trouble_the_issuer() {
    let (old, new, stranger) = (Key::ed25519(), Key::p256(), Key::p256());
    let issuer = Issuer::start(json!([old.public("old")])).await;
    let app = TestApp::start_gated(issuer.options()).await;
    let claims = issuer.claims("subject");
    assert_eq!(issuer.asked(), 0);
    who(&app, &old.token("old", &claims)).await.data();
    who(&app, &old.token("old", &claims)).await.data();
    assert_eq!(issuer.asked(), 1);

    issuer.publish(json!([new.public("new")]));
    who(&app, &new.token("new", &claims)).await.data();
    assert_eq!(issuer.asked(), 2);
    // It is gone from the list, and no longer believed.
    refused(&who(&app, &old.token("old", &claims)).await);

    let attempts = (0..20).map(|n| {
        let token = stranger.token(&format!("unknown-{n}"), &claims);
        let app = &app;
        async move { refused(&who(app, &token).await) }
    });
    join_all(attempts).await;
    assert_eq!(issuer.asked(), 2);
    who(&app, &new.token("new", &claims)).await.data();
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_keeps_its_own_people_out_and_nobody_else() {
    let key = Key::ed25519();
    let issuer = Issuer::start(json!([key.public("1")])).await;
    let away = issuer.options_with("http://127.0.0.1:1/keys".to_owned());
    let app = TestApp::start_gated(away).await;
    refused(&who(&app, &key.token("1", &issuer.claims("subject"))).await);
    let ours = sign_up(&app, "ada@example.com").await;
    who(&app, &ours.access).await.data();
}

#[tokio::test]
async fn an_address_that_has_an_account_with_a_password_is_not_taken_over() {
    let key = Key::ed25519();
    let issuer = Issuer::start(json!([key.public("1")])).await;
    let app = TestApp::start_gated(issuer.options()).await;
    let ours = sign_up(&app, "ada@example.com").await;
    let mut claims = issuer.claims("subject");
    claims["email"] = json!("ADA@example.com");

    claims["email_verified"] = json!("true");
    let answer = who(&app, &key.token("1", &claims)).await;
    refused(&answer);
    assert!(
        answer.message().contains("password"),
        "{}",
        answer.message()
    );

    // Unverified it is only a claim: the person gets an account without an address.
    claims["email_verified"] = json!(false);
    let viewer = who(&app, &key.token("1", &claims)).await.data()["viewer"].clone();
    assert_eq!(viewer["email"], Value::Null);
    assert_ne!(viewer["id"], ours.user["id"]);
}

#[tokio::test]
async fn an_account_of_the_issuers_has_no_session_or_password_here_and_can_be_deleted() {
    let key = Key::ed25519();
    let issuer = Issuer::start(json!([key.public("1")])).await;
    let app = TestApp::start_gated(issuer.options()).await;
    let token = key.token("1", &issuer.claims("subject"));
    let send = |query: &'static str| app.graphql_with(&token, query, json!({}));
    let viewer = who(&app, &token).await.data()["viewer"].clone();

    assert_eq!(
        send("mutation { signOut { ended } }").await.code(),
        "FORBIDDEN"
    );
    let change = "mutation { changePassword(
        input: {currentPassword: \"\", newPassword: \"a long password\"}) { user { id } } }";
    assert_eq!(send(change).await.code(), "FORBIDDEN");
    let deleted = send("mutation { deleteAccount { id } }").await;
    assert_eq!(deleted.data()["deleteAccount"]["id"], viewer["id"]);
    let count = identities::table.count();
    let left = count.get_result(&mut app.database.connect().await).await;
    assert_eq!(left, Ok(0_i64));
}

#[tokio::test]
async fn keys_can_lie_in_a_file() {
    let key = Key::rsa();
    let folder = scratch_folder("jwks");
    let file = folder.join("keys.json");
    std::fs::write(&file, json!({"keys": [key.public("1")]}).to_string()).unwrap();
    let issuer = Issuer::start(json!([])).await;
    let options = issuer.options_with(file.display().to_string());
    let app = TestApp::start_gated(options).await;
    who(&app, &key.token("1", &issuer.claims("subject")))
        .await
        .data();
    assert_eq!(issuer.asked(), 0);
}

#[tokio::test]
async fn settings_of_an_issuer_that_cannot_work_end_the_start_with_a_reason() {
    let folder = scratch_folder("issuer");
    std::fs::write(folder.join("empty.json"), r#"{"keys": []}"#).unwrap();
    assert!(Config::defaults().unwrap().oidc_issuer.is_none());
    for (settings, reason) in [
        (
            vec!["--oidc-issuer", "https://id.example.com"],
            "`REGIMEN_OIDC_AUDIENCE`",
        ),
        (
            vec![
                "--oidc-issuer",
                "x",
                "--oidc-audience",
                "y",
                "--oidc-jwks",
                "missing.json",
            ],
            "`missing.json`",
        ),
        (
            vec![
                "--oidc-issuer",
                "x",
                "--oidc-audience",
                "y",
                "--oidc-jwks",
                "empty.json",
            ],
            "no key",
        ),
        (
            vec![
                "--oidc-issuer",
                "x",
                "--oidc-audience",
                "y",
                "--oidc-jwks",
                "https://",
            ],
            "`https://`",
        ),
    ] {
        let run = Finished::of(
            program(&folder)
                .args(["--port", "0", "serve"])
                .args(settings),
        )
        .await;
        assert!(run.failure().contains(reason), "{}", run.failure());
    }
}
