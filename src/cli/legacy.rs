//! `regimen legacy`: what the JSON files of an app hold, and what would become of it. Nothing is written.

use std::{
    collections::HashMap,
    error::Error,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::Outcome;
use crate::{
    legacy::{Folder, Item, Known, Lookups, Quarantined, Report, Shelf, Unreadable},
    seeds,
};

/// So many bytes of what cannot be taken are shown.
const SHOWN: usize = 120;
/// So many names are shown to people; `--json` shows all.
const LISTED: usize = 20;

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Show what a folder of JSON files holds, what of it would be linked to the exercise library or
    /// created, and what cannot be taken; ends with 1 if there is any of that
    Inspect {
        /// The folder with the app's files, such as `data`
        folder: PathBuf,
        /// Print one JSON document instead
        #[arg(long)]
        json: bool,
    },
}

/// What a program is told.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    report: Report,
    quarantine: Vec<Quarantined>,
}

pub(super) fn run(verb: &Verb) -> Outcome {
    let Verb::Inspect { folder, json } = verb;
    let told = inspect(folder)?;
    if *json {
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        show(&told);
    }
    match told.quarantine.len() {
        0 => Ok(()),
        count => Err(format!(
            "what cannot be taken: {count}; mend it in the files, or it stays behind in them"
        )
        .into()),
    }
}

/// As a new server would understand the files: with the library that it is given.
fn inspect(folder: &Path) -> Result<Told, Box<dyn Error>> {
    let known = seeds::library()?.into_iter().map(|exercise| Known {
        id: exercise.id,
        name: exercise.name,
        aliases: exercise.aliases,
    });
    let lookups = Lookups {
        users: HashMap::new(),
        library: known.collect(),
    };
    let folder = Folder::open(folder, &lookups)?;
    let mut quarantine = Vec::new();
    let report = folder.read(|item| {
        if let Item::Quarantined(mut bad) = item {
            bad.bytes.truncate(SHOWN);
            quarantine.push(bad);
        }
        Ok::<_, Unreadable>(())
    })?;
    Ok(Told { report, quarantine })
}

fn show(Told { report, quarantine }: &Told) {
    println!("files:");
    for file in &report.files {
        println!(
            "  {}: {}, {} bytes, {} records",
            file.path, file.shape, file.size, file.records
        );
    }
    println!("can be taken:");
    for (kind, count) in &report.records {
        println!("  {}: {count}", kind.word());
    }
    println!("  sets: {}", report.sets);
    let linked: Vec<&str> = report
        .linked
        .iter()
        .map(|link| link.name.as_str())
        .collect();
    list("exercises of the files that the library has", &linked);
    let created: Vec<&str> = report.created.iter().map(String::as_str).collect();
    list("exercises that only workouts name, to be created", &created);
    if !report.intensities.is_empty() {
        let values: Vec<String> = report
            .intensities
            .iter()
            .map(|(value, count)| format!("{value} ({count} times)"))
            .collect();
        println!(
            "`intensity` stays in the files and is not read as effort: {}",
            values.join(", ")
        );
    }
    for note in &report.notes {
        println!("note: {note}");
    }
    for bad in quarantine {
        let part = bad
            .part
            .as_deref()
            .map(|part| format!(", `{part}`"))
            .unwrap_or_default();
        println!(
            "{}:{}:{}: record {}{part}: {}",
            bad.file, bad.line, bad.column, bad.index, bad.reason
        );
        // An account may have its password in it.
        if bad.shelf != Some(Shelf::Users) {
            println!("    {}", excerpt(&bad.bytes));
        }
    }
}

fn list(what: &str, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    println!("{what}: {}", names.len());
    for name in names.iter().take(LISTED) {
        println!("  {}", excerpt(name.as_bytes()));
    }
    if names.len() > LISTED {
        println!("  and {} more", names.len() - LISTED);
    }
}

/// One line of what somebody wrote, harmless to a terminal.
fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    line.chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}
