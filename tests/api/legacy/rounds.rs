//! Whatever is put is read again, and nothing else has changed: over folders and edits made up by chance.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use regimen::{
    db::Decimal,
    exercises::ExerciseId,
    legacy::{
        Edit,
        record::{Key, Kind, Record, SetRecord, WorkoutExerciseRecord, WorkoutRecord},
    },
    workouts::{SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Data, Found, dice::Dice};

const NAMES: [&str; 6] = [
    "Bench Press",
    "bench-press",
    "Dip",
    "Zottman Curl",
    "Pull up",
    "Sissy Squat",
];

fn time(dice: &mut Dice) -> String {
    let time = DateTime::from_timestamp_millis(
        1_735_700_000_000 + i64::try_from(dice.roll(30_000_000_000)).unwrap(),
    );
    time.unwrap()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn set(dice: &mut Dice, at: u64) -> Value {
    let mut set = json!({"id": format!("set-{at}"), "order": at + dice.roll(2)});
    if dice.chance(20) {
        set["id"] = json!(dice.uuid());
    }
    if dice.chance(90) {
        set["repetitions"] = json!(dice.roll(12));
    } else if dice.chance(50) {
        set["repetitions"] = json!("8-10");
    }
    if dice.chance(80) {
        set["weight"] = json!(f64::from(u32::try_from(dice.roll(400)).unwrap()) / 4.0);
    }
    if dice.chance(30) {
        set["intensity"] = json!(dice.roll(10));
    }
    if dice.chance(60) {
        set["isCompleted"] = json!(dice.chance(70));
    }
    if dice.chance(30) {
        set["startTime"] = json!(time(dice));
    }
    set
}

fn workout(dice: &mut Dice, at: u64) -> Value {
    let exercises: Vec<Value> = (0..dice.roll(4))
        .map(|at| {
            let sets: Vec<Value> = (0..dice.roll(4)).map(|at| set(dice, at)).collect();
            json!({"id": format!("ex-{at}"), "name": dice.pick(&NAMES), "order": at + 1, "sets": sets, "mood": [1, {"a": null}]})
        })
        .collect();
    let mut workout = json!({"id": format!("s-{at}"), "userId": dice.pick(&["ada", "ben"]), "exercises": exercises});
    if dice.chance(10) {
        workout["id"] = json!(dice.uuid());
    }
    if dice.chance(80) {
        let start = time(dice);
        let begun: DateTime<Utc> = start.parse().unwrap();
        workout["startTime"] = json!(start);
        if dice.chance(60) {
            workout["endTime"] = json!(begun + Duration::seconds(1800));
        }
    }
    if dice.chance(50) {
        workout["createdAt"] = json!(time(dice));
    }
    if dice.chance(30) {
        workout["name"] = json!("Push é");
    }
    workout
}

fn folder(dice: &mut Dice) -> Data {
    let data = Data::new();
    let workouts: Vec<Value> = (0..dice.roll(9)).map(|at| workout(dice, at)).collect();
    let users =
        json!({"ada": {"id": "ada", "preferences": {"defaultWeightUnit": "lbs", "theme": "dark"}}});
    let library =
        json!([{"id": "x", "name": "Dip", "category": "Chest", "muscleGroups": ["Triceps"]}]);
    let print = |dice: &mut Dice, value: &Value| {
        let text = if dice.chance(50) {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        text.unwrap()
    };
    if dice.chance(50) {
        let all = json!({"users": users, "exerciseLibrary": library, "workoutTemplates": [], "workoutSessions": workouts, "statistics": {}});
        let text = print(dice, &all);
        data.file("data.json", text);
    } else {
        let text = print(dice, &json!(workouts));
        data.file("workouts.json", text);
        if dice.chance(70) {
            let text = print(dice, &users);
            data.file("users.json", text);
        }
        if dice.chance(70) {
            let text = print(dice, &library);
            data.file("exercise-library-seed.json", text);
        }
    }
    data
}

fn change_set(dice: &mut Dice, set: &mut SetRecord) {
    match dice.roll(9) {
        0 => set.reps = Some(7),
        1 => (set.weight, set.weight_unit) = (Decimal::from_f64(61.25), WeightUnit::Kg),
        2 => set.rpe = Decimal::from_f64(8.5),
        3 => set.set_type = SetType::Drop,
        4 => set.side = Side::Left,
        5 => set.notes = Some("tab\t\"é\"".to_owned()),
        6 => (set.reps, set.duration_seconds) = (None, Some(30)),
        7 => set.performed_at += Duration::microseconds(1),
        _ => (set.weight, set.distance_m) = (None, Decimal::from_f64(12.34)),
    }
    set.version += 1;
}

fn new_set(dice: &mut Dice, exercise: &WorkoutExerciseRecord) -> SetRecord {
    let last = exercise
        .sets
        .iter()
        .map(|set| set.order_index)
        .max()
        .unwrap_or(-1);
    SetRecord {
        user_id: exercise.user_id,
        id: SetId(dice.uuid()),
        workout_id: exercise.workout_id,
        workout_exercise_id: exercise.id,
        order_index: last + 1 + i32::try_from(dice.roll(2)).unwrap(),
        set_type: SetType::Working,
        side: Side::Both,
        reps: Some(3),
        weight: Decimal::from_f64(20.5),
        weight_unit: *dice.pick(&[WeightUnit::Kg, WeightUnit::Lb]),
        rpe: None,
        duration_seconds: None,
        distance_m: None,
        rest_seconds: Some(60),
        is_completed: dice.chance(50),
        notes: None,
        performed_at: exercise.created_at,
        version: 1,
        created_at: exercise.created_at,
        updated_at: exercise.updated_at,
    }
}

fn change_workout(dice: &mut Dice, workout: &mut WorkoutRecord) {
    workout.version += 1;
    workout.updated_at += Duration::seconds(5);
    match dice.roll(8) {
        0 => "Renamed".clone_into(&mut workout.name),
        1 => workout.notes = Some("n".to_owned()),
        2 => workout.deleted_at = workout.deleted_at.is_none().then_some(workout.updated_at),
        3 if workout.started_at.is_some() => {
            workout.status = WorkoutStatus::Completed;
            workout.ended_at = workout.ended_at.or(workout.started_at);
        }
        4 => workout.status = WorkoutStatus::Archived,
        5 => workout.exercises.reverse(),
        _ => {}
    }
    for (place, exercise) in (0..).zip(&mut workout.exercises) {
        exercise.order_index = place;
        if dice.chance(30) {
            let set = new_set(dice, exercise);
            exercise.sets.push(set);
        }
        if dice.chance(20) && !exercise.sets.is_empty() {
            exercise.sets.remove(0);
        }
        if dice.chance(20) {
            exercise.exercise_id = ExerciseId(Uuid::from_u128(u128::from(1 + dice.roll(2))));
        }
        if dice.chance(20) {
            exercise.superset_group = Some(1);
            exercise.target_reps = Some(8);
        }
        for set in &mut exercise.sets {
            if dice.chance(40) {
                change_set(dice, set);
            }
        }
    }
}

fn new_workout(dice: &mut Dice, like: &WorkoutRecord) -> WorkoutRecord {
    let id = WorkoutId(dice.uuid());
    let mut workout = WorkoutRecord {
        id,
        source: "app".to_owned(),
        source_key: None,
        is_template: dice.chance(20),
        status: WorkoutStatus::Planned,
        started_at: None,
        ended_at: None,
        deleted_at: None,
        ..like.clone()
    };
    for exercise in &mut workout.exercises {
        (exercise.id, exercise.workout_id) = (WorkoutExerciseId(dice.uuid()), id);
        for set in &mut exercise.sets {
            (set.id, set.workout_id, set.workout_exercise_id) =
                (SetId(dice.uuid()), id, exercise.id);
        }
    }
    workout
}

fn edits(dice: &mut Dice, before: &BTreeMap<Key, Record>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (key, record) in before {
        if !dice.chance(40) {
            continue;
        }
        match record {
            Record::Workout(workout) => {
                let mut changed = workout.clone();
                if dice.chance(10) {
                    edits.push(Edit::Remove(*key));
                    continue;
                }
                if dice.chance(20) {
                    let new = new_workout(dice, workout);
                    edits.push(Edit::Put(Record::Workout(new)));
                }
                change_workout(dice, &mut changed);
                edits.push(Edit::Put(Record::Workout(changed)));
            }
            Record::Exercise(exercise) => {
                let mut changed = exercise.clone();
                changed.version += 1;
                match dice.roll(4) {
                    0 => changed.name = format!("{} II", exercise.name),
                    1 => changed.secondary_muscles = vec!["calves".to_owned()],
                    2 => changed.archived_at = Some(changed.updated_at),
                    _ => changed.primary_muscles = vec!["neck".to_owned()],
                }
                edits.push(Edit::Put(Record::Exercise(changed)));
            }
            Record::Settings(settings) => {
                let mut changed = settings.clone();
                changed.version += 1;
                "Asia/Tokyo".clone_into(&mut changed.timezone);
                changed.preferences["weeklyGoal"] = json!(3);
                edits.push(Edit::Put(Record::Settings(changed)));
            }
            Record::History(_) if dice.chance(30) => edits.push(Edit::Remove(*key)),
            Record::History(entry) => {
                let mut changed = entry.clone();
                changed.version += 1;
                changed.rating = Some(4);
                edits.push(Edit::Put(Record::History(changed)));
            }
            Record::User(_) => {}
        }
    }
    edits
}

#[test]
fn what_is_put_is_read_again_and_nothing_else_changes() {
    let rounds = if std::env::var_os("REGIMEN_TEST_LARGE").is_some() {
        3_000
    } else {
        150
    };
    for seed in 1..=rounds {
        let mut dice = Dice::new(seed);
        let data = folder(&mut dice);
        let mut folder = data.open();
        for round in 0..3 {
            let before = Found::of(&folder).by_key();
            let edits = edits(&mut dice, &before);
            let mut expected = before.clone();
            for edit in &edits {
                match edit {
                    Edit::Put(record) => drop(expected.insert(record.key(), sorted(record))),
                    Edit::Remove(key) => drop(expected.remove(key)),
                }
            }
            folder
                .apply(&edits)
                .unwrap_or_else(|error| panic!("{seed}/{round}: {error}"));
            let read = Found::of(&folder).by_key();
            same(
                &read,
                &expected,
                &format!("seed {seed}, round {round}, as it goes on"),
            );
            let again = data.read().by_key();
            same(
                &again,
                &expected,
                &format!("seed {seed}, round {round}, opened again"),
            );
            for (key, record) in expected.iter().take(5) {
                assert_eq!(folder.get(key).unwrap().as_ref(), Some(record), "{seed}");
            }
        }
    }
}

fn sorted(record: &Record) -> Record {
    let mut record = record.clone();
    if let Record::Workout(workout) = &mut record {
        workout
            .exercises
            .sort_by_key(|exercise| exercise.order_index);
        for exercise in &mut workout.exercises {
            exercise.sets.sort_by_key(|set| set.order_index);
        }
    }
    record
}

#[track_caller]
fn same(read: &BTreeMap<Key, Record>, expected: &BTreeMap<Key, Record>, when: &str) {
    for (key, record) in expected {
        assert_eq!(read.get(key), Some(record), "{when}");
    }
    let more: Vec<_> = read
        .keys()
        .filter(|key| !expected.contains_key(key))
        .collect();
    assert!(more.is_empty(), "{when}: {more:?} came from nowhere");
    assert!(read.keys().all(|key| key.kind != Kind::User));
}
