//! Leases: one holder at a time, and none that was believed dead commits.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use regimen::migration::Lease;

use crate::support::TestDatabase;

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn one_holds_a_lease_at_a_time_and_terms_only_grow() {
    let database = TestDatabase::create().await;
    let conn = &mut database.connect().await;
    let first = Lease::take(conn, "mirror", LONG).await.unwrap().unwrap();
    assert_eq!(first.term, 1);
    assert_eq!(Lease::take(conn, "mirror", LONG).await.unwrap(), None);
    assert!(Lease::take(conn, "backfill", LONG).await.unwrap().is_some());
    first.renew(conn, LONG).await.unwrap();
    first.release(conn).await.unwrap();
    let second = Lease::take(conn, "mirror", LONG).await.unwrap().unwrap();
    assert_eq!(second.term, 2);
}

#[tokio::test]
async fn whoever_was_taken_over_from_cannot_commit_nor_hold_on() {
    let database = TestDatabase::create().await;
    let conn = &mut database.connect().await;
    let old = Lease::take(conn, "mirror", Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    let new = Lease::take(conn, "mirror", LONG).await.unwrap().unwrap();
    assert_eq!(new.term, old.term + 1);

    conn.batch_execute("BEGIN; INSERT INTO mirror_places VALUES (gen_random_uuid(), 1)")
        .await
        .unwrap();
    let stale = old.assert(conn).await.unwrap_err();
    assert_eq!(stale.code(), "CONFLICT");
    assert!(stale.to_string().contains("`mirror`"), "{stale}");
    conn.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(old.renew(conn, LONG).await.unwrap_err().code(), "CONFLICT");
    old.release(conn).await.unwrap();
    new.assert(conn).await.unwrap();
    assert_eq!(Lease::take(conn, "mirror", LONG).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_takes_over_between_the_assertion_and_the_commit() {
    let database = TestDatabase::create().await;
    let (mut one, mut two) = (database.connect().await, database.connect().await);
    let old = Lease::take(&mut one, "mirror", Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    one.batch_execute("BEGIN").await.unwrap();
    old.assert(&mut one).await.unwrap();
    let taking = tokio::spawn(async move { Lease::take(&mut two, "mirror", LONG).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        !taking.is_finished(),
        "its time is up, but its transaction is not"
    );
    one.batch_execute("COMMIT").await.unwrap();
    assert_eq!(taking.await.unwrap().unwrap().unwrap().term, old.term + 1);
    assert!(old.assert(&mut one).await.is_err());
}
