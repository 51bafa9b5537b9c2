//! Trusted documents: those of a manifest are answered by their id, and others as the mode says.

use std::{fs, time::Duration};

use regimen::{config::TrustedMode, graphql::document::Manifest};
use serde_json::{Value, json};

use super::{get, persisted, sha256};
use crate::{
    subscriptions::CHANGED,
    support::{EventStream, Finished, Part, Server, Socket, TestApp, regimen, scratch_folder},
};

const VERSION: &str = "query Version { version }";
const UNTRUSTED: &str = "DOCUMENT_NOT_TRUSTED";

/// In the shape of Relay's compiler and graphql-codegen.
fn manifest() -> Value {
    json!({"v1": VERSION, "feed": CHANGED, sha256(VERSION): VERSION})
}

async fn app(mode: TrustedMode) -> TestApp {
    let app = TestApp::start_guarded(|options| options.rules.trusted_mode = mode).await;
    trust(&app, &manifest());
    app
}

fn trust(app: &TestApp, manifest: &Value) {
    let manifest = Manifest::parse(&manifest.to_string()).unwrap();
    app.inside.engine.documents.trust(&manifest).unwrap();
}

#[tokio::test]
async fn an_id_stands_for_a_trusted_document_whatever_the_mode() {
    for mode in [TrustedMode::Off, TrustedMode::Report, TrustedMode::Enforce] {
        let app = app(mode).await;
        for body in [
            json!({"documentId": "v1"}),
            json!({"documentId": format!("sha256:{}", sha256(VERSION))}),
            json!({"id": "v1"}),
            json!({"doc_id": "v1", "query": ""}),
            json!({"extensions": persisted("v1")}),
            json!({"extensions": persisted(&sha256(VERSION))}),
            json!({"query": VERSION}),
            json!({"query": VERSION, "documentId": "v1"}),
        ] {
            let answer = app.post(None, &body).await;
            assert_eq!(
                answer.data()["version"],
                env!("CARGO_PKG_VERSION"),
                "{mode} {body}"
            );
        }
        get(&app, &[("documentId", "v1")]).await.data();
        let other = json!({"query": "{ version }", "documentId": "v1"});
        let code = "PERSISTED_QUERY_HASH_MISMATCH";
        assert_eq!(app.post(None, &other).await.code(), code, "{mode}");
    }
}

#[tokio::test]
async fn a_server_that_enforces_refuses_every_other_document_and_says_nothing_about_it() {
    let app = app(TrustedMode::Enforce).await;
    let ada = app.admin("ada").await;
    let mut told = Vec::new();
    for query in [
        "{ version }",
        "{ nonsense }",
        "{",
        "query Version { version } ",
        "{ __schema { queryType { name } } }",
    ] {
        for body in [
            json!({"query": query}),
            json!({"query": query, "extensions": persisted(&sha256(query))}),
            json!({"extensions": persisted(&sha256(query))}),
            json!({"documentId": "v2"}),
        ] {
            let answer = app.post(Some(&ada.token), &body).await;
            assert_eq!(answer.code(), UNTRUSTED, "{body}");
            told.push(answer.body);
        }
        let answer = get(&app, &[("query", query)]).await;
        assert_eq!(answer.code(), UNTRUSTED, "{query}");
        told.push(answer.body);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "one answer for all: {told:#?}");

    let request = app.client.post(format!("{}/graphql", app.url));
    let request = request.header("accept", "application/graphql-response+json");
    let response = request.json(&json!({"query": "{ version }"})).send().await;
    assert_eq!(response.unwrap().status(), 403);
}

#[tokio::test]
async fn web_sockets_and_event_streams_are_no_way_around() {
    let app = app(TrustedMode::Enforce).await;
    let ada = app.newcomer().await;
    let other = CHANGED.replace("cursor", "cursor type: __typename");
    let mut socket = Socket::of(&ada).await;
    for (id, payload) in [
        ("1", json!({"query": other})),
        ("2", json!({"query": "{ version }"})),
        ("3", json!({"documentId": "v2"})),
    ] {
        socket.ask(id, &payload).await;
        let refused = socket.next().await;
        assert_eq!(refused["type"], "error", "{refused}");
        assert_eq!(refused["payload"][0]["extensions"]["code"], UNTRUSTED);
    }
    socket.ask("4", &json!({"documentId": "v1"})).await;
    assert_eq!(socket.next().await["type"], "next");
    assert_eq!(socket.next().await["type"], "complete");
    socket.ask("5", &json!({"documentId": "feed"})).await;
    assert!(socket.is_quiet().await, "it waits for changes");

    let mut events = EventStream::asking(&ada, &json!({"query": other})).await;
    let Part::Next(refused) = events.event().await else {
        panic!("no answer");
    };
    assert_eq!(refused["errors"][0]["extensions"]["code"], UNTRUSTED);
    let mut events = EventStream::asking(&ada, &json!({"documentId": "v1"})).await;
    let Part::Next(answer) = events.event().await else {
        panic!("no answer");
    };
    assert!(answer["data"]["version"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_server_that_reports_answers_and_counts_the_others() {
    let app = app(TrustedMode::Report).await;
    for _ in 0..3 {
        app.graphql("{ version }", json!({})).await.data();
        app.graphql(VERSION, json!({})).await.data();
    }
    let hash = json!({"extensions": persisted(&sha256("{ version }"))});
    app.post(None, &hash).await.data();
    app.graphql("{ nonsense }", json!({})).await;

    assert_eq!(app.inside.engine.documents.untrusted(), 4);
}

#[tokio::test]
async fn the_formats_of_the_common_tools_are_understood() {
    let app = app(TrustedMode::Enforce).await;
    let apollo = json!({
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": "a", "name": "Version", "type": "query", "body": VERSION}],
    });
    trust(&app, &apollo);
    app.post(None, &json!({"extensions": persisted("a")}))
        .await
        .data();
    assert_eq!(
        app.post(None, &json!({"documentId": "v1"})).await.code(),
        UNTRUSTED
    );

    let twice = json!({"id": "a", "body": "{ version }"});
    let mut ambiguous = apollo.clone();
    ambiguous["operations"].as_array_mut().unwrap().push(twice);
    let mut newer = apollo.clone();
    newer["version"] = json!(2);
    for (manifest, says) in [
        (ambiguous, "two different documents with the id `a`"),
        (newer, "its `format` or its `version` is another"),
        (
            json!({"format": "other"}),
            "its `format` or its `version` is another",
        ),
        (json!([]), "no JSON object of documents"),
        (json!({"a": 1}), "no JSON object of documents"),
        (
            json!({"b": "query B { version nonsense }"}),
            "the trusted document `b` (`query B { version nonsense }…`) is not valid: type `Query` does not have a field `nonsense` (line 1, column 19)",
        ),
    ] {
        let parsed = Manifest::parse(&manifest.to_string());
        let error = parsed.and_then(|manifest| app.inside.engine.documents.trust(&manifest));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    app.post(None, &json!({"documentId": "a"})).await.data();
}

#[tokio::test]
async fn a_manifest_can_be_checked_before_a_server_meets_it() {
    let folder = scratch_folder("manifest");
    let path = folder.join("trusted.json");
    let check = async || {
        let mut command = regimen(&folder);
        Finished::of(command.args(["documents", "check", "trusted.json"])).await
    };
    let missing = check().await;
    assert!(
        missing
            .failure()
            .contains("the manifest `trusted.json` cannot be read")
    );

    fs::write(&path, manifest().to_string()).unwrap();
    assert_eq!(check().await.stdout, "trusted documents: 3, all valid\n");

    fs::write(&path, json!({"x": "{ nonsense }"}).to_string()).unwrap();
    let bad = check().await;
    assert!(
        bad.failure().contains("the trusted document `x`"),
        "{}",
        bad.stderr
    );
    assert_eq!(bad.stderr.lines().count(), 1);
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_server_does_not_start_without_the_documents_it_is_to_trust() {
    let folder = scratch_folder("manifest");
    fs::write(
        folder.join("trusted.json"),
        json!({"x": "{ nonsense }"}).to_string(),
    )
    .unwrap();
    let serve = async |variables: &[(&str, &str)]| {
        let mut command = regimen(&folder);
        // Nobody listens there: the manifest is looked at first.
        command.env("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/d");
        Finished::of(command.arg("serve").envs(variables.iter().copied())).await
    };

    let bad = serve(&[("REGIMEN_TRUSTED_DOCUMENTS", "trusted.json")]).await;
    assert!(
        bad.failure().contains("the trusted document `x`"),
        "{}",
        bad.stderr
    );
    for mode in ["report", "enforce"] {
        let none = serve(&[("REGIMEN_TRUSTED_MODE", mode)]).await;
        let says = format!("`REGIMEN_TRUSTED_MODE` is `{mode}`, which needs a manifest");
        assert!(none.failure().contains(&says), "{}", none.stderr);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_running_server_reads_its_manifest_again_when_it_is_told() {
    use nix::sys::signal::Signal::SIGHUP;

    let database = crate::support::TestDatabase::create().await;
    let folder = scratch_folder("manifest");
    let path = folder.join("trusted.json");
    fs::write(&path, json!({"v1": VERSION}).to_string()).unwrap();
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_SEED", "false")
        .env("REGIMEN_TRUSTED_DOCUMENTS", &path)
        .env("REGIMEN_TRUSTED_MODE", "report");
    let server = Server::spawn(&mut command).await;
    server.says("documents trusted: 1").await;

    server.graphql("query Other { version }").await.data();
    let line = format!("sha256=\"{}\"", sha256("query Other { version }"));
    server.says(&line).await;
    assert!(
        server.log().contains("operations=\"Other\""),
        "{}",
        server.log()
    );
    server.graphql("query Other { version }").await.data();

    fs::write(&path, "{").unwrap();
    server.signal(SIGHUP);
    server
        .says("the documents trusted before go on being trusted")
        .await;
    fs::write(&path, manifest().to_string()).unwrap();
    server.signal(SIGHUP);
    server.says("documents trusted from now on: 3").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.log().matches(&line).count(), 1, "once is enough");
    assert!(server.stop().await);
    fs::remove_dir_all(folder).unwrap();
}
