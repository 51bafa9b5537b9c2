//! What every HTTP client meets, whatever it came for.

use std::fmt::Write;

use futures_util::future::join_all;
use reqwest::{
    Response, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE},
};
use serde_json::{Value, json};

use crate::support::TestApp;

async fn get(app: &TestApp, path: &str) -> Response {
    let request = app.client.get(format!("{}{path}", app.url));
    request.send().await.unwrap()
}

async fn error_of(response: Response) -> (StatusCode, String, String) {
    let status = response.status();
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let body: Value = response.json().await.unwrap();
    let error = &body["errors"][0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (
        status,
        text(&error["extensions"]["code"]),
        text(&error["message"]),
    )
}

#[tokio::test]
async fn a_live_server_says_so() {
    let app = TestApp::start().await;

    let response = get(&app, "/health/live").await;

    assert_eq!(response.status(), 200);
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({"status": "live"})
    );
}

#[tokio::test]
async fn a_ready_server_says_what_it_works_with() {
    let app = TestApp::start().await;

    let response = get(&app, "/health/ready").await;

    assert_eq!(response.status(), 200);
    let report: Value = response.json().await.unwrap();
    assert_eq!(report["status"], "ready");
    assert_eq!(report["database"]["status"], "up");
    let version = report["database"]["version"].as_str().unwrap();
    assert!(
        version.starts_with(|c: char| c.is_ascii_digit()),
        "{version}"
    );
    assert_eq!(report["migration"]["applied"], report["migration"]["known"]);
    assert!(
        report["migration"]["known"]
            .as_str()
            .unwrap()
            .starts_with("2026")
    );
    assert_eq!(report["pool"]["open"], 1);
    assert_eq!(report["pool"]["timed_out"], 0);
    assert_eq!(report["phase"], "none");
    assert_eq!(report["mirror"]["lag"], 0);
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_not_found_in_json() {
    let app = TestApp::start().await;

    let (status, code, message) = error_of(get(&app, "/no/such/thing?token=secret").await).await;

    assert_eq!((status.as_u16(), code.as_str()), (404, "NOT_FOUND"));
    assert!(
        message.contains("`/no/such/thing`") && message.contains("`/graphql`"),
        "{message}"
    );
    assert!(!message.contains("secret"), "{message}");
}

#[tokio::test]
async fn the_wrong_method_is_refused_in_json() {
    let app = TestApp::start().await;
    let request = app.client.post(format!("{}/health/live", app.url));

    let response = request.send().await.unwrap();

    assert!(
        response.headers()["allow"]
            .to_str()
            .unwrap()
            .contains("GET")
    );
    let (status, code, message) = error_of(response).await;
    assert_eq!(
        (status.as_u16(), code.as_str()),
        (405, "METHOD_NOT_ALLOWED")
    );
    assert!(
        message.contains("`/health/live` does not take `POST`"),
        "{message}"
    );
}

#[tokio::test]
async fn a_harmless_request_id_is_kept_and_any_other_replaced() {
    let app = TestApp::start().await;
    let id_for = async |given: Option<&str>| {
        let mut request = app.client.get(format!("{}/health/live", app.url));
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        let response = request.send().await.unwrap();
        response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };

    let longest = "x".repeat(64);
    for harmless in ["0af7651916cd43dd-8448eb211c80319c", "a_B.9:z", &longest] {
        assert_eq!(id_for(Some(harmless)).await, harmless);
    }
    let long = "x".repeat(200);
    let mut made = vec![id_for(None).await];
    for harmful in ["two words", "", "a\"b", "{\"level\":\"ERROR\"}", &long] {
        let id = id_for(Some(harmful)).await;
        assert_ne!(id, harmful);
        made.push(id);
    }
    for id in &made {
        assert_eq!(
            uuid::Uuid::parse_str(id).unwrap().get_version_num(),
            7,
            "{id}"
        );
    }
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), 6, "each request has an id of its own");
}

#[tokio::test]
async fn an_error_carries_a_request_id_too() {
    let app = TestApp::start().await;

    let response = get(&app, "/nowhere").await;

    assert!(!response.headers()["x-request-id"].is_empty());
}

#[tokio::test]
async fn a_large_answer_is_compressed_as_the_client_can_take_it() {
    let app = TestApp::seeded().await;
    let query = "{ exercises(first: 100) { nodes { id name description instructions } } }";
    let answer = async |encoding: &str| {
        let request = app.client.post(format!("{}/graphql", app.url));
        let request = request.header(ACCEPT_ENCODING, encoding);
        let response = request.json(&json!({"query": query})).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let used = response.headers().get(CONTENT_ENCODING).cloned();
        (used, response.bytes().await.unwrap())
    };

    let (plain, whole) = answer("identity").await;
    let (gzip, gzipped) = answer("gzip").await;
    let (br, brotli) = answer("gzip, br").await;

    assert_eq!(plain, None);
    assert!(whole.len() > 20_000, "{}", whole.len());
    assert_eq!(gzip.unwrap(), "gzip");
    assert_eq!(gzipped[..2], [0x1f, 0x8b]);
    assert_eq!(br.unwrap(), "br");
    assert_ne!(brotli[..2], [0x1f, 0x8b]);
    for packed in [&gzipped, &brotli] {
        assert!(
            packed.len() * 3 < whole.len(),
            "{} of {}",
            packed.len(),
            whole.len()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eighty_clients_share_four_connections_without_a_wrong_or_missing_answer() {
    let app = TestApp::seeded().await;
    let query = "{ exercises(first: 100) { nodes { id name } } }";
    let all = app.graphql(query, json!({})).await.data()["exercises"]["nodes"].clone();
    let all = all.as_array().unwrap();
    let one_client = async |client: usize| {
        for request in 0..20 {
            // Three by id, through the loader, beside a list: each field takes a connection.
            let wanted: Vec<&Value> = (0..3)
                .map(|i| &all[(client * 31 + request * 7 + i * 13) % all.len()])
                .collect();
            let mut query = String::from("{ exercises(first: 1) { nodes { id name } } ");
            for (i, exercise) in wanted.iter().enumerate() {
                write!(
                    query,
                    "e{i}: exercise(id: {}) {{ id name }} ",
                    exercise["id"]
                )
                .unwrap();
            }
            let answer = app.graphql(&(query + "}"), json!({})).await;
            let data = answer.data();
            assert_eq!(data["exercises"]["nodes"][0], all[0]);
            for (i, exercise) in wanted.iter().enumerate() {
                assert_eq!(&data[format!("e{i}")], *exercise);
            }
        }
    };

    join_all((0..80).map(one_client)).await;

    let pool = app.db.pool_state();
    assert_eq!(pool.connections, 4);
    assert_eq!(pool.statistics.get_timed_out, 0);
}
