//! Writing a tree: what was read as it was, and what is new as its neighbours are.

use super::{List, Node, Object};

/// How a file is laid out, as far as something new has to follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::legacy) struct Layout {
    /// What one level is indented by; none where everything is on one line.
    pub(in crate::legacy) unit: Option<String>,
    pub(in crate::legacy) colon: String,
}

impl Default for Layout {
    /// As most programs write what people are to read.
    fn default() -> Self {
        Self {
            unit: Some("  ".to_owned()),
            colon: ": ".to_owned(),
        }
    }
}

impl Layout {
    /// As an object that begins after `here`, a line break and blanks, is laid out.
    pub(in crate::legacy) fn of(object: &Object, here: &str) -> Option<Self> {
        let first = object.members.first()?;
        let lead = first.lead?;
        let unit = lead.contains('\n').then(|| {
            let unit = lead.strip_prefix(here).filter(|unit| !unit.is_empty());
            unit.unwrap_or("  ").replace(['\r', '\n'], "")
        });
        Some(Self {
            unit,
            colon: first.colon?.to_owned(),
        })
    }

    /// Writes a node whose closing bracket, if it is on a line of its own, comes after `here`.
    pub(in crate::legacy) fn print(&self, node: &Node, here: &str, out: &mut String) {
        match node {
            Node::Null => out.push_str("null"),
            Node::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Node::Number(digits) => out.push_str(digits),
            Node::Text(text) => out.push_str(&text.raw),
            Node::List(list) => self.list(list, here, out),
            Node::Object(object) => self.object(object, here, out),
        }
    }

    fn object(&self, object: &Object, here: &str, out: &mut String) {
        let known = object.members.iter().rev().find_map(|member| member.lead);
        let colon = object.members.iter().find_map(|member| member.colon);
        let colon = colon.unwrap_or(&self.colon);
        let inner = known.map_or_else(|| self.below(here), str::to_owned);
        out.push('{');
        for (at, member) in object.members.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(member.lead.unwrap_or(&inner));
            out.push_str(&member.key.raw);
            out.push_str(member.colon.unwrap_or(colon));
            self.print(&member.node, member.lead.unwrap_or(&inner), out);
            out.push_str(member.trail);
        }
        out.push_str(&self.tail(object.members.is_empty(), known, object.tail, here));
        out.push('}');
    }

    fn list(&self, list: &List, here: &str, out: &mut String) {
        let known = list.items.iter().rev().find_map(|item| item.lead);
        let inner = known.map_or_else(|| self.below(here), str::to_owned);
        out.push('[');
        for (at, item) in list.items.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            let lead = item.lead.unwrap_or(&inner);
            out.push_str(lead);
            self.print(&item.node, lead, out);
            out.push_str(item.trail);
        }
        out.push_str(&self.tail(list.items.is_empty(), known, list.tail, here));
        out.push(']');
    }

    /// The blanks before what is one level below `here`.
    pub(in crate::legacy) fn below(&self, here: &str) -> String {
        match &self.unit {
            Some(unit) if here.contains('\n') => format!("{here}{unit}"),
            Some(unit) => format!("\n{unit}"),
            None => String::new(),
        }
    }

    /// The blanks before the end: as they were where something of what was inside still is.
    fn tail(&self, empty: bool, known: Option<&str>, tail: Option<&str>, here: &str) -> String {
        match (empty, tail) {
            (true, tail) => tail
                .filter(|tail| !tail.contains('\n'))
                .unwrap_or("")
                .to_owned(),
            (false, Some(tail)) if known.is_some() => tail.to_owned(),
            (false, _) if self.unit.is_none() => String::new(),
            (false, _) if here.contains('\n') => here.to_owned(),
            (false, _) => "\n".to_owned(),
        }
    }
}
