//! The documents say what is true: of each other, of the packages, and of the program's messages.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{files, none, read, root, sources};

#[test]
fn the_test_command_of_the_readme_is_cargo_test() {
    let readme = read("README.md");
    let section = readme
        .split_once("\n## Tests\n")
        .expect("a section on tests")
        .1;
    let block = section.split_once("```sh\n").expect("a block").1;
    assert_eq!(block.split_once("```").unwrap().0, "cargo test\n");
}

#[test]
fn every_dependency_has_a_reason_in_the_architecture() {
    let (used, explained) = (dependencies(), explained_packages());
    none(
        &used.difference(&explained).cloned().collect(),
        "packages without a reason",
    );
    none(
        &explained.difference(&used).cloned().collect(),
        "reasons without a package",
    );
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut broken = BTreeSet::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                path.parent().unwrap().join(file)
            };
            let there = target.exists()
                && (heading.is_empty() || headings(&target).iter().any(|it| it == heading));
            if !there {
                broken.insert(format!("{}: {link}", path.display()));
            }
        }
    }
    none(&broken, "links that lead nowhere");
}

#[test]
fn every_document_can_be_reached_from_the_readme() {
    let readme = read("README.md");
    let linked: BTreeSet<PathBuf> = links(&readme).map(|link| root().join(link)).collect();
    let docs = documents()
        .into_iter()
        .filter(|path| path.starts_with(root().join("docs")));
    let lost = docs.filter(|path| !linked.contains(path));
    none(
        &lost.map(|path| path.display().to_string()).collect(),
        "documents without a way to them",
    );
}

#[test]
fn every_metric_of_the_server_is_in_the_guide_and_the_other_way_round() {
    let guide = read("docs/deployment.md");
    let promised = metrics(guide.split('`'));
    let sources = sources();
    let written: BTreeSet<String> = sources
        .iter()
        .filter(|(path, _)| path.starts_with("src/"))
        .flat_map(|(_, text)| metrics(text.split('"')))
        // A schema of the database, not a metric.
        .filter(|name| name != "regimen_files")
        .collect();
    assert!(written.len() > 20, "{written:?}");
    none(
        &promised.difference(&written).cloned().collect(),
        "metrics that nobody writes",
    );
    none(
        &written.difference(&promised).cloned().collect(),
        "metrics that the guide does not know",
    );
}

/// Those of these words that are names of metrics.
fn metrics<'a>(words: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let is_name = |word: &&str| {
        let mut rest = word.strip_prefix("regimen_").unwrap_or_default().chars();
        rest.clone().next().is_some() && rest.all(|it| it.is_ascii_lowercase() || it == '_')
    };
    words.filter(is_name).map(str::to_owned).collect()
}

/// Each symptom is a heading made of a message as the program prints it, with `…` for its values.
#[test]
fn every_message_in_the_troubleshooting_is_one_that_the_program_prints() {
    let printed: String = sources().iter().map(|(_, text)| messages(text)).collect();
    let guide = read("docs/troubleshooting.md");
    let symptoms = guide.lines().filter_map(|line| line.strip_prefix("### "));
    let unheard = symptoms.filter(|symptom| !printed.contains(symptom.trim_end_matches(" …")));
    none(
        &unheard.map(str::to_owned).collect(),
        "messages that the program does not know",
    );
}

/// Of the server and of what measures it, themselves left out.
fn dependencies() -> BTreeSet<String> {
    let manifests = read("Cargo.toml") + &read("benches/Cargo.toml");
    let sections = manifests
        .split("\n[")
        .filter(|it| it.contains("dependencies]\n"));
    let lines = sections.flat_map(|section| section.lines().skip(1));
    lines
        .filter(|line| !line.contains("path = "))
        .filter_map(|line| Some(line.split_once(" = ")?.0.to_owned()))
        .collect()
}

/// The names in the first column of the tables on packages.
fn explained_packages() -> BTreeSet<String> {
    let text = read("ARCHITECTURE.md");
    let section = text
        .split_once("\n## Packages\n")
        .expect("a section on packages")
        .1;
    let section = section.split("\n## ").next().unwrap();
    let cells = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let names = cells.flat_map(|cell| cell.split(", "));
    names
        .map(|name| name.trim_matches('`').to_owned())
        .collect()
}

fn documents() -> Vec<PathBuf> {
    files(root(), ".md")
}

/// The targets of the links in a document that stay within the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// The headings of a document as its links spell them.
fn headings(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let titles = text.lines().filter(|line| line.starts_with('#'));
    titles
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

/// The source with its texts in one line each and `…` for every value in them.
fn messages(text: &str) -> String {
    let (mut joined, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("\\\n") {
        joined.push_str(before);
        rest = after.trim_start();
    }
    joined.push_str(rest);

    let mut shown = String::new();
    let mut parts = joined.split('{');
    shown.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once('}') {
            Some((value, after)) if value.len() < 40 && !value.contains([' ', '\n']) => {
                shown.extend(["…", after]);
            }
            _ => shown.extend(["{", part]),
        }
    }
    shown
}
