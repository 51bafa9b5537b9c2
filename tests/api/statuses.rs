//! The status codes of the newer draft of GraphQL over HTTP, where they are asked for.

use regimen::config::StatusCodes;
use reqwest::header;
use serde_json::{Value, json};

use crate::support::TestApp;

const GRAPHQL: &str = "application/graphql-response+json";
const PARTLY: &str = r#"{ version exercise(id: "00000000-0000-7000-8000-000000000000") { name } }"#;
const NOT_AT_ALL: &str = "{ exercises(first: 1000) { totalCount } }";

async fn draft() -> TestApp {
    TestApp::start_guarded(|options| options.status_codes = StatusCodes::Draft).await
}

/// The status and the media type of the answer to this body.
async fn post(app: &TestApp, accept: &str, body: &str) -> (u16, String) {
    let request = app.client.post(format!("{}/graphql", app.url));
    let request = request
        .header(header::ACCEPT, accept)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_owned());
    let response = request.send().await.unwrap();
    let media = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
    let media = media.split(';').next().unwrap().to_owned();
    let status = response.status().as_u16();
    assert!(response.json::<Value>().await.is_ok(), "{body}");
    (status, media)
}

#[tokio::test]
async fn the_draft_has_a_status_for_every_way_to_fail() {
    let app = draft().await;
    let query = |query: &str| json!({"query": query}).to_string();
    for (body, status) in [
        (query("{ version }"), 200),
        (query(PARTLY), 294),
        (query(NOT_AT_ALL), 294),
        ("NONSENSE".to_owned(), 400),
        ("{\"query\":".to_owned(), 400),
        (query("{"), 400),
        (r#"{"qeury": "{__typename}"}"#.to_owned(), 422),
        (
            r#"{"query": "{__typename}", "variables": [7]}"#.to_owned(),
            422,
        ),
        ("[]".to_owned(), 422),
        (query("{ nonsense }"), 422),
        (query("query A { version } query B { version }"), 422),
        (
            query("query ($id: ID!) { exercise(id: $id) { name } }"),
            422,
        ),
        (r#"{"documentId": "never-heard-of"}"#.to_owned(), 422),
    ] {
        let (found, media) = post(&app, GRAPHQL, &body).await;
        assert_eq!((found, &*media), (status, GRAPHQL), "{body}");
        // Older clients keep their type where they were right, and can tell ours from a proxy's error.
        let expected = if status < 300 {
            "application/json"
        } else {
            GRAPHQL
        };
        let (found, media) = post(&app, "application/json", &body).await;
        assert_eq!((found, &*media), (status, expected), "{body}");
    }
}

#[tokio::test]
async fn the_draft_counts_for_get_too() {
    let app = draft().await;
    for (parameters, status) in [
        (vec![("query", "{ version }")], 200),
        (vec![("query", PARTLY)], 294),
        (vec![("query", "{")], 400),
        (vec![("query", "{ nonsense }")], 422),
        (vec![("query", "{ version }"), ("variables", "[]")], 422),
        (vec![("query", "{ version }"), ("variables", "{")], 400),
        (vec![("variables", "{}")], 422),
        (vec![("query", "mutation { signOut { ended } }")], 405),
    ] {
        let request = app.client.get(format!("{}/graphql", app.url));
        let response = request.query(&parameters).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{parameters:?}");
        let may_be_kept = response.headers().contains_key(header::ETAG);
        assert_eq!(may_be_kept, status == 200, "{parameters:?}");
    }
}

#[tokio::test]
async fn without_the_draft_the_codes_are_those_of_the_audits() {
    let app = TestApp::start().await;
    let query = |query: &str| json!({"query": query}).to_string();
    for (body, graphql, older) in [
        (query(PARTLY), 200, 200),
        (query("{"), 400, 200),
        (query("{ nonsense }"), 400, 200),
        ("NONSENSE".to_owned(), 400, 400),
        (
            r#"{"query": "{__typename}", "variables": [7]}"#.to_owned(),
            400,
            400,
        ),
    ] {
        assert_eq!(post(&app, GRAPHQL, &body).await.0, graphql, "{body}");
        let (status, media) = post(&app, "application/json", &body).await;
        assert_eq!((status, &*media), (older, "application/json"), "{body}");
    }
}
