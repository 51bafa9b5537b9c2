//! The history of a legacy app, which kept none: every session that was ended is an entry, with what was
//! done frozen in it as the server itself freezes it.

use chrono_tz::Tz;
use rust_decimal::{Decimal as Exact, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::{SOURCE, derived};
use crate::{
    db::Decimal,
    exercises::ExerciseId,
    history::HistoryId,
    legacy::record::{HistoryRecord, SetRecord, WorkoutRecord},
    workouts::{SetType, WeightUnit, WorkoutStatus},
};

/// The entry that a finished session is, if it is finished.
pub(super) fn entry(
    workout: &WorkoutRecord,
    key: &str,
    owner_key: &str,
    zone: Tz,
    names: &dyn Fn(ExerciseId) -> String,
) -> Option<HistoryRecord> {
    let ended_at = workout.ended_at?;
    let performed_at = workout.started_at?;
    if workout.is_template || workout.status != WorkoutStatus::Completed {
        return None;
    }
    Some(HistoryRecord {
        user_id: workout.user_id,
        id: HistoryId(derived("history", "session", owner_key, &[key])),
        workout_id: Some(workout.id),
        workout_name: Some(workout.name.clone()),
        performed_at,
        timezone: zone.name().to_owned(),
        local_date: performed_at.with_timezone(&zone).date_naive(),
        duration_seconds: i32::try_from((ended_at - performed_at).num_seconds()).ok(),
        bodyweight_kg: None,
        rating: None,
        notes: None,
        summary: Some(summary(workout, names)),
        source: SOURCE.to_owned(),
        source_key: Some(key.to_owned()).filter(|key| key.chars().count() <= 200),
        version: 1,
        created_at: ended_at,
        updated_at: ended_at,
        deleted_at: None,
    })
}

#[derive(Default)]
struct Totals {
    sets: i64,
    reps: Option<i64>,
    volume: Option<Exact>,
    seconds: Option<i64>,
    metres: Option<Exact>,
}

impl Totals {
    fn add(&mut self, set: &SetRecord) {
        self.sets += 1;
        let reps = set.reps.map(i64::from);
        self.reps = sum(self.reps, reps);
        let volume = kilograms(set)
            .zip(reps)
            .and_then(|(load, reps)| load.checked_mul(Exact::from(reps)));
        self.volume = sum(self.volume, volume);
        self.seconds = sum(self.seconds, set.duration_seconds.map(i64::from));
        self.metres = sum(self.metres, set.distance_m.map(|metres| metres.0));
    }
}

fn sum<T: std::ops::Add<Output = T>>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

/// Sets that were done and are no warm-ups count, as in entries that the server makes.
fn summary(workout: &WorkoutRecord, names: &dyn Fn(ExerciseId) -> String) -> Value {
    let mut all = Totals::default();
    let mut each: Vec<(ExerciseId, Totals, &SetRecord)> = Vec::new();
    for exercise in &workout.exercises {
        for set in &exercise.sets {
            if !set.is_completed || set.set_type == SetType::Warmup {
                continue;
            }
            all.add(set);
            let id = exercise.exercise_id;
            let at = each
                .iter()
                .position(|(known, ..)| *known == id)
                .unwrap_or_else(|| {
                    each.push((id, Totals::default(), set));
                    each.len() - 1
                });
            each[at].1.add(set);
            if rank(set) > rank(each[at].2) {
                each[at].2 = set;
            }
        }
    }
    let exercises: Vec<Value> = each
        .iter()
        .map(|(id, totals, best)| {
            without_nulls(json!({
                "exerciseId": id, "name": names(*id), "sets": totals.sets, "reps": totals.reps,
                "volumeKg": totals.volume.map(Decimal), "durationSeconds": totals.seconds,
                "distanceM": totals.metres.map(Decimal), "best": shown(best),
            }))
        })
        .collect();
    json!({
        "sets": all.sets, "reps": all.reps.unwrap_or(0),
        "volumeKg": Decimal(all.volume.unwrap_or_default()), "exercises": exercises,
    })
}

/// The best set has the greatest load, then the most repetitions, then the greatest distance or time.
fn rank(set: &SetRecord) -> impl PartialOrd {
    (
        kilograms(set),
        set.reps,
        set.distance_m,
        set.duration_seconds,
    )
}

fn shown(set: &SetRecord) -> Value {
    without_nulls(json!({
        "reps": set.reps, "weight": set.weight, "weightUnit": set.weight.map(|_| set.weight_unit),
        "weightKg": kilograms(set).map(Decimal), "rpe": set.rpe,
        "durationSeconds": set.duration_seconds, "distanceM": set.distance_m,
    }))
}

/// As the database computes it.
fn kilograms(set: &SetRecord) -> Option<Exact> {
    let weight = set.weight?.0;
    Some(match set.weight_unit {
        WeightUnit::Kg => weight,
        WeightUnit::Lb => (weight * Exact::new(45_359_237, 8))
            .round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero),
    })
}

fn without_nulls(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(members.collect::<Map<_, _>>())
}
