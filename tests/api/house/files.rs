//! What every file of the code keeps to.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use super::{none, root, sources, without_comments};

/// As printed by diesel's tool, and as long as the tables make it.
const GENERATED: &str = "src/db/schema.rs";

const LONGEST_FILE: usize = 400;

#[test]
fn every_file_says_first_what_lives_in_it() {
    let silent = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"));
    none(
        &silent.map(|(path, _)| path).collect(),
        "files that do not open with `//!`",
    );
}

#[test]
fn no_file_is_too_long_to_be_read_in_one_go() {
    let long = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(path, lines)| *lines > LONGEST_FILE && path != GENERATED);
    none(
        &long
            .map(|(path, lines)| format!("{path}: {lines} lines"))
            .collect(),
        "files to be split by what they do",
    );
}

#[test]
fn nothing_is_left_for_later() {
    let mut left = BTreeSet::new();
    for (path, text) in sources() {
        let code = without_comments(&text);
        for word in ["todo!", "unimplemented!", "dbg!"] {
            if code.contains(word) {
                left.insert(format!("{path}: {word}"));
            }
        }
    }
    none(&left, "unfinished places");
}

#[test]
fn every_migration_can_be_undone() {
    let mut incomplete = BTreeSet::new();
    for folder in fs::read_dir(root().join("migrations")).unwrap() {
        let folder = folder.unwrap().path();
        for file in ["up.sql", "down.sql"] {
            if fs::read_to_string(folder.join(file)).is_ok_and(|text| !text.trim().is_empty()) {
                continue;
            }
            incomplete.insert(format!("{}: {file}", folder.display()));
        }
    }
    none(&incomplete, "migrations that lack a file");
}

#[test]
fn every_script_can_be_run() {
    let mut scripts = vec![root().join(".ci/run"), root().join("benches/run")];
    scripts.extend(
        fs::read_dir(root().join("scripts"))
            .unwrap()
            .map(|it| it.unwrap().path()),
    );
    let idle = scripts.into_iter().filter(|path| {
        let mode = path.metadata().unwrap().permissions().mode();
        mode & 0o111 == 0 || !fs::read_to_string(path).unwrap().starts_with("#!")
    });
    none(
        &idle.map(|path| path.display().to_string()).collect(),
        "scripts that do not run",
    );
}
