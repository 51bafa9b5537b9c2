//! What Prometheus reads.

use std::collections::BTreeMap;

use regimen::http;
use serde_json::json;
use tokio::net::TcpListener;

use super::super::subscriptions::CHANGED;
use crate::{
    documents::sha256,
    support::{
        Finished, Server, Socket, TestApp, TestDatabase, eventually, regimen, scratch_folder,
    },
};

/// The samples of a page by name and labels, read as strictly as Prometheus does.
struct Samples(BTreeMap<String, f64>);

impl Samples {
    fn read(text: &str) -> Self {
        let mut samples = BTreeMap::new();
        let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(kinds.insert(name, kind), None, "{name} is begun twice");
            } else if !line.starts_with("# HELP ") {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                let family = ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|end| name.strip_suffix(end));
                let is_known = kinds.contains_key(name)
                    || family.is_some_and(|family| kinds.get(family) == Some(&"histogram"));
                assert!(is_known, "{line} has no type");
                let before = samples.insert(series.to_owned(), value.parse().unwrap());
                assert!(before.is_none(), "{series} is there twice");
            }
        }
        Self(samples)
    }

    async fn of(url: &str) -> Self {
        let response = reqwest::get(url).await.unwrap();
        let format = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(format, "text/plain; version=0.0.4; charset=utf-8");
        Self::read(&response.text().await.unwrap())
    }

    #[track_caller]
    fn one(&self, series: &str) -> f64 {
        let found = self.0.get(series);
        *found.unwrap_or_else(|| panic!("no {series} in {:#?}", self.0))
    }

    /// The sum of all series that begin so.
    fn sum(&self, beginning: &str) -> f64 {
        let matching = self
            .0
            .iter()
            .filter(|(series, _)| series.starts_with(beginning));
        matching.map(|(_, value)| value).sum()
    }

    fn count(&self, beginning: &str) -> usize {
        self.0
            .keys()
            .filter(|series| series.starts_with(beginning))
            .count()
    }
}

async fn watched() -> (TestApp, String) {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    tokio::spawn(http::serve_metrics(listener, app.inside.clone()));
    (app, url)
}

#[tokio::test]
async fn requests_are_counted_by_operation_with_their_cost_and_time() {
    let (app, url) = watched().await;
    let ada = app.newcomer().await;
    for _ in 0..3 {
        ada.graphql(
            "query Library { exercises(first: 10) { nodes { id } } }",
            json!({}),
        )
        .await
        .data();
    }
    ada.graphql("{ version }", json!({})).await.data();
    ada.graphql("{ nonsense }", json!({})).await.code();
    let missing = r#"{ exercise(id: "00000000-0000-7000-8000-000000000000") { name } }"#;
    ada.graphql(missing, json!({})).await.code();

    let samples = Samples::of(&url).await;

    let of = |name: &str, operation: &str| {
        samples.sum(&format!("{name}{{operation=\"{operation}\",kind=\"query\""))
    };
    assert!((of("regimen_requests_total", "Library") - 3.0).abs() < 0.1);
    assert!((of("regimen_request_cost_points_total", "Library") - 3.0 * 21.0).abs() < 0.1);
    assert!((of("regimen_request_duration_seconds_count", "Library") - 3.0).abs() < 0.1);
    assert!((of("regimen_requests_total", "anonymous") - 2.0).abs() < 0.1);
    for (series, value) in [
        (
            "regimen_errors_total{code=\"GRAPHQL_VALIDATION_FAILED\"}",
            1.0,
        ),
        ("regimen_errors_total{code=\"NOT_FOUND\"}", 1.0),
        ("regimen_document_lookups_total{found=\"true\"}", 2.0),
        ("regimen_document_lookups_total{found=\"false\"}", 4.0),
        ("regimen_documents_kept", 3.0),
        ("regimen_db_connections_max", 4.0),
        ("regimen_db_waiting", 0.0),
        ("regimen_rate_limited_total{by=\"user\"}", 0.0),
        ("regimen_http_responses_total{status=\"2xx\"}", 6.0),
    ] {
        assert!(
            (samples.one(series) - value).abs() < 0.1,
            "{series}: {}",
            samples.one(series)
        );
    }
    let id = ada.id.to_string();
    assert!(!samples.0.keys().any(|series| series.contains(&id)));
}

#[tokio::test]
async fn statements_and_the_process_are_measured() {
    let (app, url) = watched().await;
    app.graphql("{ exercises { totalCount } }", json!({}))
        .await
        .data();

    let samples = Samples::of(&url).await;

    for (series, least) in [
        ("regimen_db_statements_total", 1.0),
        ("regimen_db_statement_duration_seconds_count", 1.0),
        ("regimen_db_connections_opened_total", 1.0),
        ("process_cpu_seconds_total", 0.01),
        ("process_start_time_seconds", 1_600_000_000.0),
    ] {
        let found = samples.one(series);
        assert!(found >= least, "{series}: {found}");
    }
}

#[tokio::test]
async fn any_number_of_operations_is_a_bounded_number_of_series() {
    let (app, url) = watched().await;
    let ada = app.newcomer().await;
    for n in 0..60 {
        app.graphql(&format!("query Nobody{n} {{ version }}"), json!({}))
            .await
            .data();
    }
    for n in 0..80 {
        ada.graphql(&format!("query Ada{n} {{ version }}"), json!({}))
            .await
            .data();
    }
    let long = "L".repeat(5000);
    ada.graphql(&format!("query {long} {{ version }}"), json!({}))
        .await
        .data();

    let samples = Samples::of(&url).await;

    assert_eq!(
        samples.count("regimen_requests_total{operation=\"Nobody"),
        40
    );
    assert_eq!(samples.count("regimen_requests_total{operation=\"Ada"), 60);
    assert_eq!(samples.count("regimen_requests_total"), 101);
    let others = "regimen_requests_total{operation=\"other\",kind=\"query\",document=\"other\"}";
    assert!((samples.one(others) - 41.0).abs() < 0.1);
    assert!((samples.sum("regimen_requests_total") - 141.0).abs() < 0.1);
    assert!(!samples.0.keys().any(|series| series.len() > 200));
}

#[tokio::test]
async fn what_is_open_is_counted_while_it_is_open() {
    let (app, url) = watched().await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    socket.subscribe("a", CHANGED, json!({})).await;
    let open = async |expected: f64| {
        eventually("the subscriptions are counted", async || {
            let samples = Samples::of(&url).await;
            let of = |series| (samples.one(series) - expected).abs() < 0.1;
            of("regimen_subscriptions_open") && of("regimen_streams_open")
        })
        .await;
    };
    open(1.0).await;
    let write = r#"mutation { createTask(input: {title: "Stretch"}) { task { id } } }"#;
    ada.graphql(write, json!({})).await.data();
    assert_eq!(socket.next().await["type"], "next");
    let samples = Samples::of(&url).await;
    assert!((samples.one("regimen_feed_lag_seconds_count") - 1.0).abs() < 0.1);
    assert!((samples.one("regimen_subscription_events_total") - 1.0).abs() < 0.1);
    assert!(
        (samples.sum("regimen_requests_total{operation=\"anonymous\",kind=\"subscription\"") - 1.0)
            .abs()
            < 0.1
    );
    drop(socket);
    open(0.0).await;
}

#[tokio::test]
async fn metrics_are_served_on_their_own_port_where_one_is_set() {
    let (folder, database) = (scratch_folder("metrics"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_METRICS", "127.0.0.1:0");
    let server = Server::spawn(&mut command).await;
    let text = server.text();
    let url = text
        .split_once("metrics are at ")
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    server.graphql("{ version }").await.data();

    let samples = Samples::of(url).await;

    assert!((samples.sum("regimen_requests_total") - 1.0).abs() < 0.1);
    let version = format!(
        "regimen_build_info{{version=\"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
    assert!((samples.one(&version) - 1.0).abs() < 0.1);
    let on_the_api = reqwest::get(format!("{}/metrics", server.url))
        .await
        .unwrap();
    assert_eq!(on_the_api.status(), 404);
    let api_on_theirs = reqwest::get(url.replace("/metrics", "/graphql"))
        .await
        .unwrap();
    assert_eq!(api_on_theirs.status(), 404);
    let taken = url
        .trim_start_matches("http://")
        .trim_end_matches("/metrics");
    let mut second = regimen(&folder);
    second
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_METRICS", taken)
        .env("REGIMEN_PORT", "0");
    let second = Finished::of(&mut second).await;
    assert!(
        second.failure().contains("cannot serve metrics on"),
        "{}",
        second.failure()
    );
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_document_that_is_only_named_is_looked_up_too() {
    let (app, url) = watched().await;
    app.post(None, &json!({"documentId": "never-heard-of"}))
        .await
        .code();

    let samples = Samples::of(&url).await;

    assert!((samples.one("regimen_document_lookups_total{found=\"false\"}") - 1.0).abs() < 0.1);
    assert!(samples.one("regimen_untrusted_documents_total").abs() < 0.1);
}

/// Two documents of one operation's name whose hashes begin alike, as anybody can find them.
fn twins() -> [String; 2] {
    let mut seen = std::collections::HashMap::new();
    for n in 0_u32.. {
        let text = format!("query Twin {{ version }} # {n}");
        let start = sha256(&text)[..8].to_owned();
        if let Some(other) = seen.insert(start, n) {
            return [format!("query Twin {{ version }} # {other}"), text];
        }
    }
    unreachable!()
}

#[tokio::test]
async fn operations_with_the_same_labels_are_one_series() {
    let (app, url) = watched().await;
    for query in twins() {
        app.graphql(&query, json!({})).await.data();
    }
    // Their names are cut to the same length.
    for end in ["A", "B"] {
        let name = "N".repeat(60) + end;
        let both = format!(
            "query {name} {{ version }} query {}C {{ version }}",
            "N".repeat(60)
        );
        app.post(None, &json!({"query": both, "operationName": name}))
            .await
            .data();
    }

    let samples = Samples::of(&url).await;

    assert_eq!(
        samples.count("regimen_requests_total{operation=\"Twin\""),
        1
    );
    assert!((samples.sum("regimen_requests_total{operation=\"Twin\"") - 2.0).abs() < 0.1);
    assert!((samples.sum("regimen_requests_total{operation=\"NNN") - 2.0).abs() < 0.1);
}

#[tokio::test]
async fn operations_of_trusted_documents_are_named_however_many_others_there_are() {
    let (app, url) = watched().await;
    let trusted = "query Trusted { version }";
    let manifest = json!({"t": trusted}).to_string();
    let manifest = regimen::graphql::document::Manifest::parse(&manifest).unwrap();
    app.inside.engine.documents.trust(&manifest).unwrap();
    let ada = app.newcomer().await;
    // Many at once, so that each finds room before any of them has taken it.
    let queries: Vec<String> = (0..130)
        .map(|n| format!("query Other{n} {{ version }}"))
        .collect();
    let asked = queries.iter().map(|query| ada.graphql(query, json!({})));
    for answer in futures_util::future::join_all(asked).await {
        answer.data();
    }
    app.post(None, &json!({"documentId": "t"})).await.data();

    let samples = Samples::of(&url).await;

    assert_eq!(
        samples.count("regimen_requests_total{operation=\"Other"),
        100
    );
    assert_eq!(
        samples.count("regimen_requests_total{operation=\"Trusted\""),
        1
    );
}
