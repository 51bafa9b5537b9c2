//! Queries by GET, which a client may keep and ask about.

use reqwest::{Response, header};
use serde_json::{Value, json};

use crate::support::{TestApp, TestUser};

const NAMES: &str =
    "{ exercises(first: 50, filter: {scope: MINE}) { nodes { name description } } }";

struct Asking<'a> {
    user: &'a TestUser<'a>,
    query: &'a str,
    headers: Vec<(header::HeaderName, String)>,
}

impl<'a> Asking<'a> {
    fn new(user: &'a TestUser<'a>) -> Self {
        Self {
            user,
            query: NAMES,
            headers: Vec::new(),
        }
    }

    fn query(mut self, query: &'a str) -> Self {
        self.query = query;
        self
    }

    fn with(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    async fn get(self) -> Response {
        let request = self
            .user
            .app
            .client
            .get(format!("{}/graphql", self.user.app.url));
        let mut request = request
            .query(&[("query", self.query)])
            .bearer_auth(&self.user.token);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap()
    }
}

fn tag(response: &Response) -> String {
    response.headers()[header::ETAG]
        .to_str()
        .unwrap()
        .to_owned()
}

async fn create(user: &TestUser<'_>, name: &str) {
    let query = "mutation ($name: String!, $text: String) {
        createExercise(input: {name: $name, category: \"legs\", description: $text}) { exercise { id } } }";
    let text = "long enough to be worth compressing ".repeat(20);
    user.graphql(query, json!({"name": name, "text": text}))
        .await
        .data();
}

#[tokio::test]
async fn an_answer_that_the_client_has_already_is_not_sent_again() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    create(&ada, "one").await;

    let first = Asking::new(&ada).get().await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
    let vary: Vec<_> = first.headers().get_all(header::VARY).iter().collect();
    let vary = format!("{vary:?}");
    for name in ["accept", "authorization", "accept-encoding"] {
        assert!(vary.contains(name), "{vary}");
    }
    let etag = tag(&first);
    assert!(
        etag.starts_with('"') && etag.ends_with('"') && etag.len() > 20,
        "{etag}"
    );

    for known in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"other\", {etag}"),
        format!("\"a,b\" , W/{etag},\"c\""),
        "*".to_owned(),
    ] {
        let again = Asking::new(&ada)
            .with(header::IF_NONE_MATCH, &*known)
            .get()
            .await;
        assert_eq!(again.status(), 304, "{known}");
        assert!(tag(&again).ends_with(&etag), "{known}");
        assert_eq!(again.headers()[header::CACHE_CONTROL], "private, no-cache");
        assert!(!again.headers().contains_key(header::CONTENT_TYPE));
        assert_eq!(again.bytes().await.unwrap().len(), 0, "{known}");
    }
    for unknown in ["\"other\"", &etag[1..etag.len() - 1], "", "W/*"] {
        let again = Asking::new(&ada)
            .with(header::IF_NONE_MATCH, unknown)
            .get()
            .await;
        assert_eq!(
            (again.status().as_u16(), tag(&again)),
            (200, etag.clone()),
            "{unknown}"
        );
    }

    create(&ada, "two").await;
    let changed = Asking::new(&ada)
        .with(header::IF_NONE_MATCH, &*etag)
        .get()
        .await;
    assert_eq!(changed.status(), 200);
    assert_ne!(tag(&changed), etag);
    let body: Value = changed.json().await.unwrap();
    assert_eq!(
        body["data"]["exercises"]["nodes"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn each_form_of_an_answer_has_its_own_tag_and_a_compressed_one_a_weak_one() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    create(&ada, "one").await;

    let json = tag(&Asking::new(&ada)
        .with(header::ACCEPT, "application/json")
        .get()
        .await);
    let newer = "application/graphql-response+json";
    let newer = tag(&Asking::new(&ada).with(header::ACCEPT, newer).get().await);
    assert_ne!(json, newer);

    let packed = Asking::new(&ada)
        .with(header::ACCEPT, "application/json")
        .with(header::ACCEPT_ENCODING, "gzip")
        .get()
        .await;
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(tag(&packed), format!("W/{json}"));
    let again = Asking::new(&ada)
        .with(header::ACCEPT, "application/json")
        .with(header::ACCEPT_ENCODING, "gzip")
        .with(header::IF_NONE_MATCH, tag(&packed))
        .get()
        .await;
    assert_eq!(
        (again.status().as_u16(), tag(&again)),
        (304, format!("W/{json}"))
    );
}

#[tokio::test]
async fn nothing_but_a_query_that_went_well_may_be_kept() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let partly = r#"{ version exercise(id: "00000000-0000-7000-8000-000000000000") { name } }"#;
    for (query, status) in [
        (partly, 200),
        ("{ nonsense }", 200),
        ("{", 200),
        ("", 400),
        ("mutation { signOut { ended } }", 405),
    ] {
        let asking = Asking::new(&ada).query(query);
        let response = asking.with(header::IF_NONE_MATCH, "*").get().await;
        assert_eq!(response.status().as_u16(), status, "{query}");
        assert_eq!(
            response.headers()[header::CACHE_CONTROL],
            "no-store",
            "{query}"
        );
        assert!(!response.headers().contains_key(header::ETAG), "{query}");
    }
    let post = app.client.post(format!("{}/graphql", app.url));
    let post = post.header(header::IF_NONE_MATCH, "*");
    let answer = post
        .json(&json!({"query": "{ version }"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key(header::ETAG));
    let odd = app
        .client
        .get(format!("{}/graphql", app.url))
        .bearer_auth("nobody");
    let odd = odd.query(&[("query", "{ version }")]).send().await.unwrap();
    assert_eq!(odd.status(), 401);
    assert_eq!(odd.headers()[header::CACHE_CONTROL], "no-store");
}
