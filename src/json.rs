//! Values as JSON text, spelled as the API spells them: what is answered most is written straight into
//! the answer, without becoming a tree of values first.

use async_graphql::{Value, resolver_utils::EnumType};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use serde::Serialize;
use uuid::{Uuid, fmt::Hyphenated};

/// A value that can write itself at the end of a JSON text.
pub trait WriteJson {
    fn write_json(&self, out: &mut Vec<u8>);
}

/// How many values a JSON text has at the most, told without reading it: one for each comma and each opening
/// bracket, and one more.
#[must_use]
pub fn most_values(text: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (1, false, false);
    for sign in text {
        match (in_string, sign) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b',' | b'[' | b'{') => count += 1,
            _ => {}
        }
    }
    count
}

/// Values that `serde_json` writes as the API does.
fn serialize<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Memory takes whatever it is given, and these values have no way to refuse.
    serde_json::to_writer(out, value).unwrap_or_default();
}

macro_rules! as_serde_has_it {
    ($($type:ty),*) => {
        $(impl WriteJson for $type {
            fn write_json(&self, out: &mut Vec<u8>) {
                serialize(self, out);
            }
        })*
    };
}

as_serde_has_it!(
    i16,
    i32,
    i64,
    u64,
    f64,
    bool,
    str,
    String,
    serde_json::Value
);

impl<T: WriteJson + ?Sized> WriteJson for &T {
    fn write_json(&self, out: &mut Vec<u8>) {
        (*self).write_json(out);
    }
}

impl<T: WriteJson> WriteJson for Option<T> {
    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write_json(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: WriteJson> WriteJson for Vec<T> {
    fn write_json(&self, out: &mut Vec<u8>) {
        write_list(self, out, WriteJson::write_json);
    }
}

impl WriteJson for Uuid {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut text = [0; Hyphenated::LENGTH];
        let text = self.hyphenated().encode_lower(&mut text);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

impl WriteJson for NaiveDate {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        if let Some(year) = plain_year(*self) {
            write_day(year, *self, out);
        } else {
            out.extend_from_slice(self.to_string().as_bytes());
        }
        out.push(b'"');
    }
}

impl WriteJson for DateTime<Utc> {
    /// By hand, because this is most of what a row of times costs.
    fn write_json(&self, out: &mut Vec<u8>) {
        let (day, time) = (self.date_naive(), self.time());
        let nanos = time.nanosecond();
        out.push(b'"');
        match plain_year(day) {
            Some(year) if nanos < 1_000_000_000 => {
                write_day(year, day, out);
                out.push(b'T');
                write_time(time, out);
                write_fraction(nanos, out);
                out.extend_from_slice(b"+00:00");
            }
            // Leap seconds and years of five digits.
            _ => out.extend_from_slice(self.to_rfc3339().as_bytes()),
        }
        out.push(b'"');
    }
}

/// A moment with microseconds, as log lines have it: all of one length.
pub fn write_stamp(at: DateTime<Utc>, out: &mut Vec<u8>) {
    let (day, time) = (at.date_naive(), at.time());
    out.push(b'"');
    write_day(plain_year(day).unwrap_or_default(), day, out);
    out.push(b'T');
    write_time(time, out);
    out.push(b'.');
    write_digits(time.nanosecond() / 1000 % 1_000_000, 6, out);
    out.extend_from_slice(b"Z\"");
}

/// The year, where it has the four digits of most.
fn plain_year(day: NaiveDate) -> Option<u32> {
    u32::try_from(day.year()).ok().filter(|year| *year <= 9999)
}

fn write_day(year: u32, day: NaiveDate, out: &mut Vec<u8>) {
    write_digits(year, 4, out);
    out.push(b'-');
    write_digits(day.month(), 2, out);
    out.push(b'-');
    write_digits(day.day(), 2, out);
}

fn write_time(time: NaiveTime, out: &mut Vec<u8>) {
    write_digits(time.hour(), 2, out);
    out.push(b':');
    write_digits(time.minute(), 2, out);
    out.push(b':');
    write_digits(time.second(), 2, out);
}

/// As many digits as are needed, in threes.
fn write_fraction(nanos: u32, out: &mut Vec<u8>) {
    let (value, digits) = match nanos {
        0 => return,
        _ if nanos.is_multiple_of(1_000_000) => (nanos / 1_000_000, 3),
        _ if nanos.is_multiple_of(1000) => (nanos / 1000, 6),
        _ => (nanos, 9),
    };
    out.push(b'.');
    write_digits(value, digits, out);
}

/// Nine at the most.
fn write_digits(mut number: u32, digits: usize, out: &mut Vec<u8>) {
    let mut text = [b'0'; 9];
    let text = &mut text[9 - digits..];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    out.extend_from_slice(text);
}

/// Writes a list of things, each in its way.
pub fn write_list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// Writes the name that an enum's value has in the API.
pub fn write_enum<T: EnumType>(value: T, out: &mut Vec<u8>) {
    let item = T::items().iter().find(|item| item.value == value);
    item.map_or("", |item| item.name).write_json(out);
}

/// What an executor answers. Bytes in it are JSON text already: no type of the API has bytes for a value.
impl WriteJson for Value {
    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Binary(text) => out.extend_from_slice(text),
            Self::List(items) => write_list(items, out, Self::write_json),
            Self::Object(fields) => {
                out.push(b'{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    name.as_str().write_json(out);
                    out.push(b':');
                    value.write_json(out);
                }
                out.push(b'}');
            }
            plain => serialize(plain, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::ScalarType;

    use super::*;

    #[test]
    fn values_are_counted_where_they_are_no_text() {
        for (text, most) in [
            ("1", 1),
            ("[1, 2, 3]", 4),
            (r#"{"a,b": ["[{,", "\","]}"#, 4),
            ("{}", 2),
        ] {
            assert_eq!(most_values(text.as_bytes()), most, "{text}");
        }
    }

    fn written(value: &impl WriteJson) -> String {
        let mut out = Vec::new();
        value.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_spelled_as_the_executor_spells_them() {
        let edges = [
            (0, 0),
            (-62_135_596_800, 0),
            (-62_167_219_200, 5),
            (-99_999_999_999, 999_999_999),
            (1_704_088_799, 120_000_000),
            (1_704_088_799, 120_300_000),
            (1_704_088_799, 120_300_007),
            (253_402_300_799, 999_999_000),
            (253_402_300_800, 0),
            (1_483_228_799, 1_500_000_000),
        ];
        for (seconds, nanos) in edges {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            assert_eq!(written(&time), time.to_value().to_string());
            let day = time.date_naive();
            assert_eq!(written(&day), format!("\"{day}\""));
        }
    }

    #[test]
    fn text_that_is_written_already_is_not_written_again() {
        let raw = Value::Binary(br#"{"a":[1]}"#.to_vec().into());
        let list = Value::List(vec![raw, Value::Null, Value::from("\"\u{1}")]);
        assert_eq!(written(&list), r#"[{"a":[1]},null,"\"\u0001"]"#);
    }
}
