//! An outside issuer: its keys, and a small server that publishes them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Json, Router, routing::get};
use base64::{Engine, engine::general_purpose::STANDARD};
use regimen::auth::{GateOptions, IssuerOptions};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RsaKeyPair,
    },
};
use serde_json::{Value, json};

use super::super::{base64, seconds_from_now};

pub const AUDIENCE: &str = "regimen-app";

/// Made for these tests, and the key of nothing.
const RSA: &str = "MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQC7ynFaL+Has81RFoVNMWR40xyLKmFfYBNdj4w/Y+iYSuwO\
    aiBPZ3hg5+RSKRWktb53xoot69wnMgk89uiLsrCED8tNhPhUOr7LvSPsmWbKyx7JvjCd+RVJw8EZbK5M3dfVQOl+QT8WbJ11\
    Rwsw9G363gA2fdr4EBWcV/UBFh6eqkkkpODz1BswTnRxqdufwBVWO2Upz02BtP2l8RWgFSjCBbfb97uj6go+0nO0fKKIqO9q\
    7P1g2U3Suy/tN7Iye9dvWIvxetkd64qGKRTfCZTobAiZ57olmk+l4f6JS85WQpJ3diWr/1YI4v6RowJ3HAi6wHUau9tjzMcj\
    8sOZhoxLAgMBAAECggEAMz/Y9ol5xGNshZQ1Ve9EYbsPn6U1xL8mGdMKreQYvrM3v+lTnwf4cM3oYEnJF9XnwK1k2Yp0XxgH\
    MGWb6kAebzQWQjYnRWlw145rRu9If9C2Os2WXA51sldjlAo2eVDTzeW0s1mgG4ER6cc1NSuH9j5u5XAseaV+GFhiy2Sbf6Y2\
    kLbOLBcBRHi80A7DDm0EgNafK/K/mNYOBV2exOjJgz1FbtVFkvRMvex7MMNyMSDCTIhodrmOuT7uA4y1v2j/XZFRrb5yofur\
    6sliM5eXFA6dieIgiCLPmsWyQPv/RC0Z9PGW58UuTSFDq4NCoQoGTpOzZNmAWobXS2NC3xbodQKBgQDm6bu42MBRlsLkpjbl\
    ijDYagoH+mf/qDmKZbWGE9hYhxHhkTr5Zoly8kqRwt5EbpDjrcH5+zRZhJV7CcxwewjeJYRWVrZQQOHsS9DApUHK05VVEw9i\
    n+W4MKEBrq0woujB7dCCkgEnxtdsVyfS/2GyrOahkLHHTymChBPStN8kDwKBgQDQMV9xcs7V2i8O4MZXcpLAviUu6qEhCmce\
    yEOTAQh04fLRgK5eOs1/dP3AMIuCr4LH7PbXaRRIntJkegjIyDTZqYvaL08cPbKow1jsVUsjy3zQBG87zQYH2+PX/qZQHsRE\
    hHjcNqdrdtiN7jTvEWhCR2Pe/wtxREp/7aJSEW+oBQKBgQDXqB2ZUl2zFWFpmE6W7AwYYliCAPyWCW/L8Jeq4+ffLi6mAzQX\
    7wqZnu3D2kIpmTWaXhJWvKS0oh3VLl6QAmhSyKki1ZMpup8FR/1rniunGRpTvRxWWM17y3bjklbPoKZPUCK3f1Ky6oMQ/QkF\
    h1ugOtietftDEIzNBztYQ3JPQwKBgQC4ku0g8T36TiLmN9Tf9k2w32Krw4vydPyTR8zQ6VuL9D2IC2OLWuqREzFcUC1/QQbb\
    JHR66Uf4UgYI2kArcYOZbTz1xHeIfBKGmBmf/MZPB7qx2RyckdnE4eePuM3NvlkWvbNA2Jt5JLY8rnDzeiVKjWw3aTnFw1uh\
    KxZ7V8X72QKBgQDQU8KHSFhwu1vfxNrAZdr7ryQ5W9YYi6tEzOpJjWuKPmEwLIAyk2JBvx3qOsn2GW7Zv9zhHBsShRT9/vCB\
    v2XGQKJmS5oJ4haTUTAdwLctmldpQpqsC2nKlskyjmvrXCGQ2tzdZzHf1LTjOZy6BRo9TOjoyexIcjm/8ixx32rW2g==";

/// A key of the issuer's.
pub enum Key {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    pub fn rsa() -> Self {
        let der = STANDARD.decode(RSA).unwrap();
        Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(&der).unwrap()))
    }

    pub fn p256() -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let der = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(kind, der.as_ref(), &random).unwrap())
    }

    pub fn ed25519() -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    pub fn public(&self, id: &str) -> Value {
        let mut jwk = match self {
            Self::Rsa(key) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "n": base64(public.n), "e": base64(public.e)})
            }
            Self::P256(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": base64(&point[1..33]), "y": base64(&point[33..])})
            }
            Self::Ed25519(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": base64(key.public_key())})
            }
        };
        jwk["kid"] = json!(id);
        jwk["use"] = json!("sig");
        jwk
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Self::P256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    pub fn token(&self, id: &str, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm(), "kid": id, "typ": "JWT"});
        let message = format!(
            "{}.{}",
            base64(header.to_string()),
            base64(claims.to_string())
        );
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", base64(signature))
    }
}

/// A server that publishes keys, and counts how often it is asked.
pub struct Issuer {
    pub name: String,
    published: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    pub async fn start(keys: Value) -> Self {
        let (published, asked) = (Arc::new(Mutex::new(keys)), Arc::new(AtomicUsize::new(0)));
        let (shown, count) = (Arc::clone(&published), Arc::clone(&asked));
        let answer = get(move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            Json(json!({"keys": *shown.lock().unwrap()}))
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let name = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/keys", answer);
        tokio::spawn(async { axum::serve(listener, router).await });
        Self {
            name,
            published,
            asked,
        }
    }

    pub fn options(&self) -> GateOptions {
        self.options_with(format!("{}/keys?v=1", self.name))
    }

    pub fn options_with(&self, jwks: String) -> GateOptions {
        GateOptions {
            issuer: Some(IssuerOptions {
                issuer: self.name.clone(),
                audience: AUDIENCE.to_owned(),
                jwks,
            }),
            ..GateOptions::default()
        }
    }

    pub fn publish(&self, keys: Value) {
        *self.published.lock().unwrap() = keys;
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn claims(&self, subject: &str) -> Value {
        json!({"iss": self.name, "aud": AUDIENCE, "sub": subject, "exp": seconds_from_now(300)})
    }
}
