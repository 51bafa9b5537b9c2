//! What the first reading finds out, beside where everything is.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    io, mem,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    book::At,
    ledger::{Entry, Ledger},
    sorter::Sorter,
};
use crate::{
    legacy::{
        Lookups,
        meaning::{self, Named, Person, fold},
    },
    viewer::UserId,
};

/// Whose a record is, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::legacy) enum Owner {
    Key(String),
    Account(UserId),
}

/// What the files say before it is known what it means.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) owners: Vec<Owner>,
    numbers: HashMap<Owner, u32>,
    pub(super) people: Vec<(String, Person)>,
    pub(super) entries: Vec<(At, meaning::Entry)>,
    /// Who first called an exercise so in a workout, by owner, folded name, and number in the library, where that is no name of a library
    /// that was read before.
    pub(super) uses: HashMap<(u32, String, Option<String>), Named>,
    pub(super) open: Vec<(u32, DateTime<Utc>, Uuid)>,
    /// Hashes of the owners and ids of parts.
    parts: Sorter<u64>,
    /// The hashes that are there more than once, and where the first of each is.
    repeated: HashSet<u64>,
    pub(super) held: Vec<(u32, Uuid, Uuid)>,
    pub(super) told: Vec<(UserId, String)>,
    /// The entries of the history that sessions are: by owner, id, and the session.
    pub(super) diary: Ledger<Session>,
    /// Names, folded, that mean an exercise of a library whoever uses them.
    pub(super) known: HashSet<String>,
}

/// A session that has ended: whose it is, which entry of the history it is, and where.
pub(super) struct Session {
    pub(super) owner: u32,
    pub(super) entry: Uuid,
    pub(super) at: At,
}

impl Entry for Session {
    const SIZE: usize = 32;

    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.entry.as_bytes());
        out.extend_from_slice(&self.owner.to_be_bytes());
        self.at.pack(out);
    }

    fn unpack(bytes: &[u8]) -> Self {
        let (entry, rest) = bytes.split_at(16);
        let (owner, at) = rest.split_at(4);
        Self {
            owner: owner.try_into().map_or(0, u32::from_be_bytes),
            entry: Uuid::from_slice(entry).unwrap_or_default(),
            at: At::unpack(at),
        }
    }
}

impl Facts {
    pub(super) fn owner(&mut self, owner: Owner) -> u32 {
        let next = u32::try_from(self.owners.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(owner.clone()).or_insert_with(|| {
            self.owners.push(owner);
            next
        })
    }

    /// Whether some ids of parts are there more than once: then the files have to be read again.
    pub(super) fn settle(&mut self) -> io::Result<bool> {
        let mut last = None;
        mem::take(&mut self.parts).each(|hash| {
            if last.replace(hash) == Some(hash) {
                self.repeated.insert(hash);
            }
            Ok(())
        })?;
        Ok(!self.repeated.is_empty())
    }

    /// To read again, and see who has first what is there twice.
    pub(super) fn again(self) -> Self {
        Self {
            repeated: self.repeated,
            ..Self::default()
        }
    }

    /// What the server's library calls its exercises.
    pub(super) fn know(&mut self, lookups: &Lookups) {
        for known in &lookups.library {
            let names = std::iter::once(&known.name).chain(&known.aliases);
            self.known.extend(names.map(|name| fold(name)));
        }
    }

    pub(super) fn shelve(&mut self, at: At, entry: meaning::Entry) {
        if entry.owner.is_none() && entry.our_owner.is_none() {
            let name = entry.links.then_some(&entry.name);
            let names = entry.former.iter().chain(name).map(|name| fold(name));
            self.known.extend(names);
        }
        self.entries.push((at, entry));
    }

    pub(super) fn part(&mut self, owner: u32, id: Uuid, workout: Uuid) -> io::Result<()> {
        let hash = hash_of(&(owner, id));
        if self.repeated.is_empty() {
            self.parts.push(hash)?;
        } else if self.repeated.contains(&hash) {
            self.held.push((owner, id, workout));
        }
        Ok(())
    }
}

/// The same in every process.
pub(super) fn hash_of(what: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(what)
}
