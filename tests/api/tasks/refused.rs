//! What cannot be taken.

use serde_json::{Value, json};

use super::{CREATE, LIST, ask, create, list, move_to, titled, update};
use crate::support::TestApp;

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let many: Vec<String> = (0..33).map(|n| format!("t{n}")).collect();
    for (wrong, field) in [
        (json!({"title": ""}), "input.title"),
        (json!({"title": " \t "}), "input.title"),
        (json!({"title": "x".repeat(10_000)}), "input.title"),
        (json!({"title": "a\u{7}b"}), "input.title"),
        (json!({"title": "a\u{0}b"}), "input.title"),
        (json!({"title": "two\nlines"}), "input.title"),
        (
            json!({"title": "T", "description": "x".repeat(20_001)}),
            "input.description",
        ),
        (
            json!({"title": "T", "description": "a\u{0}b"}),
            "input.description",
        ),
        (json!({"title": "T", "tags": ["ok", "  "]}), "input.tags.1"),
        (
            json!({"title": "T", "tags": ["x".repeat(61)]}),
            "input.tags.0",
        ),
        (json!({"title": "T", "tags": many}), "input.tags"),
    ] {
        let refused = ask(&ada, CREATE, json!({"input": wrong})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{wrong}"
        );
    }
    assert_eq!(list(&ada, json!({})).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_due_or_a_place_that_cannot_be_is_refused_with_the_path_to_it() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (wrong, field) in [
        (
            json!({"title": "T", "dueDate": "1800-01-01"}),
            "input.dueDate",
        ),
        (
            json!({"title": "T", "dueDate": "2200-01-01"}),
            "input.dueDate",
        ),
        (
            json!({"title": "T", "dueAt": "1800-01-01T00:00:00Z"}),
            "input.dueAt",
        ),
        (
            json!({"title": "T", "dueDate": "2026-01-01", "dueAt": "2026-01-01T00:00:00Z"}),
            "input.dueAt",
        ),
        (
            json!({"title": "T", "dueAt": "2026-01-01T00:00:00Z", "dueTimezone": "Moon/Crater"}),
            "input.dueTimezone",
        ),
        (
            json!({"title": "T", "dueDate": "2026-01-01", "dueTimezone": "Europe/Berlin"}),
            "input.dueTimezone",
        ),
        (json!({"title": "T", "position": "first"}), "input.position"),
        (
            json!({"title": "T", "position": "a0".to_owned() + &"V".repeat(200)}),
            "input.position",
        ),
        (
            json!({"title": "T", "recurrence": "FREQ=DAILY"}),
            "input.recurrence",
        ),
    ] {
        let refused = ask(&ada, CREATE, json!({"input": wrong})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{wrong}"
        );
    }
    assert_eq!(list(&ada, json!({})).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_no_value_of_its_type_never_gets_in_and_is_said_to_be_where_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (wrong, code, field) in [
        (json!({"title": null}), "BAD_VARIABLES", "input.title"),
        (json!({}), "BAD_VARIABLES", "input.title"),
        (json!({"title": 1}), "BAD_VARIABLES", "input.title"),
        (json!("T"), "BAD_VARIABLES", "input"),
        (
            json!({"title": "T", "tags": ["a", null]}),
            "BAD_VARIABLES",
            "input.tags.1",
        ),
        (
            json!({"title": "T", "dueDate": "20000-01-01"}),
            "BAD_VARIABLES",
            "input.dueDate",
        ),
        (
            json!({"title": "T", "dueDate": "2026-02-30"}),
            "BAD_VARIABLES",
            "input.dueDate",
        ),
        (
            json!({"title": "T", "dueDate": "2026-1-1"}),
            "BAD_VARIABLES",
            "input.dueDate",
        ),
        (
            json!({"title": "T", "dueAt": "20000-01-01T00:00:00Z"}),
            "BAD_VARIABLES",
            "input.dueAt",
        ),
        (
            json!({"title": "T", "dueAt": "tomorrow"}),
            "BAD_VARIABLES",
            "input.dueAt",
        ),
        (
            json!({"title": "T", "priority": "EXTREME"}),
            "BAD_VARIABLES",
            "input.priority",
        ),
        (
            json!({"title": "T", "parentId": "1"}),
            "VALIDATION",
            "input.parentId",
        ),
        (
            json!({"title": "T", "id": "not-a-uuid"}),
            "VALIDATION",
            "input.id",
        ),
        (
            json!({"title": "T", "completed": true}),
            "BAD_VARIABLES",
            "input.completed",
        ),
    ] {
        let refused = ask(&ada, CREATE, json!({"input": wrong})).await;
        assert_eq!((refused.code(), refused.field()), (code, field), "{wrong}");
    }
    assert_eq!(list(&ada, json!({})).await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_id_that_is_none_is_named_by_the_path_to_it_in_documents_as_in_variables() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let bulk = "mutation ($it: [BulkTaskInput!]!) { bulkUpdateTasks(tasks: $it, input: {priority: HIGH}) { tasks { id } } }";
    let one = "query ($x: ID!) { workout(id: $x) { id } }";
    let delete = "mutation ($ids: [ID!]!) { deleteSets(ids: $ids) { workout { id } } }";
    let listed = "query ($x: ID!) { history(filter: {exerciseId: $x}) { totalCount } }";
    let good = "0192f0c1-1111-7000-8000-000000000001";
    for (query, variables, field) in [
        (
            bulk,
            json!({"it": [{"id": good}, {"id": "a"}]}),
            "tasks.1.id",
        ),
        (one, json!({"x": "x"}), "id"),
        (delete, json!({"ids": [good, "y"]}), "ids.1"),
        (listed, json!({"x": "x"}), "filter.exerciseId"),
    ] {
        let refused = ada.graphql(query, variables).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{query}"
        );
        assert!(refused.message().contains("UUID"), "{}", refused.message());
    }
    for (query, field) in [
        ("{ workout(id: \"x\") { id } }", "id"),
        (
            "{ history(filter: {exerciseId: \"x\"}) { totalCount } }",
            "filter.exerciseId",
        ),
        (
            "mutation { deleteSets(ids: [\"x\"]) { workout { id } } }",
            "ids.0",
        ),
        ("{ task(id: 1) { id } }", "id"),
    ] {
        let refused = ada.graphql(query, json!({})).await;
        let code = "VALIDATION";
        assert_eq!((refused.code(), refused.field()), (code, field), "{query}");
    }
}

#[tokio::test]
async fn a_rule_that_is_nonsense_or_never_comes_round_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for (rule, named) in [
        ("every day", "EVERY DAY"),
        ("FREQ=SECONDLY", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31", "no further day"),
        ("FREQ=YEARLY;INTERVAL=1000", "no further day"),
        ("FREQ=DAILY;UNTIL=20200101", "UNTIL"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "dueAt"),
        (&"FREQ=DAILY;".repeat(100), "500"),
    ] {
        let input = json!({"title": "T", "dueDate": "2026-05-04", "recurrence": rule});
        let refused = ask(&ada, CREATE, json!({"input": input})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", "input.recurrence"),
            "{rule}"
        );
        assert!(
            refused.message().contains(named),
            "{rule}: {}",
            refused.message()
        );
    }
    // One that goes on for ever is a good rule.
    create(
        &ada,
        json!({"title": "T", "dueDate": "2026-05-04", "recurrence": "FREQ=DAILY"}),
    )
    .await;
}

#[tokio::test]
async fn a_change_that_would_not_go_together_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let input =
        json!({"title": "T", "dueDate": "2026-05-04", "recurrence": "FREQ=DAILY;UNTIL=20260601"});
    let recurring = create(&ada, input).await;
    let plain = titled(&ada, "P").await;
    for (task, input, field) in [
        (&recurring, json!({"dueDate": null}), "input.recurrence"),
        (
            &recurring,
            json!({"dueDate": "2026-07-01"}),
            "input.recurrence",
        ),
        (
            &recurring,
            json!({"dueTimezone": "Europe/Berlin"}),
            "input.dueTimezone",
        ),
        (
            &plain,
            json!({"recurrence": "FREQ=DAILY"}),
            "input.recurrence",
        ),
        (
            &plain,
            json!({"dueDate": "2026-01-01", "dueAt": "2026-01-01T00:00:00Z"}),
            "input.dueAt",
        ),
        (&plain, json!({"title": " "}), "input.title"),
        (&plain, json!({"position": "zz"}), "input.position"),
    ] {
        let refused = update(&ada, task, input.clone()).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{input}"
        );
    }
    let both = json!({"dueDate": null, "recurrence": null});
    update(&ada, &recurring, both).await.data();
}

#[tokio::test]
async fn a_filter_takes_no_null_and_a_page_no_foreign_cursor() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    titled(&ada, "A").await;
    let page = ask(&ada, LIST, json!({"first": 1})).await;
    let cursor = page.data()["tasks"]["pageInfo"]["endCursor"].clone();
    for (variables, field) in [
        (json!({"filter": {"completed": null}}), "filter.completed"),
        (json!({"filter": {"parentId": null}}), "filter.parentId"),
        (json!({"filter": {"search": null}}), "filter.search"),
        (json!({"filter": {"search": "a\u{0}"}}), "filter.search"),
        (
            json!({"filter": {"tagsAny": ["\u{0}"]}}),
            "filter.tagsAny.0",
        ),
        (
            json!({"filter": {"dueFrom": "1800-01-01"}}),
            "filter.dueFrom",
        ),
        (json!({"first": 101}), "first"),
        (json!({"after": "nonsense"}), "after"),
        (json!({"after": cursor, "order": "DUE"}), "after"),
    ] {
        let refused = ask(&ada, LIST, variables.clone()).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", field),
            "{variables}"
        );
    }
}

#[tokio::test]
async fn a_move_names_one_place() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (one, two) = (titled(&ada, "1").await, titled(&ada, "2").await);
    for to in [
        json!({}),
        json!({"before": two["id"], "after": two["id"]}),
        json!({"before": two["id"], "edge": "START"}),
        json!({"after": two["id"], "parentId": null}),
        json!({"before": one["id"]}),
        json!({"parentId": one["id"]}),
    ] {
        let refused = move_to(&ada, &one, to.clone()).await;
        assert_eq!(refused.code(), "VALIDATION", "{to}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_kept_is_refused() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    for key in ["", "  ", "a\u{0}b", &"k".repeat(201)] {
        let refused = ask(&ada, CREATE, json!({"input": {"title": "T"}, "key": key})).await;
        assert_eq!(
            (refused.code(), refused.field()),
            ("VALIDATION", "idempotencyKey"),
            "{key:?}"
        );
    }
}
