//! What a server can be told to keep to itself: its schema, suggestions, and the page to try it.

use reqwest::StatusCode;
use serde_json::json;

use super::sha256;
use crate::support::{Finished, Server, Socket, TestApp, regimen, scratch_folder};

const SCHEMA: &str = "query { ...F } fragment F on Query { __schema { queryType { name } } }";
const TYPE: &str = r#"{ __type(name: "Task") { fields { name } } }"#;

async fn closed() -> TestApp {
    TestApp::start_guarded(|options| options.rules.introspection = false).await
}

#[tokio::test]
async fn where_introspection_is_off_only_admins_see_the_schema() {
    let app = closed().await;
    let (ada, root) = (app.newcomer().await, app.admin("root").await);
    for query in [SCHEMA, TYPE] {
        let nobody = app.graphql(query, json!({})).await;
        assert_eq!(nobody.code(), "INTROSPECTION_DISABLED");
        assert!(nobody.body.get("data").is_none());
        assert_eq!(nobody.body["errors"].as_array().unwrap().len(), 1);
        assert_eq!(
            ada.graphql(query, json!({})).await.code(),
            "INTROSPECTION_DISABLED"
        );
        root.graphql(query, json!({})).await.data();
    }
    let name = app.graphql("{ __typename }", json!({})).await;
    assert_eq!(name.data()["__typename"], "Query");
    let mut socket = Socket::of(&ada).await;
    socket.subscribe("1", SCHEMA, json!({})).await;
    let refused = socket.next().await;
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "INTROSPECTION_DISABLED"
    );
    // A hash that stands for it is no way around.
    let id = json!({"documentId": format!("sha256:{}", sha256(SCHEMA))});
    assert_eq!(app.post(None, &id).await.code(), "INTROSPECTION_DISABLED");
}

#[tokio::test]
async fn a_misspelled_name_is_answered_with_the_one_that_was_meant() {
    let app = TestApp::start().await;
    for (query, meant) in [
        ("{ exercises { totalCuont } }", "totalCount"),
        ("{ exercises(frist: 1) { totalCount } }", "first"),
        (
            "{ exercises(filter: {serach: \"a\"}) { totalCount } }",
            "search",
        ),
        ("{ versoin }", "version"),
        (
            "mutation { createTask(input: {title: \"a\", priority: HIHG}) { task { id } } }",
            "HIGH",
        ),
    ] {
        let message = app.graphql(query, json!({})).await.message().to_owned();
        assert!(
            message.ends_with(&format!(": did you mean `{meant}`?")),
            "{message}"
        );
    }
    let far = app.graphql("{ nothingOfTheKind }", json!({})).await;
    assert!(!far.message().contains("did you mean"), "{}", far.message());
    let long = format!("{{ {} }}", "x".repeat(100_000));
    assert!(
        !app.graphql(&long, json!({}))
            .await
            .message()
            .contains("did you mean")
    );

    let app = TestApp::start_guarded(|options| options.rules.suggestions = false).await;
    let plain = app.graphql("{ versoin }", json!({})).await;
    assert_eq!(
        plain.message(),
        "type `Query` does not have a field `versoin`"
    );
}

#[tokio::test]
async fn a_wrong_variable_is_named_even_where_the_schema_is_hidden() {
    let app = closed().await;
    let query = "mutation ($a: String, $b: CreateTaskInput!) { createTask(input: $b) { task { title(a: $a) } } }";
    let query = query.replace("title(a: $a)", "title @skip(if: false)");
    let query = query.replace("$a: String, ", "");
    let answer = app.graphql(&query, json!({"b": {"titel": 1}})).await;
    assert_eq!(answer.code(), "BAD_VARIABLES");
    assert_eq!(
        answer.message(),
        "the value of the variable `b` does not fit its type `CreateTaskInput!`"
    );
}

#[tokio::test]
async fn production_keeps_its_schema_and_its_page_to_itself_unless_told_otherwise() {
    let folder = scratch_folder("switches");
    let config = async |environment: &str| {
        let mut command = regimen(&folder);
        let command = command.arg("config").env("REGIMEN_ENV", environment);
        Finished::of(command).await.stdout
    };
    for (environment, value) in [("development", "true"), ("production", "false")] {
        let shown = config(environment).await;
        for name in ["REGIMEN_INTROSPECTION", "REGIMEN_GRAPHIQL"] {
            let line = shown.lines().find(|line| line.starts_with(name)).unwrap();
            assert!(line.ends_with(value), "{line}");
        }
    }

    let database = crate::support::TestDatabase::create().await;
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_SEED", "false")
        .env("REGIMEN_INTROSPECTION", "false")
        .env("REGIMEN_GRAPHIQL", "false");
    let server = Server::spawn(&mut command).await;
    assert!(!server.text().contains("GraphiQL"), "{}", server.text());
    assert_eq!(server.graphql(TYPE).await.code(), "INTROSPECTION_DISABLED");
    let page = reqwest::get(format!("{}/graphiql", server.url))
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert!(server.stop().await);
    std::fs::remove_dir_all(folder).unwrap();
}
