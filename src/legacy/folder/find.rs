//! One record, as it is in its file.

use super::{
    Folder, Unreadable,
    book::{At, Placed, State},
    index::hash_of,
    out_of_reach,
    pages::Pages,
    understand::Understood,
};
use crate::legacy::{
    meaning::{Parts, Reading, derived, session_key},
    record::{HistoryRecord, Key, Kind, Record},
    text::parse,
};

/// What is in one place, with the text that it was read from.
pub(super) struct Seen {
    pub(super) at: At,
    pub(super) placed: Placed,
    pub(super) text: Vec<u8>,
}

impl Folder {
    /// The record with a key, if the files have one.
    pub fn get(&self, key: &Key) -> Result<Option<Record>, Unreadable> {
        self.check()?;
        if let Some(seen) = self.seen(key)? {
            let record = match self.understood(&seen) {
                Some(Understood::Settings(both)) => Some(Record::Settings(both.0)),
                Some(Understood::Exercise(exercise)) => Some(Record::Exercise(exercise)),
                Some(Understood::Workout(both)) => Some(Record::Workout(both.0.workout)),
                Some(Understood::History(entry)) => Some(Record::History(entry)),
                Some(Understood::Nothing) | None => None,
            };
            return Ok(record);
        }
        match key.kind {
            Kind::Exercise => {
                let exercise = self.world.nameless(crate::exercises::ExerciseId(key.id));
                let own = exercise.filter(|exercise| exercise.owner_id == Some(key.owner));
                Ok(own.map(Record::Exercise))
            }
            Kind::History => {
                let session = self.session_that_is(key)?;
                let entry = session.and_then(|seen| self.workout_at(&seen)?.1);
                Ok(entry
                    .filter(|entry| entry.id.0 == key.id)
                    .map(Record::History))
            }
            _ => Ok(None),
        }
    }

    /// Whether every file is still as it was read or written last, and is known as it is: a change that was given
    /// up half-way has to be read again.
    pub fn is_current(&self) -> Result<bool, Unreadable> {
        Ok(self.stale.is_none() && self.is_as_left()?)
    }

    /// Whether a change was given up half-way.
    pub const fn is_stale(&self) -> bool {
        self.stale.is_some()
    }

    /// Whether nobody else has written since. Files are hashed only if they look otherwise.
    pub fn is_as_left(&self) -> Result<bool, Unreadable> {
        let there = super::files(&self.root).map_err(|error| Unreadable::Io {
            path: self.root.display().to_string(),
            error,
        })?;
        if self.has_new(&there)? {
            return Ok(false);
        }
        for book in &self.books {
            if !super::apply::unchanged(book).map_err(|error| Unreadable::Io {
                path: book.path.to_string(),
                error,
            })? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether one of these files is neither known nor one that is left alone.
    fn has_new(&self, there: &[String]) -> Result<bool, Unreadable> {
        for path in there {
            let known = self.books.iter().any(|book| *book.path == **path);
            let within = |error| Unreadable::Io {
                path: path.clone(),
                error,
            };
            if !known && super::within(&self.root, path).map_err(within)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn check(&self) -> Result<(), Unreadable> {
        match &self.stale {
            Some(reason) => Err(Unreadable::Stale(reason.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn seen(&self, key: &Key) -> Result<Option<Seen>, Unreadable> {
        let at = self.place_of(key)?;
        at.map(|at| self.look(at)).transpose()
    }

    /// Where the record is that counts.
    pub(super) fn place_of(&self, key: &Key) -> Result<Option<At>, Unreadable> {
        let known = self.places.find(hash_of(key)).map_err(out_of_reach)?;
        for at in self.since.get(key).copied().into_iter().chain(known) {
            let placed = self.placed(at).map_err(out_of_reach)?;
            let shelf = self.books[at.book as usize].stacks[at.stack as usize].shelf;
            if placed.state.has_place() && self.key_at(shelf, &placed) == *key {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The session that is this entry of the history.
    pub(super) fn session_that_is(&self, entry: &Key) -> Result<Option<Seen>, Unreadable> {
        for at in self.diary.find(hash_of(entry)).map_err(out_of_reach)? {
            let placed = self.placed(at).map_err(out_of_reach)?;
            let (owner, owner_key) = self.owner_of(placed.owner);
            if placed.state == State::Gone || owner != entry.owner {
                continue;
            }
            let seen = self.look(at)?;
            let is_it = parse(&seen.text).ok().is_some_and(|node| {
                let key = node.as_object().and_then(|object| session_key(object).ok());
                key.is_some_and(|key| derived("history", "session", owner_key, &[&key]) == entry.id)
            });
            if is_it {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }

    pub(super) fn look(&self, at: At) -> Result<Seen, Unreadable> {
        let book = &self.books[at.book as usize];
        let placed = self.placed(at).map_err(out_of_reach)?;
        let text = Pages::open(book)?.bytes(&placed)?.to_vec();
        Ok(Seen { at, placed, text })
    }

    fn understood(&self, seen: &Seen) -> Option<Understood> {
        if seen.placed.state == State::Gone {
            return None;
        }
        let mut parts = Parts::default();
        self.understand(seen.at, &seen.placed, &seen.text, true, &mut parts)
            .ok()
    }

    /// A workout as it is read, and the entry of the history that it is.
    pub(super) fn workout_at(&self, seen: &Seen) -> Option<(Reading, Option<HistoryRecord>)> {
        match self.understood(seen)? {
            Understood::Workout(both) => Some(*both),
            _ => None,
        }
    }
}
