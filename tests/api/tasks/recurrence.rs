//! Tasks that come round again.

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use regimen::settings::{Settings, Units};
use serde_json::{Value, json};

use super::{act, create, done, each, list, task, titles, updated};
use crate::support::{TestApp, TestUser};

async fn recurring(user: &TestUser<'_>, due: &str, rule: &str) -> Value {
    let field = if due.len() == 10 { "dueDate" } else { "dueAt" };
    create(
        user,
        json!({"title": "Run", field: due, "recurrence": rule}),
    )
    .await
}

#[tokio::test]
async fn completing_leaves_the_done_one_and_makes_the_next_with_its_parts() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let input = json!({
        "title": "Long run", "description": "Slowly", "tags": ["run"], "priority": "HIGH",
        "dueDate": "2026-05-03", "recurrence": "FREQ=WEEKLY;COUNT=3",
    });
    let run = create(&ada, input).await;
    super::titled(&ada, "After").await;
    let shoes = json!({"title": "Shoes", "parentId": run["id"], "dueDate": "2026-05-02"});
    let shoes = create(&ada, shoes).await;
    done(&ada, "completeTask", &shoes).await;
    let gone = create(&ada, json!({"title": "Gone", "parentId": run["id"]})).await;
    done(&ada, "deleteTask", &gone).await;

    let answer = done(&ada, "completeTask", &run).await;

    let (old, next) = (&answer["task"], &answer["next"]);
    assert_eq!(
        (&old["completed"], &old["dueDate"]),
        (&json!(true), &json!("2026-05-03"))
    );
    assert_eq!(old["recurrence"], "FREQ=WEEKLY;COUNT=3");
    for (field, value) in [
        ("title", json!("Long run")),
        ("description", json!("Slowly")),
        ("tags", json!(["run"])),
        ("priority", json!("HIGH")),
        ("completed", json!(false)),
        ("dueDate", json!("2026-05-10")),
        ("recurrence", json!("FREQ=WEEKLY;COUNT=2")),
        ("seriesId", run["id"].clone()),
        ("version", json!(1)),
    ] {
        assert_eq!(next[field], value, "{field}");
    }
    let parts = task(&ada, &next["id"]).await["subtasks"].clone();
    assert_eq!(parts.as_array().unwrap().len(), 1);
    let part = &parts[0];
    assert_ne!(part["id"], shoes["id"]);
    assert_eq!(
        (&part["title"], &part["completed"], &part["dueDate"]),
        (&json!("Shoes"), &json!(false), &json!("2026-05-09"))
    );
    let top = json!({"topLevelOnly": true});
    assert_eq!(titles(&ada, top).await, ["Long run", "Long run", "After"]);
    let series = titles(&ada, json!({"seriesId": run["id"]})).await;
    assert_eq!(series.len(), 2);
}

#[tokio::test]
async fn completing_twice_or_by_another_way_makes_one_next() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let run = recurring(&ada, "2026-05-03", "FREQ=DAILY").await;

    let first = updated(&ada, &run, json!({"completed": true})).await;
    assert_eq!(first["completed"], true);
    done(&ada, "completeTask", &run).await;
    let both = futures_util::future::join_all([
        act(&ada, "completeTask", &run, None),
        act(&ada, "completeTask", &run, None),
    ]);
    for answer in both.await {
        answer.data();
    }
    assert_eq!(list(&ada, json!({})).await.len(), 2);
}

#[tokio::test]
async fn a_count_or_an_end_ends_the_series() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for rule in [
        "FREQ=DAILY;COUNT=3",
        "FREQ=DAILY;UNTIL=20260503",
        "FREQ=DAILY;UNTIL=20260503T120000Z",
    ] {
        let mut due = Vec::new();
        let mut next = recurring(&ada, "2026-05-01", rule).await;
        while next.is_object() {
            due.push(next["dueDate"].as_str().unwrap().to_owned());
            next = done(&ada, "completeTask", &next).await["next"].clone();
        }
        assert_eq!(due, ["2026-05-01", "2026-05-02", "2026-05-03"], "{rule}");
    }
}

#[tokio::test]
async fn counted_from_completion_the_next_is_due_after_the_day_it_was_done() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let zone: Tz = "Pacific/Kiritimati".parse().unwrap();
    let mut conn = app.database.connect().await;
    Settings::insert_missing(&mut conn, ada.id, Units::Metric, zone.name())
        .await
        .unwrap();
    let input = json!({
        "title": "Water plants", "dueDate": "2020-05-03", "recurrence": "FREQ=DAILY;INTERVAL=3",
        "recurrenceBasis": "COMPLETION",
    });
    let plants = create(&ada, input).await;

    let answer = done(&ada, "completeTask", &plants).await;

    let at: DateTime<Utc> = answer["task"]["completedAt"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let day = at.with_timezone(&zone).date_naive() + Days::new(3);
    assert_eq!(answer["next"]["dueDate"], day.to_string());
    assert_eq!(answer["next"]["recurrenceBasis"], "COMPLETION");
}

#[tokio::test]
async fn a_moment_keeps_its_local_time_when_the_clocks_change() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (due, expected) in [
        // Berlin goes forward on 29 March 2026, and back on 25 October.
        (
            "2026-03-28T08:00:00Z",
            ["2026-03-29T07:00:00+00:00", "2026-03-30T07:00:00+00:00"],
        ),
        (
            "2026-10-24T07:00:00Z",
            ["2026-10-25T08:00:00+00:00", "2026-10-26T08:00:00+00:00"],
        ),
        // 02:30 does not exist on the 29th, and is back the day after.
        (
            "2026-03-28T01:30:00Z",
            ["2026-03-29T01:30:00+00:00", "2026-03-30T00:30:00+00:00"],
        ),
        // 02:30 comes twice on the 25th.
        (
            "2026-10-24T00:30:00Z",
            ["2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"],
        ),
    ] {
        let input = json!({
            "title": "Call", "dueAt": due, "dueTimezone": "Europe/Berlin", "recurrence": "FREQ=DAILY",
        });
        let mut call = create(&ada, input).await;
        for at in expected {
            call = done(&ada, "completeTask", &call).await["next"].clone();
            assert_eq!(call["dueAt"], at, "{due}");
            assert_eq!(call["dueTimezone"], "Europe/Berlin");
        }
        assert_eq!(call["recurrence"], "FREQ=DAILY", "{due}");
    }
}

#[tokio::test]
async fn a_moment_without_a_zone_of_its_own_is_at_home_where_the_settings_say() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut conn = app.database.connect().await;
    Settings::insert_missing(&mut conn, ada.id, Units::Metric, "Europe/Berlin")
        .await
        .unwrap();
    let call = recurring(&ada, "2026-03-28T08:00:00Z", "FREQ=DAILY").await;
    let next = done(&ada, "completeTask", &call).await["next"].clone();
    assert_eq!(next["dueAt"], "2026-03-29T07:00:00+00:00");
}

#[tokio::test]
async fn a_time_set_by_hand_is_the_time_that_comes_round() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let input = json!({
        "title": "Call", "dueAt": "2026-03-28T01:30:00Z", "dueTimezone": "Europe/Berlin",
        "recurrence": "FREQ=DAILY",
    });
    let call = create(&ada, input).await;
    let skipped = done(&ada, "completeTask", &call).await["next"].clone();
    assert_eq!(skipped["recurrence"], "FREQ=DAILY;BYHOUR=2;BYMINUTE=30");
    let moved = updated(&ada, &skipped, json!({"dueAt": "2026-03-29T08:00:00Z"})).await;
    assert_eq!(moved["recurrence"], "FREQ=DAILY");
    let next = done(&ada, "completeTask", &moved).await["next"].clone();
    assert_eq!(next["dueAt"], "2026-03-30T08:00:00+00:00");
}

#[tokio::test]
async fn reopening_takes_back_a_next_that_nobody_touched() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let run = recurring(&ada, "2026-05-03", "FREQ=DAILY").await;
    create(&ada, json!({"title": "Shoes", "parentId": run["id"]})).await;
    let next = done(&ada, "completeTask", &run).await["next"].clone();

    let open = done(&ada, "reopenTask", &run).await;

    assert_eq!(open["withdrawnId"], next["id"]);
    assert_eq!(titles(&ada, json!({})).await, ["Run", "Shoes"]);
    assert_eq!(
        titles(&ada, json!({"deleted": true})).await,
        Vec::<String>::new()
    );
    let again = done(&ada, "completeTask", &run).await["next"].clone();
    assert_eq!(again["dueDate"], "2026-05-04");
    assert_ne!(again["id"], next["id"]);
}

#[tokio::test]
async fn reopening_keeps_a_next_that_somebody_touched_and_makes_no_second_one() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for touch in ["the task", "a part of it", "a new part"] {
        let run = recurring(&ada, "2026-05-03", "FREQ=DAILY").await;
        create(&ada, json!({"title": "Shoes", "parentId": run["id"]})).await;
        let next = done(&ada, "completeTask", &run).await["next"].clone();
        match touch {
            "the task" => drop(updated(&ada, &next, json!({"title": "Run fast"})).await),
            "a part of it" => {
                let part = task(&ada, &next["id"]).await["subtasks"][0].clone();
                done(&ada, "completeTask", &part).await;
            }
            _ => drop(create(&ada, json!({"title": "Socks", "parentId": next["id"]})).await),
        }

        let open = done(&ada, "reopenTask", &run).await;
        assert_eq!(open["withdrawnId"], Value::Null, "{touch}");
        let again = done(&ada, "completeTask", &run).await;
        assert_eq!(again["next"]["id"], next["id"], "{touch}");
        let series = list(&ada, json!({"filter": {"seriesId": run["seriesId"]}})).await;
        assert_eq!(
            each(&series, "dueDate"),
            ["2026-05-03", "2026-05-04"],
            "{touch}"
        );
    }
}

#[tokio::test]
async fn a_series_that_was_stopped_makes_no_next() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let run = recurring(&ada, "2026-05-03", "FREQ=DAILY").await;
    updated(&ada, &run, json!({"recurrence": null})).await;
    let answer = done(&ada, "completeTask", &run).await;
    assert_eq!(answer["next"], Value::Null);
    assert_eq!(list(&ada, json!({})).await.len(), 1);
}

#[tokio::test]
async fn restoring_an_occurrence_never_makes_a_second_open_one() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let run = recurring(&ada, "2026-05-03", "FREQ=DAILY").await;
    let next = done(&ada, "completeTask", &run).await["next"].clone();
    done(&ada, "deleteTask", &next).await;
    done(&ada, "reopenTask", &run).await;
    let second = done(&ada, "completeTask", &run).await["next"].clone();

    let restore = "mutation ($id: ID!) { restoreTask(id: $id) { task { id } } }";
    let refused = ada.graphql(restore, json!({"id": next["id"]})).await;
    assert_eq!(refused.code(), "CONFLICT");
    assert_eq!(refused.error()["extensions"]["id"], second["id"]);
    done(&ada, "deleteTask", &second).await;
    ada.graphql(restore, json!({"id": next["id"]})).await.data();
}

#[tokio::test]
async fn an_occurrence_whose_subtask_was_deleted_or_moved_away_is_not_taken_back() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for touch in [
        "mutation ($id: ID!) { deleteTask(id: $id) { task { id } } }",
        "mutation ($id: ID!) { moveTask(id: $id, to: {parentId: null}) { task { id } } }",
    ] {
        let run = recurring(&ada, "2026-05-03", "FREQ=DAILY").await;
        create(&ada, json!({"title": "Shoes", "parentId": run["id"]})).await;
        let next = done(&ada, "completeTask", &run).await["next"].clone();
        let part = task(&ada, &next["id"]).await["subtasks"][0].clone();
        ada.graphql(touch, json!({"id": part["id"]})).await.data();
        let reopened = done(&ada, "reopenTask", &run).await;
        assert_eq!(reopened["withdrawnId"], Value::Null, "{touch}");
        assert_eq!(task(&ada, &next["id"]).await["id"], next["id"]);
    }
}
