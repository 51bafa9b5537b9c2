//! What the files say, put together: accounts, names of exercises, and the one place of each record.

use std::{collections::HashMap, path::PathBuf};

use uuid::Uuid;

use super::{
    Folder, Link,
    book::{At, Book, Placed, State},
    index::{Facts, Owner},
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
) -> Folder {
    let mut folder = Folder {
        root,
        books,
        world: World::default(),
        owners: facts.owners,
        places: HashMap::new(),
        notes,
        linked: Vec::new(),
        diary: HashMap::new(),
        faults: None,
        stale: None,
    };
    folder.meet(facts.people, lookups);
    folder.shelve(&facts.entries, lookups);
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
    for (owner, id, at) in facts.diary {
        let owner = folder.owner_of(owner).0;
        folder.diary.entry((owner, id)).or_insert(at);
    }
    folder.place();
    folder
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
    fn shelve(&mut self, entries: &[(At, Entry)], lookups: &Lookups) {
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
            self.shelve_one(*at, entry, &mut taken);
        }
    }

    fn shelve_one(&mut self, at: At, entry: &Entry, taken: &mut HashMap<Uuid, At>) {
        let placed =
            self.books[at.book as usize].stacks[at.stack as usize].records[at.number as usize];
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
        let placed = self.placed_mut(at);
        placed.id = id.0;
        placed.state = if taken.insert(id.0, at).is_some() && linked.is_none() {
            State::Twice
        } else {
            state
        };
        if let Some(key) = &entry.key {
            self.world.file_ids.entry(key.clone()).or_insert(id);
        }
        self.world
            .names
            .entry(id)
            .or_insert_with(|| entry.name.clone());
        self.call(id, owner, &entry.name, &entry.former, entry.links);
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
    fn place(&mut self) {
        for book in 0..self.books.len() {
            for stack in 0..self.books[book].stacks.len() {
                for number in 0..self.books[book].stacks[stack].records.len() {
                    let at = At {
                        book: u32::try_from(book).unwrap_or(u32::MAX),
                        stack: u32::try_from(stack).unwrap_or(u32::MAX),
                        number: u32::try_from(number).unwrap_or(u32::MAX),
                    };
                    self.place_one(at);
                }
            }
        }
    }

    fn place_one(&mut self, at: At) {
        let stack = &self.books[at.book as usize].stacks[at.stack as usize];
        let placed = stack.records[at.number as usize];
        if !matches!(placed.state, State::Good | State::Nothing) {
            return;
        }
        let key = self.key_at(stack.shelf, &placed);
        let key = (key.kind, key.owner, key.id);
        if *self.places.entry(key).or_insert(at) != at {
            self.placed_mut(at).state = State::Twice;
        }
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

    fn placed_mut(&mut self, at: At) -> &mut Placed {
        let stack = &mut self.books[at.book as usize].stacks[at.stack as usize];
        &mut stack.records[at.number as usize]
    }
}
