//! The history, over GraphQL.

use regimen::workouts::purge_deleted;
use serde_json::{Value, json};

use crate::{
    support::{TestApp, TestUser},
    workouts::{each, exercises, plan, squats, workout},
};

const LOG: &str = "mutation ($input: LogHistoryInput!, $key: String) {
    logHistory(input: $input, idempotencyKey: $key) { historyEntry { id workoutId workoutName performedAt
        timezone localDate durationSeconds bodyweightKg rating notes summary { raw volumeKg } source sourceKey version } } }";
const BATCH: &str =
    "mutation ($entries: [LogHistoryInput!]!) { logHistoryBatch(entries: $entries) {
    inserted unchanged conflicting results { index outcome id entry { rating } } } }";
const UPDATE: &str = "mutation ($id: ID!, $input: UpdateHistoryInput!, $version: Int) {
    updateHistory(id: $id, input: $input, expectedVersion: $version) {
        historyEntry { performedAt timezone localDate rating notes version } } }";
const LIST: &str = "query ($filter: HistoryFilter, $order: HistoryOrder! = NEWEST, $first: Int,
    $after: String, $last: Int, $before: String) {
    history(filter: $filter, order: $order, first: $first, after: $after, last: $last, before: $before) {
        nodes { id performedAt } totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn log(user: &TestUser<'_>, input: Value) -> Value {
    let logged = user.graphql(LOG, json!({"input": input})).await;
    logged.data()["logHistory"]["historyEntry"].clone()
}

#[tokio::test]
async fn a_session_is_recorded_with_its_own_day_and_once_by_id_by_key_and_by_source() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let id = json!("0192f0c1-3333-7000-8000-000000000001");
    let input = json!({"id": id, "workoutName": "Run", "performedAt": "2026-03-01T02:30:00.000001Z",
        "timezone": "America/New_York", "durationSeconds": 1800, "bodyweightKg": 80.25, "rating": 5,
        "notes": "rain", "summary": {"km": 5}});
    let entry = log(&ada, input.clone()).await;
    assert_eq!(
        entry,
        json!({"id": id, "workoutId": null, "workoutName": "Run",
        "performedAt": "2026-03-01T02:30:00.000001+00:00", "timezone": "America/New_York",
        "localDate": "2026-02-28", "durationSeconds": 1800, "bodyweightKg": 80.25, "rating": 5,
        "notes": "rain", "summary": {"raw": {"km": 5}, "volumeKg": null}, "source": "app", "sourceKey": null, "version": 1})
    );
    assert_eq!(log(&ada, input.clone()).await, entry);
    let mut other = input;
    other["rating"] = json!(1);
    let refused = ada.graphql(LOG, json!({"input": other})).await;
    assert_eq!(
        (refused.code(), &refused.error()["extensions"]["version"]),
        ("CONFLICT", &json!(1))
    );

    let sourced = json!({"performedAt": "2026-03-02T02:30:00Z", "source": "watch", "sourceKey": "7", "rating": 2});
    let first = log(&ada, sourced.clone()).await;
    assert_eq!(log(&ada, sourced.clone()).await, first);
    let mut other = sourced;
    other["rating"] = json!(3);
    let refused = ada.graphql(LOG, json!({"input": other})).await;
    assert_eq!(
        (refused.code(), &refused.error()["extensions"]["id"]),
        ("CONFLICT", &first["id"])
    );

    let keyed = json!({"input": {"performedAt": "2026-03-03T00:00:00Z"}, "key": "k"});
    let one = ada.graphql(LOG, keyed.clone()).await;
    assert_eq!(ada.graphql(LOG, keyed).await.data(), one.data());
    let count = ada.graphql("{ history { totalCount } }", json!({})).await;
    assert_eq!(count.data()["history"]["totalCount"], 3);
}

#[tokio::test]
async fn a_session_of_a_workout_takes_its_name_and_what_was_done() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (made, _) = squats(&ada, 2).await;
    let input = json!({"workoutId": made["id"], "performedAt": "2026-03-01T10:00:00Z"});
    let entry = log(&ada, input.clone()).await;
    assert_eq!(
        (&entry["workoutName"], &entry["summary"]["volumeKg"]),
        (&json!("Legs"), &json!(1000))
    );
    let refused = bob.graphql(LOG, json!({"input": input})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("NOT_FOUND", "input.workoutId")
    );
}

#[tokio::test]
async fn from_is_inclusive_to_is_exclusive_and_both_are_exact_to_the_microsecond() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for micros in 0..5 {
        log(
            &ada,
            json!({"performedAt": format!("2026-03-01T10:00:00.00000{micros}Z")}),
        )
        .await;
    }
    let filter =
        json!({"from": "2026-03-01T10:00:00.000001Z", "to": "2026-03-01T10:00:00.000004Z"});
    let found = ada
        .graphql(LIST, json!({"filter": filter, "order": "OLDEST"}))
        .await;
    let list = &found.data()["history"];
    assert_eq!(
        each(&list["nodes"], "performedAt"),
        [
            "2026-03-01T10:00:00.000001+00:00",
            "2026-03-01T10:00:00.000002+00:00",
            "2026-03-01T10:00:00.000003+00:00"
        ]
    );
    assert_eq!(list["totalCount"], 3);
    for null in ["from", "to", "exerciseId", "workoutId"] {
        let refused = ada.graphql(LIST, json!({"filter": {null: null}})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", format!("filter.{null}").as_str())
        );
    }
}

#[tokio::test]
async fn pages_in_both_directions_and_orders_show_each_entry_once_though_some_are_added() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut ids = Vec::new();
    for i in 0..9 {
        // Three at each instant, so that ids break ties.
        let at = format!("2026-03-01T10:00:00.00000{}Z", i / 3);
        ids.push(log(&ada, json!({"performedAt": at})).await["id"].clone());
    }
    let newest: Vec<Value> = ids.iter().rev().cloned().collect();
    for (order, expected) in [("OLDEST", &ids), ("NEWEST", &newest)] {
        for (size, cursor, edge, more) in [
            ("first", "after", "endCursor", "hasNextPage"),
            ("last", "before", "startCursor", "hasPreviousPage"),
        ] {
            let mut seen = Vec::new();
            let mut from = Value::Null;
            loop {
                let page = json!({"order": order, size: 2, cursor: from});
                let page = ada.graphql(LIST, page).await;
                let page = page.data()["history"].clone();
                let at = if size == "last" { 0 } else { seen.len() };
                seen.splice(at..at, each(&page["nodes"], "id"));
                from = page["pageInfo"][edge].clone();
                if page["pageInfo"][more] == false {
                    break;
                }
                // Before and after everything, out of the pages' way.
                let out = if (order == "OLDEST") == (size == "first") {
                    "2025"
                } else {
                    "2027"
                };
                log(
                    &ada,
                    json!({"performedAt": format!("{out}-01-01T00:00:00Z")}),
                )
                .await;
            }
            seen.retain(|id| ids.contains(id));
            assert_eq!(&seen, expected, "{order} {size}");
        }
    }
    let page = ada.graphql(LIST, json!({"first": 1})).await;
    let cursor = &page.data()["history"]["pageInfo"]["endCursor"];
    let refused = ada
        .graphql(LIST, json!({"order": "OLDEST", "after": cursor}))
        .await;
    assert_eq!((refused.code(), refused.field()), ("VALIDATION", "after"));
}

#[tokio::test]
async fn sessions_of_an_exercise_are_those_in_which_it_was_done() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press"]).await;
    let squats = workout(&ada, plan("Squats", &trained[..1], 1)).await;
    let both = workout(
        &ada,
        json!({"name": "Both", "exercises": [
        {"exerciseId": trained[0], "sets": [{"reps": 5, "isCompleted": false}]},
        {"exerciseId": trained[1], "sets": [{"reps": 5, "isCompleted": true}]}]}),
    )
    .await;
    let complete = "mutation ($id: ID!) { completeWorkout(id: $id) { historyEntry { id } } }";
    let mut entries = Vec::new();
    for id in [&squats["id"], &both["id"]] {
        let done = ada.graphql(complete, json!({"id": id})).await;
        entries.push(done.data()["completeWorkout"]["historyEntry"]["id"].clone());
    }
    // Of this one no summary of ours says what was done, but its workout does.
    let own =
        json!({"workoutId": squats["id"], "performedAt": "2026-03-01T10:00:00Z", "summary": []});
    let own = log(&ada, own).await["id"].clone();
    let of = async |exercise: &Value| {
        let filter = json!({"filter": {"exerciseId": exercise}, "order": "OLDEST"});
        each(
            &ada.graphql(LIST, filter).await.data()["history"]["nodes"],
            "id",
        )
    };
    assert_eq!(of(&trained[0]).await, [own, entries[0].clone()]);
    assert_eq!(of(&trained[1]).await, [entries[1].clone()]);
}

#[tokio::test]
async fn a_page_of_history_with_its_workouts_takes_as_many_statements_for_1_as_for_20() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let trained = exercises(&ada, &["Squat", "Press"]).await;
    for day in 10..30 {
        let made = workout(&ada, plan("Legs", &trained, 2)).await;
        log(
            &ada,
            json!({"workoutId": made["id"], "performedAt": format!("2026-03-{day}T10:00:00Z")}),
        )
        .await;
    }
    let deep = "query ($first: Int) { history(first: $first) { nodes { workout { name
        exercises { exercise { name } sets { reps } } } } } }";
    for first in [1, 20] {
        let (statements, answer) = app
            .statements_of(ada.graphql(deep, json!({"first": first})))
            .await;
        let nodes = each(&answer.data()["history"]["nodes"], "workout");
        assert_eq!(nodes.len(), first);
        assert_eq!(
            nodes[first - 1]["exercises"][1]["exercise"]["name"],
            "Press"
        );
        assert_eq!(statements, 5);
    }
    let (statements, _) = app
        .statements_of(ada.graphql(LIST, json!({"first": 1})))
        .await;
    assert_eq!(statements, 2);
}

#[tokio::test]
async fn an_entry_is_changed_deleted_and_restored_and_its_day_follows() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let entry = log(
        &ada,
        json!({"performedAt": "2026-03-01T23:30:00Z", "rating": 3, "notes": "ok"}),
    )
    .await;
    let id = &entry["id"];
    assert_eq!(entry["localDate"], "2026-03-01");
    let change = |input: Value, version: i32| json!({"id": id, "input": input, "version": version});
    let input = json!({"timezone": "Europe/Berlin", "notes": null});
    let changed = ada.graphql(UPDATE, change(input, 1)).await;
    assert_eq!(
        changed.data()["updateHistory"]["historyEntry"],
        json!({"timezone": "Europe/Berlin",
        "performedAt": "2026-03-01T23:30:00+00:00", "localDate": "2026-03-02", "rating": 3,
        "notes": null, "version": 2})
    );
    let moved = json!({"performedAt": "2026-03-05T12:00:00Z"});
    let moved = ada.graphql(UPDATE, change(moved, 2)).await;
    assert_eq!(
        moved.data()["updateHistory"]["historyEntry"]["localDate"],
        "2026-03-05"
    );
    let stale = ada.graphql(UPDATE, change(json!({"rating": 1}), 1)).await;
    assert_eq!(
        (stale.code(), &stale.error()["extensions"]["version"]),
        ("CONFLICT", &json!(3))
    );

    let delete =
        "mutation ($id: ID!) { deleteHistory(id: $id) { historyEntry { version deletedAt } } }";
    let restore = "mutation ($id: ID!, $version: Int) {
        restoreHistory(id: $id, expectedVersion: $version) { historyEntry { version deletedAt } } }";
    let one = "query ($id: ID!) { historyEntry(id: $id) { rating } }";
    let gone = ada.graphql(delete, json!({"id": id})).await;
    assert!(gone.data()["deleteHistory"]["historyEntry"]["deletedAt"].is_string());
    let once = json!({"id": id, "version": 4});
    let back = ada.graphql(restore, once.clone()).await;
    assert_eq!(
        back.data()["restoreHistory"]["historyEntry"],
        json!({"version": 5, "deletedAt": null})
    );
    let again = ada.graphql(restore, once).await;
    assert_eq!(again.data(), back.data());
    assert_eq!(
        ada.graphql(one, json!({"id": id})).await.data()["historyEntry"]["rating"],
        3
    );
}

#[tokio::test]
async fn a_batch_says_of_each_entry_what_became_of_it_and_sent_again_records_nothing() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let entries: Vec<Value> = (0..500)
        .map(|i| json!({"performedAt": format!("2026-01-{:02}T10:00:00Z", i % 28 + 1), "rating": i % 5 + 1,
            "source": "watch", "sourceKey": format!("s{i}")}))
        .collect();
    let plain = "mutation ($entries: [LogHistoryInput!]!) { logHistoryBatch(entries: $entries) {
        inserted unchanged conflicting } }";
    let all = ada.graphql(plain, json!({"entries": entries}));
    let (many, all) = app.statements_of(all).await;
    let expected = json!({"inserted": 500, "unchanged": 0, "conflicting": 0});
    assert_eq!(all.data()["logHistoryBatch"], expected);
    let single = json!([{"performedAt": "2026-02-01T10:00:00Z", "sourceKey": "single"}]);
    let (few, _) = app
        .statements_of(ada.graphql(plain, json!({"entries": single})))
        .await;
    assert_eq!((many, few), (5, 5));

    let mut some = entries[..3].to_vec();
    some[1]["rating"] = json!(5);
    some.push(json!({"performedAt": "2026-02-01T10:00:00Z", "source": "watch", "sourceKey": "new", "rating": 1}));
    let again = ada.graphql(BATCH, json!({"entries": some})).await;
    let again = &again.data()["logHistoryBatch"];
    assert_eq!(
        each(&again["results"], "outcome"),
        ["UNCHANGED", "CONFLICTING", "UNCHANGED", "INSERTED"]
    );
    assert_eq!(each(&again["results"], "entry")[1]["rating"], 2);
    assert_eq!(
        (&again["inserted"], &again["conflicting"]),
        (&json!(1), &json!(1))
    );
    let count = ada.graphql("{ history { totalCount } }", json!({})).await;
    assert_eq!(count.data()["history"]["totalCount"], 502);
}

#[tokio::test]
async fn what_was_recorded_is_found_again_though_its_workout_was_renamed_trashed_or_purged() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, _) = squats(&ada, 2).await;
    let id = &made["id"];
    let at = "2026-03-01T10:00:00Z";
    let single = json!({"workoutId": id, "performedAt": at, "sourceKey": "one", "rating": 3});
    let batch = json!({"workoutId": id, "performedAt": at, "sourceKey": "two", "rating": 3});
    let entry = log(&ada, single.clone()).await["id"].clone();
    let recorded = ada.graphql(BATCH, json!({"entries": [batch]})).await;
    let recorded = recorded.data()["logHistoryBatch"]["results"][0]["id"].clone();
    let rename = format!(
        "mutation {{ updateWorkout(id: {id}, input: {{name: \"Renamed\"}}) {{ workout {{ id }} }} }}"
    );
    let trash = format!("mutation {{ deleteWorkout(id: {id}) {{ workout {{ id }} }} }}");
    for (change, code) in [
        (rename, None),
        (trash, Some("CONFLICT")),
        (String::new(), Some("NOT_FOUND")),
    ] {
        if change.is_empty() {
            let soon = chrono::Utc::now() + chrono::Duration::days(1);
            let mut conn = app.database.connect().await;
            purge_deleted(&mut conn, soon).await.unwrap();
        } else {
            ada.graphql(&change, json!({})).await.data();
        }
        assert_eq!(log(&ada, single.clone()).await["id"], entry, "{code:?}");
        let again = ada
            .graphql(BATCH, json!({"entries": [single, batch]}))
            .await;
        let again = &again.data()["logHistoryBatch"]["results"];
        assert_eq!(
            each(again, "outcome"),
            ["UNCHANGED", "UNCHANGED"],
            "{code:?}"
        );
        assert_eq!(each(again, "id"), [entry.clone(), recorded.clone()]);

        let mut other = single.clone();
        other["rating"] = json!(4);
        let refused = ada.graphql(LOG, json!({"input": other})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("CONFLICT", "input.sourceKey")
        );
        let Some(code) = code else { continue };
        let new = json!({"workoutId": id, "performedAt": at, "sourceKey": "new"});
        let refused = ada.graphql(LOG, json!({"input": new})).await;
        assert_eq!((refused.code(), refused.field()), (code, "input.workoutId"));
        let refused = ada.graphql(BATCH, json!({"entries": [single, new]})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            (code, "entries.1.workoutId")
        );
    }
}

#[tokio::test]
async fn an_entry_in_the_trash_that_is_sent_again_is_in_conflict_alone_and_in_a_batch() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let input = json!({"performedAt": "2026-03-01T10:00:00Z", "sourceKey": "one"});
    let entry = log(&ada, input.clone()).await["id"].clone();
    let delete = format!("mutation {{ deleteHistory(id: {entry}) {{ historyEntry {{ id }} }} }}");
    ada.graphql(&delete, json!({})).await.data();

    let refused = ada.graphql(LOG, json!({"input": input})).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("CONFLICT", "input.sourceKey")
    );
    assert!(refused.message().contains("restore that one"));
    let again = ada.graphql(BATCH, json!({"entries": [input]})).await;
    let again = &again.data()["logHistoryBatch"]["results"][0];
    assert_eq!(
        (&again["outcome"], &again["id"]),
        (&json!("CONFLICTING"), &entry)
    );
}

#[tokio::test]
async fn completing_a_workout_again_whose_entry_is_in_the_trash_finds_that_one_and_records_no_other()
 {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (made, _) = squats(&ada, 1).await;
    let complete = "mutation ($id: ID!) { completeWorkout(id: $id) { workout { version }
        historyEntry { id deletedAt } } }";
    let first = ada.graphql(complete, json!({"id": made["id"]})).await;
    let first = first.data()["completeWorkout"].clone();
    let entry = &first["historyEntry"]["id"];
    let delete = format!("mutation {{ deleteHistory(id: {entry}) {{ historyEntry {{ id }} }} }}");
    ada.graphql(&delete, json!({})).await.data();

    let again = ada.graphql(complete, json!({"id": made["id"]})).await;
    let again = &again.data()["completeWorkout"];
    assert_eq!(
        (&again["historyEntry"]["id"], &again["workout"]),
        (entry, &first["workout"])
    );
    assert!(again["historyEntry"]["deletedAt"].is_string());
    let count = ada.graphql("{ history { totalCount } }", json!({})).await;
    assert_eq!(count.data()["history"]["totalCount"], 0);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let at = "2026-03-01T10:00:00Z";
    for (input, field) in [
        (
            json!({"performedAt": "1899-12-31T23:59:59Z"}),
            "performedAt",
        ),
        (json!({"performedAt": at, "timezone": "Mars"}), "timezone"),
        (
            json!({"performedAt": at, "durationSeconds": -1}),
            "durationSeconds",
        ),
        (
            json!({"performedAt": at, "bodyweightKg": 0}),
            "bodyweightKg",
        ),
        (json!({"performedAt": at, "rating": 0}), "rating"),
        (
            json!({"performedAt": at, "notes": "x".repeat(2001)}),
            "notes",
        ),
        (
            json!({"performedAt": at, "workoutName": " "}),
            "workoutName",
        ),
        (json!({"performedAt": at, "summary": "text"}), "summary"),
        (
            json!({"performedAt": at, "summary": {"x": "y".repeat(70_000)}}),
            "summary",
        ),
        (json!({"performedAt": at, "source": ""}), "source"),
        (
            json!({"performedAt": "+20000-01-01T00:00:00Z"}),
            "performedAt",
        ),
    ] {
        let refused = ada.graphql(LOG, json!({"input": input})).await;
        let path = format!("input.{field}");
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", path.as_str())
        );
        let mut input = input;
        input["sourceKey"] = json!("k");
        let good = json!({"performedAt": at, "sourceKey": "good"});
        let refused = ada.graphql(BATCH, json!({"entries": [good, input]})).await;
        let path = format!("entries.1.{field}");
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", path.as_str())
        );
    }
    let count = ada.graphql("{ history { totalCount } }", json!({})).await;
    assert_eq!(count.data()["history"]["totalCount"], 0);
}

#[tokio::test]
async fn a_batch_names_each_entry_once_by_its_key_and_has_at_most_500() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let at = "2026-03-01T10:00:00Z";
    let entry = |key: &str| json!({"performedAt": at, "sourceKey": key});
    for (entries, field) in [
        (json!([]), "entries"),
        (json!([{"performedAt": at}]), "entries.0.sourceKey"),
        (json!([entry("a"), entry("a")]), "entries.1.sourceKey"),
        (json!(vec![entry("a"); 501]), "entries"),
    ] {
        let refused = ada.graphql(BATCH, json!({"entries": entries})).await;
        assert_eq!((refused.code(), refused.field()), ("VALIDATION", field));
    }
    let count = ada.graphql("{ history { totalCount } }", json!({})).await;
    assert_eq!(count.data()["history"]["totalCount"], 0);
}

#[tokio::test]
async fn one_s_history_is_seen_and_changed_by_nobody_else() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let entry = log(
        &ada,
        json!({"performedAt": "2026-03-01T10:00:00Z", "rating": 3}),
    )
    .await;
    let id = json!({"id": entry["id"]});
    for query in [
        "query ($id: ID!) { historyEntry(id: $id) { id } }",
        "mutation ($id: ID!) { updateHistory(id: $id, input: {rating: 1}) { historyEntry { id } } }",
        "mutation ($id: ID!) { deleteHistory(id: $id) { historyEntry { id } } }",
        "mutation ($id: ID!) { restoreHistory(id: $id) { historyEntry { id } } }",
    ] {
        assert_eq!(
            bob.graphql(query, id.clone()).await.code(),
            "NOT_FOUND",
            "{query}"
        );
    }
    let list = bob.graphql(LIST, json!({})).await;
    assert_eq!(list.data()["history"]["nodes"], json!([]));
    let kept = ada
        .graphql(
            "query ($id: ID!) { historyEntry(id: $id) { rating version } }",
            id,
        )
        .await;
    assert_eq!(
        kept.data()["historyEntry"],
        json!({"rating": 3, "version": 1})
    );
}
