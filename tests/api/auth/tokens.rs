//! Access tokens: what is taken for one, and what is not.

use serde_json::json;

use super::{base64, hmac_token, seconds_from_now, sign_up, who};
use crate::support::TestApp;

/// What the test's server signs with.
const SECRET: &[u8] = b"for tests and nothing else, ever";

#[tokio::test]
async fn an_expired_token_is_refused_with_401_and_says_what_to_do() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let mut claims = json!({
        "iss": "regimen", "sub": tokens.user["id"], "role": "member",
        "iat": seconds_from_now(-1000), "exp": seconds_from_now(60),
    });
    assert_eq!(
        who(&app, &hmac_token(&header, &claims, SECRET))
            .await
            .data()["viewer"]["id"],
        tokens.user["id"]
    );

    claims["exp"] = json!(seconds_from_now(-60));
    let refused = who(&app, &hmac_token(&header, &claims, SECRET)).await;

    assert_eq!((refused.status, refused.code()), (401, "UNAUTHENTICATED"));
    assert!(
        refused.message().contains("refreshSession"),
        "{}",
        refused.message()
    );
    assert!(refused.body.get("data").is_none());
}

#[tokio::test]
async fn a_token_that_was_changed_or_signed_otherwise_is_refused() {
    let app = TestApp::start().await;
    let tokens = sign_up(&app, "ada@example.com").await;
    let [head, body, signature] = {
        let parts: Vec<&str> = tokens.access.split('.').collect();
        [parts[0], parts[1], parts[2]]
    };
    let admin = json!({
        "iss": "regimen", "sub": tokens.user["id"], "role": "admin", "exp": seconds_from_now(600),
    });
    let none = base64(json!({"alg": "none", "typ": "JWT"}).to_string());
    let hs256 = json!({"alg": "HS256", "typ": "JWT"});
    for wrong in [
        format!(
            "{head}.{body}.{}",
            signature.chars().rev().collect::<String>()
        ),
        format!("{head}.{}.{signature}", base64(admin.to_string())),
        format!("{none}.{}.", base64(admin.to_string())),
        format!("{none}.{body}.{signature}"),
        hmac_token(&hs256, &admin, b"another secret of thirty-two byte"),
        hmac_token(&hs256, &admin, b""),
        hmac_token(&json!({"alg": "RS256", "kid": "1"}), &admin, SECRET),
        hmac_token(&json!({"alg": "HS512"}), &admin, SECRET),
        hmac_token(
            &hs256,
            &json!({"iss": "other", "sub": tokens.user["id"], "role": "admin",
            "exp": seconds_from_now(600)}),
            SECRET,
        ),
        hmac_token(
            &hs256,
            &json!({"iss": "regimen", "sub": tokens.user["id"], "role": "admin"}),
            SECRET,
        ),
        tokens.refresh.clone(),
        "nonsense".to_owned(),
    ] {
        let refused = who(&app, &wrong).await;
        assert_eq!(
            (refused.status, refused.code()),
            (401, "UNAUTHENTICATED"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_401_says_how_to_authenticate() {
    let app = TestApp::start().await;
    for header in ["Bearer", "Bearer ", "Basic YWRhOnB3", "Token x"] {
        let response = app
            .client
            .post(format!("{}/graphql", app.url))
            .header("authorization", header)
            .json(&json!({"query": "{ version }"}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401, "{header}");
        assert_eq!(
            response.headers()["www-authenticate"],
            r#"Bearer error="invalid_token""#
        );
    }
}
