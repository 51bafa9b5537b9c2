//! What is written into the files: the change, and nothing else.

use regimen::{
    db::Decimal,
    exercises::ExerciseId,
    legacy::{
        Edit,
        record::{Key, Kind, Record, WorkoutRecord},
    },
    workouts::{SetType, WeightUnit, WorkoutId, WorkoutStatus},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Data, Found, session};

const PRETTY: &str = "\u{feff}{\n\t\"version\": \"1.1.0\",\n\t\"lastUpdated\": \"2025-01-01T00:00:00Z\",\n\t\"workoutSessions\": [\n\
    \t\t{\n\t\t\t\"id\": \"one\",\n\t\t\t\"userId\": \"ada\",\n\t\t\t\"mood\" : [ 1,2 ],\n\t\t\t\"startTime\": \"2025-01-02T10:00:00Z\",\n\
    \t\t\t\"exercises\": [\n\t\t\t\t{ \"id\": \"e\", \"name\": \"Bench Press\", \"order\": 1, \"sets\": [\n\
    \t\t\t\t\t{ \"id\": \"s1\", \"weight\": 80.0, \"repetitions\": 5, \"intensity\": 3, \"order\": 1 },\n\
    \t\t\t\t\t{ \"id\": \"s2\", \"weight\": 80.0, \"repetitions\": \"x\", \"order\": 2 },\n\
    \t\t\t\t\t{ \"id\": \"s3\", \"weight\": 82.50, \"repetitions\": 5, \"order\": 3 }\n\
    \t\t\t\t] }\n\t\t\t]\n\t\t},\n\t\t{\"id\": \"two\", \"userId\": \"ada\", \"odd\": \"\\u00e9\\/\"}\n\t],\n\t\"statistics\": {\"x\": 1e2}\n}\n";

/// The first workout, changed.
fn changed(data: &Data, change: impl FnOnce(&mut WorkoutRecord)) -> Record {
    let mut workout = data.read().workouts()[0].clone();
    change(&mut workout);
    Record::Workout(workout)
}

pub fn put(data: &Data, record: Record) {
    data.open().apply(&[Edit::Put(record)]).unwrap();
}

#[test]
fn a_change_of_one_number_changes_that_number() {
    let data = Data::with("data.json", PRETTY);
    let record = changed(&data, |workout| workout.exercises[0].sets[1].reps = Some(6));
    put(&data, record.clone());
    let expected = PRETTY.replace("82.50, \"repetitions\": 5", "82.50, \"repetitions\": 6");
    assert_eq!(data.text("data.json"), expected);
    assert_eq!(Record::Workout(data.read().workouts()[0].clone()), record);
}

#[test]
fn what_is_so_already_is_not_written() {
    let data = Data::with("data.json", PRETTY);
    let mut folder = data.open();
    let edits: Vec<Edit> = data
        .read()
        .records
        .into_iter()
        .filter(|it| it.kind() == Kind::Workout)
        .map(Edit::Put)
        .collect();
    assert!(folder.apply(&edits).unwrap().files.is_empty());
    assert_eq!(data.text("data.json"), PRETTY);
}

#[test]
fn what_the_app_has_no_key_for_stands_beside_it() {
    let data = Data::with("data.json", PRETTY);
    let record = changed(&data, |workout| {
        workout.version = 4;
        let set = &mut workout.exercises[0].sets[0];
        set.rpe = Decimal::from_f64(8.5);
        set.set_type = SetType::Warmup;
    });
    put(&data, record.clone());
    let text = data.text("data.json");
    assert!(
        text.contains("\"regimen\": {\n\t\t\t\t\"version\": 4\n\t\t\t}"),
        "{text}"
    );
    assert!(text.contains("\"rpe\": 8.5"), "{text}");
    assert_eq!(Record::Workout(data.read().workouts()[0].clone()), record);
    let plain = changed(&data, |workout| {
        workout.version = 1;
        let set = &mut workout.exercises[0].sets[0];
        (set.rpe, set.set_type) = (None, SetType::Working);
    });
    put(&data, plain);
    assert_eq!(data.text("data.json"), PRETTY);
}

#[test]
fn a_set_that_could_not_be_read_survives_what_happens_around_it() {
    let data = Data::with("data.json", PRETTY);
    let record = changed(&data, |workout| {
        workout.exercises[0].sets.remove(0);
        workout.exercises[0].sets[0].order_index = 0;
    });
    put(&data, record.clone());
    let text = data.text("data.json");
    assert!(
        text.contains("\"repetitions\": \"x\"")
            && !text.contains("\"s1\"")
            && text.contains("\"mood\" : [ 1,2 ]"),
        "{text}"
    );
    let found = data.read();
    assert_eq!(
        (
            Record::Workout(found.workouts()[0].clone()),
            found.bad.len()
        ),
        (record, 1)
    );
}

#[test]
fn a_weight_in_another_unit_is_shown_converted_and_read_exactly() {
    let data = Data::with("data.json", PRETTY);
    data.file(
        "users.json",
        r#"[{"id":"ada","preferences":{"defaultWeightUnit":"lbs"}}]"#,
    );
    let record = changed(&data, |workout| {
        let set = &mut workout.exercises[0].sets[0];
        (set.weight, set.weight_unit) = (Decimal::from_f64(100.0), WeightUnit::Kg);
    });
    put(&data, record.clone());
    assert!(
        data.text("data.json").contains("\"weight\": 220.462"),
        "{}",
        data.text("data.json")
    );
    assert_eq!(Record::Workout(data.read().workouts()[0].clone()), record);
    // The app's own change of the same weight counts.
    data.file(
        "data.json",
        data.text("data.json")
            .replacen("\"weight\": 220.462", "\"weight\": 225", 1),
    );
    let set = data.read().workouts()[0].exercises[0].sets[0].clone();
    assert_eq!(
        (set.weight, set.weight_unit),
        (Decimal::from_f64(225.0), WeightUnit::Lb)
    );
}

#[test]
fn a_new_workout_goes_where_the_app_looks_for_it() {
    for (file, before) in [
        ("workouts.json", "[]"),
        ("workouts.json", ""),
        ("data.json", PRETTY),
    ] {
        let data = Data::with(file, before);
        data.file("users.json", r#"[{"id":"ada"}]"#);
        let source = Data::with(
            "w.json",
            format!("[{}]", session("x", r#""repetitions":5,"weight":80"#)),
        );
        let mut workout = source.read().workouts()[0].clone();
        workout.id = WorkoutId(Uuid::from_u128(5));
        for exercise in &mut workout.exercises {
            exercise.workout_id = workout.id;
            exercise
                .sets
                .iter_mut()
                .for_each(|set| set.workout_id = workout.id);
        }
        let record = Record::Workout(workout);
        put(&data, record.clone());
        let found = data.read();
        assert!(found.records.contains(&record), "{}", data.text(file));
        assert_eq!(
            data.text(file).starts_with('\u{feff}'),
            before.starts_with('\u{feff}')
        );
        let text = data.text(file);
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let sessions = value
            .as_array()
            .or_else(|| value["workoutSessions"].as_array())
            .unwrap();
        let written = sessions.last().unwrap();
        assert_eq!(written["exercises"][0]["sets"][0]["repetitions"], 5);
        assert_eq!(written["exercises"][0]["name"], "Bench Press");
        assert_eq!(written["userId"], "ada");
    }
}

#[test]
fn a_deleted_workout_waits_in_the_trash_and_comes_back_whole() {
    let data = Data::with("data.json", PRETTY);
    let before = data.read().workouts()[0].clone();
    let deleted = changed(&data, |workout| {
        workout.deleted_at = Some(workout.updated_at);
        workout.version = 2;
    });
    put(&data, deleted.clone());
    assert!(
        !data.text("data.json").contains("\"one\""),
        "{}",
        data.text("data.json")
    );
    let trash = data.text(".regimen/trash.json");
    assert!(
        trash.contains("\"mood\"") && trash.contains("80.0"),
        "{trash}"
    );
    assert!(data.read().records.contains(&deleted));
    put(
        &data,
        Record::Workout(WorkoutRecord {
            version: 3,
            ..before.clone()
        }),
    );
    assert!(!data.text(".regimen/trash.json").contains("\"one\""));
    let found = data.read();
    assert!(
        found.records.contains(&Record::Workout(WorkoutRecord {
            version: 3,
            ..before
        })),
        "{:?}",
        found.workouts()
    );
    assert!(data.text("data.json").contains("\"intensity\": 3"));
}

#[test]
fn what_was_recorded_of_a_session_does_not_change_with_it() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5,"weight":80"#)),
    );
    let before = data.read().history();
    let record = changed(&data, |workout| {
        workout.exercises[0].sets[0].reps = Some(50);
    });
    put(&data, record.clone());
    let found = data.read();
    assert_eq!(found.history(), before);
    data.open().apply(&[Edit::Remove(record.key())]).unwrap();
    let found = data.read();
    assert_eq!(
        (found.workouts().len(), found.history()),
        (0, before.clone())
    );
    data.open()
        .apply(&[Edit::Remove(Record::History(before[0].clone()).key())])
        .unwrap();
    assert!(data.read().history().is_empty());
}

#[test]
fn an_entry_of_a_session_can_be_removed_alone() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5"#)),
    );
    let text = data.text("workouts.json");
    let key = Record::History(data.read().history()[0].clone()).key();
    data.open().apply(&[Edit::Remove(key)]).unwrap();
    let found = data.read();
    assert_eq!((found.workouts().len(), found.history().len()), (1, 0));
    assert_eq!(data.text("workouts.json"), text);
    assert!(data.open().get(&key).unwrap().is_none());
}

#[test]
fn a_session_that_is_ended_here_makes_no_entry_by_itself() {
    let data = Data::with("data.json", PRETTY);
    let record = changed(&data, |workout| {
        workout.status = WorkoutStatus::Completed;
        workout.ended_at = workout.started_at;
    });
    put(&data, record.clone());
    let found = data.read();
    assert!(found.records.contains(&record) && found.history().is_empty());
}

#[test]
fn ending_the_running_session_does_not_start_another() {
    let open = |id: &str, day: &str| json!({"id": id, "userId": "ada", "startTime": format!("2025-01-{day}T00:00:00Z")});
    let data = Data::with(
        "workouts.json",
        json!([open("a", "03"), open("b", "02")]).to_string(),
    );
    let older = data.read().workouts()[1].clone();
    let ended = changed(&data, |workout| {
        workout.status = WorkoutStatus::Completed;
        workout.ended_at = workout.started_at;
    });
    put(&data, ended);
    assert_eq!(data.read().workouts()[1], older);
}

#[test]
fn an_exercise_with_another_name_is_the_same_in_old_workouts() {
    let data = Data::with("workouts.json", json!([{"id": "w", "userId": "ada", "startTime": "2025-01-01T00:00:00Z",
        "exercises": [{"id": "e", "name": "Dip", "sets": []}, {"id": "f", "name": "Curl", "sets": []}]}]).to_string());
    data.file(
        "exercises.json",
        r#"[{"id":"x","name":"Dip","category":"Chest"}]"#,
    );
    let before = data.read();
    let renamed: Vec<Edit> = before
        .exercises()
        .into_iter()
        .map(|mut exercise| {
            exercise.name.push_str(" II");
            Edit::Put(Record::Exercise(exercise))
        })
        .collect();
    data.open().apply(&renamed).unwrap();
    let after = data.read();
    assert_eq!(after.workouts(), before.workouts());
    let mut names: Vec<_> = after
        .exercises()
        .iter()
        .map(|exercise| exercise.name.clone())
        .collect();
    names.sort();
    assert_eq!(names, ["Curl II", "Dip II"]);
    let known: Vec<ExerciseId> = after
        .exercises()
        .iter()
        .map(|exercise| exercise.id)
        .collect();
    assert!(
        after.workouts()[0]
            .exercises
            .iter()
            .all(|exercise| known.contains(&exercise.exercise_id))
    );
}

#[test]
fn many_edits_of_one_file_are_one_rewrite_and_the_folder_goes_on() {
    let sessions: Vec<String> = (0..50)
        .map(|at| session(&format!("s{at}"), r#""repetitions":5"#))
        .collect();
    let data = Data::with(
        "workouts.json",
        format!("[\n  {}\n]\n", sessions.join(",\n  ")),
    );
    let mut folder = data.open();
    for round in 0..4 {
        let edits: Vec<Edit> = Found::of(&folder)
            .workouts()
            .into_iter()
            .filter(|workout| workout.id.0.as_u128() % 3 != round)
            .map(|mut workout| {
                workout.version += 1;
                workout.exercises[0].sets[0].reps = Some(i32::try_from(round).unwrap());
                Edit::Put(Record::Workout(workout))
            })
            .collect();
        folder.apply(&edits).unwrap();
        assert_eq!(Found::of(&folder).by_key(), data.read().by_key());
    }
    let key = Key {
        kind: Kind::Workout,
        ..Found::of(&folder).records.last().unwrap().key()
    };
    assert!(
        folder
            .get(&Record::Workout(data.read().workouts()[7].clone()).key())
            .unwrap()
            .is_some(),
        "{key:?}"
    );
}
