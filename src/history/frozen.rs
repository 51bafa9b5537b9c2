//! What an entry says was done, as it is read. It was frozen by this server, by an older one, or came with
//! an import: whatever can be understood is told, and what cannot is missing rather than an error.

use async_graphql::SimpleObject;
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    pg::{Pg, PgValue},
    sql_types::Jsonb,
};
use serde_json::Value;

use crate::{db::Decimal, exercises::ExerciseId, graphql::written::parts, workouts::WeightUnit};

/// What was done in a session, as it was known at the time. Warm-ups do not count. Of a session that was
/// imported, or recorded by somebody else, any of it may be missing.
#[derive(Clone, Debug, FromSqlRow, SimpleObject)]
#[graphql(name = "HistorySummary")]
pub struct Summary {
    /// How many sets were done.
    pub sets: Option<i32>,
    /// How many repetitions, in all of them together.
    pub reps: Option<i32>,
    /// What was moved, in kilograms: the sum of load times repetitions.
    pub volume_kg: Option<Decimal>,
    /// What was done of each exercise.
    pub exercises: Vec<SummaryExercise>,
    /// All of it as it was recorded, with what has no field here.
    pub raw: Value,
}

/// What was done of one exercise in a session.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "HistorySummaryExercise")]
pub struct SummaryExercise {
    /// The exercise; it may be gone by now.
    pub exercise_id: Option<ExerciseId>,
    /// What it was called at the time.
    pub name: Option<String>,
    /// How many sets were done.
    pub sets: Option<i32>,
    /// How many repetitions, in all of them together.
    pub reps: Option<i32>,
    /// What was moved, in kilograms: the sum of load times repetitions.
    pub volume_kg: Option<Decimal>,
    /// How long all sets took together, in seconds.
    pub duration_seconds: Option<i32>,
    /// How far all sets went together, in metres.
    pub distance_m: Option<Decimal>,
    /// The best of the sets: that with the greatest load, then the most repetitions, then the greatest
    /// distance or time.
    pub best: Option<SummarySet>,
}

/// One set as it was done in a session.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "HistorySummarySet")]
pub struct SummarySet {
    /// How many repetitions.
    pub reps: Option<i32>,
    /// The weight as it was entered, in `weightUnit`.
    pub weight: Option<Decimal>,
    /// The unit of `weight`.
    pub weight_unit: Option<WeightUnit>,
    /// The weight in kilograms.
    pub weight_kg: Option<Decimal>,
    /// How hard it was, from 0 to 10.
    pub rpe: Option<Decimal>,
    /// How long it took, in seconds.
    pub duration_seconds: Option<i32>,
    /// How far it went, in metres.
    pub distance_m: Option<Decimal>,
}

parts! {
    Summary { sets, reps, volume_kg, raw }
    below { exercises }
}

parts! {
    SummaryExercise {
        exercise_id, name, sets, reps, volume_kg, duration_seconds, distance_m,
    }
    below { best }
}

parts! {
    SummarySet { reps, weight, weight_unit, weight_kg, rpe, duration_seconds, distance_m }
}

impl FromSql<Jsonb, Pg> for Summary {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::read(FromSql::<Jsonb, Pg>::from_sql(value)?))
    }
}

impl Summary {
    fn read(raw: Value) -> Self {
        let exercises = raw["exercises"].as_array().into_iter().flatten();
        Self {
            sets: whole(&raw["sets"]),
            reps: whole(&raw["reps"]),
            volume_kg: exact(&raw["volumeKg"]),
            exercises: exercises
                .filter(|one| one.is_object())
                .map(SummaryExercise::read)
                .collect(),
            raw,
        }
    }
}

impl SummaryExercise {
    fn read(raw: &Value) -> Self {
        let id = raw["exerciseId"].as_str();
        let best = &raw["best"];
        Self {
            exercise_id: id.and_then(|id| id.parse().ok()).map(ExerciseId),
            name: raw["name"].as_str().map(str::to_owned),
            sets: whole(&raw["sets"]),
            reps: whole(&raw["reps"]),
            volume_kg: exact(&raw["volumeKg"]),
            duration_seconds: whole(&raw["durationSeconds"]),
            distance_m: exact(&raw["distanceM"]),
            best: best.is_object().then(|| SummarySet::read(best)),
        }
    }
}

impl SummarySet {
    fn read(raw: &Value) -> Self {
        let unit = raw["weightUnit"].as_str().map(str::to_lowercase);
        Self {
            reps: whole(&raw["reps"]),
            weight: exact(&raw["weight"]),
            weight_unit: unit.and_then(|word| WeightUnit::of_word(&word)),
            weight_kg: exact(&raw["weightKg"]),
            rpe: exact(&raw["rpe"]),
            duration_seconds: whole(&raw["durationSeconds"]),
            distance_m: exact(&raw["distanceM"]),
        }
    }
}

/// A number, also one that somebody has put in quotes.
fn exact(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Decimal::from_f64(number.as_f64()?),
        Value::String(text) => text.trim().parse().ok().map(Decimal),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i32> {
    let number = exact(value)?.0;
    if !number.is_integer() {
        return None;
    }
    number.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_understood_is_missing_and_the_rest_is_there() {
        let read = Summary::read(
            json!({"sets": "3", "reps": 2.5, "volumeKg": [1], "exercises": [
            7, {"exerciseId": "ex-chest-001", "name": "Bench", "best": {"weight": "82.5", "weightUnit": "LB"}},
            {"reps": 1e12, "best": null}]}),
        );
        assert_eq!(
            (read.sets, read.reps, read.volume_kg),
            (Some(3), None, None)
        );
        let [bench, other] = read.exercises.as_slice() else {
            panic!("{:?}", read.exercises);
        };
        assert_eq!(
            (bench.exercise_id, bench.name.as_deref()),
            (None, Some("Bench"))
        );
        let best = bench.best.as_ref().unwrap();
        assert_eq!(best.weight, Decimal::from_f64(82.5));
        assert_eq!(best.weight_unit, Some(WeightUnit::Lb));
        assert_eq!((other.reps, other.best.is_none()), (None, true));
        for shape in [json!([]), json!({}), json!({"exercises": {"a": 1}})] {
            let read = Summary::read(shape.clone());
            assert_eq!((read.raw, read.exercises.len()), (shape, 0));
        }
    }
}
