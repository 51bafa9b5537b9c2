//! Writing records as the app writes them: only what differs from what the text already says is changed in
//! it, and what the app has no key for stands under one key of ours.

mod arrange;
mod entries;
mod exercises;
mod sets;
mod settings;
mod workouts;

pub(super) use entries::{entry, gone};
pub(super) use exercises::Shelved;
pub(super) use settings::settings;
pub(super) use workouts::Writing;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use super::{
    meaning::REGIMEN,
    text::{Layout, Node, Object},
};
use crate::db::Decimal;

/// A text and how it is laid out.
pub(super) struct Page<'a> {
    pub(super) object: Object<'a>,
    layout: Layout,
    lead: &'a str,
}

impl<'a> Page<'a> {
    /// As it is in its file, or new.
    pub(super) fn new(object: Object<'a>, like: Option<Layout>, lead: &'a str) -> Self {
        let layout = Layout::of(&object, lead).or(like).unwrap_or_else(|| {
            let mut layout = Layout::default();
            if !lead.contains('\n') {
                (layout.unit, layout.colon) = (None, ":".to_owned());
            }
            layout
        });
        Self {
            object,
            layout,
            lead,
        }
    }

    pub(super) fn print(self) -> String {
        let mut out = String::new();
        self.layout
            .print(&Node::Object(self.object), self.lead, &mut out);
        out
    }
}

/// Sets a key if what it was read to is not what it has to be; without a value it is taken out.
fn put<T: PartialEq>(
    object: &mut Object,
    key: &str,
    was: Option<&T>,
    is: &T,
    node: Option<Node<'static>>,
) {
    if was == Some(is) {
        return;
    }
    match node {
        Some(node) => object.set(key, node),
        None => object.remove(key),
    }
}

/// `put` for many columns: each with its key, and the value that says it.
macro_rules! keys {
    ($object:expr, $was:expr => $is:expr; $($column:ident: $key:expr, $node:expr;)*) => {
        $(super::put($object, $key, $was.map(|it| &it.$column), &$is.$column, $node);)*
    };
}

use keys;

/// Lets our key say exactly this, or nothing.
fn mark(object: &mut Object, ours: Map<String, Value>) {
    if ours.is_empty() {
        object.remove(REGIMEN);
        return;
    }
    let ours = Value::Object(ours);
    if object.get(REGIMEN).map(Node::value).as_ref() != Some(&ours) {
        object.set(REGIMEN, (&ours).into());
    }
}

fn number<T: Into<Value>>(value: Option<T>) -> Option<Node<'static>> {
    value.map(|value| (&value.into()).into())
}

fn decimal(value: Option<Decimal>) -> Option<Node<'static>> {
    number(value.and_then(|value| serde_json::to_value(value).ok()))
}

fn text(value: Option<&String>) -> Option<Node<'static>> {
    value.map(|value| Node::text(value))
}

fn texts(value: &[String]) -> Node<'static> {
    (&Value::from(value)).into()
}

/// As a browser writes times, with as many digits as are needed.
fn time(value: Option<DateTime<Utc>>) -> Option<Node<'static>> {
    let value = value?;
    let digits = if value.timestamp_subsec_micros() % 1000 == 0 {
        SecondsFormat::Millis
    } else {
        SecondsFormat::Micros
    };
    Some(Node::text(&value.to_rfc3339_opts(digits, true)))
}
