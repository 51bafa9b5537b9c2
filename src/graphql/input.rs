//! Checks that inputs of all concepts share. Each names the field by its full path and says what would
//! be taken.

use async_graphql::MaybeUndefined;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde_json::Value;

use crate::{
    db::Decimal,
    error::{Error, Result},
};

/// A line of text: trimmed, not blank, no control characters, at most `longest` characters.
pub fn line(field: &str, text: &str, longest: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().all(is_unseen) {
        return Err(Error::invalid(
            field,
            format!("`{}` must not be blank", last(field)),
        ));
    }
    if text.chars().any(char::is_control) {
        let message = format!(
            "`{}` must be one line without control characters",
            last(field)
        );
        return Err(Error::invalid(field, message));
    }
    // The same letters can be written in several ways, which nobody can tell apart.
    bounded(field, &NFC.normalize(text), longest)
}

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();

/// Whether nothing is to be seen of a character by itself: blanks, joiners, marks of direction.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        )
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(c, '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text of several lines, at most `longest` characters; blank counts as none.
pub fn text(field: &str, text: &str, longest: usize) -> Result<Option<String>> {
    let forbidden = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(forbidden) {
        let message = format!("`{}` must not have control characters", last(field));
        return Err(Error::invalid(field, message));
    }
    let text = bounded(field, text, longest)?;
    Ok((!text.trim().is_empty()).then_some(text))
}

/// A list of short names: each a line, none twice, at most `most` of them.
pub fn names(field: &str, names: &[String], most: usize, longest: usize) -> Result<Vec<String>> {
    if names.len() > most {
        let message = format!("`{}` must have at most {most} items", last(field));
        return Err(Error::invalid(field, message));
    }
    let mut kept: Vec<String> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let name = line(&format!("{field}.{index}"), name, longest)?;
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    Ok(kept)
}

/// A whole number within bounds.
pub fn whole(field: &str, number: i32, from: i32, to: i32) -> Result<i32> {
    if (from..=to).contains(&number) {
        return Ok(number);
    }
    Err(Error::invalid(
        field,
        format!(
            "`{}` must be from {from} to {to}, not {number}",
            last(field)
        ),
    ))
}

/// A decimal number within bounds and with at most `places` decimals. What is left of a computation with
/// binary fractions, as in `0.30000000000000004`, is nothing that anybody meant.
pub fn decimal(field: &str, number: Decimal, from: i64, to: i64, places: u32) -> Result<Decimal> {
    let exact = number.0.normalize();
    let rounded = exact.round_dp(places).normalize();
    let exact = if (exact - rounded).abs() < Decimal::NOISE.0 {
        rounded
    } else {
        exact
    };
    if exact < from.into() || exact > to.into() {
        let message = format!("`{}` must be from {from} to {to}, not {exact}", last(field));
        return Err(Error::invalid(field, message));
    }
    if exact.scale() > places {
        let decimals = if places == 1 { "decimal" } else { "decimals" };
        let message = format!("`{}` must have at most {places} {decimals}", last(field));
        return Err(Error::invalid(field, message));
    }
    Ok(Decimal(exact))
}

/// An instant between 1900 and 2200, to the microsecond.
pub fn instant(field: &str, at: DateTime<Utc>) -> Result<DateTime<Utc>> {
    year(field, at.year())?;
    Ok(DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at))
}

/// A day between 1900 and 2200.
pub fn day(field: &str, day: NaiveDate) -> Result<NaiveDate> {
    year(field, day.year())?;
    Ok(day)
}

/// The name of a time zone, such as `Europe/Berlin`.
pub fn timezone(field: &str, name: &str) -> Result<chrono_tz::Tz> {
    name.parse().map_err(|_| {
        let message = format!(
            "`{}` must be the name of a time zone, such as `Europe/Berlin`",
            last(field)
        );
        Error::invalid(field, message)
    })
}

fn year(field: &str, year: i32) -> Result<()> {
    if (1900..2200).contains(&year) {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        format!("`{}` must be between 1900 and 2199", last(field)),
    ))
}

fn bounded(field: &str, text: &str, longest: usize) -> Result<String> {
    if text.chars().count() > longest {
        let message = format!("`{}` must have at most {longest} characters", last(field));
        return Err(Error::invalid(field, message));
    }
    Ok(text.to_owned())
}

/// The last part of a path: `input.sets.2.reps` is about `reps`.
fn last(field: &str) -> &str {
    field
        .rsplit('.')
        .find(|part| part.parse::<usize>().is_err())
        .unwrap_or(field)
}

/// A condition that is left out or has a value. Null is refused: a variable that was forgotten must
/// not turn into a list of everything.
pub fn given<T>(field: &str, value: MaybeUndefined<T>) -> Result<Option<T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => Err(Error::invalid(
            field,
            format!("`{}` must not be null: leave it out", last(field)),
        )),
    }
}

/// The same for a value that has to be checked. In a change it is what cannot be cleared.
pub fn given_checked<T, U>(
    field: &str,
    value: MaybeUndefined<T>,
    check: impl FnOnce(T) -> Result<U>,
) -> Result<Option<U>> {
    given(field, value)?.map(check).transpose()
}

/// The deepest that free JSON may be nested.
const DEEPEST: usize = 16;

/// JSON of any shape that the database can keep: no character U+0000, and not nested too deeply.
pub fn json(field: &str, value: &Value) -> Result<()> {
    if has_null_character(value) {
        return Err(Error::invalid(
            field,
            "text must not have the character U+0000",
        ));
    }
    if depth(value) > DEEPEST {
        let message = format!(
            "`{}` must not be nested deeper than {DEEPEST} levels",
            last(field)
        );
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

fn has_null_character(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_null_character),
        Value::Object(entries) => entries
            .iter()
            .any(|(key, value)| key.contains('\0') || has_null_character(value)),
        _ => false,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A clearable field as a changeset has it: absent leaves it, null clears it.
pub fn clearable<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

/// The same for a value that has to be checked.
pub fn clearable_checked<T, U>(
    value: MaybeUndefined<T>,
    check: impl FnOnce(T) -> Result<U>,
) -> Result<Option<Option<U>>> {
    Ok(match clearable(value) {
        Some(Some(value)) => Some(Some(check(value)?)),
        Some(None) => Some(None),
        None => None,
    })
}

/// The same for text, which may turn out to be blank.
pub fn clearable_text(
    value: MaybeUndefined<String>,
    check: impl FnOnce(&str) -> Result<Option<String>>,
) -> Result<Option<Option<String>>> {
    Ok(match clearable(value) {
        Some(Some(text)) => Some(check(&text)?),
        Some(None) => Some(None),
        None => None,
    })
}
