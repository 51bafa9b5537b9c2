//! One file, and where its records are.

use std::{fs::File, io, os::unix::fs::MetadataExt, path::PathBuf, sync::Arc, time::SystemTime};

use uuid::Uuid;

use super::ledger::{Entry, Ledger};
use crate::legacy::{meaning::Shelf, scan::Spot};

/// What a file was when it was read, or when we wrote it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub size: u64,
    pub modified: Option<SystemTime>,
    pub inode: u64,
    pub hash: [u8; 32],
}

impl Stamp {
    pub(in crate::legacy) fn of(file: &File, hash: [u8; 32]) -> io::Result<Self> {
        let facts = file.metadata()?;
        Ok(Self {
            size: facts.len(),
            modified: facts.modified().ok(),
            inode: facts.ino(),
            hash,
        })
    }

    /// Whether the file is the same as far as can be told without reading it.
    pub(in crate::legacy) fn looks_like(&self, other: &Self) -> bool {
        (self.size, self.modified, self.inode) == (other.size, other.modified, other.inode)
    }
}

#[derive(Debug)]
pub(in crate::legacy) struct Book {
    /// The path in the folder.
    pub(in crate::legacy) path: Arc<str>,
    pub(in crate::legacy) full: PathBuf,
    /// Whether it lies in our own folder beside the app's files.
    pub(in crate::legacy) ours: bool,
    pub(in crate::legacy) trash: bool,
    /// None for a file that is not there yet.
    pub(in crate::legacy) stamp: Option<Stamp>,
    pub(in crate::legacy) root: Option<u8>,
    pub(in crate::legacy) stacks: Vec<Stack>,
    /// Why the file cannot be changed, and from where on it makes no sense.
    pub(in crate::legacy) broken: Option<(Spot, String)>,
}

/// A list of records in a file.
#[derive(Debug)]
pub(in crate::legacy) struct Stack {
    pub(in crate::legacy) shelf: Option<Shelf>,
    pub(in crate::legacy) name: Option<String>,
    pub(in crate::legacy) opener: u8,
    /// After its opening bracket.
    pub(in crate::legacy) inside: u64,
    /// Before its closing bracket.
    pub(in crate::legacy) close: u64,
    /// The line break and the blanks before its records.
    pub(in crate::legacy) lead: String,
    pub(in crate::legacy) records: Ledger<Placed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::legacy) enum State {
    Good,
    /// An entry of the library that is another exercise's, too.
    Linked,
    /// It cannot be read, or taken.
    Bad,
    /// Its id is another record's.
    Twice,
    /// It says that there is no such record.
    Nothing,
    /// It was taken out.
    Gone,
}

/// Where one record is, and what it is called.
#[derive(Clone, Copy, Debug)]
pub(in crate::legacy) struct Placed {
    pub(in crate::legacy) start: Spot,
    pub(in crate::legacy) length: u32,
    pub(in crate::legacy) owner: u32,
    pub(in crate::legacy) id: Uuid,
    pub(in crate::legacy) state: State,
}

/// Which record of which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::legacy) struct At {
    pub(in crate::legacy) book: u32,
    pub(in crate::legacy) stack: u32,
    pub(in crate::legacy) number: u32,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Good,
        Self::Linked,
        Self::Bad,
        Self::Twice,
        Self::Nothing,
        Self::Gone,
    ];

    /// Whether there is something to be found by its name.
    pub(in crate::legacy) const fn has_place(self) -> bool {
        matches!(self, Self::Good | Self::Nothing)
    }
}

impl Entry for Placed {
    const SIZE: usize = 41;

    fn pack(&self, out: &mut Vec<u8>) {
        let Self {
            start,
            length,
            owner,
            id,
            state,
        } = self;
        out.extend_from_slice(&start.offset.to_be_bytes());
        for word in [start.line, start.column, *length, *owner] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        out.extend_from_slice(id.as_bytes());
        out.push(*state as u8);
    }

    fn unpack(bytes: &[u8]) -> Self {
        let (offset, rest) = bytes.split_at(8);
        let (words, rest) = rest.split_at(16);
        let (id, state) = rest.split_at(16);
        let [line, column, length, owner] = unpack_words(words);
        Self {
            start: Spot {
                offset: offset.try_into().map_or(0, u64::from_be_bytes),
                line,
                column,
            },
            length,
            owner,
            id: Uuid::from_slice(id).unwrap_or_default(),
            state: State::ALL[usize::from(state[0])],
        }
    }
}

impl Entry for At {
    const SIZE: usize = 12;

    fn pack(&self, out: &mut Vec<u8>) {
        for word in [self.book, self.stack, self.number] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }

    fn unpack(bytes: &[u8]) -> Self {
        let [book, stack, number] = unpack_words(bytes);
        Self {
            book,
            stack,
            number,
        }
    }
}

fn unpack_words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let (words, _) = bytes.as_chunks::<4>();
    std::array::from_fn(|at| u32::from_be_bytes(words[at]))
}

impl Book {
    pub(in crate::legacy) fn new(path: &str, full: PathBuf) -> Self {
        Self {
            path: path.into(),
            full,
            ours: path.starts_with(super::OURS),
            trash: path == super::TRASH,
            stamp: None,
            root: None,
            stacks: Vec::new(),
            broken: None,
        }
    }

    /// What it looks like to people.
    pub(in crate::legacy) fn shape(&self) -> String {
        let shelves: Vec<String> = self
            .stacks
            .iter()
            .filter_map(|stack| {
                let shelf = format!("{:?}", stack.shelf?).to_lowercase();
                Some(match &stack.name {
                    Some(name) => format!("`{name}` ({shelf})"),
                    None => shelf,
                })
            })
            .collect();
        match (self.root, shelves.as_slice()) {
            (None, _) => "empty".to_owned(),
            (_, []) => "not understood".to_owned(),
            (Some(b'['), _) => format!("a list of {}", shelves.join(", ")),
            _ => format!("an object with {}", shelves.join(", ")),
        }
    }
}
