//! Reading `.env`: its lines are checked, never executed, and never quoted in an error, for a line may hold a password.

use std::{collections::HashMap, path::Path};

use super::{Error, settings::SETTINGS};

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
        let (name, value) = entry.map_err(|_| Error::BadLine {
            path: path.to_path_buf(),
            line: bad_line(&text),
        })?;
        refuse_misspelled(path, &text, &name)?;
        variables.insert(name, value);
    }
    Ok(variables)
}

/// Without the mark that some editors begin a file with, and with an end to its last line.
fn normal(text: &str) -> String {
    format!("{}\n", text.trim_start_matches('\u{feff}'))
}

/// The number of the line where reading fails: all before it can be read by themselves. The parser
/// does not say, and what it does say quotes the line.
fn bad_line(text: &str) -> usize {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let readable = |count: &usize| {
        let text = lines[..*count].concat();
        dotenvy::from_read_iter(text.as_bytes()).all(|entry| entry.is_ok())
    };
    1 + (0..lines.len()).rev().find(readable).unwrap_or(0)
}

/// Other tools may keep their variables in the same file, so an unknown name is fine, but one that
/// all but spells a setting of ours would be silently ignored: that is refused.
fn refuse_misspelled(path: &Path, text: &str, name: &str) -> Result<(), Error> {
    if SETTINGS.iter().any(|setting| setting.name == name) {
        return Ok(());
    }
    let meant = SETTINGS
        .iter()
        .map(|setting| setting.name)
        .min_by_key(|known| distance(known, name));
    let Some(meant) =
        meant.filter(|known| name.starts_with("REGIMEN_") || distance(known, name) <= 2)
    else {
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

/// How many letters must be added, removed or changed to turn one name into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("DATABASE_URL", "DATABASE_URL"), 0);
        assert_eq!(distance("DATABASE_URL", "DATABSE_URL"), 1);
        assert_eq!(distance("DATABASE_URL", "DATABSAE_URL"), 2);
    }
}
