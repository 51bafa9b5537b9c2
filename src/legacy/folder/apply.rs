//! Writing records into the files: many edits of one file are one rewrite, a file that somebody else has
//! written is not touched, and nothing is written that would not be read back as it was meant.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Folder, OURS, Unreadable,
    book::{At, Book, Stamp, State},
    edits::Edits,
    out_of_reach,
    rewrite::{Changes, rewrite},
};
use crate::{
    config::failpoints,
    legacy::{
        Edit,
        disk::{self, Failed},
        meaning::Shelf,
        record::{Key, Record},
    },
};

/// Why edits were not written. The folder may have to be opened again before others are.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("`{0}` was changed by somebody else since it was read: it was left as it is")]
    ForeignEdit(String),
    #[error(
        "`{file}` cannot be changed, because it is no whole JSON file ({reason}): mend it first"
    )]
    Broken { file: String, reason: String },
    #[error("the {kind} `{id}` cannot be written so that it reads the same: {reason}", kind = .key.kind.word(), id = .key.id)]
    Unfaithful { key: Key, reason: String },
    #[error("{} cannot be written so that they read the same; the first is {}", counted(.0.len()), first(.0))]
    Refused(Vec<Refusal>),
    #[error("accounts are not kept in files: `{0}` was not written")]
    Account(Uuid),
    #[error("`{file}` could not be written ({step}): {error}")]
    Disk {
        file: String,
        step: disk::Step,
        error: io::Error,
    },
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// A record that the files cannot hold.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub key: Key,
    pub reason: String,
}

fn counted(records: usize) -> String {
    format!("{records} record{}", if records == 1 { "" } else { "s" })
}

fn first(refused: &[Refusal]) -> String {
    let told = |it: &Refusal| format!("the {} `{}`: {}", it.key.kind.word(), it.key.id, it.reason);
    refused.first().map(told).unwrap_or_default()
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub files: Vec<String>,
}

/// What is to be done to each file: first what puts records somewhere, then what takes moved ones away, so
/// that a record is in two places for a moment, and never in none.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) first: BTreeMap<u32, Changes>,
    pub(super) then: BTreeMap<u32, Vec<Key>>,
}

impl Folder {
    /// Makes the files say what the edits say, and nothing else another way. All of it is on the disk when
    /// this ends well.
    pub fn apply(&mut self, edits: &[Edit]) -> Result<Applied, ApplyError> {
        self.check()?;
        for book in &self.books {
            let same = unchanged(book).map_err(|error| self.lost(book, error))?;
            if !same {
                return Err(ApplyError::ForeignEdit(book.path.to_string()));
            }
        }
        let gathered = self.gather(edits)?;
        let done = self.write(&gathered);
        if let Err(error) = &done {
            self.stale = Some(error.to_string());
        }
        done
    }

    /// Has the disk confirm that the files are where they are: where it failed to, nobody may rely on it.
    pub fn sync(&self) -> Result<(), ApplyError> {
        for folder in [self.root.clone(), self.root.join(OURS)] {
            if folder.is_dir() {
                let file = folder.display().to_string();
                disk::sync(&folder, self.faults).map_err(|failed| failed.of(&file))?;
            }
        }
        Ok(())
    }

    fn lost(&self, book: &Book, error: io::Error) -> Unreadable {
        Unreadable::Io {
            path: book
                .full
                .strip_prefix(&self.root)
                .unwrap_or(&book.full)
                .display()
                .to_string(),
            error,
        }
    }

    fn write(&mut self, edits: &Edits) -> Result<Applied, ApplyError> {
        let plan = self.plan(edits)?;
        let mut applied = Applied::default();
        for (book, changes) in plan.first {
            self.rewrite(book, &changes, &mut applied)?;
        }
        for (book, moved) in plan.then {
            let mut changes = Changes::default();
            for key in moved {
                let found = self.books[book as usize].find(&key);
                if let Some(at) = found.map_err(out_of_reach)? {
                    changes.removed.insert(at);
                }
            }
            self.rewrite(book, &changes, &mut applied)?;
        }
        Ok(applied)
    }

    /// What is to be done to each file. Every record that a file cannot hold is told at once, so that whoever wants
    /// to can go on with the others.
    fn plan(&mut self, edits: &Edits) -> Result<Plan, ApplyError> {
        self.foresee(edits);
        let mut plan = Plan::default();
        let mut refused = Vec::new();
        for (key, edit) in &edits.all {
            match self.put(*key, edit, edits, &mut plan) {
                Err(ApplyError::Unfaithful { key, reason }) => {
                    refused.push(Refusal { key, reason });
                }
                other => other?,
            }
        }
        if refused.is_empty() {
            Ok(plan)
        } else {
            Err(ApplyError::Refused(refused))
        }
    }

    fn put(
        &mut self,
        key: Key,
        edit: &Edit,
        edits: &Edits,
        plan: &mut Plan,
    ) -> Result<(), ApplyError> {
        if let Err(error) = failpoints::pass("legacy.put") {
            let reason = error.to_string();
            return Err(ApplyError::Unfaithful { key, reason });
        }
        if key.id.is_nil() {
            let reason = "an id of nothing but zeros is none in the files".to_owned();
            return Err(ApplyError::Unfaithful { key, reason });
        }
        match edit {
            Edit::Put(Record::User(user)) => Err(ApplyError::Account(user.id.0)),
            Edit::Put(Record::Settings(wanted)) => self.put_settings(key, wanted, plan),
            Edit::Put(Record::Exercise(wanted)) => self.put_exercise(key, wanted, plan),
            Edit::Put(Record::Workout(wanted)) => self.put_workout(key, wanted, edits, plan),
            Edit::Put(Record::History(wanted)) => self.put_entry(key, wanted, plan),
            Edit::Remove(key) => self.remove(*key, plan),
        }
    }

    /// What will be known when the edits are done, and what they are written with.
    fn foresee(&mut self, edits: &Edits) {
        for key in edits.workouts() {
            let open = self.open_after(key.owner, edits);
            self.world.open.insert(key.owner, open);
        }
        for edit in edits.all.values() {
            if let Edit::Put(Record::Exercise(exercise)) = edit {
                self.world.names.insert(exercise.id, exercise.name.clone());
            }
        }
    }

    fn rewrite(
        &mut self,
        number: u32,
        changes: &Changes,
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        let book = &self.books[number as usize];
        let file = book.path.to_string();
        if let Some((at, reason)) = &book.broken {
            let reason = format!("line {}: {reason}", at.line);
            return Err(ApplyError::Broken { file, reason });
        }
        let mut stacks = Vec::new();
        let mut foreign = false;
        let write = |out: &mut disk::Counted| {
            stacks = rewrite(book, changes, out)?;
            Ok(())
        };
        let still = || {
            foreign = !unchanged(book)?;
            if foreign {
                Err(io::Error::other("somebody else wrote it"))
            } else {
                Ok(())
            }
        };
        let stamp = disk::replace(&book.full, self.faults, write, still);
        let stamp = match stamp {
            Err(_) if foreign => return Err(ApplyError::ForeignEdit(file)),
            Err(failed) => {
                if failed.placed.is_some() {
                    self.books[number as usize].stamp.clone_from(&failed.placed);
                }
                return Err(failed.of(&file));
            }
            Ok(stamp) => stamp,
        };
        let book = &mut self.books[number as usize];
        (book.stacks, book.stamp) = (stacks, Some(stamp));
        if !applied.files.contains(&file) {
            applied.files.push(file);
        }
        self.replace_places(number, changes).map_err(out_of_reach)?;
        Ok(())
    }

    /// Where records are now that came or went.
    fn replace_places(&mut self, number: u32, changes: &Changes) -> io::Result<()> {
        let here = |at: &At| at.book == number && changes.removed.contains(&(at.stack, at.number));
        self.since.retain(|_, at| !here(at));
        for (number_of_stack, added) in &changes.added {
            let stack = &self.books[number as usize].stacks[*number_of_stack as usize];
            let first = stack.records.len() - added.len();
            let new = (first..).zip(stack.records.from(first));
            let keys = new.map(|(at, placed)| Ok((at, self.key_at(stack.shelf, &placed?))));
            for (at, key) in keys.collect::<io::Result<Vec<_>>>()? {
                let at = At {
                    book: number,
                    stack: *number_of_stack,
                    number: short(at),
                };
                self.since.insert(key, at);
            }
        }
        Ok(())
    }
}

impl Failed {
    pub(super) fn of(self, file: &str) -> ApplyError {
        ApplyError::Disk {
            file: file.to_owned(),
            step: self.step,
            error: self.error,
        }
    }
}

impl Book {
    /// Where a workout is that is to go from here.
    fn find(&self, key: &Key) -> io::Result<Option<(u32, u32)>> {
        for (stack_number, stack) in self.stacks.iter().enumerate() {
            if !matches!(stack.shelf, Some(Shelf::Sessions | Shelf::Templates)) {
                continue;
            }
            for (number, placed) in stack.records.iter().enumerate() {
                let placed = placed?;
                if placed.id == key.id && placed.state == State::Good {
                    return Ok(Some((short(stack_number), short(number))));
                }
            }
        }
        Ok(None)
    }
}

/// Whether a file is what it was; it is hashed only if it looks otherwise.
pub(super) fn unchanged(book: &Book) -> io::Result<bool> {
    let Some(stamp) = &book.stamp else {
        return Ok(!book.full.try_exists()?);
    };
    let file = match File::open(&book.full) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    if stamp.looks_like(&Stamp::of(&file, [0; 32])?) {
        return Ok(true);
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut file = file;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let hash: [u8; 32] = hash.finalize().into();
    Ok(hash == stamp.hash)
}

/// Numbers of files and records are small.
pub(super) fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
