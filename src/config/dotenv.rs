//! Reading `.env`: its lines are checked, never executed, and never quoted in an error, for a line may hold a password.

use std::{collections::HashMap, path::Path};

use super::{Error, settings::meant_by};

/// The variables of the file at `path`; none where there is no such file.
pub(super) fn read(path: &Path) -> Result<HashMap<String, String>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(error) => {
            return Err(Error::Unreadable {
                path: path.to_path_buf(),
                error,
            });
        }
    };
    let text = normal(&text);
    let mut variables = HashMap::new();
    for entry in dotenvy::from_read_iter(text.as_bytes()) {
        let (name, value) = entry.map_err(|_| bad_line(path, &text))?;
        refuse_misspelled(path, &text, &name)?;
        variables.insert(name, value);
    }
    if let Some(line) = substitution(&text) {
        let path = path.to_path_buf();
        return Err(Error::Substitution { path, line });
    }
    Ok(variables)
}

/// Without the mark that some editors begin a file with, and with an end to its last line.
fn normal(text: &str) -> String {
    format!("{}\n", text.trim_start_matches('\u{feff}'))
}

/// Names the line where reading fails: all before it can be read by themselves. The parser does not
/// say, and what it does say quotes the line.
fn bad_line(path: &Path, text: &str) -> Error {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let readable = |count: &usize| {
        let text = lines[..*count].concat();
        dotenvy::from_read_iter(text.as_bytes()).all(|entry| entry.is_ok())
    };
    let line = 1 + (0..lines.len()).rev().find(readable).unwrap_or(0);
    let path = path.to_path_buf();
    // An opened `${` is unreadable as well, but has nothing to do with spaces.
    if substitution(text) == Some(line) {
        Error::Substitution { path, line }
    } else {
        Error::BadLine { path, line }
    }
}

/// The line of the first `$` that the parser takes for the start of a variable's name, and would replace
/// by its value, or by nothing.
fn substitution(text: &str) -> Option<usize> {
    let (mut line, mut quote, mut escaped, mut comment) = (1, None, false, false);
    let mut before = '\n';
    for letter in text.chars() {
        match (quote, letter) {
            (None, '\n') => (escaped, comment) = (false, false),
            _ if comment => {}
            _ if escaped => escaped = false,
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => escaped = true,
            (_, '$') => return Some(line),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '#') => comment = before.is_whitespace() || before == '=',
            _ => {}
        }
        line += usize::from(letter == '\n');
        before = letter;
    }
    None
}

/// Other tools may keep their variables in the same file, so an unknown name is fine, but one that
/// all but spells a setting of ours would be silently ignored: that is refused.
fn refuse_misspelled(path: &Path, text: &str, name: &str) -> Result<(), Error> {
    let Some(meant) = meant_by(name) else {
        return Ok(());
    };
    let line = line_where(text, |line| {
        line.trim_start()
            .trim_start_matches("export ")
            .trim_start()
            .starts_with(name)
    });
    Err(Error::Misspelled {
        path: path.to_path_buf(),
        line,
        name: name.to_owned(),
        meant,
    })
}

fn line_where(text: &str, is_it: impl Fn(&str) -> bool) -> usize {
    text.lines().position(is_it).map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::substitution;

    #[test]
    fn a_dollar_is_found_where_it_would_be_replaced_and_nowhere_else() {
        for kept in [
            "A='pa$word'",
            r"A=pa\$word",
            r#"A="pa\$word""#,
            "# $A",
            "A=b # $A",
            "A= # $A",
            "A='b\n$c'\nB=d",
        ] {
            assert_eq!(substitution(kept), None, "{kept}");
        }
        for replaced in [
            "A=pa$word",
            "A=\"pa$word\"",
            "A=b#$c",
            "A='b'$c",
            "A=${b",
            "A=$",
        ] {
            let text = format!("# first\n{replaced}\n");
            assert_eq!(substitution(&text), Some(2), "{replaced}");
        }
    }
}
