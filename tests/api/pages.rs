//! GraphiQL and the console as files: what they may load, how they are cached, what they weigh. What they do is tested
//! in a browser, in `web/test`.
//!
//! The tests hold for a program that was built with Node, and for one that was not.

use reqwest::{Method, Response, StatusCode};
use serde_json::json;

use crate::support::TestApp;

const PAGES: [&str; 2] = ["/graphiql", "/console"];

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = app.client.get(format!("{}{path}", app.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn told(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

/// What a page loads, by the paths in its text.
async fn loaded_by(app: &TestApp, page: &str) -> Vec<String> {
    let text = get(app, page, &[]).await.text().await.unwrap();
    let quoted = text.split('"').filter(|it| it.starts_with("/assets/"));
    quoted.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_pages_may_load_nothing_but_what_is_here_and_nothing_inline() {
    let app = TestApp::start().await;
    for page in PAGES {
        let response = get(&app, page, &[]).await;

        assert_eq!(response.status(), 200, "{page}");
        assert_eq!(told(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(told(&response, "x-content-type-options"), "nosniff");
        assert_eq!(told(&response, "referrer-policy"), "no-referrer");
        let policy = told(&response, "content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "no `{rule}` in: {policy}");
        }
        for hole in ["unsafe", "http", "*", "data:", "blob:", "ws:"] {
            assert!(!policy.contains(hole), "`{hole}` in: {policy}");
        }
        let text = response.text().await.unwrap();
        for inline in [
            "<style",
            " style=",
            " onclick=",
            " onload=",
            "<script>",
            "://",
        ] {
            assert!(!text.contains(inline), "`{inline}` in {page}");
        }
        for path in loaded_by(&app, page).await {
            let part = get(&app, &path, &[]).await;
            assert_eq!(part.status(), 200, "{path}");
            assert_eq!(told(&part, "x-content-type-options"), "nosniff", "{path}");
        }
    }
}

#[tokio::test]
async fn what_a_page_loads_is_kept_for_ever_and_the_page_is_asked_for_again() {
    let app = TestApp::start().await;
    for page in PAGES {
        let first = get(&app, page, &[]).await;
        assert_eq!(told(&first, "cache-control"), "no-cache");
        let tag = told(&first, "etag");
        let again = get(&app, page, &[("if-none-match", &tag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(told(&again, "etag"), tag);
        assert!(again.bytes().await.unwrap().is_empty());
        let other = get(&app, page, &[("if-none-match", "\"another\"")]).await;
        assert_eq!(other.status(), 200);
        for path in loaded_by(&app, page).await {
            let part = get(&app, &path, &[]).await;
            assert_eq!(
                told(&part, "cache-control"),
                "public, max-age=31536000, immutable",
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_is_sent_in_the_form_that_the_client_takes() {
    let app = TestApp::start().await;
    let mut files = loaded_by(&app, "/console").await;
    files.push("/console".to_owned());
    for path in files {
        let plain = get(&app, &path, &[("accept-encoding", "identity")]).await;
        assert_eq!(told(&plain, "content-encoding"), "", "{path}");
        let plain = plain.bytes().await.unwrap();
        for packing in ["br", "gzip"] {
            let accept = [("accept-encoding", packing)];
            let packed = get(&app, &path, &accept).await;
            assert!(told(&packed, "vary").contains("accept-encoding"), "{path}");
            if told(&packed, "content-encoding").is_empty() {
                // Too small to gain by it.
                continue;
            }
            assert_eq!(told(&packed, "content-encoding"), packing, "{path}");
            let tag = told(&packed, "etag");
            assert!(packed.bytes().await.unwrap().len() < plain.len(), "{path}");
            let known = get(&app, &path, &[accept[0], ("if-none-match", &tag)]).await;
            assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
            let other = [("accept-encoding", "identity"), ("if-none-match", &*tag)];
            let form = get(&app, &path, &other).await;
            assert_eq!(
                form.status(),
                200,
                "{path} in another form is another thing"
            );
        }
    }
}

#[tokio::test]
async fn a_head_tells_what_a_get_would_and_other_methods_are_refused() {
    let app = TestApp::start().await;
    let whole = get(&app, "/console", &[]).await;
    let url = format!("{}/console", app.url);

    let head = app.client.head(&url).send().await.unwrap();

    assert_eq!(head.status(), 200);
    for name in ["etag", "content-type", "content-length", "cache-control"] {
        assert_eq!(told(&head, name), told(&whole, name), "{name}");
    }
    assert!(head.bytes().await.unwrap().is_empty());
    let refused = app.client.request(Method::POST, &url).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(get(&app, "/assets/nothing.js", &[]).await.status(), 404);
}

#[tokio::test]
async fn each_page_can_be_left_out_with_all_that_only_it_loads() {
    let both = TestApp::start().await;
    let (graphiql, console) = (
        loaded_by(&both, PAGES[0]).await,
        loaded_by(&both, PAGES[1]).await,
    );
    let without_graphiql = TestApp::start_guarded(|options| options.graphiql = false).await;
    let without_console = TestApp::start_guarded(|options| options.console = false).await;
    for (app, gone, gone_files, left, left_files) in [
        (&without_graphiql, PAGES[0], &graphiql, PAGES[1], &console),
        (&without_console, PAGES[1], &console, PAGES[0], &graphiql),
    ] {
        assert_eq!(get(app, gone, &[]).await.status(), 404);
        assert_eq!(get(app, left, &[]).await.status(), 200);
        for path in gone_files.iter().filter(|it| !left_files.contains(it)) {
            assert_eq!(get(app, path, &[]).await.status(), 404, "{path}");
        }
        for path in left_files {
            assert_eq!(get(app, path, &[]).await.status(), 200, "{path}");
        }
    }
}

/// The most that the console may weigh on its way to a browser.
const HEAVIEST: usize = 150_000;

#[tokio::test]
async fn the_console_is_light_in_either_form() {
    let app = TestApp::start().await;
    let mut files = loaded_by(&app, "/console").await;
    files.push("/console".to_owned());
    for packing in ["br", "gzip"] {
        let mut weight = 0;
        for path in &files {
            let packed = get(&app, path, &[("accept-encoding", packing)]).await;
            weight += packed.bytes().await.unwrap().len();
        }
        assert!(weight < HEAVIEST, "{weight} bytes as {packing}: {files:?}");
    }
}

#[tokio::test]
async fn admins_see_how_the_server_is_doing_and_nobody_else_does() {
    let query = "{ server {
        version startedAt now requests requestSeconds subscriptions errors { code count }
        pool { size open idle waiting timedOut } statements statementSeconds slowStatements
        recentSlowStatements { at milliseconds text } cpuSeconds memoryBytes
        database { ready problem version appliedMigration knownMigration }
    } }";
    let app = TestApp::start().await;
    let (ada, root) = (app.newcomer().await, app.admin("root").await);
    assert_eq!(
        app.graphql(query, json!({})).await.code(),
        "UNAUTHENTICATED"
    );
    assert_eq!(ada.graphql(query, json!({})).await.code(), "FORBIDDEN");

    let answer = root.graphql(query, json!({})).await;

    let server = &answer.data()["server"];
    assert_eq!(server["version"], env!("CARGO_PKG_VERSION"));
    assert!(server["requests"].as_u64().unwrap() >= 3, "{server}");
    assert!(server["statements"].as_u64().unwrap() >= 1, "{server}");
    assert!(server["requestSeconds"].as_f64().is_some(), "{server}");
    assert_eq!(server["pool"]["size"], 4);
    assert!(server["memoryBytes"].as_u64().unwrap() > 1_000_000);
    let database = &server["database"];
    assert_eq!(database["ready"], true, "{database}");
    assert_eq!(database["problem"], serde_json::Value::Null);
    assert_eq!(database["appliedMigration"], database["knownMigration"]);
    assert!(database["version"].as_str().unwrap() >= "15", "{database}");
    let codes: Vec<_> = server["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["code"])
        .collect();
    assert!(codes.contains(&&json!("FORBIDDEN")), "{codes:?}");
}

#[tokio::test]
async fn slow_statements_are_remembered_without_their_values() {
    let app = TestApp::start_with(|options| options.slow_query = std::time::Duration::ZERO).await;
    let root = app.admin("root").await;
    let find = "query ($name: String) { exercises(filter: {search: $name}) { totalCount } }";
    for _ in 0..15 {
        root.graphql(find, json!({"name": "a private word"}))
            .await
            .data();
    }

    let query = "{ server { slowStatements recentSlowStatements { at milliseconds text } } }";
    let answer = root.graphql(query, json!({})).await;

    let server = &answer.data()["server"];
    assert!(server["slowStatements"].as_u64().unwrap() > 20, "{server}");
    let recent = server["recentSlowStatements"].as_array().unwrap();
    assert_eq!(recent.len(), 20);
    assert!(
        recent
            .iter()
            .any(|it| it["text"].as_str().unwrap().contains("exercises"))
    );
    assert!(!answer.body.to_string().contains("private word"));
    let times: Vec<_> = recent.iter().map(|it| it["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
}
