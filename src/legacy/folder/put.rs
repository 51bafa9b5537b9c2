//! One edit: the text that says it, and where that has to go.

use super::{
    Folder, Owner,
    apply::{ApplyError, Plan, short},
    book::{At, Placed, State},
    edits::{Edits, sorted},
    rewrite::Added,
    understand::{Meaning, Understood},
};
use crate::{
    changes::EVERYBODY,
    exercises::ExerciseId,
    legacy::{
        meaning::{Parts, Person, Shelf, Which, session_key},
        native::{self, Page, Shelved, Writing},
        record::{ExerciseRecord, HistoryRecord, Key, Kind, SettingsRecord, WorkoutRecord},
        scan::Spot,
        text::{Node, Object, parse},
    },
    viewer::UserId,
};

impl Folder {
    pub(super) fn put_settings(
        &mut self,
        key: Key,
        wanted: &SettingsRecord,
        plan: &mut Plan,
    ) -> Result<(), ApplyError> {
        let unfaithful = |reason: String| ApplyError::Unfaithful { key, reason };
        let seen = self.seen(&key)?;
        let (name, person) = self.person_of(key.owner);
        let mut blank = Object::default();
        blank.set("id", Node::text(&name));
        blank.set("preferences", Node::Object(Object::default()));
        let at = seen.as_ref().map(|seen| seen.at);
        let place = match at {
            Some(at) => (at.book, at.stack),
            None => self.home(Shelf::Users, false)?,
        };
        let lead = self.lead(place);
        let old = seen.as_ref().map(|seen| object_of(&seen.text));
        let object = old.transpose().map_err(unfaithful)?.unwrap_or(blank);
        let mut page = Page::new(object, None, &lead);
        native::settings(&mut page, &person, wanted).map_err(unfaithful)?;
        let text = page.print();
        self.check_text(key, Shelf::Users, &text, wanted, |found| match found {
            Understood::Settings(both) => Some(both.0),
            _ => None,
        })?;
        self.plan_text(key, Shelf::Users, at, text, name, plan)
    }

    pub(super) fn put_exercise(
        &mut self,
        key: Key,
        wanted: &ExerciseRecord,
        plan: &mut Plan,
    ) -> Result<(), ApplyError> {
        let unfaithful = |reason: String| ApplyError::Unfaithful { key, reason };
        let seen = self.seen(&key)?;
        let old = seen
            .as_ref()
            .map(|seen| object_of(&seen.text))
            .transpose()
            .map_err(unfaithful)?;
        let native_owner = old
            .as_ref()
            .and_then(|object| object.text("userId"))
            .map(str::to_owned);
        let native_owner = native_owner
            .and_then(|key| self.world.people.get(&key))
            .map(|person| person.id);
        let shelved = Shelved {
            wanted,
            owner: native_owner,
            links: self.may_link(&key, &wanted.name),
        };
        let new = old.is_none();
        let place = match &seen {
            Some(seen) => (seen.at.book, seen.at.stack),
            None => self.home(Shelf::Library, false)?,
        };
        let lead = self.lead(place);
        let mut page = Page::new(old.unwrap_or_else(|| shelved.blank()), None, &lead);
        shelved.write(&mut page, new).map_err(unfaithful)?;
        let text = page.print();
        self.check_text(key, Shelf::Library, &text, wanted, |found| match found {
            Understood::Exercise(exercise) => Some(exercise),
            _ => None,
        })?;
        let owner = wanted.owner_id;
        let links = shelved.links;
        self.call(wanted.id, owner, &wanted.name, &[], links);
        self.world.named.remove(&wanted.id);
        self.plan_text(
            key,
            Shelf::Library,
            seen.map(|seen| seen.at),
            text,
            String::new(),
            plan,
        )
    }

    pub(super) fn put_workout(
        &mut self,
        key: Key,
        wanted: &WorkoutRecord,
        edits: &Edits,
        plan: &mut Plan,
    ) -> Result<(), ApplyError> {
        let unfaithful = |reason: String| ApplyError::Unfaithful { key, reason };
        let before = edits.before.get(&key);
        let wanted = sorted(wanted);
        let (name, person) = self.person_of(key.owner);
        let now = before.map(|before| (before.seen.at.book, before.seen.at.stack));
        let shelf = match now {
            Some((book, stack)) => self.books[book as usize].stacks[stack as usize].shelf,
            None if wanted.is_template => Some(Shelf::Templates),
            None => Some(Shelf::Sessions),
        };
        let shelf = shelf.unwrap_or(Shelf::Sessions);
        let trash = wanted.deleted_at.is_some();
        let place = match now {
            Some(place) if self.books[place.0 as usize].trash == trash => place,
            _ => self.home(shelf, trash)?,
        };
        let stays = now == Some(place);
        let owner_key = before.map_or(name.clone(), |before| {
            self.owner_of(before.seen.placed.owner).1.to_owned()
        });
        let writing = Writing {
            world: &self.world,
            which: Which {
                shelf,
                id: key.id,
                owner: key.owner,
                owner_key: &owner_key,
                unit: person.unit,
            },
            wanted: &wanted,
            before: before.map(|before| &before.reading),
            silent: before.is_none_or(|before| before.entry.is_none()) && wanted.ended_at.is_some(),
        };
        let lead = self.lead(now.unwrap_or(place));
        let old = before
            .map(|before| object_of(&before.seen.text))
            .transpose()
            .map_err(unfaithful)?;
        let mut page = Page::new(old.unwrap_or_else(|| writing.blank()), None, &lead);
        writing.write(&mut page).map_err(unfaithful)?;
        let text = page.print();
        self.check_text(key, shelf, &text, &wanted, |found| match found {
            Understood::Workout(both) => Some(both.0.workout),
            _ => None,
        })?;
        let at = before.filter(|_| stays).map(|before| before.seen.at);
        if let Some((book, _)) = now.filter(|_| !stays) {
            plan.then.entry(book).or_default().push(key);
        }
        self.plan_at(key, place, at, text, owner_key, plan);
        Ok(())
    }

    pub(super) fn put_entry(
        &mut self,
        key: Key,
        wanted: &HistoryRecord,
        plan: &mut Plan,
    ) -> Result<(), ApplyError> {
        let session = self.session_of(&key)?;
        let text = native::entry(wanted, session.as_deref());
        self.check_text(key, Shelf::History, &text, wanted, |found| match found {
            Understood::History(entry) => Some(entry),
            _ => None,
        })?;
        self.tell(key, session);
        let at = self.place_of(&key)?;
        self.plan_text(key, Shelf::History, at, text, String::new(), plan)
    }

    pub(super) fn remove(&mut self, key: Key, plan: &mut Plan) -> Result<(), ApplyError> {
        if key.kind == Kind::History
            && let Some(session) = self.session_of(&key)?
        {
            let text = native::gone(key.owner, key.id, &session);
            self.tell(key, Some(session));
            let at = self.place_of(&key)?;
            return self.plan_text(key, Shelf::History, at, text, String::new(), plan);
        }
        if let Some(at) = self.place_of(&key)? {
            let changes = plan.first.entry(at.book).or_default();
            changes.removed.insert((at.stack, at.number));
        }
        if key.kind == Kind::Exercise {
            self.world.named.remove(&ExerciseId(key.id));
        }
        Ok(())
    }

    /// The session that an entry of the history is made of, or was.
    fn session_of(&self, key: &Key) -> Result<Option<String>, ApplyError> {
        if let Some(seen) = self.seen(key)? {
            let object = object_of(&seen.text).ok();
            return Ok(object.and_then(|object| object.text("session").map(str::to_owned)));
        }
        let Some(seen) = self.session_that_is(key)? else {
            return Ok(None);
        };
        Ok(object_of(&seen.text)
            .ok()
            .and_then(|object| session_key(&object).ok()))
    }

    fn tell(&mut self, key: Key, session: Option<String>) {
        if let Some(session) = session {
            self.world.told.insert((key.owner, session));
        }
    }

    /// Nothing is written that would not be read as it was meant.
    fn check_text<T: PartialEq>(
        &mut self,
        key: Key,
        shelf: Shelf,
        text: &str,
        wanted: &T,
        found: impl FnOnce(Understood) -> Option<T>,
    ) -> Result<(), ApplyError> {
        let unfaithful = |reason: String| ApplyError::Unfaithful { key, reason };
        let (owner, owner_key) = match shelf {
            Shelf::Library if key.owner == EVERYBODY => (None, String::new()),
            _ => (Some(key.owner), self.person_of(key.owner).0),
        };
        let node = object_of(text.as_bytes()).map_err(unfaithful)?;
        let mut parts = Parts::default();
        let meaning = Meaning {
            shelf,
            id: key.id,
            owner,
            owner_key: &owner_key,
            honour: true,
        };
        let read = self.meant_as(&meaning, &node, &mut parts);
        let read = read.map_err(unfaithful)?;
        match found(read) {
            Some(read) if read == *wanted => Ok(()),
            _ => Err(unfaithful(
                "it has something that the files cannot hold".to_owned(),
            )),
        }
    }

    fn person_of(&mut self, owner: UserId) -> (String, Person) {
        if !self.world.keys.contains_key(&owner) {
            let key = owner.to_string();
            self.world
                .people
                .insert(key.clone(), Person::called(&key, None));
            self.world.keys.insert(owner, key);
        }
        let key = self.world.keys.get(&owner).cloned().unwrap_or_default();
        let person = self.world.people.get(&key).cloned();
        (
            key.clone(),
            person.unwrap_or_else(|| Person::called(&key, Some(owner))),
        )
    }

    fn lead(&self, (book, stack): (u32, u32)) -> String {
        let book = &self.books[book as usize];
        book.leads(&book.stacks[stack as usize]).0
    }

    fn plan_text(
        &mut self,
        key: Key,
        shelf: Shelf,
        at: Option<At>,
        text: String,
        name: String,
        plan: &mut Plan,
    ) -> Result<(), ApplyError> {
        let place = match at {
            Some(at) => (at.book, at.stack),
            None => self.home(shelf, false)?,
        };
        self.plan_at(key, place, at, text, name, plan);
        Ok(())
    }

    fn plan_at(
        &mut self,
        key: Key,
        (book, stack): (u32, u32),
        at: Option<At>,
        text: String,
        name: String,
        plan: &mut Plan,
    ) {
        let changes = plan.first.entry(book).or_default();
        if let Some(at) = at {
            changes.replaced.insert((at.stack, at.number), text);
            return;
        }
        let owner = match key.kind {
            Kind::Exercise if key.owner == EVERYBODY => 0,
            Kind::Exercise | Kind::History => self.owner_number(Owner::Account(key.owner)),
            _ => self.owner_number(Owner::Key(name.clone())),
        };
        let placed = Placed {
            start: Spot::default(),
            length: 0,
            owner,
            id: key.id,
            state: State::Good,
        };
        changes
            .added
            .entry(stack)
            .or_default()
            .push(Added { text, name, placed });
    }

    fn owner_number(&mut self, owner: Owner) -> u32 {
        let known = self.owners.iter().position(|known| *known == owner);
        short(known.unwrap_or_else(|| {
            self.owners.push(owner);
            self.owners.len() - 1
        }))
    }
}

fn object_of(text: &[u8]) -> Result<Object<'_>, String> {
    match parse(text) {
        Ok(Node::Object(object)) => Ok(object),
        Ok(other) => Err(format!("it is {}, not an object", other.noun())),
        Err(fault) => Err(fault.reason),
    }
}
