//! Where the schema is hidden, an answer names no more of it than the request did: the words of rules
//! that an input broke name other fields, too, because they are written for those who know them.
//!
//! A request brings a name by using it as what it is. A word in a comment, in a text, in JSON, or as an alias
//! brings nothing: else a dictionary put there would tell which of its words are names.

use std::{collections::HashSet, sync::Arc};

use apollo_compiler::{
    Name, Schema,
    executable::Selection,
    schema::{ExtendedType, FieldDefinition},
    validation::Valid,
};
use async_graphql::{Response, Value};

use super::{
    JsonMap, Prepared,
    inputs::{self, Said},
};

/// A schema that is shown to nobody, and everything in it that has a name.
pub(super) struct Hidden {
    schema: Arc<Valid<Schema>>,
    names: HashSet<String>,
}

impl Hidden {
    pub(super) fn of(schema: &Arc<Valid<Schema>>) -> Self {
        let mut names = HashSet::new();
        for (name, kind) in &schema.types {
            names.insert(name.to_string());
            match kind {
                ExtendedType::Object(it) => it.fields.values().for_each(|it| add(it, &mut names)),
                ExtendedType::Interface(it) => {
                    it.fields.values().for_each(|it| add(it, &mut names));
                }
                ExtendedType::Enum(it) => names.extend(it.values.keys().map(ToString::to_string)),
                ExtendedType::InputObject(it) => {
                    names.extend(it.fields.keys().map(ToString::to_string));
                }
                ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
            }
        }
        Self {
            schema: Arc::clone(schema),
            names,
        }
    }
}

fn add(field: &FieldDefinition, names: &mut HashSet<String>) {
    names.insert(field.name.to_string());
    names.extend(field.arguments.iter().map(|it| it.name.to_string()));
}

/// What one request may be told.
pub struct Concealed {
    pub(super) hidden: Arc<Hidden>,
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
        let hidden = |word: &str| self.hidden.names.contains(word) && !asked.contains(word);
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

    /// Every name that the request uses as one.
    fn asked(&self) -> HashSet<&str> {
        let (document, schema) = (&self.document.checked, &self.hidden.schema);
        let mut asked = HashSet::new();
        inputs::selections(document, &mut |selection| match selection {
            Selection::Field(field) => {
                asked.insert(field.name.as_str());
                asked.extend(field.arguments.iter().map(|it| it.name.as_str()));
            }
            Selection::InlineFragment(fragment) => {
                asked.extend(fragment.type_condition.as_ref().map(Name::as_str));
            }
            Selection::FragmentSpread(_) => {}
        });
        let fragments = document.fragments.values();
        asked.extend(fragments.map(|it| it.selection_set.ty.as_str()));
        inputs::of_document(document, schema, &mut |said| bring(&said, &mut asked));
        for operation in document.operations.iter() {
            inputs::of_variables(operation, &self.given, schema, &mut |said| {
                bring(&said, &mut asked);
            });
        }
        asked.extend(
            document
                .operations
                .iter()
                .flat_map(|it| &it.variables)
                .map(|it| it.ty.inner_named_type().as_str()),
        );
        asked
    }
}

fn bring<'a>(said: &Said<'a>, asked: &mut HashSet<&'a str>) {
    if let Said::Field(name) | Said::Enum(name) = said {
        asked.insert(name);
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
