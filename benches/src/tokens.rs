//! Access tokens for the users of the data set, signed as the server signs them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::json;
use uuid::Uuid;

/// What the measured server is told to sign with.
pub const SECRET: &str = "for measuring, and for nothing else in the world";

/// A token that counts for the next few hours.
pub fn token(user: Uuid) -> String {
    token_of(user, "member")
}

/// The same for somebody with another role.
pub fn token_of(user: Uuid, role: &str) -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = elapsed.expect("a clock that goes right").as_secs();
    let claims =
        json!({"iss": "regimen", "sub": user, "role": role, "iat": now, "exp": now + 6 * 3600});
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        encode(br#"{"alg":"HS256","typ":"JWT"}"#),
        encode(claims.to_string().as_bytes())
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = encode(hmac::sign(&key, signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}
