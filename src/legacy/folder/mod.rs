//! A folder of legacy files: found, indexed, and read as one. Whatever is not understood is left alone.

mod apply;
mod book;
mod edits;
mod facts;
mod find;
mod homes;
mod index;
mod ledger;
mod pages;
mod put;
mod read;
mod register;
mod resolve;
mod rewrite;
mod sorter;
mod understand;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use uuid::Uuid;

use super::{Lookups, disk::Faults, meaning::World, record::Key};
use crate::viewer::UserId;
use book::{At, Book};
use facts::{Facts, Owner};
use register::Register;

pub use apply::{Applied, ApplyError, Refusal};
pub use book::Stamp;
pub use read::{Item, Quarantined, Report};

/// Our own folder beside the app's files.
const OURS: &str = ".regimen/";
const HISTORY: &str = ".regimen/history.json";
const TRASH: &str = ".regimen/trash.json";

/// Why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("`{path}` cannot be read: {error}")]
    Io { path: String, error: io::Error },
    #[error("`{0}` is no folder: name the one that holds the app's JSON files")]
    NoFolder(String),
    #[error("`{0}` was changed by somebody else since it was read: read the folder again")]
    Changed(String),
    #[error("a change was not written to its end ({0}): read the folder again")]
    Stale(String),
}

/// A folder of legacy files, as it was when it was opened or written last.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    books: Vec<Book>,
    world: World,
    owners: Vec<Owner>,
    /// Where each record is that could be read when the folder was opened, by the hash of its key.
    places: Register,
    /// Where those are that were written since.
    since: HashMap<Key, At>,
    /// The sessions that are entries of the history, by the hash of the entry's key.
    diary: Register,
    notes: Vec<String>,
    linked: Vec<Link>,
    faults: Option<Faults>,
    /// Why nothing more can be done until the folder is opened again.
    stale: Option<String>,
}

/// A file of the folder.
#[derive(Clone, Debug, Serialize)]
pub struct FileFacts {
    pub path: String,
    pub size: u64,
    pub shape: String,
    pub records: usize,
    /// Why it cannot be changed until somebody mends it.
    pub broken: Option<String>,
}

/// An exercise of the files that the server's library has already, or the files have twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    pub name: String,
    pub exercise: Uuid,
}

impl Folder {
    /// Finds the files, and reads each once. Nothing is written.
    pub fn open(root: &Path, lookups: &Lookups) -> Result<Self, Unreadable> {
        let unreadable = |path: &Path, error| Unreadable::Io {
            path: path.display().to_string(),
            error,
        };
        let root = root
            .canonicalize()
            .map_err(|error| unreadable(root, error))?;
        if !root.is_dir() {
            return Err(Unreadable::NoFolder(root.display().to_string()));
        }
        let mut notes = Vec::new();
        let mut books = Vec::new();
        for path in files(&root).map_err(|error| unreadable(&root, error))? {
            match within(&root, &path) {
                Ok(Some(full)) => books.push(Book::new(&path, full)),
                Ok(None) => notes.push(format!(
                    "`{path}` leads out of the folder, or to another file of it: it is left alone"
                )),
                Err(error) => return Err(unreadable(Path::new(&path), error)),
            }
        }
        let (books, facts) = indexed(books, lookups)?;
        resolve::resolve(root, books, facts, lookups, notes).map_err(out_of_reach)
    }

    /// The files, in the order in which they are read.
    pub fn files(&self) -> Vec<FileFacts> {
        let facts = |book: &Book| FileFacts {
            path: book.path.to_string(),
            size: book.stamp.as_ref().map_or(0, |stamp| stamp.size),
            shape: book.shape(),
            records: book.stacks.iter().map(|stack| stack.records.len()).sum(),
            broken: book
                .broken
                .as_ref()
                .map(|(at, reason)| format!("line {}, column {}: {reason}", at.line, at.column)),
        };
        let there = self.books.iter().filter(|book| book.stamp.is_some());
        there.map(facts).collect()
    }

    /// What each file was when it was read, or written last.
    pub fn stamps(&self) -> Vec<(String, Stamp)> {
        let stamp = |book: &Book| Some((book.path.to_string(), book.stamp.clone()?));
        self.books.iter().filter_map(stamp).collect()
    }

    /// Whom the files know: what they are called there, and their account.
    pub fn people(&self) -> Vec<(String, UserId)> {
        let people = self.world.people.iter();
        people
            .map(|(key, person)| (key.clone(), person.id))
            .collect()
    }

    /// How long the longest of them is, in bytes.
    #[must_use]
    pub fn longest(&self) -> u64 {
        let sizes = self.books.iter().filter_map(|book| book.stamp.as_ref());
        sizes.map(|stamp| stamp.size).max().unwrap_or(0)
    }

    /// Lets every step of writing be refused, as a disk that fails would.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    fn owner_of(&self, number: u32) -> (UserId, &str) {
        match self.owners.get(number as usize) {
            Some(Owner::Account(id)) => (*id, self.world.keys.get(id).map_or("", String::as_str)),
            Some(Owner::Key(key)) => {
                let id = self.world.people.get(key).map(|person| person.id);
                (id.unwrap_or(UserId(Uuid::nil())), key)
            }
            None => (UserId(Uuid::nil()), ""),
        }
    }
}

/// The index of a large folder lies in a file of its own.
fn out_of_reach(error: io::Error) -> Unreadable {
    let path = std::env::temp_dir();
    Unreadable::Io {
        path: format!("{} (for the index of the files)", path.display()),
        error,
    }
}

/// Reads every file; twice if parts of workouts share ids, so that it is known who has them first.
fn indexed(mut books: Vec<Book>, lookups: &Lookups) -> Result<(Vec<Book>, Facts), Unreadable> {
    let mut facts = Facts::default();
    for again in [false, true] {
        facts.owner(Owner::Key(String::new()));
        facts.know(lookups);
        let mut read = Vec::with_capacity(books.len());
        for (number, book) in books.into_iter().enumerate() {
            let path = book.path.to_string();
            let book = index::index(number, book, &mut facts);
            read.push(book.map_err(|error| Unreadable::Io { path, error })?);
        }
        books = read;
        if again || !facts.settle().map_err(out_of_reach)? {
            break;
        }
        facts = facts.again();
    }
    Ok((books, facts))
}

/// The JSON files of the folder by name, libraries before what may be named after them, then our own.
fn files(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str()
            && name.to_lowercase().ends_with(".json")
            && !name.starts_with('.')
        {
            found.push(name.to_owned());
        }
    }
    found.sort_by_key(|name| (name.contains("template"), name.clone()));
    for ours in [
        "users",
        "exercises",
        "workouts",
        "templates",
        "trash",
        "history",
    ] {
        let path = format!("{OURS}{ours}.json");
        if root.join(&path).exists() {
            found.push(path);
        }
    }
    Ok(found)
}

/// Where a file really is; none for a link to somewhere else.
fn within(root: &Path, path: &str) -> io::Result<Option<PathBuf>> {
    let full = root.join(path);
    let real = full.canonicalize()?;
    Ok((real == full && real.is_file()).then_some(full))
}
