//! Single values: what they have to be, and the words for what they are not.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal as Exact, RoundingStrategy};

use crate::{
    db::Decimal,
    legacy::text::{Node, Object},
};

/// A part of a record that cannot be taken; it stays in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::legacy) struct Part {
    /// Where in the record, such as `exercises[0].sets[2]`.
    pub(in crate::legacy) path: String,
    pub(in crate::legacy) at: usize,
    pub(in crate::legacy) end: usize,
    pub(in crate::legacy) reason: String,
}

/// What of a record could not be taken, and what was noticed on the way.
#[derive(Clone, Debug, Default)]
pub(in crate::legacy) struct Parts {
    pub(in crate::legacy) refused: Vec<Part>,
    /// The values of `intensity`, which are kept in the file and mapped to nothing.
    pub(in crate::legacy) intensities: Vec<String>,
}

pub(super) type Value<T> = Result<T, String>;

impl Parts {
    pub(super) fn refuse(&mut self, path: &str, object: &Object, reason: String) {
        self.refused.push(Part {
            path: path.to_owned(),
            at: object.at,
            end: object.end,
            reason,
        });
    }

    /// The value, or nothing where it cannot be taken: then the rest does without it.
    pub(super) fn or_without<T>(
        &mut self,
        path: &str,
        object: &Object,
        value: Value<Option<T>>,
    ) -> Option<T> {
        value.unwrap_or_else(|reason| {
            self.refuse(
                path,
                object,
                format!("{reason}; the rest is read without it"),
            );
            None
        })
    }
}

/// Case, blanks and punctuation make no difference between two names.
pub(in crate::legacy) fn fold(name: &str) -> String {
    let folded: String = name
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if folded.is_empty() {
        name.trim().to_lowercase()
    } else {
        folded
    }
}

pub(super) fn text(object: &Object, key: &str, longest: usize) -> Value<Option<String>> {
    let Some(node) = object.get(key) else {
        return Ok(None);
    };
    let Some(text) = node.as_text() else {
        return Err(format!("`{key}` is {}, not a text", node.noun()));
    };
    let length = text.chars().count();
    if length > longest {
        return Err(format!(
            "`{key}` has {length} characters: at most {longest} can be kept"
        ));
    }
    Ok(Some(text.to_owned()))
}

/// A text without the blanks around it; an empty one is none.
pub(super) fn name(object: &Object, key: &str, longest: usize) -> Value<Option<String>> {
    let text = text(object, key, longest)?;
    Ok(text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty()))
}

pub(super) fn flag(object: &Object, key: &str) -> Value<Option<bool>> {
    match object.get(key) {
        None => Ok(None),
        Some(Node::Flag(flag)) => Ok(Some(*flag)),
        Some(other) => Err(format!("`{key}` is {}, not true or false", other.noun())),
    }
}

fn exact(object: &Object, key: &str) -> Value<Option<Exact>> {
    match object.get(key) {
        None => Ok(None),
        Some(Node::Number(digits)) => {
            let number = digits.parse().ok();
            let number = number.or_else(|| Exact::from_scientific(digits).ok());
            let number =
                number.ok_or_else(|| format!("`{key}` is `{digits}`, which is too large"))?;
            Ok(Some(number))
        }
        Some(Node::Text(text)) => Err(format!(
            "`{key}` is the text `{}`, not a number",
            text.value.chars().take(40).collect::<String>()
        )),
        Some(other) => Err(format!("`{key}` is {}, not a number", other.noun())),
    }
}

/// A number from 0 to `most`, with as many places as its column has.
pub(super) fn decimal(
    object: &Object,
    key: &str,
    places: u32,
    most: i64,
) -> Value<Option<Decimal>> {
    let Some(number) = exact(object, key)? else {
        return Ok(None);
    };
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    if rounded < Exact::ZERO || rounded >= Exact::from(most) {
        return Err(format!(
            "`{key}` is {number}: it must be at least 0 and below {most}"
        ));
    }
    Ok(Some(Decimal(rounded.normalize())))
}

pub(super) fn whole(object: &Object, key: &str, most: i32) -> Value<Option<i32>> {
    let Some(number) = exact(object, key)? else {
        return Ok(None);
    };
    let whole = i32::try_from(number).ok().filter(|_| number.is_integer());
    whole
        .filter(|whole| (0..=most).contains(whole))
        .map(Some)
        .ok_or_else(|| format!("`{key}` is {number}: it must be a whole number from 0 to {most}"))
}

/// An instant: with its offset, or in milliseconds since 1970.
pub(super) fn time(object: &Object, key: &str) -> Value<Option<DateTime<Utc>>> {
    let time = match object.get(key) {
        None => return Ok(None),
        Some(Node::Text(text)) if text.value.is_empty() => return Ok(None),
        Some(Node::Text(text)) => DateTime::parse_from_rfc3339(&text.value)
            .map(|time| time.to_utc())
            .map_err(|_| {
                let shown: String = text.value.chars().take(40).collect();
                format!("`{key}` is `{shown}`: a time is written as `2025-01-31T18:00:00Z`")
            })?,
        Some(Node::Number(digits)) => digits
            .parse()
            .ok()
            .filter(|millis: &i64| *millis > 100_000_000_000)
            .and_then(DateTime::from_timestamp_millis)
            .ok_or_else(|| format!("`{key}` is {digits}, which is no time"))?,
        Some(other) => return Err(format!("`{key}` is {}, not a time", other.noun())),
    };
    let time = DateTime::from_timestamp_micros(time.timestamp_micros());
    time.filter(|time| (-2_208_988_800..7_258_118_400).contains(&time.timestamp()))
        .map(Some)
        .ok_or_else(|| format!("`{key}` is not between the years 1900 and 2200"))
}

/// Names in a list, or a single one; each once, and in lower case, as the library has them.
pub(super) fn names(object: &Object, key: &str, most: usize) -> Value<Vec<String>> {
    let found = lines(object, key)?;
    let mut names: Vec<String> = Vec::new();
    for name in found {
        let name = name.to_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let length: usize = names.iter().map(String::len).sum();
    if names.len() > most || length > 2000 {
        return Err(format!(
            "`{key}` has {} names: at most {most} can be kept",
            names.len()
        ));
    }
    Ok(names)
}

/// Texts in a list, or a single one, without empty ones.
pub(super) fn lines(object: &Object, key: &str) -> Value<Vec<String>> {
    let wrong = |node: &Node| format!("`{key}` is {}, not a list of texts", node.noun());
    let texts: Vec<&str> = match object.get(key) {
        None => Vec::new(),
        Some(Node::Text(text)) => vec![&text.value],
        Some(Node::List(list)) => {
            let texts = list
                .items
                .iter()
                .map(|item| item.node.as_text().ok_or(&item.node));
            texts.collect::<Result<_, _>>().map_err(wrong)?
        }
        Some(other) => return Err(wrong(other)),
    };
    let texts = texts.into_iter().map(|text| text.trim().to_owned());
    Ok(texts.filter(|text| !text.is_empty()).collect())
}
