//! What parity rests on: records that differ have other bytes, and digests tell them apart.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    db::Decimal,
    exercises::ExerciseId,
    legacy::{
        record::{Kind, SetRecord, SettingsRecord, WorkoutExerciseRecord},
        wire::jsonb,
    },
    settings::Units,
    viewer::UserId,
    workouts::{SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus},
};

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_763_600_000_000_000 + micros).unwrap()
}

fn exact(text: &str) -> Decimal {
    Decimal(text.parse().unwrap())
}

fn set(number: u128, weight: &str) -> SetRecord {
    SetRecord {
        user_id: UserId(Uuid::from_u128(1)),
        id: SetId(Uuid::from_u128(number)),
        workout_id: WorkoutId(Uuid::from_u128(2)),
        workout_exercise_id: WorkoutExerciseId(Uuid::from_u128(3)),
        order_index: i32::try_from(number).unwrap(),
        set_type: SetType::Working,
        side: Side::Both,
        reps: Some(5),
        weight: Some(exact(weight)),
        weight_unit: WeightUnit::Kg,
        rpe: None,
        duration_seconds: None,
        distance_m: None,
        rest_seconds: None,
        is_completed: true,
        notes: None,
        performed_at: time(0),
        version: 1,
        created_at: time(1),
        updated_at: time(1),
    }
}

fn exercise(number: u128, sets: Vec<SetRecord>) -> WorkoutExerciseRecord {
    WorkoutExerciseRecord {
        user_id: UserId(Uuid::from_u128(1)),
        id: WorkoutExerciseId(Uuid::from_u128(number)),
        workout_id: WorkoutId(Uuid::from_u128(2)),
        exercise_id: ExerciseId(Uuid::from_u128(4)),
        order_index: 0,
        superset_group: None,
        target_sets: None,
        target_reps: None,
        target_reps_max: None,
        target_weight: None,
        target_weight_unit: WeightUnit::Kg,
        target_rpe: None,
        rest_seconds: None,
        notes: None,
        created_at: time(1),
        updated_at: time(1),
        sets,
    }
}

fn workout(id: u128, name: &str, notes: Option<&str>, sets: Vec<SetRecord>) -> Record {
    Record::Workout(WorkoutRecord {
        user_id: UserId(Uuid::from_u128(1)),
        id: WorkoutId(Uuid::from_u128(id)),
        name: name.to_owned(),
        notes: notes.map(str::to_owned),
        is_template: false,
        template_id: None,
        status: WorkoutStatus::Planned,
        started_at: None,
        ended_at: None,
        source: "app".to_owned(),
        source_key: None,
        version: 1,
        created_at: time(1),
        updated_at: time(1),
        deleted_at: None,
        exercises: vec![exercise(3, sets)],
    })
}

fn settings(preferences: Value) -> Record {
    Record::Settings(SettingsRecord {
        user_id: UserId(Uuid::from_u128(1)),
        units: Units::Metric,
        timezone: "UTC".to_owned(),
        week_start: 1,
        preferences,
        version: 1,
        created_at: time(1),
        updated_at: time(1),
    })
}

fn digest(records: &[Record]) -> Digest {
    let mut digest = Digest::default();
    for record in records {
        digest.add(&record.hash());
    }
    digest
}

#[test]
fn two_records_that_swap_a_value_have_another_digest() {
    let before = [
        workout(2, "push", None, vec![]),
        workout(9, "pull", None, vec![]),
    ];
    let after = [
        workout(2, "pull", None, vec![]),
        workout(9, "push", None, vec![]),
    ];
    assert_ne!(digest(&before), digest(&after));
}

#[test]
fn two_sets_that_swap_a_value_are_another_workout() {
    let before = workout(2, "push", None, vec![set(0, "80"), set(1, "90")]);
    let after = workout(2, "push", None, vec![set(0, "90"), set(1, "80")]);
    assert_ne!(before.hash(), after.hash());
}

#[test]
fn a_value_that_moves_to_the_next_column_is_told() {
    let before = workout(2, "push", Some("day"), vec![]);
    let after = workout(2, "pushday", Some(""), vec![]);
    assert_ne!(before.canonical(), after.canonical());
}

#[test]
fn duplicates_do_not_cancel() {
    let one = workout(2, "push", None, vec![]);
    let twice = digest(&[one.clone(), one.clone()]);
    assert_ne!(twice, Digest::default());
    assert_ne!(twice, digest(std::slice::from_ref(&one)));
    assert_eq!(twice.count, 2);
    assert_ne!(
        digest(&[one.clone(), one.clone(), one.clone()]).lanes,
        digest(&[one]).lanes
    );
}

#[test]
fn every_flipped_bit_of_a_text_is_told() {
    let text = b"bench press";
    let before = workout(2, "bench press", None, vec![]);
    for (at, bit) in (0..text.len()).flat_map(|at| (0..7).map(move |bit| (at, bit))) {
        let mut flipped = text.to_vec();
        flipped[at] ^= 1 << bit;
        let name = String::from_utf8(flipped).unwrap();
        assert_ne!(
            before.hash(),
            workout(2, &name, None, vec![]).hash(),
            "{name:?}"
        );
    }
}

#[test]
fn composed_and_decomposed_letters_differ() {
    let composed = workout(2, "\u{e9}", None, vec![]);
    let decomposed = workout(2, "e\u{301}", None, vec![]);
    assert_ne!(composed.hash(), decomposed.hash());
}

#[test]
fn numbers_are_what_they_are_worth() {
    let with = |weight| workout(2, "push", None, vec![set(0, weight)]).hash();
    assert_eq!(with("1.0"), with("1.00"));
    assert_eq!(with("1"), with("1.000"));
    assert_eq!(with("-0"), with("0.0"));
    assert_ne!(with("1"), with("1.001"));
    assert_ne!(with("1"), with("10"));
}

#[test]
fn nothing_is_not_an_empty_text() {
    let missing = workout(2, "push", None, vec![]);
    assert_ne!(missing.hash(), workout(2, "push", Some(""), vec![]).hash());
    assert_ne!(
        settings(json!({"x-a": null})).hash(),
        settings(json!({})).hash()
    );
}

#[test]
fn children_count_in_their_order_however_they_lie() {
    let before = workout(2, "push", None, vec![set(0, "80"), set(1, "90")]);
    let after = workout(2, "push", None, vec![set(1, "90"), set(0, "80")]);
    assert_eq!(before.hash(), after.hash());
}

#[test]
fn a_digest_forgets_what_is_taken_back() {
    let (one, two) = (
        workout(2, "push", None, vec![]),
        workout(9, "pull", None, vec![]),
    );
    let mut kept = digest(&[one.clone(), two.clone()]);
    kept.subtract(&two.hash());
    assert_eq!(kept, digest(std::slice::from_ref(&one)));
    kept.subtract(&one.hash());
    assert_eq!(kept, Digest::default());
    let mut merged = digest(std::slice::from_ref(&one));
    merged.merge(&digest(std::slice::from_ref(&two)));
    assert_eq!(merged, digest(&[one, two]));
}

#[test]
fn json_is_spelled_as_the_database_spells_it() {
    let mut out = Vec::new();
    let value =
        json!({"bb": 1e20, "a": [1.0, 1.5e-7, -0.0, null], "é": "\u{1}\"\n/", "aa": {"x": true}});
    jsonb(&value, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\"a\": [1.0, 0.00000015, 0.0, null], \"aa\": {\"x\": true}, \"bb\": 100000000000000000000, \
         \"é\": \"\\u0001\\\"\\n/\"}"
    );
}

#[test]
fn a_row_is_written_as_the_database_sends_it() {
    let bytes = settings(json!({})).canonical();
    assert_eq!(bytes[..12], *b"\0\0\0\x08\0\0\x0b\x86\0\0\0\x10");
    assert_eq!(bytes[28..42], *b"\0\0\0\x19\0\0\0\x06metric");
    let version = bytes.len() - 2 * 16 - 12;
    assert_eq!(
        bytes[version..version + 12],
        *b"\0\0\0\x17\0\0\0\x04\0\0\0\x01"
    );
}

#[test]
fn buckets_are_spread_by_the_whole_key() {
    let key = |kind, owner, id| Key {
        kind,
        owner: UserId(Uuid::from_u128(owner)),
        id: Uuid::from_u128(id),
    };
    let mut used: Vec<u16> = (0..4_000)
        .map(|id| bucket(&key(Kind::Workout, 1, id)))
        .collect();
    used.sort_unstable();
    used.dedup();
    assert!(used.len() > 2_300 && used.iter().all(|bucket| *bucket < BUCKETS));
    let one = bucket(&key(Kind::Workout, 1, 2));
    assert_ne!(one, bucket(&key(Kind::History, 1, 2)));
    assert_ne!(one, bucket(&key(Kind::Workout, 2, 1)));
}
