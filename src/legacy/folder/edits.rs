//! What has to be written so that the files say what they are told to, and go on saying all the rest: a
//! change of one record must never change how another one is read.

use std::collections::{BTreeMap, BTreeSet};

use super::{Folder, Unreadable, find::Seen};
use crate::{
    legacy::{
        Edit,
        meaning::{Reading, Shelf, fold},
        record::{HistoryRecord, Key, Kind, Record, WorkoutRecord},
    },
    viewer::UserId,
};

/// A workout that is to change, as it was before.
pub(super) struct Before {
    pub(super) seen: Seen,
    pub(super) reading: Reading,
    pub(super) entry: Option<HistoryRecord>,
}

/// Everything that has to be written, once for each record.
#[derive(Default)]
pub(super) struct Edits {
    pub(super) all: BTreeMap<Key, Edit>,
    pub(super) before: BTreeMap<Key, Before>,
}

impl Folder {
    /// The edits, the last for each record, with what they entail.
    pub(super) fn gather(&self, edits: &[Edit]) -> Result<Edits, Unreadable> {
        let mut gathered = Edits::default();
        for edit in edits {
            gathered.all.insert(edit.key(), edit.clone());
        }
        for key in gathered.workouts() {
            self.before(key, &mut gathered)?;
        }
        self.runners(&mut gathered)?;
        for key in gathered.workouts() {
            self.keep_names(key, &mut gathered);
        }
        Ok(gathered)
    }

    fn before(&self, key: Key, edits: &mut Edits) -> Result<(), Unreadable> {
        let Some(seen) = self.seen(&key)? else {
            return Ok(());
        };
        let Some((reading, entry)) = self.workout_at(&seen) else {
            return Ok(());
        };
        if let Some(Edit::Put(Record::Workout(wanted))) = edits.all.get(&key)
            && sorted(wanted) == reading.workout
        {
            edits.all.remove(&key);
            return Ok(());
        }
        // What was recorded of a session stays as it was recorded.
        if let Some(entry) = &entry {
            let record = Record::History(entry.clone());
            edits.all.entry(record.key()).or_insert(Edit::Put(record));
        }
        let before = Before {
            seen,
            reading,
            entry,
        };
        edits.before.insert(key, before);
        Ok(())
    }

    /// An exercise that is known by its name in a workout alone must not depend on that workout any more.
    fn keep_names(&self, key: Key, edits: &mut Edits) {
        let named = self.world.named.iter();
        let first_here =
            named.filter(|(_, named)| named.owner == key.owner && named.workout == key.id);
        for (id, _) in first_here {
            if let Some(exercise) = self.world.nameless(*id) {
                let record = Record::Exercise(exercise);
                edits.all.entry(record.key()).or_insert(Edit::Put(record));
            }
        }
    }

    /// Which session runs follows from all that are open: others say by themselves what they are before that
    /// changes.
    fn runners(&self, edits: &mut Edits) -> Result<(), Unreadable> {
        let owners: BTreeSet<UserId> = edits.workouts().iter().map(|key| key.owner).collect();
        for owner in owners {
            let now = self.world.running(owner);
            let after = self.open_after(owner, edits);
            let then = after.iter().max().map(|(_, id)| *id);
            if now == then {
                continue;
            }
            for id in [now, then].into_iter().flatten() {
                let key = Key {
                    kind: Kind::Workout,
                    owner,
                    id,
                };
                if edits.all.contains_key(&key) {
                    continue;
                }
                let Some(seen) = self.seen(&key)? else {
                    continue;
                };
                if let Some((reading, entry)) = self.workout_at(&seen) {
                    let record = Record::Workout(reading.workout.clone());
                    edits.all.insert(key, Edit::Put(record));
                    let before = Before {
                        seen,
                        reading,
                        entry,
                    };
                    edits.before.insert(key, before);
                }
            }
        }
        Ok(())
    }

    /// The open sessions of an owner when the edits are done.
    pub(super) fn open_after(
        &self,
        owner: UserId,
        edits: &Edits,
    ) -> Vec<(chrono::DateTime<chrono::Utc>, uuid::Uuid)> {
        let mut open = self.world.open.get(&owner).cloned().unwrap_or_default();
        for (key, edit) in edits
            .all
            .iter()
            .filter(|(key, _)| key.kind == Kind::Workout && key.owner == owner)
        {
            open.retain(|(_, id)| *id != key.id);
            let Edit::Put(Record::Workout(workout)) = edit else {
                continue;
            };
            let planned = edits.before.get(key).map_or(workout.is_template, |before| {
                let at = before.seen.at;
                let stack = &self.books[at.book as usize].stacks[at.stack as usize];
                stack.shelf == Some(Shelf::Templates)
            });
            let ended = workout.deleted_at.is_some() || workout.ended_at.is_some();
            open.extend(
                workout
                    .started_at
                    .filter(|_| !planned && !ended)
                    .map(|at| (at, key.id)),
            );
        }
        open
    }

    /// Whether a name may mean an exercise in workouts: not if it means another one there already.
    pub(super) fn may_link(&self, key: &Key, name: &str) -> bool {
        let folded = fold(name);
        let other = |id: Option<&crate::exercises::ExerciseId>| id.is_some_and(|id| id.0 != key.id);
        let taken = other(self.world.own.get(&(key.owner, folded.clone())))
            || other(self.world.library.get(&folded))
            || other(self.world.server.get(&folded));
        let mut named = self.world.named.iter();
        !taken && !named.any(|(id, named)| id.0 != key.id && fold(&named.name) == folded)
    }
}

impl Edits {
    pub(super) fn workouts(&self) -> Vec<Key> {
        let keys = self.all.keys().filter(|key| key.kind == Kind::Workout);
        keys.copied().collect()
    }
}

impl Edit {
    pub fn key(&self) -> Key {
        match self {
            Self::Put(record) => record.key(),
            Self::Remove(key) => *key,
        }
    }
}

/// With its parts in their order, as it will be read.
pub(super) fn sorted(workout: &WorkoutRecord) -> WorkoutRecord {
    let mut workout = workout.clone();
    workout
        .exercises
        .sort_by_key(|exercise| exercise.order_index);
    for exercise in &mut workout.exercises {
        exercise.sets.sort_by_key(|set| set.order_index);
    }
    workout
}
