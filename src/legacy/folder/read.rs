//! The second reading: every record, parents first, and everything that could not be taken.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    ops::Range,
};

use serde::Serialize;

use super::{
    FileFacts, Folder, Link, Owner, Unreadable,
    book::{At, Placed, Stack, State},
    out_of_reach,
    pages::Pages,
    understand::Understood,
};
use crate::{
    legacy::{
        meaning::{self, Part, Parts, Shelf},
        record::{ExerciseRecord, Kind, Record},
        scan::Spot,
    },
    viewer::UserId,
};

/// So many different values of one thing are told apart in a report.
const MOST_VALUES: usize = 100;

/// What is found in a folder.
#[expect(
    clippy::large_enum_variant,
    reason = "almost all of them are records: a box for each would be one more allocation"
)]
#[derive(Debug)]
pub enum Item {
    Record(Record),
    Quarantined(Quarantined),
}

/// What could not be taken. It stays in its file as it is.
#[derive(Clone, Serialize)]
pub struct Quarantined {
    pub file: String,
    /// The list that it is in.
    pub shelf: Option<Shelf>,
    /// Which record of the list, from 0.
    pub index: u32,
    /// Which part of the record, such as `exercises[0].sets[2]`; all of it if there is none.
    pub part: Option<String>,
    pub place: Range<u64>,
    pub line: u32,
    pub column: u32,
    pub reason: String,
    /// The very bytes, up to 8 MiB.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// The bytes may hold what nobody else should see.
impl std::fmt::Debug for Quarantined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Quarantined({}:{}:{}: {})",
            self.file, self.line, self.column, self.reason
        )
    }
}

/// What a folder holds in all.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub files: Vec<FileFacts>,
    /// How many records of each kind can be taken.
    pub records: BTreeMap<Kind, u64>,
    pub sets: u64,
    pub quarantined: u64,
    /// Exercises of the files that are one of the server's library, or are there twice.
    pub linked: Vec<Link>,
    /// Exercises that only workouts name: they become their owner's own.
    pub created: Vec<String>,
    /// The values of `intensity`, as they were written. They stay in the files, and mean nothing here.
    pub intensities: BTreeMap<String, u64>,
    pub notes: Vec<String>,
}

impl Folder {
    /// Reads everything: people, settings, exercises, workouts each with its entry of the history.
    pub fn read<E: From<Unreadable>>(
        &self,
        mut each: impl FnMut(Item) -> Result<(), E>,
    ) -> Result<Report, E> {
        self.check()?;
        let mut report = Report {
            files: self.files(),
            linked: self.linked.clone(),
            notes: self.notes.clone(),
            ..Report::default()
        };
        let mut tell = |item: Item, report: &mut Report| {
            report.count(&item);
            each(item)
        };
        for user in self.implied().map_err(out_of_reach)? {
            tell(user, &mut report)?;
        }
        self.read_shelf(Shelf::Users, &mut report, &mut tell)?;
        self.read_shelf(Shelf::Library, &mut report, &mut tell)?;
        for exercise in self.nameless() {
            report.created.push(exercise.name.clone());
            tell(Item::Record(Record::Exercise(exercise)), &mut report)?;
        }
        for shelf in [Shelf::Templates, Shelf::Sessions, Shelf::History] {
            self.read_shelf(shelf, &mut report, &mut tell)?;
        }
        for book in &self.books {
            if let Some((at, reason)) = &book.broken {
                let file = &book.path;
                report.notes.push(format!(
                    "`{file}` makes no sense from line {}, column {} on: {reason}",
                    at.line, at.column
                ));
            }
        }
        Ok(report)
    }

    /// People whom nothing but what is theirs names.
    fn implied(&self) -> io::Result<Vec<Item>> {
        let mut known = HashSet::new();
        let stacks = self.books.iter().flat_map(|book| &book.stacks);
        let declared = stacks.filter(|stack| stack.shelf == Some(Shelf::Users));
        for placed in declared.flat_map(|stack| stack.records.iter()) {
            let placed = placed?;
            if placed.state.has_place() {
                known.insert(self.owner_of(placed.owner).0);
            }
        }
        let uses_nobody = self.uses_nobody()?;
        let mut items = Vec::new();
        for owner in &self.owners {
            let Owner::Key(key) = owner else { continue };
            let used = !key.is_empty() || uses_nobody;
            let Some(person) = self.world.people.get(key).filter(|_| used) else {
                continue;
            };
            if person.linked || !known.insert(person.id) {
                continue;
            }
            let shown = self.world.keys.get(&person.id).map_or(key, |key| key);
            let user = meaning::account(shown, person, None, &mut Parts::default());
            items.push(Item::Record(Record::User(user)));
        }
        Ok(items)
    }

    /// Whether any workout does not say whose it is.
    fn uses_nobody(&self) -> io::Result<bool> {
        let stacks = self.books.iter().flat_map(|book| &book.stacks);
        let workouts =
            stacks.filter(|stack| matches!(stack.shelf, Some(Shelf::Sessions | Shelf::Templates)));
        for placed in workouts.flat_map(|stack| stack.records.iter()) {
            let placed = placed?;
            if placed.owner == 0 && placed.state == State::Good {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn nameless(&self) -> Vec<ExerciseRecord> {
        let mut ids: Vec<_> = self.world.named.keys().copied().collect();
        ids.sort_unstable();
        ids.into_iter()
            .filter_map(|id| self.world.nameless(id))
            .collect()
    }

    fn read_shelf<E: From<Unreadable>>(
        &self,
        shelf: Shelf,
        report: &mut Report,
        tell: &mut impl FnMut(Item, &mut Report) -> Result<(), E>,
    ) -> Result<(), E> {
        for (book_number, book) in self.books.iter().enumerate() {
            let wanted = |stack: &Stack| stack.shelf == Some(shelf);
            if !book.stacks.iter().any(wanted) {
                continue;
            }
            let mut pages = Pages::open(book)?;
            for (stack_number, stack) in book.stacks.iter().enumerate() {
                if !wanted(stack) {
                    continue;
                }
                for (number, placed) in stack.records.iter().enumerate() {
                    let placed = placed.map_err(out_of_reach)?;
                    let at = At {
                        book: u32::try_from(book_number).unwrap_or(u32::MAX),
                        stack: u32::try_from(stack_number).unwrap_or(u32::MAX),
                        number: u32::try_from(number).unwrap_or(u32::MAX),
                    };
                    if placed.state != State::Gone {
                        let bytes = pages.bytes(&placed)?;
                        self.read_one(at, &placed, bytes, report, tell)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn read_one<E>(
        &self,
        at: At,
        placed: &Placed,
        bytes: &[u8],
        report: &mut Report,
        tell: &mut impl FnMut(Item, &mut Report) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut parts = Parts::default();
        let understood = self.understand(at, placed, bytes, true, &mut parts);
        for intensity in &parts.intensities {
            if report.intensities.len() < MOST_VALUES || report.intensities.contains_key(intensity)
            {
                *report.intensities.entry(intensity.clone()).or_default() += 1;
            }
        }
        for part in parts.refused {
            tell(
                Item::Quarantined(self.quarantined(at, placed, bytes, part)),
                report,
            )?;
        }
        let mut record = |record| tell(Item::Record(record), report);
        match understood {
            Ok(Understood::Settings(both)) => {
                let (settings, user) = *both;
                if !self.is_linked(settings.user_id) {
                    record(user)?;
                }
                record(Record::Settings(settings))
            }
            Ok(Understood::Exercise(exercise)) => record(Record::Exercise(exercise)),
            Ok(Understood::Workout(both)) => {
                let (reading, entry) = *both;
                record(Record::Workout(reading.workout))?;
                entry.map_or(Ok(()), |entry| record(Record::History(entry)))
            }
            Ok(Understood::History(entry)) => record(Record::History(entry)),
            Ok(Understood::Nothing) => Ok(()),
            Err(part) => tell(
                Item::Quarantined(self.quarantined(at, placed, bytes, part)),
                report,
            ),
        }
    }

    fn is_linked(&self, id: UserId) -> bool {
        let key = self.world.keys.get(&id);
        key.and_then(|key| self.world.people.get(key))
            .is_some_and(|person| person.linked)
    }

    fn quarantined(&self, at: At, placed: &Placed, bytes: &[u8], part: Part) -> Quarantined {
        let book = &self.books[at.book as usize];
        let from = part.at.min(bytes.len());
        let Spot { line, column, .. } = after(placed.start, &bytes[..from]);
        let all = part.path.is_empty();
        let range = if all {
            0..bytes.len()
        } else {
            from..part.end.min(bytes.len()).max(from)
        };
        let start = placed.start.offset;
        Quarantined {
            file: book.path.to_string(),
            shelf: book.stacks[at.stack as usize].shelf,
            index: at.number,
            part: (!all).then_some(part.path),
            place: start + range.start as u64..start + range.end as u64,
            line,
            column,
            reason: part.reason,
            bytes: bytes[range].to_vec(),
        }
    }
}

fn after(start: Spot, bytes: &[u8]) -> Spot {
    let mut spot = start;
    for byte in bytes {
        if *byte == b'\n' {
            spot.line += 1;
            spot.column = 1;
        } else if byte & 0xc0 != 0x80 {
            spot.column += 1;
        }
    }
    spot
}

impl Report {
    fn count(&mut self, item: &Item) {
        match item {
            Item::Record(record) => {
                *self.records.entry(record.kind()).or_default() += 1;
                if let Record::Workout(workout) = record {
                    let sets = workout
                        .exercises
                        .iter()
                        .map(|exercise| exercise.sets.len() as u64);
                    self.sets += sets.sum::<u64>();
                }
            }
            Item::Quarantined(_) => self.quarantined += 1,
        }
    }
}
