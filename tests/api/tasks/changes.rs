//! Making and changing one task, the trash, and the feed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use regimen::db::schema::changes;
use serde_json::{Value, json};

use super::{CREATE, UPDATE, act, ask, create, done, list, task, titled, titles, update, updated};
use crate::support::{TestApp, TestUser};

#[tokio::test]
async fn a_task_is_made_as_it_was_sent_and_read_back() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;

    let made = create(
        &ada,
        json!({
            "title": "  Stretch 🧘  ", "description": "Calves\nand hips", "priority": "HIGH",
            "tags": ["legs", "legs", "evening"], "dueAt": "2026-05-04T18:30:00Z",
            "dueTimezone": "Europe/Berlin", "recurrence": "rrule:freq=weekly;interval=1;byday=mo",
            "recurrenceBasis": "COMPLETION",
        }),
    )
    .await;

    for (field, value) in [
        ("title", json!("Stretch 🧘")),
        ("description", json!("Calves\nand hips")),
        ("priority", json!("HIGH")),
        ("tags", json!(["legs", "evening"])),
        ("dueAt", json!("2026-05-04T18:30:00+00:00")),
        ("dueTimezone", json!("Europe/Berlin")),
        ("recurrence", json!("FREQ=WEEKLY;BYDAY=MO")),
        ("recurrenceBasis", json!("COMPLETION")),
        ("seriesId", made["id"].clone()),
        ("position", json!("a0")),
        ("version", json!(1)),
        ("completed", json!(false)),
        ("parentId", Value::Null),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let mut read = task(&ada, &made["id"]).await;
    read.as_object_mut().unwrap().remove("subtasks");
    assert_eq!(read, made);
}

#[tokio::test]
async fn a_change_takes_what_is_given_and_null_is_not_absent() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = create(
        &ada,
        json!({"title": "Run", "description": "Far", "tags": ["a"]}),
    )
    .await;

    let first = updated(&ada, &made, json!({"priority": "LOW"})).await;
    assert_eq!(
        (&first["description"], &first["tags"]),
        (&json!("Far"), &json!(["a"]))
    );
    let second = updated(&ada, &made, json!({"description": null, "tags": []})).await;
    assert_eq!(
        (&second["description"], &second["tags"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(
        (&second["title"], &second["version"]),
        (&json!("Run"), &json!(3))
    );
}

#[tokio::test]
async fn a_day_and_a_moment_clear_each_other() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = create(&ada, json!({"title": "Run", "dueDate": "2026-05-04"})).await;
    let due = |task: &Value| {
        let field = |name: &str| task[name].as_str().unwrap_or("-").to_owned();
        [field("dueDate"), field("dueAt"), field("dueTimezone")].join(" ")
    };

    let change = json!({"dueAt": "2026-05-05T10:00:00Z", "dueTimezone": "Asia/Tokyo"});
    let moment = updated(&ada, &made, change).await;
    assert_eq!(due(&moment), "- 2026-05-05T10:00:00+00:00 Asia/Tokyo");
    let later = updated(&ada, &made, json!({"dueAt": "2026-05-06T10:00:00Z"})).await;
    assert_eq!(due(&later), "- 2026-05-06T10:00:00+00:00 Asia/Tokyo");
    let day = updated(&ada, &made, json!({"dueDate": "2026-05-07"})).await;
    assert_eq!(due(&day), "2026-05-07 - -");
    let none = updated(&ada, &made, json!({"dueDate": null, "dueAt": null})).await;
    assert_eq!(due(&none), "- - -");
}

#[tokio::test]
async fn a_stale_change_is_told_the_version_and_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = titled(&ada, "Run").await;
    updated(&ada, &made, json!({"title": "Run far"})).await;

    for field in ["completeTask", "deleteTask"] {
        let stale = act(&ada, field, &made, Some(1)).await;
        assert_eq!(stale.code(), "CONFLICT", "{field}");
        assert_eq!(stale.error()["extensions"]["version"], 2);
        assert_eq!(stale.error()["extensions"]["id"], made["id"]);
        assert_eq!(stale.body["data"], json!({field: null}));
    }
    let input = json!({"title": "Late"});
    let variables = json!({"id": made["id"], "input": input, "version": 1});
    assert_eq!(ask(&ada, UPDATE, variables).await.code(), "CONFLICT");
    assert_eq!(task(&ada, &made["id"]).await["title"], "Run far");
}

#[tokio::test]
async fn completing_twice_is_completing_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let made = titled(&ada, "Run").await;

    let first = act(&ada, "completeTask", &made, Some(1)).await;
    let again = act(&ada, "completeTask", &made, Some(1)).await;

    let first = &first.data()["completeTask"]["task"];
    assert_eq!(&again.data()["completeTask"]["task"], first);
    assert_eq!(
        (&first["completed"], &first["version"]),
        (&json!(true), &json!(2))
    );
    assert!(first["completedAt"].is_string());

    let open = done(&ada, "reopenTask", &made).await;
    assert_eq!(open["task"]["completedAt"], Value::Null);
    let through_update = update(&ada, &made, json!({"completed": true})).await;
    assert!(through_update.data()["updateTask"]["task"]["completedAt"].is_string());
}

#[tokio::test]
async fn the_trash_is_listed_apart_and_gives_back_what_was_in_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let run = titled(&ada, "Run").await;
    titled(&ada, "Swim").await;

    let gone = done(&ada, "deleteTask", &run).await;
    assert!(gone["task"]["deletedAt"].is_string());
    let again = done(&ada, "deleteTask", &run).await;
    assert_eq!(again, gone);

    assert_eq!(titles(&ada, json!({})).await, ["Swim"]);
    assert_eq!(titles(&ada, json!({"deleted": true})).await, ["Run"]);
    let refused = update(&ada, &run, json!({"title": "Walk"})).await;
    assert_eq!(refused.code(), "CONFLICT");
    assert!(refused.message().contains("restore it first"));

    let back = done(&ada, "restoreTask", &run).await;
    assert_eq!(
        (&back["task"]["deletedAt"], &back["task"]["version"]),
        (&Value::Null, &json!(3))
    );
    assert_eq!(done(&ada, "restoreTask", &run).await, back);
    assert_eq!(titles(&ada, json!({})).await, ["Run", "Swim"]);
}

#[tokio::test]
async fn the_same_id_or_key_makes_one_task() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";

    let first = create(&ada, json!({"id": id, "title": "Run"})).await;
    let second = create(&ada, json!({"id": id, "title": "Run"})).await;
    assert_eq!(first, second);
    let other = create(&bob, json!({"id": id, "title": "Swim"})).await;
    assert_eq!(
        (&other["id"], &other["title"]),
        (&json!(id), &json!("Swim"))
    );
    assert_eq!(titles(&ada, json!({})).await, ["Run"]);

    let keyed = json!({"input": {"title": "Row"}, "key": "k1"});
    let first = ask(&ada, CREATE, keyed.clone()).await;
    assert_eq!(ask(&ada, CREATE, keyed).await.data(), first.data());
    let other = ask(
        &ada,
        CREATE,
        json!({"input": {"title": "Ski"}, "key": "k1"}),
    )
    .await;
    assert_eq!(other.code(), "CONFLICT");
    assert_eq!(titles(&ada, json!({})).await, ["Run", "Row"]);
}

#[tokio::test]
async fn nobody_elses_task_is_seen_or_changed() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let run = titled(&ada, "Run").await;
    let own = titled(&bob, "Swim").await;
    let before = task(&ada, &run["id"]).await;
    let nothing = json!({"id": "01890a5d-ac96-774b-bcce-b302099a8057"});

    for field in ["completeTask", "reopenTask", "deleteTask", "restoreTask"] {
        let (theirs, missing) = (
            act(&bob, field, &run, None).await,
            act(&bob, field, &nothing, None).await,
        );
        assert_eq!(
            (theirs.code(), missing.code()),
            ("NOT_FOUND", "NOT_FOUND"),
            "{field}"
        );
    }
    assert_eq!(
        update(&bob, &run, json!({"title": "Mine"})).await.code(),
        "NOT_FOUND"
    );
    let read = "query ($id: ID!) { task(id: $id) { title } }";
    assert_eq!(
        bob.graphql(read, json!({"id": run["id"]})).await.code(),
        "NOT_FOUND"
    );
    for to in [
        json!({"before": run["id"]}),
        json!({"after": run["id"]}),
        json!({"parentId": run["id"]}),
    ] {
        assert_eq!(super::move_to(&bob, &own, to).await.code(), "NOT_FOUND");
    }
    let part = json!({"input": {"title": "Part", "parentId": run["id"]}});
    assert_eq!(ask(&bob, CREATE, part).await.code(), "NOT_FOUND");
    assert_eq!(
        app.graphql(read, json!({"id": run["id"]})).await.code(),
        "UNAUTHENTICATED"
    );

    assert_eq!(task(&ada, &run["id"]).await, before);
    assert_eq!(titles(&bob, json!({})).await, ["Swim"]);
}

/// What the feed holds, in its order: who, what became of it, and the version.
async fn feed(app: &TestApp, user: &TestUser<'_>) -> Vec<(i64, uuid::Uuid, String, i32)> {
    changes::table
        .filter(changes::user_id.eq(user.id))
        .filter(changes::entity.eq("task"))
        .order(changes::seq)
        .select((
            changes::seq,
            changes::entity_id,
            changes::op,
            changes::version,
        ))
        .load(&mut app.database.connect().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_row_that_changes_is_in_the_feed_with_its_version() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let input = json!({"title": "Run", "dueDate": "2026-05-04", "recurrence": "FREQ=DAILY"});
    let run = create(&ada, input).await;
    create(&ada, json!({"title": "Shoes", "parentId": run["id"]})).await;
    done(&ada, "completeTask", &run).await;
    done(&ada, "completeTask", &run).await;
    done(&ada, "reopenTask", &run).await;
    done(&ada, "deleteTask", &run).await;
    done(&ada, "restoreTask", &run).await;

    let feed = feed(&app, &ada).await;
    let story: Vec<String> = feed
        .iter()
        .map(|(_, _, op, version)| format!("{op} {version}"))
        .collect();
    assert_eq!(
        story,
        [
            "upsert 1", "upsert 1", // made
            "upsert 2", "upsert 1", "upsert 1", // done, and the next with its subtask
            "upsert 3", "delete 2", "delete 2", // reopened, and the next taken back
            "delete 4", "delete 2", // to the trash
            "upsert 5", "upsert 3", // and back
        ]
    );
    let sequence: Vec<i64> = feed.iter().map(|it| it.0).collect();
    assert!(
        sequence.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{sequence:?}"
    );

    // Whoever replays the feed knows the rows that are there, and their versions.
    let mut replayed = std::collections::BTreeMap::new();
    for (_, id, op, version) in feed {
        match op.as_str() {
            "delete" => replayed.remove(&id.to_string()),
            _ => replayed.insert(id.to_string(), i64::from(version)),
        };
    }
    let there = list(&ada, json!({})).await;
    let there = there.iter().map(|task| {
        (
            task["id"].as_str().unwrap().to_owned(),
            task["version"].as_i64().unwrap(),
        )
    });
    assert_eq!(replayed, there.collect());
}
