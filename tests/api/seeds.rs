//! What a new database is given.

use diesel::{QueryableByName, sql_query, sql_types::BigInt};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use regimen::seeds;

use crate::support::TestDatabase;

#[tokio::test]
async fn seeding_twice_inserts_nothing_the_second_time() {
    let database = TestDatabase::create().await;
    let mut conn = database.connect().await;

    let first = seeds::plant(&mut conn, true).await.unwrap();
    let second = seeds::plant(&mut conn, true).await.unwrap();

    let (_, exercises) = &first.0[0];
    assert!(exercises.inserted >= 150, "{exercises}");
    for (kind, counts) in &second.0 {
        assert_eq!(
            (counts.inserted, counts.conflicting.len()),
            (0, 0),
            "{kind}: {counts}"
        );
    }
}

#[tokio::test]
async fn what_somebody_edited_is_reported_and_kept() {
    let database = TestDatabase::create().await;
    let mut conn = database.connect().await;
    seeds::plant(&mut conn, true).await.unwrap();
    conn.batch_execute(
        "UPDATE exercises SET description = 'mine' WHERE name = 'Barbell Back Squat'",
    )
    .await
    .unwrap();

    let again = seeds::plant(&mut conn, true).await.unwrap();

    assert_eq!(again.0[0].1.conflicting, ["Barbell Back Squat"]);
    assert_eq!(again.0[0].1.inserted, 0);
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict_not_a_failure() {
    let database = TestDatabase::create().await;
    let mut conn = database.connect().await;
    conn.batch_execute(
        "INSERT INTO exercises (id, name, category) \
         VALUES (gen_random_uuid(), 'barbell back SQUAT', 'legs')",
    )
    .await
    .unwrap();

    let report = seeds::plant(&mut conn, true).await.unwrap();

    assert_eq!(report.0[0].1.conflicting, ["Barbell Back Squat"]);
    let trained: Count = sql_query(
        "SELECT count(*) FROM workout_exercises JOIN exercises ON exercises.id = exercise_id \
         WHERE name = 'barbell back SQUAT'",
    )
    .get_result(&mut conn)
    .await
    .unwrap();
    assert!(trained.count > 0, "the demo trains the one that is there");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}
