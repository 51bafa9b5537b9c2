//! Rows as PostgreSQL sends and takes them: typed, each value with its length, and the same whatever a
//! session says about dates and digits. So the bytes that fill a table are also what makes records the same.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::record::{
    ExerciseRecord, HistoryRecord, SetRecord, SettingsRecord, UserRecord, WorkoutExerciseRecord,
    WorkoutRecord,
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

/// What stands around the values of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As `record_send` has it: each value after its type.
    Record,
    /// As `COPY … (FORMAT binary)` takes it: the table knows the types.
    Copy,
}

/// What a binary `COPY` begins with: its mark, no flags, no more of a header.
pub const COPY_BEGINS: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with.
pub const COPY_ENDS: &[u8] = &[0xff, 0xff];

/// Writes the columns in the order given. It names them all: a new column does not compile until it is here.
macro_rules! rows {
    ($($record:ident { $($column:ident),* $(,)? } $(beside $children:ident)?;)*) => {
        $(impl $record {
            /// Writes the row.
            pub fn row(&self, form: Form, out: &mut Vec<u8>) {
                let Self { $($column,)* $($children: _,)? } = self;
                let columns: &[&str] = &[$(stringify!($column)),*];
                form.begin(columns.len(), out);
                $(form.field($column, out);)*
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

impl Form {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "tables are narrow"
    )]
    fn begin(self, columns: usize, out: &mut Vec<u8>) {
        match self {
            Self::Record => out.extend_from_slice(&(columns as i32).to_be_bytes()),
            Self::Copy => out.extend_from_slice(&(columns as i16).to_be_bytes()),
        }
    }

    fn field<F: Field>(self, field: &F, out: &mut Vec<u8>) {
        if self == Self::Record {
            out.extend_from_slice(&F::TYPE.to_be_bytes());
        }
        with_length(out, |out| field.payload(out));
    }
}

/// Writes what `payload` writes after its length, or that there is nothing.
fn with_length(out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>) -> bool) {
    let start = out.len();
    out.extend_from_slice(&NOTHING.to_be_bytes());
    if payload(out) {
        let length = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
}

const NOTHING: i32 = -1;

/// A value of a column.
trait Field {
    /// The number of its type, which never changes.
    const TYPE: u32;

    /// Writes the bytes of the value; false where there is none.
    fn payload(&self, out: &mut Vec<u8>) -> bool;
}

impl<T: Field> Field for Option<T> {
    const TYPE: u32 = T::TYPE;

    fn payload(&self, out: &mut Vec<u8>) -> bool {
        self.as_ref().is_some_and(|value| value.payload(out))
    }
}

const TEXT: u32 = 25;

impl Field for Vec<String> {
    const TYPE: u32 = 1009;

    fn payload(&self, out: &mut Vec<u8>) -> bool {
        let count = i32::try_from(self.len()).unwrap_or(i32::MAX);
        let dimensions = i32::from(count > 0);
        for word in [dimensions, 0, TEXT.cast_signed()] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        if count > 0 {
            // How many, and the number of the first.
            for word in [count, 1] {
                out.extend_from_slice(&word.to_be_bytes());
            }
        }
        for item in self {
            with_length(out, |out| item.payload(out));
        }
        true
    }
}

/// Declares values that always have bytes.
macro_rules! fields {
    ($($kind:ty = $oid:expr => |$value:ident, $out:ident| $write:expr;)*) => {
        $(impl Field for $kind {
            const TYPE: u32 = $oid;

            fn payload(&self, $out: &mut Vec<u8>) -> bool {
                let $value = self;
                $write;
                true
            }
        })*
    };
}

fields! {
    bool = 16 => |value, out| out.push(u8::from(*value));
    i16 = 21 => |value, out| out.extend_from_slice(&value.to_be_bytes());
    i32 = 23 => |value, out| out.extend_from_slice(&value.to_be_bytes());
    String = TEXT => |value, out| out.extend_from_slice(value.as_bytes());
    Secret = TEXT => |value, out| out.extend_from_slice(value.expose().as_bytes());
    NaiveDate = 1082 => |value, out| {
        out.extend_from_slice(&(value.to_epoch_days() - FIRST_DAY).to_be_bytes());
    };
    DateTime<Utc> = 1184 => |value, out| {
        out.extend_from_slice(&(value.timestamp_micros() - FIRST_MOMENT).to_be_bytes());
    };
    Decimal = 1700 => |value, out| value.write_shortest(out);
    Value = 3802 => |value, out| {
        // The version of the format.
        out.push(1);
        jsonb(value, out);
    };
}

// PostgreSQL counts from the year 2000.
const FIRST_DAY: i32 = 10_957;
const FIRST_MOMENT: i64 = 946_684_800_000_000;

macro_rules! ids {
    ($($id:ty),* $(,)?) => {
        fields! { $($id = 2950 => |id, out| out.extend_from_slice(Uuid::from(*id).as_bytes());)* }
    };
}

macro_rules! words {
    ($($word:ty),* $(,)?) => {
        fields! { $($word = TEXT => |word, out| out.extend_from_slice(word.word().as_bytes());)* }
    };
}

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
pub(super) fn jsonb(value: &Value, out: &mut Vec<u8>) {
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
