//! What the files mean.

use regimen::{
    exercises::ExerciseId,
    viewer::UserId,
    workouts::{WeightUnit, WorkoutStatus},
};
use serde_json::json;
use uuid::Uuid;

use super::{Data, library, session};

#[test]
fn weights_carry_the_unit_of_their_owner() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5,"weight":82.5"#)),
    );
    data.file(
        "users.json",
        r#"[{"id":"ada","preferences":{"defaultWeightUnit":"lbs"}}]"#,
    );
    let set = data.read().workouts()[0].exercises[0].sets[0].clone();
    assert_eq!(
        (set.weight.unwrap().0.to_string().as_str(), set.weight_unit),
        ("82.5", WeightUnit::Lb)
    );
}

#[test]
fn exercises_are_linked_by_name_and_the_others_are_created_once() {
    let item = |name: &str| json!({"id": name, "name": name, "category": "Arms", "sets": []});
    let workout = |id: &str, owner: &str, names: &[&str]| {
        json!({"id": id, "userId": owner, "startTime": "2025-01-01T00:00:00Z",
            "exercises": names.iter().map(|name| item(name)).collect::<Vec<_>>()})
    };
    let sessions = json!([
        workout(
            "1",
            "ada",
            &["BENCH press", "Flat-Bench", "pull up", "Zottman Curl"]
        ),
        workout("2", "ada", &["zottman-curl"]),
        workout("3", "ben", &["Zottman Curl"]),
    ]);
    let found = Data::with("workouts.json", sessions.to_string()).read();
    let ids = |at: usize| -> Vec<ExerciseId> {
        found.workouts()[at]
            .exercises
            .iter()
            .map(|exercise| exercise.exercise_id)
            .collect()
    };
    let (bench, pull) = (
        ExerciseId(Uuid::from_u128(1)),
        ExerciseId(Uuid::from_u128(2)),
    );
    assert_eq!(ids(0)[..3], [bench, bench, pull]);
    assert_eq!(ids(0)[3], ids(1)[0]);
    assert_ne!(ids(1)[0], ids(2)[0]);
    let made = found.exercises();
    assert_eq!(made.len(), 2);
    for exercise in made {
        assert_eq!(
            (exercise.name.as_str(), exercise.category.as_str()),
            ("Zottman Curl", "arms")
        );
        assert!(exercise.owner_id.is_some());
    }
    assert_eq!(found.report.created.len(), 2);
}

#[test]
fn an_entry_that_the_server_has_is_that_exercise() {
    let data = Data::with(
        "exercises.json",
        r#"[{"id":"x","name":"bench-press","category":"Chest"}]"#,
    );
    let found = data.read();
    assert!(found.exercises().is_empty());
    assert_eq!(found.report.linked[0].exercise, Uuid::from_u128(1));
}

#[test]
fn the_newest_open_session_of_each_owner_runs() {
    let open = |id: &str, owner: &str, day: &str| json!({"id": id, "userId": owner, "startTime": format!("2025-01-{day}T00:00:00Z")});
    let text = json!([
        open("a", "ada", "01"),
        open("b", "ada", "03"),
        open("c", "ada", "02"),
        open("d", "ben", "01")
    ]);
    let found = Data::with("workouts.json", text.to_string()).read();
    let states: Vec<_> = found
        .workouts()
        .iter()
        .map(|workout| workout.status)
        .collect();
    let (planned, active) = (WorkoutStatus::Planned, WorkoutStatus::Active);
    assert_eq!(states, [planned, active, planned, active]);
    assert!(found.workouts()[0].started_at.is_some());
}

#[test]
fn orders_that_tie_or_start_at_one_are_counted_anew() {
    for (orders, expected) in [
        ([1, 2, 3], [0, 1, 2]),
        ([0, 0, 1], [0, 1, 2]),
        ([0, 2, 5], [0, 2, 5]),
        ([3, 1, 2], [2, 0, 1]),
    ] {
        let sets: Vec<_> = orders
            .iter()
            .zip(["a", "b", "c"])
            .map(|(order, id)| json!({"id": id, "order": order, "repetitions": 1, "notes": id}))
            .collect();
        let text = json!([{"id": "w", "userId": "ada", "startTime": "2025-01-01T00:00:00Z",
            "exercises": [{"id": "e", "name": "Dip", "sets": sets}]}]);
        let found = Data::with("workouts.json", text.to_string()).read();
        let workouts = found.workouts();
        let place = |id: &str| {
            let mut sets = workouts[0].exercises[0].sets.iter();
            sets.find(|set| set.notes.as_deref() == Some(id))
                .unwrap()
                .order_index
        };
        assert_eq!(["a", "b", "c"].map(place), expected, "{orders:?}");
    }
}

#[test]
fn ids_are_kept_where_they_are_uuids_and_nobody_else_has_them() {
    let (set, other) = (Uuid::from_u128(0xabc), Uuid::from_u128(0xdef));
    let workout = |id: &str, set: &str| {
        json!({"id": id, "userId": "ada", "startTime": "2025-01-01T00:00:00Z", "exercises": [
            {"id": "ex-1", "name": "Dip", "sets": [{"id": set, "repetitions": 1}, {"id": "set-1", "repetitions": 2}]}]})
    };
    let text = json!([
        workout("one", &set.to_string()),
        workout("two", &set.to_string()),
        workout("three", &other.to_string())
    ]);
    let found = Data::with("workouts.json", text.to_string()).read();
    let ids: Vec<Uuid> = found
        .workouts()
        .iter()
        .flat_map(|it| {
            it.exercises[0]
                .sets
                .iter()
                .map(|set| set.id.0)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!((ids[0], ids[4]), (set, other));
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 6, "{ids:?}");
}

#[test]
fn intensity_stays_raw_and_is_no_effort() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5,"intensity":4"#)),
    );
    let found = data.read();
    assert_eq!(found.workouts()[0].exercises[0].sets[0].rpe, None);
    assert_eq!(found.report.intensities.get("4"), Some(&1));
}

#[test]
fn a_finished_session_is_an_entry_on_the_day_of_its_owner() {
    let data = Data::with("workouts.json", json!([{"id": "w", "userId": "ada", "name": "Late",
        "startTime": "2025-01-01T23:30:00Z", "endTime": "2025-01-02T00:30:00Z", "exercises": [
            {"id": "e", "name": "Dip", "sets": [
                {"id": "a", "repetitions": 5, "weight": 100}, {"id": "b", "repetitions": 3, "weight": 110},
                {"id": "c", "repetitions": 9, "weight": 200, "isCompleted": false}]}]}]).to_string());
    data.file(
        "users.json",
        r#"[{"id":"ada","preferences":{"timezone":"Europe/Berlin"}}]"#,
    );
    let entry = data.read().history()[0].clone();
    assert_eq!(
        (
            entry.local_date.to_string().as_str(),
            entry.duration_seconds
        ),
        ("2025-01-02", Some(3600))
    );
    assert_eq!(
        (entry.source.as_str(), entry.source_key.as_deref()),
        ("legacy", Some("w"))
    );
    let summary = entry.summary.unwrap();
    assert_eq!(
        (&summary["sets"], &summary["reps"], &summary["volumeKg"]),
        (&json!(2), &json!(8), &json!(830))
    );
    assert_eq!(summary["exercises"][0]["name"], json!("Dip"));
    assert_eq!(
        summary["exercises"][0]["best"],
        json!({"reps": 3, "weight": 110, "weightUnit": "kg", "weightKg": 110})
    );
}

#[test]
fn hashes_of_passwords_come_along_and_passwords_do_not() {
    let hash = format!("$2b$10${}", "a".repeat(53));
    let data = Data::with(
        "users.json",
        json!([
        {"id": "ada", "email": "ada@example.com", "passwordHash": hash},
        {"id": "ben", "email": "ADA@example.com", "password": "hunter2"},
        {"id": "C D", "email": "none"}])
        .to_string(),
    );
    let found = data.read();
    let users = found.users();
    assert_eq!(
        users[0]
            .password_hash
            .as_ref()
            .map(|it| it.expose().to_owned()),
        Some(hash)
    );
    assert_eq!(
        (users[1].email.as_str(), users[1].password_hash.is_none()),
        ("ben@legacy.invalid", true)
    );
    assert!(users[2].email.starts_with("cd-") && users[2].email.ends_with("@legacy.invalid"));
    assert!(
        found.report.notes[0].contains("`ben` has the address of `ada`"),
        "{:?}",
        found.report.notes
    );
    assert!(!format!("{users:?}").contains("aaaa"));
}

#[test]
fn people_who_have_an_account_keep_it() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5"#)),
    );
    let account = UserId(Uuid::from_u128(77));
    let mut lookups = library();
    lookups.users.insert("ada".to_owned(), account);
    let folder = regimen::legacy::Folder::open(data.path(), &lookups).unwrap();
    let found = super::Found::of(&folder);
    assert!(found.users().is_empty());
    assert_eq!(found.workouts()[0].user_id, account);
    assert_eq!(found.history()[0].user_id, account);
}

#[test]
fn a_timed_set_lasted_from_its_start_to_its_end() {
    let times = r#""startTime":"2025-01-02T10:00:00Z","endTime":"2025-01-02T10:01:30Z""#;
    let set = |text: &str| {
        let data = Data::with("workouts.json", format!("[{}]", session("one", text)));
        data.read().workouts()[0].exercises[0].sets[0].clone()
    };
    assert_eq!(set(times).duration_seconds, Some(90));
    assert_eq!(
        set(&format!("{times},\"repetitions\":3")).duration_seconds,
        None
    );
}
