//! What apps may remember for a user: a few keys whose values are checked, and any that begin with `x-`.
//! Changes are merge patches (RFC 7396).

use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    graphql::input,
};

/// As the database measures it, on the text with a blank after each colon and comma.
const MOST_BYTES: usize = 16 * 1024;

/// What a key can hold.
enum Kind {
    Flag,
    Whole(i64, i64),
    Word(&'static [&'static str]),
    Language,
    Time,
    /// Up to so many short texts.
    Names(usize),
    Group(&'static [(&'static str, Self)]),
}

/// Every key that is not free. `UpdateSettingsInput` describes them for API users.
const KNOWN: &[(&str, Kind)] = &[
    ("theme", Kind::Word(&["system", "light", "dark"])),
    ("language", Kind::Language),
    ("defaultWeightUnit", Kind::Word(&["kg", "lb"])),
    ("defaultDistanceUnit", Kind::Word(&["km", "mi"])),
    ("restTimerSeconds", Kind::Whole(0, 7200)),
    ("restTimerSound", Kind::Flag),
    ("restTimerVibration", Kind::Flag),
    ("weeklyGoal", Kind::Whole(1, 21)),
    ("showRpe", Kind::Flag),
    ("keepScreenOn", Kind::Flag),
    ("dismissedHints", Kind::Names(100)),
    ("reminders", Kind::Group(REMINDERS)),
];

const REMINDERS: &[(&str, Kind)] = &[
    ("workouts", Kind::Flag),
    ("tasks", Kind::Flag),
    ("time", Kind::Time),
];

/// A change of preferences: merged into what is there, or put in its place.
#[derive(Clone, Debug)]
pub(super) struct PreferencesChange {
    pub(super) patch: Map<String, Value>,
    pub(super) replace: bool,
}

impl PreferencesChange {
    /// The preferences after the change, if everything in them can be taken. What is there already and
    /// is not touched stays, whatever it is.
    pub(super) fn apply(&self, current: &Value) -> Result<Value> {
        let mut merged = if self.replace {
            Value::Object(Map::new())
        } else {
            current.clone()
        };
        let patch = Value::Object(self.patch.clone());
        merge(&mut merged, &patch);
        check_entries("input.preferences", KNOWN, true, &self.patch, &merged)?;
        let size = stored_size(&merged);
        if size > MOST_BYTES {
            let message = format!(
                "`preferences` would have {size} bytes: they must have at most {MOST_BYTES} in all"
            );
            return Err(Error::invalid("input.preferences", message));
        }
        Ok(merged)
    }
}

/// As RFC 7396 puts it: null removes, objects are merged, everything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(entries) = target else {
        return;
    };
    for (key, value) in patch {
        if value.is_null() {
            entries.remove(key);
        } else {
            merge(entries.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Checks what the patch touches, as it is after the merge.
fn check_entries(
    at: &str,
    known: &[(&str, Kind)],
    free: bool,
    patch: &Map<String, Value>,
    merged: &Value,
) -> Result<()> {
    for key in patch.keys() {
        let at = format!("{at}.{key}");
        // Whatever is gone afterwards needs no check: so an unknown key can be removed.
        let Some(value) = merged.get(key) else {
            continue;
        };
        match known.iter().find(|(name, _)| name == key) {
            Some((_, Kind::Group(known))) => match (patch.get(key), value) {
                (Some(Value::Object(patch)), Value::Object(_)) => {
                    check_entries(&at, known, false, patch, value)?;
                }
                _ => return Err(refused(&at, "an object")),
            },
            Some((_, kind)) => check_value(&at, kind, value)?,
            None if free && key.starts_with("x-") => check_free(&at, key, value)?,
            None => return Err(unknown(&at, key, known, free)),
        }
    }
    Ok(())
}

fn check_value(path: &str, kind: &Kind, value: &Value) -> Result<()> {
    let text = value.as_str();
    match kind {
        Kind::Flag if value.is_boolean() => Ok(()),
        Kind::Flag => Err(refused(path, "true or false")),
        Kind::Whole(from, to) if value.as_i64().is_some_and(|n| (*from..=*to).contains(&n)) => {
            Ok(())
        }
        Kind::Whole(from, to) => Err(refused(
            path,
            &format!("a whole number from {from} to {to}"),
        )),
        Kind::Word(words) if text.is_some_and(|text| words.contains(&text)) => Ok(()),
        Kind::Word(words) => Err(refused(path, &format!("one of `{}`", words.join("`, `")))),
        Kind::Language if text.is_some_and(is_language) => Ok(()),
        Kind::Language => Err(refused(path, "a language tag, such as `de` or `pt-BR`")),
        Kind::Time if text.is_some_and(is_time) => Ok(()),
        Kind::Time => Err(refused(path, "a time of day, such as `07:30`")),
        Kind::Names(most) if are_names(value, *most) => Ok(()),
        Kind::Names(most) => Err(refused(
            path,
            &format!("a list of at most {most} texts of at most 60 characters"),
        )),
        Kind::Group(_) => Err(refused(path, "an object")),
    }
}

fn is_language(text: &str) -> bool {
    let parts = || text.split('-');
    text.len() <= 35
        && parts().all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
        && parts().next().is_some_and(|first| {
            (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic())
        })
}

fn is_time(text: &str) -> bool {
    text.len() == 5 && chrono::NaiveTime::parse_from_str(text, "%H:%M").is_ok()
}

fn are_names(value: &Value, most: usize) -> bool {
    let is_name = |item: &Value| {
        item.as_str().is_some_and(|text| {
            (1..=60).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        })
    };
    value
        .as_array()
        .is_some_and(|items| items.len() <= most && items.iter().all(is_name))
}

/// A key of an app's own may hold anything that the database can.
fn check_free(path: &str, key: &str, value: &Value) -> Result<()> {
    if key.contains('\0') {
        return Err(Error::invalid(
            path,
            "text must not have the character U+0000",
        ));
    }
    input::json(path, value)
}

/// The length of the text that the database makes of it.
fn stored_size(value: &Value) -> usize {
    let separators = |count: usize| 2 * count.saturating_sub(1);
    match value {
        Value::Array(items) => {
            2 + separators(items.len()) + items.iter().map(stored_size).sum::<usize>()
        }
        Value::Object(entries) => {
            let size = |(key, value): (&String, &Value)| {
                stored_size(&Value::String(key.clone())) + 2 + stored_size(value)
            };
            2 + separators(entries.len()) + entries.iter().map(size).sum::<usize>()
        }
        other => other.to_string().len(),
    }
}

fn refused(path: &str, expected: &str) -> Error {
    let key = path.rsplit('.').next().unwrap_or(path);
    Error::invalid(path, format!("`{key}` must be {expected}"))
}

fn unknown(path: &str, key: &str, known: &[(&str, Kind)], free: bool) -> Error {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let own = if free {
        ", or begin it with `x-` if it is your app's own"
    } else {
        ""
    };
    let shown: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
    let message = format!(
        "there is no preference `{shown}`: use one of `{}`{own}",
        names.join("`, `")
    );
    Error::invalid(path, message)
}
