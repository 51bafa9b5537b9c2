//! What makes two records the same: bytes that depend on nothing but the values, the hash of them, and
//! digests of many hashes that can be kept current. The database has functions of the same definition.
//!
//! A row is its columns in their order: 0 for NULL, or 1, the payload's length as a big-endian `i32`, and
//! the payload. An aggregate is its row, then each child in its order, after a byte that says what it is.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::record::{
    ExerciseRecord, HistoryRecord, Key, Record, SetRecord, SettingsRecord, UserRecord,
    WorkoutExerciseRecord, WorkoutRecord,
};
use crate::{
    config::Secret,
    db::Decimal,
    exercises::{ExerciseId, Level, Measurement},
    history::HistoryId,
    settings::Units,
    viewer::{Role, UserId},
    workouts::{SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus},
};

/// How many buckets there are: keys are spread by the first 12 bits of their hash.
pub const BUCKETS: u16 = 1 << 12;

const EXERCISE_FOLLOWS: u8 = 2;
const SET_FOLLOWS: u8 = 3;

/// The SHA-256 of a record's canonical bytes.
pub type Hash = [u8; 32];

/// How many records a bucket has, and the sums of the four 64-bit lanes of their hashes, modulo 2^64. Sums,
/// unlike XOR, tell a record that is there twice from one that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Digest {
    pub count: u64,
    pub lanes: [u64; 4],
}

impl Digest {
    pub fn add(&mut self, hash: &Hash) {
        self.count = self.count.wrapping_add(1);
        self.each(hash, u64::wrapping_add);
    }

    /// Takes back one hash that was added.
    pub fn subtract(&mut self, hash: &Hash) {
        self.count = self.count.wrapping_sub(1);
        self.each(hash, u64::wrapping_sub);
    }

    /// Adds all that another digest holds.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.wrapping_add(other.count);
        for (lane, other) in self.lanes.iter_mut().zip(other.lanes) {
            *lane = lane.wrapping_add(other);
        }
    }

    fn each(&mut self, hash: &Hash, with: fn(u64, u64) -> u64) {
        let (parts, _) = hash.as_chunks::<8>();
        for (lane, part) in self.lanes.iter_mut().zip(parts) {
            *lane = with(*lane, u64::from_be_bytes(*part));
        }
    }
}

/// The bucket of a record.
#[must_use]
pub fn bucket(key: &Key) -> u16 {
    let mut hash = Sha256::new();
    hash.update(key.kind.word());
    hash.update([0]);
    hash.update(key.owner.0.as_bytes());
    hash.update(key.id.as_bytes());
    let hash: Hash = hash.finalize().into();
    u16::from_be_bytes([hash[0], hash[1]]) >> 4
}

impl Record {
    /// The bytes that are the same for the same record, and for no other.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        match self {
            Self::User(user) => user.row(&mut out),
            Self::Settings(settings) => settings.row(&mut out),
            Self::Exercise(exercise) => exercise.row(&mut out),
            Self::Workout(workout) => workout.aggregate(&mut out),
            Self::History(entry) => entry.row(&mut out),
        }
        out
    }

    #[must_use]
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.canonical()).into()
    }
}

impl WorkoutRecord {
    fn aggregate(&self, out: &mut Vec<u8>) {
        self.row(out);
        let mut exercises: Vec<_> = self.exercises.iter().collect();
        exercises.sort_by_key(|exercise| (exercise.order_index, exercise.id));
        for exercise in exercises {
            out.push(EXERCISE_FOLLOWS);
            exercise.row(out);
            let mut sets: Vec<_> = exercise.sets.iter().collect();
            sets.sort_by_key(|set| (set.order_index, set.id));
            for set in sets {
                out.push(SET_FOLLOWS);
                set.row(out);
            }
        }
    }
}

/// Writes the columns in the order given. It names them all: a new column does not compile until it is here.
macro_rules! rows {
    ($($record:ident { $($column:ident),* $(,)? } $(beside $children:ident)?;)*) => {
        $(impl $record {
            fn row(&self, out: &mut Vec<u8>) {
                let Self { $($column,)* $($children: _,)? } = self;
                $($column.field(out);)*
            }
        })*
    };
}

rows! {
    UserRecord { id, email, display_name, password_hash, role, created_at, updated_at, deleted_at };
    SettingsRecord {
        user_id, units, timezone, week_start, preferences, version, created_at, updated_at,
    };
    ExerciseRecord {
        id, owner_id, name, category, measurement, primary_muscles, secondary_muscles, equipment, level,
        unilateral, bodyweight_factor, aliases, description, instructions, source, source_key,
        archived_at, version, created_at, updated_at,
    };
    WorkoutRecord {
        user_id, id, name, notes, is_template, template_id, status, started_at, ended_at, source,
        source_key, version, created_at, updated_at, deleted_at,
    } beside exercises;
    WorkoutExerciseRecord {
        user_id, id, workout_id, exercise_id, order_index, superset_group, target_sets, target_reps,
        target_reps_max, target_weight, target_weight_unit, target_rpe, rest_seconds, notes, created_at,
        updated_at,
    } beside sets;
    SetRecord {
        user_id, id, workout_id, workout_exercise_id, order_index, set_type, side, reps, weight,
        weight_unit, rpe, duration_seconds, distance_m, rest_seconds, is_completed, notes, performed_at,
        version, created_at, updated_at,
    };
    HistoryRecord {
        user_id, id, workout_id, workout_name, performed_at, timezone, local_date, duration_seconds,
        bodyweight_kg, rating, notes, summary, source, source_key, version, created_at, updated_at,
        deleted_at,
    };
}

/// A value of a column.
trait Field {
    /// Writes the bytes of the value; false where there is none.
    fn payload(&self, out: &mut Vec<u8>) -> bool;

    fn field(&self, out: &mut Vec<u8>) {
        let tag = out.len();
        out.extend_from_slice(&[1, 0, 0, 0, 0]);
        if !self.payload(out) {
            out.truncate(tag);
            out.push(0);
            return;
        }
        let length = i32::try_from(out.len() - tag - 5).unwrap_or(i32::MAX);
        out[tag + 1..tag + 5].copy_from_slice(&length.to_be_bytes());
    }
}

impl<T: Field> Field for Option<T> {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        self.as_ref().is_some_and(|value| value.payload(out))
    }
}

impl Field for String {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(self.as_bytes());
        true
    }
}

impl Field for Secret {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(self.expose().as_bytes());
        true
    }
}

impl Field for bool {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        out.push(u8::from(*self));
        true
    }
}

impl Field for DateTime<Utc> {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        // PostgreSQL counts from the year 2000.
        const START: i64 = 946_684_800_000_000;
        out.extend_from_slice(&(self.timestamp_micros() - START).to_be_bytes());
        true
    }
}

impl Field for NaiveDate {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        const START: i32 = 10_957;
        out.extend_from_slice(&(self.to_epoch_days() - START).to_be_bytes());
        true
    }
}

impl Field for Decimal {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        let exact = self.0.normalize();
        let text = if exact.is_zero() {
            "0".to_owned()
        } else {
            exact.to_string()
        };
        text.payload(out)
    }
}

impl Field for Vec<String> {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        let count = i32::try_from(self.len()).unwrap_or(i32::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        for item in self {
            item.field(out);
        }
        true
    }
}

impl Field for Value {
    fn payload(&self, out: &mut Vec<u8>) -> bool {
        jsonb(self, out);
        true
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl Field for $integer {
            fn payload(&self, out: &mut Vec<u8>) -> bool {
                out.extend_from_slice(&i64::from(*self).to_be_bytes());
                true
            }
        })*
    };
}

macro_rules! ids {
    ($($id:ty),*) => {
        $(impl Field for $id {
            fn payload(&self, out: &mut Vec<u8>) -> bool {
                out.extend_from_slice(Uuid::from(*self).as_bytes());
                true
            }
        })*
    };
}

macro_rules! words {
    ($($word:ty),*) => {
        $(impl Field for $word {
            fn payload(&self, out: &mut Vec<u8>) -> bool {
                out.extend_from_slice(self.word().as_bytes());
                true
            }
        })*
    };
}

integers!(i16, i32);
ids!(
    UserId,
    ExerciseId,
    WorkoutId,
    WorkoutExerciseId,
    SetId,
    HistoryId
);
words!(
    Role,
    Units,
    Measurement,
    Level,
    WorkoutStatus,
    SetType,
    Side,
    WeightUnit
);

/// The text that PostgreSQL makes of a `jsonb`: keys by their length, then by their bytes.
fn jsonb(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| (key.len(), key.as_bytes()));
            out.push(b'{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                separate(at, out);
                jsonb(&Value::String(key.clone()), out);
                out.extend_from_slice(b": ");
                jsonb(value, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                separate(at, out);
                jsonb(item, out);
            }
            out.push(b']');
        }
        Value::Number(number) => out.extend_from_slice(plain(&number.to_string()).as_bytes()),
        other => out.extend_from_slice(other.to_string().as_bytes()),
    }
}

fn separate(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.extend_from_slice(b", ");
    }
}

/// A JSON number as `numeric` prints it: every digit, no exponent, and zero without a sign.
fn plain(number: &str) -> String {
    let (sign, rest) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // Numbers in a `Value` are at most those of `f64`.
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let mut digits = format!("{whole}{fraction}");
    let places = i32::try_from(fraction.len()).unwrap_or_default() - exponent;
    if places < 0 {
        digits.extend(std::iter::repeat_n('0', places.unsigned_abs() as usize));
    }
    let places = usize::try_from(places).unwrap_or_default();
    let lacking = (places + 1).saturating_sub(digits.len());
    digits.insert_str(0, &"0".repeat(lacking));
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let sign = if zero { "" } else { sign };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests;
