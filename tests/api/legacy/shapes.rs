//! Every shape that such files have been found in.

use regimen::{exercises::Level, legacy::record::Record};
use serde_json::json;

use super::{Data, session};

#[test]
fn a_list_of_sessions_is_read() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5"#)),
    );
    let found = data.read();
    assert_eq!(found.workouts()[0].exercises[0].sets[0].reps, Some(5));
    assert_eq!(found.history().len(), 1);
    assert!(found.bad.is_empty(), "{:?}", found.bad);
}

#[test]
fn an_object_with_everything_is_read_and_its_statistics_are_not() {
    let data = Data::with(
        "data.json",
        json!({
            "version": "1.1.0", "lastUpdated": "2025-01-01T00:00:00Z",
            "users": {"ada": {"name": "Ada", "preferences": {"defaultWeightUnit": "lbs", "theme": "dark"}}},
            "exerciseLibrary": [{"id": "x", "name": "Sissy Squat", "category": "Legs"}],
            "workoutTemplates": [{"id": "t", "userId": "ada", "name": "Legs", "exercises": [
                {"exerciseTemplateId": "x", "order": 1, "targetSets": 4}]}],
            "workoutSessions": [{"id": "s", "userId": "ada", "startTime": "2025-01-01T00:00:00Z"}],
            "statistics": {"sessions": [{"startTime": "2020-01-01T00:00:00Z"}]},
        })
        .to_string(),
    );
    let found = data.read();
    assert_eq!(found.users()[0].display_name, "Ada");
    assert_eq!(found.users()[0].email, "ada@legacy.invalid");
    assert_eq!(
        found.settings()[0].preferences,
        json!({"x-legacy": {"theme": "dark"}})
    );
    let exercises = found.exercises();
    assert_eq!(
        (exercises.len(), exercises[0].category.as_str()),
        (1, "legs")
    );
    let workouts = found.workouts();
    assert_eq!((workouts.len(), workouts[0].is_template), (2, true));
    assert_eq!(workouts[0].exercises[0].exercise_id, exercises[0].id);
    assert_eq!(workouts[0].exercises[0].order_index, 0);
}

#[test]
fn a_library_is_read_as_an_object_and_as_a_list() {
    let entry = r#"{"name":"Nordic Curl","category":"Strength","equipment":["Body"],"difficulty":"advanced"}"#;
    for text in [
        format!("[{entry}]"),
        format!(r#"{{"version":"1","exercises":[{entry}]}}"#),
    ] {
        let found = Data::with("exercise-library-seed.json", text).read();
        let exercise = &found.exercises()[0];
        assert_eq!(exercise.name, "Nordic Curl");
        assert_eq!(exercise.equipment, ["body"]);
        assert_eq!(exercise.level.map(Level::word), Some("expert"));
        assert_eq!(
            (exercise.owner_id, exercise.source.as_str()),
            (None, "legacy")
        );
    }
}

#[test]
fn people_are_read_as_a_list_and_by_their_ids() {
    let ada =
        r#"{"id":"ada","email":"ada@example.com","preferences":{"timezone":"Europe/Berlin"}}"#;
    for text in [
        format!("[{ada}]"),
        format!(r#"{{"ada":{ada}}}"#),
        format!(r#"{{"users":[{ada}]}}"#),
    ] {
        let found = Data::with("users.json", &text).read();
        assert_eq!(found.users()[0].email, "ada@example.com", "{text}");
        assert_eq!(found.settings()[0].timezone, "Europe/Berlin", "{text}");
    }
}

#[test]
fn files_without_anything_are_read_as_nothing() {
    for text in ["", "  \n", "[]", "{}", "\u{feff}", "\u{feff}[]"] {
        let found = Data::with("workouts.json", text).read();
        assert!(found.records.is_empty() && found.bad.is_empty(), "{text:?}");
    }
}

#[test]
fn a_mark_of_byte_order_is_passed_over() {
    let data = Data::with(
        "workouts.json",
        format!("\u{feff}[{}]", session("one", r#""repetitions":5"#)),
    );
    assert_eq!(data.read().workouts().len(), 1);
}

#[test]
fn what_is_something_else_is_left_alone() {
    let data = Data::with(
        "package.json",
        r#"{"name":"app","dependencies":{"next":"15"}}"#,
    );
    data.file("notes.txt", "no JSON");
    let found = data.read();
    assert!(found.records.is_empty() && found.bad.is_empty());
    assert_eq!(found.report.files[0].shape, "not understood");
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let outside = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5"#)),
    );
    let data = Data::new();
    std::os::unix::fs::symlink(
        outside.path().join("workouts.json"),
        data.path().join("workouts.json"),
    )
    .unwrap();
    let found = data.read();
    assert!(found.records.is_empty());
    assert!(
        found.report.notes[0].contains("`workouts.json` leads out"),
        "{:?}",
        found.report.notes
    );
}

#[test]
fn reading_twice_gives_the_same_to_the_byte() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5"#)),
    );
    let bytes =
        |data: &Data| -> Vec<_> { data.read().records.iter().map(Record::canonical).collect() };
    assert_eq!(bytes(&data), bytes(&data));
}
