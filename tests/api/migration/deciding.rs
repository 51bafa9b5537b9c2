//! What becomes of edits of somebody else that are held: an admin says which side is right. And who the people of the
//! files are.

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    disks,
    fixture::{OLD_SESSION, OPEN_SESSION},
    moved::Moved,
};
use crate::support::eventually;

const KEEP_FILES: &str = "mutation { repairMirror(keep: FILES) { migration { behind } } }";
const OLD: &str = "9945da32-0000-4000-8000-000000000002";
const OPEN: &str = "ee3a17ce-0000-4000-8000-000000000001";

/// Somebody renames one session, takes another away, and adds a third, while something of ours is on its way.
async fn edited(phase: &str) -> Moved {
    let moved = Moved::reach(phase).await;
    moved.edit("workouts.json", |text| {
        let new = OLD_SESSION
            .replace(OLD, "aa45da32-0000-4000-8000-000000000002")
            .replace("Heavy day", "A new one")
            .replace("\"set-1\"", "\"set-a\"")
            .replace("\"set-2\"", "\"set-b\"")
            .replace("2025-09-19T0", "2025-09-18T0");
        text.replace("Heavy day", "Their day")
            .replace(&format!("{OPEN_SESSION},\n"), &format!("{new},\n"))
    });
    disks::make(&moved, uuid::Uuid::from_u128(1), "ours")
        .await
        .data();
    moved
}

async fn workout(moved: &Moved, id: &str) -> Value {
    let query =
        "query ($id: ID!) { workout(id: $id) { name version exercises { sets { reps } } } }";
    moved.ask(&moved.ada, query, json!({"id": id})).await.body
}

#[tokio::test]
async fn an_admin_can_have_the_database_take_over_what_somebody_else_wrote() {
    for phase in ["backfilled", "soak"] {
        let moved = edited(phase).await;
        let before = workout(&moved, OLD).await;
        assert_eq!(before["data"]["workout"]["name"], "Heavy day", "{phase}");
        moved.done(KEEP_FILES, json!({})).await;
        moved.caught_up().await;

        let after = workout(&moved, OLD).await;
        assert_eq!(after["data"]["workout"]["name"], "Their day", "{phase}");
        let version = |of: &Value| of["data"]["workout"]["version"].as_i64().unwrap();
        assert!(version(&after) > version(&before), "{after:#}");
        let new = workout(&moved, "aa45da32-0000-4000-8000-000000000002").await;
        assert_eq!(new["data"]["workout"]["name"], "A new one", "{new:#}");
        assert_eq!(
            new["data"]["workout"]["exercises"][0]["sets"][0]["reps"],
            10
        );
        let gone = workout(&moved, OPEN).await;
        assert_eq!(gone["data"]["workout"], Value::Null, "{gone:#}");
        // What was ours is in the files, beside what was theirs.
        assert_eq!(moved.session(OLD).unwrap()["name"], "Their day");
        assert_eq!(moved.session(OLD).unwrap()["mood"]["before"], "tired");
        let ours = uuid::Uuid::from_u128(1).to_string();
        assert_eq!(moved.session(&ours).unwrap()["name"], "ours");
        let parity = moved.scrub().await;
        assert_eq!(
            (&parity["equal"], &parity["unfaithful"]),
            (&json!(true), &json!(0)),
            "{parity:#}"
        );
        let audit = moved.step("migration audit --json").await;
        assert!(audit.contains("take over the files"), "{audit}");
    }
}

#[tokio::test]
async fn what_the_files_lack_is_not_given_up_while_a_part_of_them_cannot_be_understood() {
    let moved = edited("backfilled").await;
    moved.edit("workouts.json", |text| {
        text.replace("\"repetitions\": 5", "\"repetitions\": \"5-6\"")
    });
    let refused = moved.ask(&moved.ada, KEEP_FILES, json!({})).await;
    assert_eq!(refused.code(), "CONFLICT", "{:#}", refused.body);
    let open = workout(&moved, OPEN).await;
    assert_eq!(open["data"]["workout"]["name"], "Push", "{open:#}");
    assert!(moved.text("workouts.json").contains("Their day"));
    moved
        .done(
            "mutation { repairMirror { migration { behind } } }",
            json!({}),
        )
        .await;
    moved.caught_up().await;
    assert!(moved.text("workouts.json").contains("Heavy day"));
}

#[tokio::test]
async fn somebody_who_comes_into_the_files_after_the_backfill_is_taken_over_by_a_repair() {
    let moved = Moved::reach("backfilled").await;
    moved.edit("users.json", |text| {
        text.trim_end().trim_end_matches(']').trim_end().to_owned()
            + ",\n  {\"id\": \"user-3\", \"name\": \"Cy\", \"preferences\": {}}\n]\n"
    });
    moved.edit("workouts.json", |text| {
        text.trim_end().trim_end_matches(']').trim_end().to_owned()
            + ",\n  {\"id\": \"cc45da32-0000-4000-8000-000000000001\", \"userId\": \"user-3\", \"name\": \"Of Cy\", \
               \"startTime\": \"2025-01-01T00:00:00Z\", \"endTime\": \"2025-01-01T01:00:00Z\", \"exercises\": []}\n]\n"
    });
    for keep in ["DATABASE", "FILES"] {
        let repair =
            format!("mutation {{ repairMirror(keep: {keep}) {{ migration {{ behind }} }} }}");
        moved.done(&repair, json!({})).await;
        moved.caught_up().await;
        let parity = moved.scrub().await;
        assert_eq!(parity["equal"], true, "{keep}: {parity:#}");
    }
    assert!(moved.text("workouts.json").contains("Of Cy"));
    moved.step("parity --prove").await;
    moved.step("cutover").await;
    moved.sees("soak").await;
    let people = moved.step("migration people --json").await;
    assert!(people.contains("user-3"), "{people}");
}

#[tokio::test]
async fn the_people_of_the_files_are_listed_and_only_they_can_be_linked() {
    let moved = Moved::start().await;
    let query = "query ($first: Int, $after: String) { legacyPeople(first: $first, after: $after) {
        legacyId userId email displayName linked } }";
    let all = moved.done(query, json!({"first": 200})).await;
    let people = all["legacyPeople"].as_array().unwrap();
    assert_eq!(people.len(), 2, "{all:#}");
    assert_eq!(people[0]["legacyId"], "user-1");
    assert_eq!(people[0]["email"], "ada@example.com");
    assert_eq!(people[0]["linked"], true);
    let rest = moved
        .done(query, json!({"first": 1, "after": "user-1"}))
        .await;
    assert_eq!(rest["legacyPeople"], json!([people[1]]));

    let link = "mutation ($id: String!) { linkLegacyUser(legacyId: $id, email: \"ada@example.com\") { migration { phase } } }";
    let refused = moved.ask(&moved.ada, link, json!({"id": "user-9"})).await;
    assert_eq!(refused.code(), "VALIDATION", "{:#}", refused.body);
    assert_eq!(refused.body["errors"][0]["extensions"]["field"], "legacyId");
    let unknown = moved.command("migration link user-9 ada@example.com").await;
    assert!(unknown.failure().contains("`user-9`"), "{}", unknown.stderr);
    moved.step("migration link user-2 bob@example.com").await;
    eventually("it is read again", async || {
        let names = moved
            .ask(&moved.bob, "{ workouts { totalCount } }", json!({}))
            .await;
        names.body["data"]["workouts"]["totalCount"] == 1
    })
    .await;
}

#[tokio::test]
async fn a_piece_that_cannot_be_understood_is_listed_once_wherever_it_moves() {
    let moved = Moved::start().await;
    let query = "{ quarantine { position reason } }";
    moved.edit("workouts.json", |text| {
        text.replace("\"repetitions\": 5", "\"repetitions\": \"5-6\"")
    });
    eventually("it is found", async || {
        moved.done(query, json!({})).await["quarantine"] != json!([])
    })
    .await;
    let before = moved.done(query, json!({})).await;
    moved.edit("workouts.json", |text| format!("\n\n{text}"));
    eventually("it has moved", async || {
        moved.done(query, json!({})).await != before
    })
    .await;
    let after = moved.done(query, json!({})).await;
    assert_eq!(
        after["quarantine"].as_array().unwrap().len(),
        1,
        "{after:#}"
    );
    let position = |of: &Value| of["quarantine"][0]["position"].as_i64().unwrap();
    assert_eq!(position(&after), position(&before) + 2);
    // Another one like it is another one.
    moved.edit("workouts.json", |text| {
        text.replace("\"repetitions\": 3}", "\"repetitions\": 3}, {\"id\": \"set-7\", \"order\": 9, \"isCompleted\": true, \"repetitions\": \"5-6\"}")
    });
    sleep(std::time::Duration::from_secs(1)).await;
    eventually("it is found, too", async || {
        moved.done(query, json!({})).await["quarantine"]
            .as_array()
            .unwrap()
            .len()
            == 2
    })
    .await;
}
