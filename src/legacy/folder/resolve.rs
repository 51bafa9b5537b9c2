//! What the files say, put together: accounts, names of exercises, and the one place of each record.

use std::{collections::HashMap, io, path::PathBuf};

use uuid::Uuid;

use super::{
    Folder, Link,
    apply::short,
    book::{At, Book, Placed, State},
    index::{Facts, Owner, Session, hash_of},
    register::{Line, Register},
    sorter::Sorter,
};
use crate::{
    changes::EVERYBODY,
    exercises::ExerciseId,
    legacy::{
        Lookups,
        meaning::{Entry, Person, Shelf, World, fold},
        record::{Key, Kind},
    },
    viewer::UserId,
};

pub(super) fn resolve(
    root: PathBuf,
    books: Vec<Book>,
    facts: Facts,
    lookups: &Lookups,
    notes: Vec<String>,
) -> io::Result<Folder> {
    let mut folder = Folder {
        root,
        books,
        world: World::default(),
        owners: facts.owners,
        places: Register::default(),
        since: HashMap::new(),
        notes,
        linked: Vec::new(),
        diary: Register::default(),
        faults: None,
        stale: None,
    };
    folder.meet(facts.people, lookups);
    folder.shelve(&facts.entries, lookups)?;
    for ((owner, folded, reference), mut named) in facts.uses {
        let (id, key) = folder.owner_of(owner);
        let by_id = reference.is_some_and(|key| folder.world.file_ids.contains_key(&key));
        let exercise = folder.world.by_name(id, key, &named.name);
        if !by_id
            && exercise == World::of_name(key, &folded)
            && !folder.world.names.contains_key(&exercise)
        {
            named.owner = id;
            let first = folder
                .world
                .named
                .entry(exercise)
                .or_insert_with(|| named.clone());
            if (named.at, named.workout) < (first.at, first.workout) {
                *first = named;
            }
        }
    }
    let named = folder
        .world
        .named
        .iter()
        .map(|(id, named)| (*id, named.name.clone()));
    let named: Vec<_> = named.collect();
    folder.world.names.extend(named);
    for (owner, at, id) in facts.open {
        let owner = folder.owner_of(owner).0;
        folder.world.open.entry(owner).or_default().push((at, id));
    }
    for (owner, id, workout) in facts.held {
        let owner = folder.owner_of(owner).0;
        folder.world.held.entry((owner, id)).or_insert(workout);
    }
    folder.world.told = facts.told.into_iter().collect();
    let mut sessions = Sorter::default();
    for session in facts.diary.iter() {
        let Session { owner, entry, at } = session?;
        let key = Key {
            kind: Kind::History,
            owner: folder.owner_of(owner).0,
            id: entry,
        };
        sessions.push(Line {
            hash: hash_of(&key),
            at,
        })?;
    }
    folder.diary = Register::of(sessions, |_, _| Ok(true))?;
    folder.place()?;
    Ok(folder)
}

impl Folder {
    /// Who is who. Records that name nobody are the only person's, if there is one only.
    fn meet(&mut self, people: Vec<(String, Person)>, lookups: &Lookups) {
        let mut addresses: HashMap<String, String> = HashMap::new();
        for (key, mut person) in people {
            if let Some(id) = lookups.users.get(&key) {
                (person.id, person.linked) = (*id, true);
            }
            if let Some(email) = &person.email
                && let Some(other) = addresses.insert(email.to_lowercase(), key.clone())
            {
                let note = format!("`{key}` has the address of `{other}`, and gets none");
                self.notes.push(note);
                addresses.insert(email.to_lowercase(), other);
                person.email = None;
            }
            self.world.people.entry(key).or_insert(person);
        }
        let sole = match self.world.people.iter().next() {
            Some((key, person)) if self.world.people.len() == 1 => {
                Some((key.clone(), person.clone()))
            }
            _ => None,
        };
        for owner in &self.owners {
            if let Owner::Key(key) = owner
                && !key.is_empty()
            {
                let linked = lookups.users.get(key).copied();
                let person = || Person::called(key, linked);
                self.world.people.entry(key.clone()).or_insert_with(person);
            }
        }
        for (key, person) in &self.world.people {
            self.world.keys.insert(person.id, key.clone());
        }
        let (key, person) = sole.unwrap_or_else(|| {
            let key = "default".to_owned();
            let known = self.world.people.get(&key).cloned();
            let linked = lookups.users.get(&key).copied();
            let person = known.unwrap_or_else(|| Person::called(&key, linked));
            (key, person)
        });
        self.world.keys.entry(person.id).or_insert(key);
        self.world.people.insert(String::new(), person);
    }

    /// Which entries of the libraries are exercises of their own, and which names mean them.
    fn shelve(&mut self, entries: &[(At, Entry)], lookups: &Lookups) -> io::Result<()> {
        for known in &lookups.library {
            self.world.names.insert(known.id, known.name.clone());
            for name in std::iter::once(&known.name).chain(&known.aliases) {
                self.world.server.entry(fold(name)).or_insert(known.id);
            }
        }
        // What the app itself has comes first: what was made here never takes a name from it.
        let (own, ours): (Vec<_>, Vec<_>) = entries.iter().partition(|(_, entry)| !entry.made);
        let mut taken = HashMap::new();
        for (at, entry) in own.into_iter().chain(ours) {
            self.shelve_one(*at, entry, &mut taken)?;
        }
        Ok(())
    }

    fn shelve_one(
        &mut self,
        at: At,
        entry: &Entry,
        taken: &mut HashMap<Uuid, At>,
    ) -> io::Result<()> {
        let mut placed = self.placed(at)?;
        let owner = (placed.owner > 0).then(|| self.owner_of(placed.owner).0);
        let folded = fold(&entry.name);
        let linked = match (entry.ours, owner) {
            (Some(_), _) => None,
            (None, Some(owner)) => self.world.own.get(&(owner, folded.clone())).copied(),
            (None, None) => self
                .world
                .library
                .get(&folded)
                .or_else(|| self.world.server.get(&folded))
                .copied(),
        };
        let (id, state) = match linked {
            Some(id) => (id, State::Linked),
            None if taken.contains_key(&entry.id(false)) => {
                (ExerciseId(entry.id(true)), State::Good)
            }
            None => (ExerciseId(entry.id(false)), State::Good),
        };
        if let Some(linked) = linked {
            let link = Link {
                name: entry.name.clone(),
                exercise: linked.0,
            };
            self.linked.push(link);
        }
        placed.id = id.0;
        placed.state = if taken.insert(id.0, at).is_some() && linked.is_none() {
            State::Twice
        } else {
            state
        };
        self.set_placed(at, &placed)?;
        if let Some(key) = &entry.key {
            self.world.file_ids.entry(key.clone()).or_insert(id);
        }
        self.world
            .names
            .entry(id)
            .or_insert_with(|| entry.name.clone());
        self.call(id, owner, &entry.name, &entry.former, entry.links);
        Ok(())
    }

    /// Lets names in workouts mean an exercise, unless they mean one already.
    pub(super) fn call(
        &mut self,
        id: ExerciseId,
        owner: Option<UserId>,
        name: &str,
        former: &[String],
        links: bool,
    ) {
        let name = links.then_some(name).into_iter();
        for name in former.iter().map(String::as_str).chain(name).map(fold) {
            match owner {
                Some(owner) => self.world.own.entry((owner, name)).or_insert(id),
                None => self.world.library.entry(name).or_insert(id),
            };
        }
    }

    /// Gives every record its place. Of two with the same id the first counts.
    fn place(&mut self) -> io::Result<()> {
        let mut lines = Sorter::default();
        for (book_number, book) in self.books.iter().enumerate() {
            for (stack_number, stack) in book.stacks.iter().enumerate() {
                for (number, placed) in stack.records.iter().enumerate() {
                    let placed = placed?;
                    if !placed.state.has_place() {
                        continue;
                    }
                    let at = At {
                        book: short(book_number),
                        stack: short(stack_number),
                        number: short(number),
                    };
                    let hash = hash_of(&self.key_at(stack.shelf, &placed));
                    lines.push(Line { hash, at })?;
                }
            }
        }
        self.places = Register::of(lines, |at, before| self.is_first(at, before))?;
        Ok(())
    }

    /// Whether none of those before is the same record.
    fn is_first(&mut self, at: At, before: &[At]) -> io::Result<bool> {
        if before.is_empty() {
            return Ok(true);
        }
        let key = self.key_of_place(at)?;
        for other in before {
            if self.key_of_place(*other)? == key {
                let mut placed = self.placed(at)?;
                placed.state = State::Twice;
                self.set_placed(at, &placed)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn key_of_place(&self, at: At) -> io::Result<Key> {
        let shelf = self.books[at.book as usize].stacks[at.stack as usize].shelf;
        Ok(self.key_at(shelf, &self.placed(at)?))
    }

    /// Which record is in a place.
    pub(super) fn key_at(&self, shelf: Option<Shelf>, placed: &Placed) -> Key {
        let (owner, _) = self.owner_of(placed.owner);
        let (kind, owner, id) = match shelf {
            Some(Shelf::Users) => (Kind::Settings, owner, owner.0),
            Some(Shelf::Library) if placed.owner == 0 => (Kind::Exercise, EVERYBODY, placed.id),
            Some(Shelf::Library) => (Kind::Exercise, owner, placed.id),
            Some(Shelf::History) => (Kind::History, owner, placed.id),
            _ => (Kind::Workout, owner, placed.id),
        };
        Key { kind, owner, id }
    }

    pub(super) fn placed(&self, at: At) -> io::Result<Placed> {
        let stack = &self.books[at.book as usize].stacks[at.stack as usize];
        stack.records.get(at.number as usize)
    }

    fn set_placed(&mut self, at: At, placed: &Placed) -> io::Result<()> {
        let stack = &mut self.books[at.book as usize].stacks[at.stack as usize];
        stack.records.set(at.number as usize, placed)
    }
}
