//! Reading one value, strictly: what a database could not hold, or two readers could understand in two
//! ways, is refused with its place.

use std::{borrow::Cow, collections::HashSet};

use super::{Item, List, Member, Node, Object, Text};

/// Deeper nesting than any app's, and shallow enough for every stack.
const DEEPEST: usize = 64;

/// So many keys are looked through; what has more of them is hashed.
const FEW: usize = 24;

/// Why a text is not taken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::legacy) struct Fault {
    pub(in crate::legacy) at: usize,
    pub(in crate::legacy) reason: String,
}

type Parsed<T> = Result<T, Fault>;

/// Reads the one value that a text has.
pub(in crate::legacy) fn parse(bytes: &[u8]) -> Parsed<Node<'_>> {
    let text = std::str::from_utf8(bytes).map_err(|error| Fault {
        at: error.valid_up_to(),
        reason: "these bytes are not UTF-8".to_owned(),
    })?;
    let mut parser = Parser { text, at: 0 };
    parser.blank();
    let node = parser.node(0)?;
    parser.blank();
    if parser.at < text.len() {
        return Err(parser.fault("there is more after the value"));
    }
    Ok(node)
}

/// Whether an object has a key already. To hash the few keys that almost all have would cost more than to compare them.
fn is_there<'a>(
    key: &Cow<'a, str>,
    members: &[Member<'a>],
    hashed: &mut HashSet<Cow<'a, str>>,
) -> bool {
    if members.len() < FEW {
        return members.iter().any(|member| member.key.value == *key);
    }
    if hashed.is_empty() {
        hashed.extend(members.iter().map(|member| member.key.value.clone()));
    }
    !hashed.insert(key.clone())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            at: self.at,
            reason: reason.into(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) -> &'a str {
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn node(&mut self, depth: usize) -> Parsed<Node<'a>> {
        if depth > DEEPEST {
            return Err(self.fault(format!("values are nested more than {DEEPEST} deep")));
        }
        match self.peek() {
            Some(b'{') => self.object(depth).map(Node::Object),
            Some(b'[') => self.list(depth).map(Node::List),
            Some(b'"') => self.string().map(Node::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null", Node::Null),
            Some(b't') => self.word("true", Node::Flag(true)),
            Some(b'f') => self.word("false", Node::Flag(false)),
            Some(_) => Err(self.fault("a value was expected here")),
            None => Err(self.fault("the text ends where a value was expected")),
        }
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Parsed<Node<'a>> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.fault("a value was expected here"));
        }
        self.at += word.len();
        Ok(node)
    }

    fn object(&mut self, depth: usize) -> Parsed<Object<'a>> {
        let mut object = Object {
            at: self.at,
            ..Object::default()
        };
        let mut keys = HashSet::new();
        self.at += 1;
        loop {
            let lead = self.blank();
            if object.members.is_empty() && self.peek() == Some(b'}') {
                object.tail = Some(lead);
                break;
            }
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.fault("a key in quotes was expected here"));
            }
            let key = self.string()?;
            if is_there(&key.value, &object.members, &mut keys) {
                self.at = start;
                return Err(self.fault(format!("the key `{}` is here twice", key.value)));
            }
            let colon = self.colon()?;
            let node = self.node(depth + 1)?;
            let trail = self.blank();
            let mut member = Member {
                lead: Some(lead),
                key,
                colon: Some(colon),
                node,
                trail,
            };
            let more = self.more(b'}')?;
            if !more {
                object.tail = Some(std::mem::take(&mut member.trail));
            }
            object.members.push(member);
            if !more {
                break;
            }
        }
        self.at += 1;
        object.end = self.at;
        Ok(object)
    }

    fn list(&mut self, depth: usize) -> Parsed<List<'a>> {
        let mut list = List {
            at: self.at,
            ..List::default()
        };
        self.at += 1;
        loop {
            let lead = self.blank();
            if list.items.is_empty() && self.peek() == Some(b']') {
                list.tail = Some(lead);
                break;
            }
            let node = self.node(depth + 1)?;
            let trail = self.blank();
            let mut item = Item {
                lead: Some(lead),
                node,
                trail,
            };
            let more = self.more(b']')?;
            if !more {
                list.tail = Some(std::mem::take(&mut item.trail));
            }
            list.items.push(item);
            if !more {
                break;
            }
        }
        self.at += 1;
        list.end = self.at;
        Ok(list)
    }

    fn colon(&mut self) -> Parsed<&'a str> {
        let start = self.at;
        self.blank();
        if self.peek() != Some(b':') {
            return Err(self.fault("a colon was expected here"));
        }
        self.at += 1;
        self.blank();
        Ok(&self.text[start..self.at])
    }

    /// Passes a comma, or stops before the end.
    fn more(&mut self, end: u8) -> Parsed<bool> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(other) if other == end => Ok(false),
            Some(_) => Err(self.fault(format!(
                "a comma or `{}` was expected here",
                char::from(end)
            ))),
            None => Err(self.fault(format!("the text ends before a `{}`", char::from(end)))),
        }
    }

    fn number(&mut self) -> Parsed<Node<'a>> {
        let start = self.at;
        while matches!(
            self.peek(),
            Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
        ) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        if serde_json::from_str::<f64>(digits).is_err() {
            self.at = start;
            return Err(self.fault(format!("`{digits}` is no number that can be kept")));
        }
        Ok(Node::Number(Cow::Borrowed(digits)))
    }

    fn string(&mut self) -> Parsed<Text<'a>> {
        let start = self.at;
        let mut value = Cow::Borrowed("");
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .bytes()
                .position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'));
            let Some(plain) = plain else {
                return Err(self.fault("a text in quotes has no end"));
            };
            if value.is_empty() {
                value = Cow::Borrowed(&rest[..plain]);
            } else {
                value.to_mut().push_str(&rest[..plain]);
            }
            self.at += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let letter = self.escape()?;
                    value.to_mut().push(letter);
                }
                _ => return Err(self.fault("a control character in quotes must be escaped")),
            }
        }
        self.at += 1;
        let raw = Cow::Borrowed(&self.text[start..self.at]);
        Ok(Text { raw, value })
    }

    fn escape(&mut self) -> Parsed<char> {
        let letter = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.fault("a backslash is followed by what it cannot escape")),
        };
        self.at += 2;
        Ok(letter)
    }

    fn unicode(&mut self) -> Parsed<char> {
        let first = self.unit(self.at)?;
        let (code, length) = if (0xd800..0xdc00).contains(&first) {
            match self.unit(self.at + 6) {
                Ok(second) if (0xdc00..0xe000).contains(&second) => {
                    (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12)
                }
                _ => return Err(self.fault("half of a surrogate pair stands alone")),
            }
        } else {
            (first, 6)
        };
        let Some(letter) = char::from_u32(code) else {
            return Err(self.fault("half of a surrogate pair stands alone"));
        };
        if letter == '\0' {
            return Err(self.fault("the character U+0000 cannot be kept"));
        }
        self.at += length;
        Ok(letter)
    }

    fn unit(&self, at: usize) -> Parsed<u32> {
        let digits = self
            .text
            .get(at..at + 6)
            .and_then(|text| text.strip_prefix("\\u"));
        digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.fault("`\\u` must be followed by four digits"))
    }
}
