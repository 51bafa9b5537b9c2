//! The GraphQL edge over HTTP: what is negotiated, what is refused, and that refusing is cheap.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, header};
use serde_json::{Value, json};

use crate::support::TestApp;

const GRAPHQL_JSON: &str = "application/graphql-response+json";

async fn post(app: &TestApp, accept: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = app
        .client
        .post(format!("{}/graphql", app.url))
        .header(header::ACCEPT, accept);
    request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
}

/// The status and the first error's code of a refused document.
async fn refused(app: &TestApp, query: &str) -> (u16, String, Duration) {
    let body = json!({"query": query}).to_string();
    let begun = Instant::now();
    let response = post(app, GRAPHQL_JSON, body).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert!(body.get("data").is_none(), "{body:#}");
    (
        status,
        body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap()
            .to_owned(),
        begun.elapsed(),
    )
}

#[tokio::test]
async fn errors_of_a_request_have_the_status_of_the_accepted_type_and_no_data() {
    let app = TestApp::start().await;
    for (query, code) in [
        ("{ version", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A { version } query B { version }",
            "OPERATION_NOT_FOUND",
        ),
        (
            "query ($id: ID!) { exercise(id: $id) { name } }",
            "BAD_VARIABLES",
        ),
    ] {
        let (status, found, _) = refused(&app, query).await;
        assert_eq!((status, found.as_str()), (400, code), "{query}");
        let legacy = post(
            &app,
            "application/json",
            json!({"query": query}).to_string(),
        )
        .await;
        assert_eq!(legacy.status(), 200, "{query}");
        assert!(
            legacy.json::<Value>().await.unwrap().get("data").is_none(),
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_negotiated_is_told_in_json() {
    let app = TestApp::start().await;
    let url = format!("{}/graphql", app.url);
    let query = json!({"query": "{ version }"}).to_string();
    let html = post(&app, "text/html", query.clone()).await;
    assert_eq!(html.status(), 406);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let request = app
            .client
            .post(&url)
            .header(header::CONTENT_TYPE, kind)
            .body(query.clone());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 415, "{kind}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            body["errors"][0]["extensions"]["code"],
            "UNSUPPORTED_MEDIA_TYPE"
        );
    }
    let put = app.client.request(Method::PUT, &url).send().await.unwrap();
    assert_eq!(
        (
            put.status().as_u16(),
            put.headers()["allow"].to_str().unwrap()
        ),
        (405, "GET, HEAD, POST")
    );
    let large = post(&app, GRAPHQL_JSON, "x".repeat(3 << 20)).await;
    assert_eq!(large.status(), 413);
    assert_eq!(
        large.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"],
        "BODY_TOO_LARGE"
    );
    for body in [
        "",
        "null",
        "[]",
        "{",
        r#"{"query": 1}"#,
        r#"{"query":"{version}","variables":[]}"#,
    ] {
        let response = post(&app, GRAPHQL_JSON, body).await;
        assert_eq!(response.status(), 400, "{body}");
        assert!(response.json::<Value>().await.unwrap()["errors"][0]["message"].is_string());
    }
}

#[tokio::test]
async fn get_answers_queries_and_nothing_that_writes() {
    let app = TestApp::start().await;
    let url = format!("{}/graphql", app.url);
    let get = |parameters: Vec<(&'static str, &'static str)>| {
        app.client.get(&url).query(&parameters).send()
    };
    let two = "query A { a: version } query B { b: version }";
    let named = get(vec![
        ("query", two),
        ("operationName", "B"),
        ("variables", ""),
    ])
    .await
    .unwrap();
    assert!(named.json::<Value>().await.unwrap()["data"]["b"].is_string());
    let write =
        r#"mutation { createExercise(input: {name: "a", category: "b"}) { exercise { id } } }"#;
    let refused = get(vec![("query", write)]).await.unwrap();
    assert_eq!(
        (
            refused.status().as_u16(),
            refused.headers()["allow"].to_str().unwrap()
        ),
        (405, "POST")
    );
    let listed = get(vec![("query", "{ version }"), ("variables", "[]")])
        .await
        .unwrap();
    assert_eq!(listed.status(), 400);
}

#[tokio::test]
async fn the_language_of_the_newest_specification_is_understood() {
    let app = TestApp::start().await;
    for query in [
        "\"what it is for\" query Q { version }",
        "query Q($search: String = \"\\u{1F3CB}\") { exercises(filter: {search: $search}) { totalCount } }",
        "query Q($size: Int) { exercises(first: $size) { totalCount } }",
        "query Q($archived: Boolean) { exercises(filter: {archived: $archived}) { totalCount } }",
    ] {
        let answer = app.graphql(query, json!({})).await;
        assert!(answer.data().is_object(), "{query}");
    }
    let twice = r#"{ exercises(filter: {search: "a", search: "b"}) { totalCount } }"#;
    assert_eq!(refused(&app, twice).await.1, "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of everything that is too much"
)]
async fn a_document_that_asks_for_too_much_is_refused_at_once() {
    let app = TestApp::start().await;
    let repeated = |part: &str, times: usize| part.repeat(times);
    let bomb = {
        let levels: Vec<String> = (0..40)
            .map(|i| format!("fragment F{i} on Query {{ ...F{n} ...F{n} }}", n = i + 1))
            .collect();
        format!(
            "{{ ...F0 }} {} fragment F40 on Query {{ version }}",
            levels.join(" ")
        )
    };
    let aliases = (0..100).fold(String::new(), |all, i| all + &format!("a{i}: version "));
    let nested_aliases = (0..100).fold(String::new(), |all, i| all + &format!("a{i}: name "));
    let introspection = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    for (query, code) in [
        (
            format!("{{ {} }}", repeated("version ", 11_000)),
            "DOCUMENT_TOO_LONG",
        ),
        (
            format!("{{ {} }}", repeated("version ", 500)),
            "TOO_MANY_ROOT_FIELDS",
        ),
        (format!("{{ {aliases} }}"), "TOO_MANY_ROOT_FIELDS"),
        (
            format!("{{ exercises {{ nodes {{ {nested_aliases} }} }} }}"),
            "TOO_MANY_ALIASES",
        ),
        (
            format!("{} version {}", repeated("{ a ", 40), repeated("}", 40)),
            "DOCUMENT_TOO_DEEP",
        ),
        (
            format!("{} version {}", repeated("{ a ", 1000), repeated("}", 1000)),
            "DOCUMENT_TOO_NESTED",
        ),
        (
            format!(
                "{{ exercises(filter: {{search: {}1{}}}) {{ totalCount }} }}",
                repeated("[", 4000),
                repeated("]", 4000)
            ),
            "DOCUMENT_TOO_NESTED",
        ),
        (bomb, "TOO_MANY_ROOT_FIELDS"),
        (
            format!("{{ version {} }}", repeated("@include(if: true) ", 20)),
            "TOO_MANY_DIRECTIVES",
        ),
        (introspection.to_owned(), "INTROSPECTION_TOO_DEEP"),
        (
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        let (status, found, took) = refused(&app, &query).await;
        let start: String = query.chars().take(60).collect();
        assert_eq!((status, found.as_str()), (400, code), "{start}");
        assert!(
            took < Duration::from_secs(2),
            "{start} took {took:?}, even for a debug build"
        );
    }
    let many: String = (0..60)
        .map(|i| format!("a{i}: exercises(first: 100) {{ nodes {{ ...F }} }} "))
        .take(40)
        .collect();
    let costly = format!(
        "{{ {many} }} fragment F on Exercise {{ {} }}",
        repeated("name ", 100)
    );
    assert_eq!(refused(&app, &costly).await.1, "COST_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn the_tools_of_developers_may_introspect() {
    let app = TestApp::start().await;
    let of_type = "ofType { kind name ".repeat(9) + &"}".repeat(9);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} mutationType {{ name }}
           types {{ ...FullType }} directives {{ name locations args {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name description specifiedByURL isOneOf
           fields(includeDeprecated: true) {{ name args(includeDeprecated: true) {{ ...InputValue }}
             type {{ ...TypeRef }} isDeprecated deprecationReason }}
           inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
           enumValues(includeDeprecated: true) {{ name isDeprecated }} possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue }}
         fragment TypeRef on __Type {{ kind name {of_type} }}"
    );
    let answer = app.graphql(&query, json!({})).await;
    assert!(answer.data()["__schema"]["types"].as_array().unwrap().len() > 10);
}

#[tokio::test]
async fn the_cost_of_a_request_is_told() {
    let app = TestApp::start().await;
    let answer = app
        .graphql("{ exercises(first: 10) { nodes { id name } } }", json!({}))
        .await;
    assert_eq!(answer.body["extensions"]["cost"], 1 + 10 * (1 + 2));
}
