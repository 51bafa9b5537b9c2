//! Where the schema is hidden, an answer names no more of it than the request did: the words of rules
//! that an input broke name other fields, too, because they are written for those who know them.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use apollo_compiler::{
    Schema,
    schema::{ExtendedType, FieldDefinition},
};
use async_graphql::{Response, Value};

use super::{JsonMap, JsonValue, Prepared};

/// Everything that has a name in a schema.
pub(super) fn names(schema: &Schema) -> HashSet<String> {
    let mut names = HashSet::new();
    for (name, kind) in &schema.types {
        names.insert(name.to_string());
        match kind {
            ExtendedType::Object(it) => it.fields.values().for_each(|it| add(it, &mut names)),
            ExtendedType::Interface(it) => it.fields.values().for_each(|it| add(it, &mut names)),
            ExtendedType::Enum(it) => names.extend(it.values.keys().map(ToString::to_string)),
            ExtendedType::InputObject(it) => {
                names.extend(it.fields.keys().map(ToString::to_string));
            }
            ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
        }
    }
    names
}

fn add(field: &FieldDefinition, names: &mut HashSet<String>) {
    names.insert(field.name.to_string());
    names.extend(field.arguments.iter().map(|it| it.name.to_string()));
}

/// What one request may be told.
pub struct Concealed {
    pub(super) names: Arc<HashSet<String>>,
    pub(super) document: Arc<Prepared>,
    pub(super) given: JsonMap,
}

impl Concealed {
    /// Takes the names out of the answer's errors that the request did not bring.
    #[must_use]
    pub fn within(&self, mut answer: Response) -> Response {
        if answer.errors.is_empty() {
            return answer;
        }
        let asked = self.asked();
        let hidden = |word: &str| self.names.contains(word) && !asked.contains(word);
        for error in &mut answer.errors {
            error.message = quoted_words(&error.message, hidden);
            if let Some(extensions) = &mut error.extensions
                && let Some(Value::String(field)) = extensions.get("field")
            {
                let field = words(field, hidden);
                extensions.set("field", field);
            }
        }
        answer
    }

    /// Every word of the request.
    fn asked(&self) -> HashSet<Cow<'_, str>> {
        let mut asked = HashSet::new();
        for file in self.document.checked.sources.values() {
            // The schema is among the sources of every document.
            if file.path().ends_with(super::FILE_NAME) {
                asked.extend(file.source_text().split(is_no_letter).map(Cow::Borrowed));
            }
        }
        for (name, value) in &self.given {
            asked.insert(name.as_str().into());
            keys(value, &mut asked);
        }
        asked
    }
}

fn keys<'a>(value: &'a JsonValue, found: &mut HashSet<Cow<'a, str>>) {
    match value {
        JsonValue::Object(fields) => {
            for (name, value) in fields {
                found.insert(name.as_str().into());
                keys(value, found);
            }
        }
        JsonValue::Array(items) => items.iter().for_each(|item| keys(item, found)),
        JsonValue::String(text) => {
            found.extend(text.as_str().split(is_no_letter).map(Cow::Borrowed));
        }
        _ => {}
    }
}

fn is_no_letter(sign: char) -> bool {
    !sign.is_ascii_alphanumeric() && sign != '_'
}

/// The message with an ellipsis for each hidden word between backticks.
fn quoted_words(message: &str, hidden: impl Fn(&str) -> bool) -> String {
    let parts = message.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        1 => words(part, &hidden),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

fn words(text: &str, hidden: impl Fn(&str) -> bool) -> String {
    let parts = text.split_inclusive(is_no_letter);
    parts
        .map(|part| {
            let word = part.trim_end_matches(is_no_letter);
            if hidden(word) {
                format!("…{}", &part[word.len()..])
            } else {
                part.to_owned()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::quoted_words;

    #[test]
    fn only_names_in_quotes_are_taken_out() {
        let hidden = |word: &str| ["id", "input"].contains(&word);
        for (message, told) in [
            ("an id is a UUID", "an id is a UUID"),
            ("give `id` or `ids`", "give `…` or `ids`"),
            ("`input.sets.2` needs `{}`", "`….sets.2` needs `{}`"),
            ("odd ` ticks", "odd ` ticks"),
        ] {
            assert_eq!(quoted_words(message, hidden), told);
        }
    }
}
