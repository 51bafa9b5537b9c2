//! The first reading: where everything is, and all that has to be known before any record can be read.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    io, mem,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    book::{At, Book, Placed, Stack, Stamp, State},
    ledger::{Entry, Ledger},
    sorter::Sorter,
};
use crate::legacy::{
    Lookups,
    meaning::{self, Named, REGIMEN, Shelf, World, derived, fold, identity, kept, session_key},
    scan::{self, Found, LONGEST, Spot, Visit},
    text::{Node, Object, parse},
};
use crate::{legacy::meaning::Person, viewer::UserId};

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
    known: HashSet<String>,
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

    fn shelve(&mut self, at: At, entry: meaning::Entry) {
        if entry.owner.is_none() && entry.our_owner.is_none() {
            let name = entry.links.then_some(&entry.name);
            let names = entry.former.iter().chain(name).map(|name| fold(name));
            self.known.extend(names);
        }
        self.entries.push((at, entry));
    }

    fn part(&mut self, owner: u32, id: Uuid, workout: Uuid) -> io::Result<()> {
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

/// Reads one file.
pub(super) fn index(number: usize, mut book: Book, facts: &mut Facts) -> io::Result<Book> {
    let file = File::open(&book.full)?;
    book.stacks.clear();
    book.broken = None;
    let mut indexing = Indexing {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        book,
        facts,
        whole: false,
    };
    let mut scanned = scan::scan(&file, &mut indexing)?;
    let unknown = scanned.root == Some(b'{') && indexing.book.stacks.is_empty();
    if unknown && indexing.book.broken.is_none() {
        // It may be an object of records, by their ids.
        indexing.whole = true;
        scanned = scan::scan(File::open(&indexing.book.full)?, &mut indexing)?;
    }
    let mut book = indexing.book;
    book.stacks.retain(|stack| stack.shelf.is_some());
    book.root = scanned.root;
    let stamp = Stamp::of(&file, scanned.hash)?;
    if stamp.size != scanned.size {
        return Err(io::Error::other(
            "it was written while it was read: try again",
        ));
    }
    book.stamp = Some(stamp);
    Ok(book)
}

struct Indexing<'a> {
    number: u32,
    book: Book,
    facts: &'a mut Facts,
    /// Whether the root is an object of records.
    whole: bool,
}

impl Visit for Indexing<'_> {
    type Error = io::Error;

    fn section(&mut self, name: Option<&[u8]>, opener: u8, inside: u64) -> bool {
        let name = name.map(|name| serde_json::from_slice::<String>(name).unwrap_or_default());
        let shelf = name.as_deref().and_then(Shelf::of_member);
        let wanted = match (&name, shelf, opener) {
            (None, _, b'{') => self.whole,
            (None, ..) | (Some(_), Some(Shelf::Users), _) => true,
            (Some(_), Some(Shelf::History), _) => self.book.path.as_ref() == super::HISTORY,
            (Some(_), shelf, opener) => shelf.is_some() && opener == b'[',
        };
        if wanted {
            self.book.stacks.push(Stack {
                shelf,
                name,
                opener,
                inside,
                close: inside,
                lead: String::new(),
                records: Ledger::default(),
            });
        }
        wanted
    }

    fn record(&mut self, found: &Found) -> io::Result<()> {
        let stack = u32::try_from(self.book.stacks.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let Some(last) = self.book.stacks.last_mut() else {
            return Ok(());
        };
        let at = At {
            book: self.number,
            stack,
            number: u32::try_from(last.records.len()).unwrap_or(u32::MAX),
        };
        last.lead = String::from_utf8_lossy(found.lead).into_owned();
        let mut placed = Placed {
            start: found.start,
            length: u32::try_from(found.end - found.start.offset).unwrap_or(u32::MAX),
            owner: 0,
            id: Uuid::nil(),
            state: State::Bad,
        };
        let node = if placed.length as usize > LONGEST {
            None
        } else {
            parse(found.bytes).ok()
        };
        if let Some(object) = node.as_ref().and_then(Node::as_object) {
            // The app's own lists are known by what is in them, ours by their names; and a plan is a template where its
            // file says so.
            let by_file = last.name.is_none().then(|| Shelf::of_file(&self.book.path));
            let by_file = by_file.flatten();
            let ours = by_file.filter(|_| self.book.ours);
            let begun = object.has("startTime") || object.has("endTime");
            let told = match Shelf::of_record(object) {
                Some(Shelf::Sessions) if !begun && by_file == Some(Shelf::Templates) => by_file,
                told => told,
            };
            let shelf = last.shelf.or(ours).or(told).or(by_file);
            last.shelf = shelf;
            if let Some(shelf) = shelf {
                self.learn(shelf, at, object, found.name, &mut placed)?;
            }
        }
        if let Some(stack) = self.book.stacks.last_mut() {
            stack.records.push(&placed)?;
        }
        Ok(())
    }

    fn close(&mut self, at: u64) {
        let path = self.book.path.clone();
        let Some(stack) = self.book.stacks.last_mut() else {
            return;
        };
        stack.close = at;
        if stack.shelf.is_none() && stack.name.is_none() && !self.whole {
            stack.shelf = Shelf::of_file(&path);
        }
    }

    fn broken(&mut self, at: Spot, reason: &str) {
        self.book
            .broken
            .get_or_insert_with(|| (at, reason.to_owned()));
    }
}

impl Indexing<'_> {
    fn learn(
        &mut self,
        shelf: Shelf,
        at: At,
        object: &Object,
        name: Option<&[u8]>,
        placed: &mut Placed,
    ) -> io::Result<()> {
        match shelf {
            Shelf::Users => self.person(object, name, placed),
            Shelf::Library => {
                if let Ok(entry) = meaning::Entry::of(object) {
                    let owner = match (entry.our_owner, &entry.owner) {
                        (Some(id), _) => Some(Owner::Account(UserId(id))),
                        (None, Some(key)) => Some(Owner::Key(key.clone())),
                        (None, None) => None,
                    };
                    placed.owner = owner.map_or(0, |owner| self.facts.owner(owner));
                    placed.state = State::Good;
                    self.facts.shelve(at, entry);
                }
            }
            Shelf::Templates | Shelf::Sessions => self.session(shelf, at, object, placed)?,
            Shelf::History => self.entry(object, placed),
        }
        Ok(())
    }

    fn person(&mut self, object: &Object, name: Option<&[u8]>, placed: &mut Placed) {
        let name = name.and_then(|name| serde_json::from_slice::<String>(name).ok());
        let Some(key) = identity(object)
            .or(name)
            .or_else(|| object.text("email").map(str::to_owned))
        else {
            return;
        };
        let mut person = Person::called(&key, None);
        person.learn(object);
        placed.owner = self.facts.owner(Owner::Key(key.clone()));
        placed.id = person.id.0;
        placed.state = State::Good;
        self.facts.people.push((key, person));
    }

    fn session(
        &mut self,
        shelf: Shelf,
        at: At,
        object: &Object,
        placed: &mut Placed,
    ) -> io::Result<()> {
        let Ok(key) = session_key(object) else {
            return Ok(());
        };
        let owner = match object.get("userId") {
            Some(Node::Text(text)) => text.value.clone().into_owned(),
            Some(Node::Number(digits)) => digits.clone().into_owned(),
            _ => String::new(),
        };
        let ours = object.get(REGIMEN).and_then(Node::as_object);
        let own = ours
            .and_then(|ours| ours.text("id"))
            .and_then(kept)
            .or_else(|| kept(&key));
        let word = if shelf == Shelf::Templates {
            "template"
        } else {
            "session"
        };
        placed.id = own.unwrap_or_else(|| derived("workout", word, &owner, &[&key]));
        let entry = derived("history", "session", &owner, &[&key]);
        placed.owner = self.facts.owner(Owner::Key(owner));
        placed.state = State::Good;
        if shelf == Shelf::Sessions && object.has("endTime") {
            let owner = placed.owner;
            self.facts.diary.push(&Session { owner, entry, at })?;
        }
        if shelf == Shelf::Sessions && !self.book.trash {
            let begun = World::begun(object).map(|at| (placed.owner, at, placed.id));
            self.facts.open.extend(begun);
        }
        let items = object.get("exercises").and_then(Node::as_list);
        let items = items.into_iter().flat_map(|list| &list.items);
        for item in items.filter_map(|item| item.node.as_object()) {
            self.used(item, object, placed)?;
        }
        Ok(())
    }

    /// An exercise in a workout: its ids, and what it is called.
    fn used(&mut self, item: &Object, workout: &Object, placed: &Placed) -> io::Result<()> {
        let sets = item.get("sets").and_then(Node::as_list);
        let sets = sets.into_iter().flat_map(|list| &list.items);
        let parts = sets.filter_map(|set| set.node.as_object()).chain([item]);
        for id in parts.filter_map(|part| part.text("id")).filter_map(kept) {
            self.facts.part(placed.owner, id, placed.id)?;
        }
        let ours = item.get(REGIMEN).and_then(Node::as_object);
        if ours.is_some_and(|ours| ours.has("exercise_id")) {
            return Ok(());
        }
        let name = item.text("name").map(str::trim).unwrap_or_default();
        if name.is_empty() || name.chars().count() > 120 {
            return Ok(());
        }
        let folded = fold(name);
        if self.facts.known.contains(&folded) {
            return Ok(());
        }
        let reference = ["exerciseTemplateId", "exerciseLibraryId"]
            .into_iter()
            .find_map(|key| item.text(key).map(str::to_owned));
        self.facts
            .uses
            .entry((placed.owner, folded, reference))
            .or_insert_with(|| Named::first(name, item, workout, placed.id));
        Ok(())
    }

    fn entry(&mut self, object: &Object, placed: &mut Placed) {
        let id = |key| object.text(key).and_then(kept);
        let (Some(own), Some(user)) = (id("id"), id("user_id")) else {
            return;
        };
        placed.id = own;
        placed.owner = self.facts.owner(Owner::Account(UserId(user)));
        placed.state = if object.get("purged") == Some(&Node::Flag(true)) {
            State::Nothing
        } else {
            State::Good
        };
        if let Some(key) = object.text("session") {
            self.facts.told.push((UserId(user), key.to_owned()));
        }
    }
}
