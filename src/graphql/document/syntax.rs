//! Where the parser is kinder than the grammar, or stricter. It forgives an argument or input field
//! without a value by leaving it out, a selection of nothing, and a string that begins with a line break;
//! and it does not see past a comma, which means nothing, where it has to look ahead.

use std::borrow::Cow;

use apollo_parser::{Lexer, Token, TokenKind};

use super::{Limits, Refusal, places::Places};

/// The text as the parser takes it, each token at its place; or why it is no document.
pub(super) fn plain<'a>(text: &'a str, limits: &Limits) -> Result<Cow<'a, str>, Refusal> {
    // What lies beyond the limit is for the parser to refuse.
    let lexer = Lexer::new(text).with_limit(limits.tokens);
    let tokens = || lexer.clone().filter_map(Result::ok);
    if let Some(broken) = tokens().find(is_broken) {
        let message = "syntax error: a string in simple quotes must stay on its line";
        return Err(refusal(text, &broken, message));
    }
    let mut values = Values {
        tokens: tokens().filter(is_significant),
        deepest: limits.nesting,
    };
    match values.first_gap() {
        Some(Gap::Value(name)) => {
            let name_text = name.data();
            let message = format!("syntax error: expected `:` and a value after `{name_text}`");
            return Err(refusal(text, &name, message));
        }
        Some(Gap::Selection(end)) => {
            return Err(refusal(text, &end, "syntax error: expected a field"));
        }
        None => {}
    }
    Ok(without_commas(text, tokens()))
}

fn without_commas<'a>(text: &'a str, tokens: impl Iterator<Item = Token<'a>>) -> Cow<'a, str> {
    let commas = tokens.filter(|token| token.kind() == TokenKind::Comma);
    let mut commas = commas.map(|comma| comma.index()).peekable();
    if commas.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = text.as_bytes().to_vec();
    commas.for_each(|place| plain[place] = b' ');
    String::from_utf8(plain).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn is_broken(token: &Token<'_>) -> bool {
    token.kind() == TokenKind::StringValue
        && !token.data().starts_with(r#"""""#)
        && token.data().contains(['\n', '\r'])
}

fn is_significant(token: &Token<'_>) -> bool {
    let ignored = [TokenKind::Whitespace, TokenKind::Comment, TokenKind::Comma];
    !ignored.contains(&token.kind())
}

fn refusal(text: &str, token: &Token<'_>, message: impl Into<String>) -> Refusal {
    let pos = Places::of(text).at(token.index());
    Refusal::at(pos, "GRAPHQL_PARSE_FAILED", message)
}

/// Reads the values of a document. Where it meets something else, the parser will say so.
struct Values<I> {
    tokens: I,
    deepest: usize,
}

/// What is left out.
enum Gap<'a> {
    /// The value of the argument or input field with this name.
    Value(Token<'a>),
    /// Every field of the selection that ends here.
    Selection(Token<'a>),
}

/// What ended a value.
enum End<'a> {
    /// The name that has no value.
    Without(Token<'a>),
    /// There is no value here.
    Elsewhere,
}

impl<'a, I: Iterator<Item = Token<'a>>> Values<I> {
    /// The first place where something is left out.
    fn first_gap(&mut self) -> Option<Gap<'a>> {
        let mut opened = false;
        while let Some(token) = self.tokens.next() {
            let read = match token.kind() {
                TokenKind::LParen => self.fields(TokenKind::RParen, 0),
                TokenKind::Eq => self.value(0),
                // Braces that are not of a value are of a selection.
                TokenKind::RCurly if opened => return Some(Gap::Selection(token)),
                _ => Ok(()),
            };
            opened = token.kind() == TokenKind::LCurly;
            if let Err(End::Without(name)) = read {
                return Some(Gap::Value(name));
            }
        }
        None
    }

    /// Names with values, up to the end of them.
    fn fields(&mut self, end: TokenKind, depth: usize) -> Result<(), End<'a>> {
        loop {
            let name = self.next()?;
            if name.kind() == end {
                return Ok(());
            }
            // Not so where variables are declared.
            if name.kind() != TokenKind::Name {
                return Err(End::Elsewhere);
            }
            if self.next().map(|it| it.kind()).ok() != Some(TokenKind::Colon) {
                return Err(End::Without(name));
            }
            self.value(depth)?;
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), End<'a>> {
        let first = self.next()?;
        self.value_from(&first, depth)
    }

    fn value_from(&mut self, first: &Token<'a>, depth: usize) -> Result<(), End<'a>> {
        if depth > self.deepest {
            return Err(End::Elsewhere);
        }
        match first.kind() {
            TokenKind::LCurly => self.fields(TokenKind::RCurly, depth + 1),
            TokenKind::LBracket => loop {
                let next = self.next()?;
                if next.kind() == TokenKind::RBracket {
                    return Ok(());
                }
                self.value_from(&next, depth + 1)?;
            },
            TokenKind::Dollar => self.next().map(drop),
            _ => Ok(()),
        }
    }

    fn next(&mut self) -> Result<Token<'a>, End<'a>> {
        self.tokens.next().ok_or(End::Elsewhere)
    }
}
