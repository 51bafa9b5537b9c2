//! What a request costs beside its execution, and how a client is told what it has left.

use regimen::traffic::Allowance;
use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    documents::sha256,
    subscriptions::{CHANGED, create},
    support::{EventStream, Part, Socket, TestApp, TestUser},
};

/// A bucket that is filled so slowly, in fifty minutes, that nothing comes of waiting.
const fn of(burst: u32) -> Allowance {
    Allowance {
        per_minute: burst.div_ceil(50),
        burst,
    }
}

async fn with(burst: u32) -> TestApp {
    TestApp::start_guarded(|options| {
        options.rates.user = of(burst);
        options.rates.address = of(burst);
    })
    .await
}

async fn post(app: &TestApp, user: Option<&TestUser<'_>>, body: &Value) -> Response {
    let mut request = app.client.post(format!("{}/graphql", app.url)).json(body);
    if let Some(user) = user {
        request = request.bearer_auth(&user.token);
    }
    request.send().await.unwrap()
}

/// The points that are left, as the answer tells.
fn left(headers: &HeaderMap) -> u64 {
    let told = headers["ratelimit"].to_str().unwrap();
    let points = told.split(';').find_map(|part| part.strip_prefix("r="));
    points.unwrap().parse().unwrap()
}

/// What a user with nothing spent pays for one request after others.
async fn prices(app: &TestApp, bodies: &[Value]) -> Vec<u64> {
    let ada = app.newcomer().await;
    let mut before = 100_000;
    let mut prices = Vec::new();
    for body in bodies {
        let now = left(post(app, Some(&ada), body).await.headers());
        prices.push(before - now);
        before = now;
    }
    prices
}

#[tokio::test]
async fn a_document_is_paid_for_by_its_size_when_it_is_new_and_hardly_when_it_is_known() {
    let app = with(100_000).await;
    let long = json!({"query": format!("{{ version }} # {}", "a".repeat(20_000))});
    let [first, second] = prices(&app, &[long.clone(), long]).await[..] else {
        panic!()
    };
    assert!((1900..2200).contains(&first), "{first}");
    assert!((60..150).contains(&second), "{second}");
}

#[tokio::test]
async fn what_is_written_in_variables_is_paid_for() {
    let app = with(100_000).await;
    let query = "query ($ids: [String!]) { exercises(first: 1, filter: {categories: $ids}) { totalCount } }";
    let body = |count: usize| json!({"query": query, "variables": {"ids": vec!["a"; count]}});
    let [_, few, many] = prices(&app, &[body(1), body(1), body(20_000)]).await[..] else {
        panic!()
    };
    assert!(few < 20 && many > 4900, "{few} {many}");
}

#[tokio::test]
async fn a_document_that_was_too_long_to_be_kept_is_paid_for_again() {
    let app = with(100_000).await;
    let long = json!({"query": format!("{{ version }} # {}", "a".repeat(70_000))});
    let prices = prices(&app, &[long.clone(), long]).await;
    assert!(prices.iter().all(|price| *price > 6900), "{prices:?}");
}

#[tokio::test]
async fn introspection_is_not_worked_out_for_whoever_cannot_pay_for_it() {
    let app = with(500).await;
    let ada = app.newcomer().await;
    let query = "{ __schema { types { name fields { name args { name type { name } } } } } }";
    post(
        &app,
        Some(&ada),
        &json!({"query": "{ exercises(first: 90) { totalCount } }"}),
    )
    .await;
    let refused = post(&app, Some(&ada), &json!({"query": query})).await;
    assert_eq!(refused.status(), 429);
    assert!(left(refused.headers()) > 300, "only the look is paid for");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_paid_for_by_their_address() {
    let app = with(60).await;
    let send = async |body: &'static str| {
        let request = app.client.post(format!("{}/graphql", app.url));
        let request = request
            .header("content-type", "application/json")
            .body(body);
        request.send().await.unwrap().status().as_u16()
    };
    let mut statuses = Vec::new();
    for body in ["{", "[]", "{}", "null", "{\"query\": 1}", "{", "{", "{"] {
        statuses.push(send(body).await);
    }
    assert_eq!(statuses[..5], [400; 5]);
    assert_eq!(statuses[7], 429, "{statuses:?}");
    // Whoever is signed in has nothing to do with it.
    let ada = app.newcomer().await;
    ada.graphql("{ version }", json!({})).await.data();
}

#[tokio::test]
async fn tokens_that_prove_nothing_are_paid_for_and_still_refused_as_what_they_are() {
    let app = with(60).await;
    for _ in 0..10 {
        let refused = app.graphql_with("nonsense", "{ version }", json!({})).await;
        assert_eq!((refused.status, refused.code()), (401, "UNAUTHENTICATED"));
    }
    assert_eq!(app.graphql("{ version }", json!({})).await.status, 429);
}

#[tokio::test]
async fn connections_that_break_the_protocol_are_paid_for() {
    let app = with(60).await;
    for _ in 0..8 {
        let mut socket = Socket::open(&app).await;
        socket.init("nonsense").await;
        assert_eq!(socket.end().await.0, 4403);
    }
    assert_eq!(app.graphql("{ version }", json!({})).await.status, 429);
}

#[tokio::test]
async fn whoever_wants_to_sign_in_gets_through_where_others_have_emptied_the_bucket() {
    let app = with(600).await;
    let sign_up = |n: usize| {
        let input = json!({"email": format!("ada{n}@example.com"), "password": "correct horse battery", "displayName": "Ada"});
        json!({"query": "mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }", "variables": {"input": input}})
    };
    post(
        &app,
        None,
        &json!({"query": "{ exercises(first: 700) { totalCount } }"}),
    )
    .await;
    post(&app, None, &json!({"query": "{ exercises(first: 100) { totalCount } a: exercises(first: 100) { nodes { id name aliases category version } } }"})).await;
    let others = json!({"query": "{ version }"});
    assert_eq!(post(&app, None, &others).await.status(), 429);

    let answer: Value = post(&app, None, &sign_up(1)).await.json().await.unwrap();

    assert!(
        answer["data"]["signUp"]["accessToken"].is_string(),
        "{answer}"
    );
    // It is for nothing else, and what is sent beside it does not count.
    let both = json!({"query": "mutation { signUp(input: {email: \"b@example.com\", password: \"correct horse battery\", displayName: \"B\"}) { accessToken } createTask(input: {title: \"T\"}) { task { id } } }"});
    for query in [others, both, json!({"query": "{ version } # signIn"})] {
        assert_eq!(post(&app, None, &query).await.status(), 429, "{query}");
    }
}

#[tokio::test]
async fn every_answer_tells_what_is_left() {
    let app = with(600).await;
    let ada = app.newcomer().await;
    let fine = post(&app, Some(&ada), &json!({"query": "{ version }"})).await;
    assert_eq!(
        fine.headers()["ratelimit-policy"],
        r#""user";q=600;qu="points";w=3000"#
    );
    let told = fine.headers()["ratelimit"].to_str().unwrap().to_owned();
    assert!(told.starts_with(r#""user";r=58"#), "{told}");
    let wrong = post(&app, Some(&ada), &json!({"query": "{ nonsense }"})).await;
    assert!(left(wrong.headers()) < 580);
    let nobody = post(&app, None, &json!({"query": 1})).await;
    assert_eq!(nobody.status(), 400);
    let told = nobody.headers()["ratelimit"].to_str().unwrap().to_owned();
    assert!(told.starts_with(r#""address";r=590;t="#), "{told}");
    let large =
        json!({"query": "{ exercises(first: 100) { nodes { id name aliases category } } }"});
    for _ in 0..2 {
        post(&app, Some(&ada), &large).await;
    }
    let refused = post(&app, Some(&ada), &large).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(left(refused.headers()) < 600);
    let free = TestApp::start_guarded(|options| options.rates.address.per_minute = 0).await;
    let answer = post(&free, None, &json!({"query": "{ version }"})).await;
    assert!(!answer.headers().contains_key("ratelimit"));
}

#[tokio::test]
async fn each_event_is_paid_for_and_whoever_cannot_pay_is_told_and_ends() {
    let app = TestApp::start_guarded(|options| options.rates.user = of(600)).await;
    let ada = app.newcomer().await;
    let mut socket = Socket::of(&ada).await;
    socket.subscribe("a", CHANGED, json!({})).await;
    let mut stream = EventStream::of(&ada, CHANGED, json!({})).await;
    assert_eq!(stream.part().await, Part::Comment);
    let id = create(&ada, "squat").await;
    assert_eq!(socket.next().await["type"], "next");
    assert!(
        matches!(stream.event().await, Part::Next(event) if event["data"]["changed"]["id"] == id)
    );

    // They have one purse: the rest is spent with queries.
    let large = json!({"query": "{ exercises(first: 50) { nodes { id } } }"});
    while post(&app, Some(&ada), &large).await.status() == 200 {}
    while post(&app, Some(&ada), &json!({"query": "{ version }"}))
        .await
        .status()
        == 200
    {}
    // At another server there is another purse.
    let beside = app.beside().await;
    create(&beside.same(&ada), "lunge").await;

    let ended = socket.next().await;
    assert_eq!(
        (&ended["type"], &ended["id"]),
        (&json!("error"), &json!("a"))
    );
    let error = &ended["payload"][0]["extensions"];
    assert_eq!(error["code"], "RATE_LIMITED");
    assert!(error["retryAfterSeconds"].as_u64() > Some(0));
    let Part::Next(last) = stream.event().await else {
        panic!()
    };
    assert_eq!(last["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    assert!(last.get("data").is_none_or(Value::is_null), "{last}");
    assert_eq!(stream.event().await, Part::Complete);
    assert_eq!(stream.part().await, Part::End);
    // The connection is as good as before.
    socket.send(&json!({"type": "ping"})).await;
    assert_eq!(socket.next().await["type"], "pong");
}

#[tokio::test]
async fn a_request_of_too_many_values_is_refused_however_it_is_sent() {
    let app = TestApp::start_guarded(|options| options.values = 100).await;
    let ada = app.newcomer().await;
    let query = "query ($ids: [String!]) { exercises(filter: {categories: $ids}) { totalCount } }";
    let variables = |count: usize| json!({"ids": vec!["a"; count]});
    ada.graphql(query, variables(20)).await.data();
    let refused = ada.graphql(query, variables(100)).await;
    assert_eq!((refused.status, refused.code()), (400, "TOO_MANY_VALUES"));
    // Texts are one value, whatever is in them.
    ada.graphql(&format!("{{ version }} # {}", ",[{".repeat(100)), json!({}))
        .await
        .data();

    let url = format!("{}/graphql", app.url);
    let get = app
        .client
        .get(&url)
        .query(&[("query", query), ("variables", &variables(100).to_string())]);
    let answer: Value = get.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_MANY_VALUES");

    let mut socket = Socket::of(&ada).await;
    socket.subscribe("a", query, variables(100)).await;
    let refused = socket.next().await;
    assert_eq!(
        (&refused["type"], &refused["id"]),
        (&json!("error"), &json!("a"))
    );
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "TOO_MANY_VALUES"
    );
    socket.subscribe("a", query, variables(20)).await;
    assert_eq!(socket.next().await["type"], "next");
}

#[tokio::test]
async fn a_document_beyond_what_is_kept_pushes_no_other_out() {
    let app = TestApp::start_guarded(|options| options.limits.cached_bytes = 4 << 20).await;
    let short: Vec<String> = (0..50)
        .map(|n| format!("query Q{n} {{ version }}"))
        .collect();
    for query in &short {
        app.graphql(query, json!({})).await.data();
    }
    let long = |n: usize| format!("{{ version }} # {n} {}", "a".repeat(100_000));
    for n in 0..10 {
        app.graphql(&long(n), json!({})).await.data();
    }
    for query in &short {
        let name = json!({"documentId": format!("sha256:{}", sha256(query))});
        app.post(None, &name).await.data();
    }
    let name = json!({"documentId": format!("sha256:{}", sha256(&long(9)))});
    assert_eq!(
        app.post(None, &name).await.code(),
        "PERSISTED_QUERY_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_page_whose_size_is_an_absent_variable_costs_what_the_schema_says() {
    let app = TestApp::start().await;
    let ada = app.newcomer().await;
    let cost = async |query: &str, variables: Value| {
        let answer = ada.graphql(query, variables).await;
        answer.data();
        answer.body["extensions"]["cost"].as_u64().unwrap()
    };
    let fields = "changes { id version } hasMore";
    let by_default = cost(&format!("{{ changes {{ {fields} }} }}"), json!({})).await;
    let query = format!("query ($first: Int) {{ changes(first: $first) {{ {fields} }} }}");
    assert_eq!(cost(&query, json!({})).await, by_default);
    assert!(by_default > 400, "{by_default}");
    assert!(cost(&query, json!({"first": 1})).await < 20);
}
