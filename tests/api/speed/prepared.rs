//! Lists are prepared once on a connection, whatever they are filtered by and however they are ordered.

use diesel::{prelude::*, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::support::TestApp;

/// Lists, and a word of the statement that each takes.
const LISTS: [(&str, &str); 8] = [
    ("exercises(filter: {search: \"squat\"})", "search_text ~"),
    (
        "exercises(filter: {search: \"squat\"}, order: RELEVANCE)",
        "starts_with",
    ),
    (
        "exercises(filter: {levels: [EXPERT]}, order: NEWEST)",
        "\"level\" =",
    ),
    ("tasks(filter: {search: \"big task\"})", "to_tsquery"),
    ("tasks(order: DUE)", "make_interval"),
    ("history(order: OLDEST)", "\"performed_at\" ASC"),
    ("workouts(order: STARTED)", "-infinity"),
    ("workouts(filter: {search: \"legs\"}, order: NAME)", "LIKE"),
];

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Text)]
    statement: String,
}

#[tokio::test]
async fn a_list_is_prepared_once_on_a_connection() {
    let app = TestApp::start_with(|options| options.size = 1).await;
    let ada = app.user("ada").await;
    for (list, _) in LISTS {
        for _ in 0..2 {
            let query = format!("{{ {list} {{ nodes {{ id }} totalCount }} }}");
            ada.graphql(&query, json!({})).await.data();
        }
    }
    let kept: Vec<Kept> = sql_query("SELECT statement FROM pg_prepared_statements")
        .load(&mut *app.db.conn().await.unwrap())
        .await
        .unwrap();
    for (list, word) in LISTS {
        let found = kept.iter().any(|kept| kept.statement.contains(word));
        assert!(found, "`{list}` is prepared anew at each use");
    }
    let counted = kept
        .iter()
        .filter(|kept| kept.statement.starts_with("SELECT COUNT(*)"));
    assert!(counted.count() >= 6, "counts are prepared anew at each use");
}
