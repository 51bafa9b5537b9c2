//! What all files together say, and every record is read with: who is who, which name means which exercise,
//! which session is the one that runs.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal as Exact;
use uuid::Uuid;

use super::{
    EPOCH, SOURCE, Shelf, diary,
    fields::{self, Parts, fold},
    library, people, sessions,
    sessions::{Reading, Sessions},
};
use crate::{
    db::Decimal,
    exercises::{ExerciseId, Measurement},
    legacy::{
        record::{ExerciseRecord, HistoryRecord},
        text::{Node, Object},
    },
    viewer::UserId,
};

/// An exercise that is known by its name in workouts alone.
#[derive(Clone, Debug)]
pub(in crate::legacy) struct Named {
    pub(in crate::legacy) owner: UserId,
    pub(in crate::legacy) name: String,
    pub(in crate::legacy) category: Option<String>,
    pub(in crate::legacy) at: DateTime<Utc>,
    /// The workout that it was found in first.
    pub(in crate::legacy) workout: Uuid,
}

impl Named {
    /// What the first use of a name says.
    pub(in crate::legacy) fn first(name: &str, item: &Object, workout: &Object, id: Uuid) -> Self {
        let time = |object, key| fields::time(object, key).ok().flatten();
        let at = [
            (item, "createdAt"),
            (workout, "createdAt"),
            (workout, "startTime"),
        ];
        Self {
            owner: UserId(Uuid::nil()),
            name: name.to_owned(),
            category: library::category_of(item),
            at: at
                .into_iter()
                .find_map(|(object, key)| time(object, key))
                .unwrap_or(EPOCH),
            workout: id,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(in crate::legacy) struct World {
    pub(in crate::legacy) people: HashMap<String, people::Person>,
    /// What people are called in the files.
    pub(in crate::legacy) keys: HashMap<UserId, String>,
    /// The server's library, by folded names and aliases.
    pub(in crate::legacy) server: HashMap<String, ExerciseId>,
    /// The files' library.
    pub(in crate::legacy) library: HashMap<String, ExerciseId>,
    pub(in crate::legacy) own: HashMap<(UserId, String), ExerciseId>,
    pub(in crate::legacy) file_ids: HashMap<String, ExerciseId>,
    pub(in crate::legacy) names: HashMap<ExerciseId, String>,
    pub(in crate::legacy) named: HashMap<ExerciseId, Named>,
    /// Sessions that were begun and not ended.
    pub(in crate::legacy) open: HashMap<UserId, Vec<(DateTime<Utc>, Uuid)>>,
    /// The workouts that hold an id which several parts have.
    pub(in crate::legacy) held: HashMap<(UserId, Uuid), Uuid>,
    /// Sessions whose entry our own file holds, or says is gone.
    pub(in crate::legacy) told: HashSet<(UserId, String)>,
}

impl World {
    /// The exercise that an owner means by a name.
    pub(in crate::legacy) fn by_name(
        &self,
        owner: UserId,
        owner_key: &str,
        name: &str,
    ) -> ExerciseId {
        let folded = fold(name);
        let own = self.own.get(&(owner, folded.clone()));
        own.or_else(|| self.library.get(&folded))
            .or_else(|| self.server.get(&folded))
            .copied()
            .unwrap_or_else(|| Self::of_name(owner_key, &folded))
    }

    /// The id of what an owner calls so, and nobody knows.
    pub(in crate::legacy) fn of_name(owner_key: &str, folded: &str) -> ExerciseId {
        ExerciseId(super::derived("exercise", "name", owner_key, &[folded]))
    }

    pub(super) fn by_file_id(&self, key: &str) -> Option<ExerciseId> {
        self.file_ids.get(key).copied()
    }

    pub(in crate::legacy) fn name_of(&self, id: ExerciseId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// Of the sessions that were begun, the last is the one that runs.
    pub(in crate::legacy) fn running(&self, owner: UserId) -> Option<Uuid> {
        let open = self.open.get(&owner)?;
        open.iter().max().map(|(_, id)| *id)
    }

    /// When a session began that has not ended.
    pub(in crate::legacy) fn begun(object: &Object) -> Option<DateTime<Utc>> {
        let time = |key| fields::time(object, key).ok().flatten();
        time("startTime").filter(|_| time("endTime").is_none())
    }

    pub(super) fn is_running(&self, owner: UserId, id: Uuid) -> bool {
        self.running(owner) == Some(id)
    }

    pub(super) fn holder(&self, owner: UserId, id: Uuid) -> Option<Uuid> {
        self.held.get(&(owner, id)).copied()
    }

    pub(in crate::legacy) fn session(
        &self,
        object: &Object,
        which: sessions::Which,
        honour: bool,
        parts: &mut Parts,
    ) -> Result<Reading, String> {
        let key = session_key(object)?;
        Sessions {
            world: self,
            which,
            honour,
            parts,
            used: HashSet::new(),
            key,
        }
        .read(object)
    }

    /// The entry of the history that a session is, unless our own file tells of it.
    pub(in crate::legacy) fn entry(
        &self,
        object: &Object,
        reading: &Reading,
        owner_key: &str,
    ) -> Option<HistoryRecord> {
        let workout = &reading.workout;
        let ours = object.get(super::REGIMEN).and_then(Node::as_object);
        let untold = ours.is_some_and(|ours| ours.get("history") == Some(&Node::Flag(false)));
        let key = session_key(object).ok()?;
        let told = self.told.contains(&(workout.user_id, key.clone()));
        if untold || told || !object.has("endTime") {
            return None;
        }
        let zone = self
            .people
            .get(owner_key)
            .map_or(chrono_tz::Tz::UTC, |person| person.zone);
        let names =
            |id| spelled(object, reading, id).or_else(|| self.name_of(id).map(str::to_owned));
        diary::entry(workout, &key, owner_key, zone, &|id| {
            names(id).unwrap_or_default()
        })
    }

    /// The exercise that is known by a name alone.
    pub(in crate::legacy) fn nameless(&self, id: ExerciseId) -> Option<ExerciseRecord> {
        let named = self.named.get(&id)?;
        Some(ExerciseRecord {
            id,
            owner_id: Some(named.owner),
            name: named.name.clone(),
            category: named.category.clone().unwrap_or_else(|| "other".to_owned()),
            measurement: Measurement::WeightReps,
            primary_muscles: Vec::new(),
            secondary_muscles: Vec::new(),
            equipment: Vec::new(),
            level: None,
            unilateral: false,
            bodyweight_factor: Decimal(Exact::ONE),
            aliases: Vec::new(),
            description: None,
            instructions: Vec::new(),
            source: SOURCE.to_owned(),
            source_key: None,
            archived_at: None,
            version: 1,
            created_at: named.at,
            updated_at: named.at,
        })
    }
}

/// What a session is called: by its id, or by its time if it has none.
pub(in crate::legacy) fn session_key(object: &Object) -> Result<String, String> {
    let time = || {
        ["startTime", "createdAt"]
            .into_iter()
            .find_map(|key| object.text(key))
    };
    library::identity(object)
        .or_else(|| time().map(|time| format!("@{time}")))
        .ok_or_else(|| "it has neither an `id` nor a time: nothing tells it from others".to_owned())
}

/// What the session itself calls an exercise.
fn spelled(object: &Object, reading: &Reading, id: ExerciseId) -> Option<String> {
    let mut exercises = reading.workout.exercises.iter();
    let place = exercises.find(|exercise| exercise.exercise_id == id)?.id;
    let slot = |slot: &Option<sessions::Slot>| slot.as_ref().is_some_and(|slot| slot.id == place);
    let at = reading.slots.iter().position(slot)?;
    let item = object.get("exercises")?.as_list()?.items.get(at)?;
    let name = item.node.as_object()?.text("name")?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

impl Shelf {
    /// What the records of a list are, by what one of them has; none if that is not clear.
    pub(in crate::legacy) fn of_record(object: &Object) -> Option<Self> {
        let any = |keys: &[&str]| keys.iter().any(|key| object.has(key));
        if any(&["startTime", "endTime"]) {
            return Some(Self::Sessions);
        }
        if any(&["exercises"]) {
            return Some(if any(&["isPublic", "usageCount"]) {
                Self::Templates
            } else {
                Self::Sessions
            });
        }
        if any(&["preferences", "email", "passwordHash", "password"]) {
            return Some(Self::Users);
        }
        let library = [
            "category",
            "muscleGroups",
            "equipment",
            "difficulty",
            "defaultWeightUnit",
        ];
        (any(&["name"]) && any(&library)).then_some(Self::Library)
    }

    /// What a member of the root holds.
    pub(in crate::legacy) fn of_member(name: &str) -> Option<Self> {
        match name {
            "users" => Some(Self::Users),
            "exercises" | "exerciseLibrary" | "exerciseTemplates" => Some(Self::Library),
            "workoutTemplates" | "templates" => Some(Self::Templates),
            "workoutSessions" | "sessions" | "workouts" => Some(Self::Sessions),
            "entries" => Some(Self::History),
            _ => None,
        }
    }

    /// What a list is for that has no records yet.
    pub(in crate::legacy) fn of_file(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let has = |word| name.contains(word);
        if has("user") {
            Some(Self::Users)
        } else if has("exercise") {
            Some(Self::Library)
        } else if has("template") {
            Some(Self::Templates)
        } else if has("workout") || has("session") {
            Some(Self::Sessions)
        } else {
            None
        }
    }
}
