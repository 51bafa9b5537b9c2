//! What is in one place of a file.

use uuid::Uuid;

use super::{
    Folder,
    book::{At, Placed, State},
};
use crate::{
    changes::EVERYBODY,
    legacy::{
        meaning::{self, Part, Parts, Reading, Shelf, Which},
        record::{ExerciseRecord, HistoryRecord, Record, SettingsRecord},
        scan::LONGEST,
        text::{Object, parse},
    },
    viewer::UserId,
    workouts::WeightUnit,
};

/// What one place of a file was read to.
pub(in crate::legacy) enum Understood {
    Settings(Box<(SettingsRecord, Record)>),
    Exercise(ExerciseRecord),
    Workout(Box<(Reading, Option<HistoryRecord>)>),
    History(HistoryRecord),
    Nothing,
}

/// How an object is to be understood.
#[derive(Clone, Copy)]
pub(super) struct Meaning<'a> {
    pub(super) shelf: Shelf,
    pub(super) id: Uuid,
    pub(super) owner: Option<UserId>,
    pub(super) owner_key: &'a str,
    /// Whether our columns count or only the app's keys.
    pub(super) honour: bool,
}

impl Folder {
    /// What is in one place; `honour` says whether our columns count or only the app's keys.
    pub(in crate::legacy) fn understand(
        &self,
        at: At,
        placed: &Placed,
        bytes: &[u8],
        honour: bool,
        parts: &mut Parts,
    ) -> Result<Understood, Part> {
        let refuse = |reason: String| whole(reason, placed);
        if placed.length as usize > LONGEST {
            let reason = format!(
                "it has {} bytes: a record has at most {LONGEST}",
                placed.length
            );
            return Err(refuse(reason));
        }
        let node = parse(bytes).map_err(|fault| Part {
            path: String::new(),
            at: fault.at,
            end: bytes.len(),
            reason: fault.reason,
        })?;
        let Some(object) = node.as_object() else {
            return Err(refuse(format!("it is {}, not an object", node.noun())));
        };
        match placed.state {
            State::Twice => Err(refuse(
                "its id is that of another record, which is the one that counts".to_owned(),
            )),
            State::Linked | State::Nothing | State::Gone => Ok(Understood::Nothing),
            State::Good | State::Bad => self
                .meant(at, placed, object, honour, parts)
                .map_err(refuse),
        }
    }

    fn meant(
        &self,
        at: At,
        placed: &Placed,
        object: &Object,
        honour: bool,
        parts: &mut Parts,
    ) -> Result<Understood, String> {
        let Some(shelf) = self.books[at.book as usize].stacks[at.stack as usize].shelf else {
            return Err("nothing tells what it is".to_owned());
        };
        if shelf == Shelf::Users && placed.state != State::Good {
            return Err("it has neither an `id` nor an `email`".to_owned());
        }
        let (owner, owner_key) = self.owner_of(placed.owner);
        let owned = shelf != Shelf::Library || placed.owner > 0;
        let meaning = Meaning {
            shelf,
            id: placed.id,
            owner: owned.then_some(owner),
            owner_key,
            honour,
        };
        self.meant_as(&meaning, object, parts)
    }

    /// What an object means as a record that is known otherwise.
    pub(super) fn meant_as(
        &self,
        meaning: &Meaning,
        object: &Object,
        parts: &mut Parts,
    ) -> Result<Understood, String> {
        let Meaning {
            shelf,
            id,
            owner,
            owner_key,
            honour,
        } = *meaning;
        let person = self.world.people.get(owner_key);
        match shelf {
            Shelf::Users => {
                let person = person.ok_or("it is nobody")?;
                let user = meaning::account(owner_key, person, Some(object), parts);
                let settings = meaning::settings(person, object, honour, parts)?;
                Ok(Understood::Settings(Box::new((
                    settings,
                    Record::User(user),
                ))))
            }
            Shelf::Library => {
                meaning::exercise(object, id, owner, honour, parts).map(Understood::Exercise)
            }
            Shelf::Templates | Shelf::Sessions => {
                let which = Which {
                    shelf,
                    id,
                    owner: owner.unwrap_or(EVERYBODY),
                    owner_key,
                    unit: person.map_or(WeightUnit::Kg, |person| person.unit),
                };
                let reading = self.world.session(object, which, honour, parts)?;
                let entry = (shelf == Shelf::Sessions)
                    .then(|| self.world.entry(object, &reading, owner_key))
                    .flatten();
                Ok(Understood::Workout(Box::new((reading, entry))))
            }
            Shelf::History => {
                let entry = serde_json::from_value(object.value());
                let entry =
                    entry.map_err(|error| format!("it is no entry of the history: {error}"))?;
                Ok(Understood::History(entry))
            }
        }
    }
}

fn whole(reason: String, placed: &Placed) -> Part {
    Part {
        path: String::new(),
        at: 0,
        end: placed.length as usize,
        reason,
    }
}
