//! JSON as somebody wrote it: a tree that remembers every blank and every spelling, so that a record of
//! which one value is changed keeps all its other bytes.

mod parse;
mod print;

use std::borrow::Cow;

pub(super) use parse::parse;
pub(super) use print::Layout;

use serde_json::{Number, Value};

/// A value and how it was spelled.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Flag(bool),
    /// The digits as they were written.
    Number(Cow<'a, str>),
    Text(Text<'a>),
    List(List<'a>),
    Object(Object<'a>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text<'a> {
    /// With its quotes and escapes.
    raw: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

/// Blanks are None where something new is still to be laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct List<'a> {
    pub(super) items: Vec<Item<'a>>,
    /// Before the closing bracket.
    tail: Option<&'a str>,
    pub(super) at: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item<'a> {
    lead: Option<&'a str>,
    pub(super) node: Node<'a>,
    trail: &'a str,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object<'a> {
    pub(super) members: Vec<Member<'a>>,
    tail: Option<&'a str>,
    /// Where it lies in the text that was read.
    pub(super) at: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member<'a> {
    lead: Option<&'a str>,
    pub(super) key: Text<'a>,
    /// The colon, and the blanks around it.
    colon: Option<&'a str>,
    pub(super) node: Node<'a>,
    trail: &'a str,
}

impl Text<'_> {
    pub(super) fn new(value: &str) -> Self {
        Self {
            raw: Cow::Owned(Value::from(value).to_string()),
            value: Cow::Owned(value.to_owned()),
        }
    }
}

impl<'a> Node<'a> {
    pub(super) fn text(value: &str) -> Self {
        Self::Text(Text::new(value))
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.value),
            _ => None,
        }
    }

    pub(super) const fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) const fn as_list(&self) -> Option<&List<'a>> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value without its spelling.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Flag(flag) => Value::Bool(*flag),
            Self::Number(digits) => number(digits).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text.value.clone().into_owned()),
            Self::List(list) => list.items.iter().map(|item| item.node.value()).collect(),
            Self::Object(object) => object.value(),
        }
    }
}

fn number(digits: &str) -> Option<Number> {
    digits.parse().ok()
}

impl From<&Value> for Node<'_> {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Number(number) => Self::Number(Cow::Owned(number.to_string())),
            Value::String(text) => Self::text(text),
            Value::Array(items) => {
                let mut list = List::default();
                for item in items {
                    list.push(item.into());
                }
                Self::List(list)
            }
            Value::Object(members) => {
                let mut object = Object::default();
                for (key, value) in members {
                    object.set(key, value.into());
                }
                Self::Object(object)
            }
        }
    }
}

impl<'a> Object<'a> {
    pub(super) fn value(&self) -> Value {
        let members = self.members.iter();
        Value::Object(
            members
                .map(|member| (member.key.value.clone().into_owned(), member.node.value()))
                .collect(),
        )
    }

    /// The value of a key; none where it is missing or null.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'a>> {
        let found = self.members.iter().find(|member| member.key.value == key)?;
        (found.node != Node::Null).then_some(&found.node)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node<'a>> {
        let found = self
            .members
            .iter_mut()
            .find(|member| member.key.value == key)?;
        Some(&mut found.node)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// Changes a value in its place, or adds it at the end.
    pub(super) fn set(&mut self, key: &str, node: Node<'a>) {
        if let Some(old) = self.get_mut(key) {
            *old = node;
            return;
        }
        self.members.push(Member {
            lead: None,
            key: Text::new(key),
            colon: None,
            node,
            trail: "",
        });
    }

    /// Takes a key out, with the blanks before it.
    pub(super) fn remove(&mut self, key: &str) {
        self.members.retain(|member| member.key.value != key);
    }
}

impl<'a> List<'a> {
    pub(super) fn push(&mut self, node: Node<'a>) {
        self.items.push(Item::new(node));
    }
}

impl<'a> Item<'a> {
    pub(super) const fn new(node: Node<'a>) -> Self {
        Self {
            lead: None,
            node,
            trail: "",
        }
    }
}

#[cfg(test)]
mod tests;
