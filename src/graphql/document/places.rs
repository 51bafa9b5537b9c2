//! Where something stands in a document, as people count: lines and columns from one.

use std::cell::Cell;

use async_graphql::Pos;

/// The places of one text. Asked for in the order in which they stand, they are all found by reading it once.
pub(super) struct Places<'a> {
    text: &'a str,
    /// How far it was read, and which place that is.
    read: Cell<(usize, Pos)>,
}

const START: (usize, Pos) = (0, Pos { line: 1, column: 1 });

impl<'a> Places<'a> {
    pub fn of(text: &'a str) -> Self {
        let read = Cell::new(START);
        Self { text, read }
    }

    /// The place of what begins with this byte.
    pub fn at(&self, offset: usize) -> Pos {
        let (from, mut pos) = Some(self.read.get())
            .filter(|(from, _)| *from <= offset)
            .unwrap_or(START);
        let to = self.text.floor_char_boundary(offset);
        let mut before = self.text[from..to].chars().peekable();
        while let Some(letter) = before.next() {
            // `\r\n` is one end of a line; where the text is cut between the two, the next look counts the other.
            let ends = letter == '\n' || (letter == '\r' && !self.is_half(before.peek(), to));
            pos = if ends {
                Pos {
                    line: pos.line + 1,
                    column: 1,
                }
            } else {
                Pos {
                    line: pos.line,
                    column: pos.column + 1,
                }
            };
        }
        self.read.set((to, pos));
        pos
    }

    /// Whether a line feed follows, here or behind what is read now.
    fn is_half(&self, next: Option<&char>, to: usize) -> bool {
        match next {
            Some(next) => *next == '\n',
            None => self.text[to..].starts_with('\n'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_the_specification_has_it() {
        let text = "{\r\n a\r b\n \u{2028}é\u{c}d }";
        let places = Places::of(text);
        let place = |what: &str| {
            let Pos { line, column } = places.at(text.find(what).unwrap());
            (line, column)
        };
        assert_eq!(place("a"), (2, 2));
        assert_eq!(place("b"), (3, 2));
        assert_eq!(place("d"), (4, 5));
        assert_eq!(place("{"), (1, 1), "asked for out of order");
    }
}
