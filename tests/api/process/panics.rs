//! A resolver that panics costs one answer: nobody else notices, and its words stay in the log.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Server, Socket, TestDatabase, regimen, scratch_folder};

const INTERNAL: &str = "something went wrong on our side; the request id finds it in the log";

#[tokio::test]
async fn a_panic_in_a_resolver_is_one_internal_error_wherever_it_was_asked() {
    let (folder, database) = (scratch_folder("panics"), TestDatabase::create().await);
    let points = folder.join("failpoints");
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_SEED", "false")
        .env("FAILPOINTS", &points);
    let server = Server::spawn(&mut command).await;
    let sign_up = r#"mutation { signUp(input: {email: "ada@example.com", password: "correct horse battery"}) { accessToken } }"#;
    let answer = server.graphql(sign_up).await;
    let token = answer.data()["signUp"]["accessToken"].as_str().unwrap();
    let http = reqwest::Client::new();
    let ask = async |query: &str, accept: &str| {
        let request = http.post(format!("{}/graphql", server.url));
        let request = request.bearer_auth(token).header("accept", accept);
        let response = request.json(&json!({"query": query})).send().await.unwrap();
        response.text().await.unwrap()
    };
    let query = "{ tasks { totalCount } }";
    let change = r#"mutation { createTask(input: {title: "T"}) { task { id } } }"#;
    let mut socket = Socket::at(&server.url).await;
    socket.init(token).await;
    assert_eq!(socket.next().await["type"], "connection_ack");

    fs::write(&points, "resolver.database panic\n").unwrap();
    let expected = json!([{"message": INTERNAL, "extensions": {"code": "INTERNAL"}}]);
    for text in [query, change] {
        let answer: Value = serde_json::from_str(&ask(text, "application/json").await).unwrap();
        assert_eq!(answer["errors"], expected, "{text}: {answer}");
        let events = ask(text, "text/event-stream").await;
        assert!(events.contains("INTERNAL"), "{text}: {events}");
        assert!(!events.contains("as the test wants it"), "{events}");
        socket.subscribe("a", text, json!({})).await;
        let told = socket.next().await;
        assert!(told.to_string().contains("INTERNAL"), "{text}: {told}");
        if told["type"] == "next" {
            assert_eq!(socket.next().await["type"], "complete");
        }
    }

    fs::remove_file(&points).unwrap();
    let answer: Value = serde_json::from_str(&ask(query, "application/json").await).unwrap();
    assert_eq!(answer["data"]["tasks"]["totalCount"], 0, "nothing was made");
    ask(change, "application/json").await;
    socket.subscribe("b", query, json!({})).await;
    let told = socket.next().await;
    assert_eq!(told["payload"]["data"]["tasks"]["totalCount"], 1, "{told}");
    assert!(server.log().contains("as the test wants it"));
}
