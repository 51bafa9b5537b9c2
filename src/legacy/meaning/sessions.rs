//! The sessions and templates of a legacy app: workouts.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    EPOCH, SOURCE, Shelf, World,
    fields::{self, Parts, Value},
    kept,
    library::identity,
    overrides::overridden,
};
use crate::{
    exercises::ExerciseId,
    legacy::{
        record::{WorkoutExerciseRecord, WorkoutRecord},
        text::{Node, Object},
    },
    viewer::UserId,
    workouts::{SetId, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus},
};

/// What a workout is called that has no name.
const UNNAMED: &str = "Workout";

pub(super) const LONGEST_REST: i32 = 7200;
pub(super) const HEAVIEST: i64 = 100_000;

/// A workout as it was read, and which of the file's items became which of its parts.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::legacy) struct Reading {
    pub(in crate::legacy) workout: WorkoutRecord,
    /// By the items of `exercises`; none for those that could not be taken.
    pub(in crate::legacy) slots: Vec<Option<Slot>>,
}

/// One exercise's place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::legacy) struct Slot {
    pub(in crate::legacy) id: WorkoutExerciseId,
    /// By the items of `sets`.
    pub(in crate::legacy) sets: Vec<Option<SetId>>,
}

/// Which record it is that is read, as the index knows.
#[derive(Clone, Copy, Debug)]
pub(in crate::legacy) struct Which<'a> {
    pub(in crate::legacy) shelf: Shelf,
    pub(in crate::legacy) id: Uuid,
    pub(in crate::legacy) owner: UserId,
    /// The owner, as the file calls them.
    pub(in crate::legacy) owner_key: &'a str,
    pub(in crate::legacy) unit: WeightUnit,
}

/// Reads one workout.
pub(super) struct Sessions<'a> {
    pub(super) world: &'a World,
    pub(super) which: Which<'a>,
    /// Whether our columns count, or only the app's keys.
    pub(super) honour: bool,
    pub(super) parts: &'a mut Parts,
    /// The ids that parts of this workout have already.
    pub(super) used: HashSet<Uuid>,
    /// What the workout is called in its file.
    pub(super) key: String,
}

impl Sessions<'_> {
    pub(super) fn read(mut self, object: &Object) -> Value<Reading> {
        let (base, began) = self.workout(object)?;
        let workout = self.over(base.clone(), object)?;
        let mut reading = Reading {
            workout,
            slots: Vec::new(),
        };
        let mut found = Vec::new();
        for (at, item) in self.items(object, "exercises", "").into_iter().enumerate() {
            let path = format!("exercises[{at}]");
            let read = item.and_then(|item| Ok((item, self.exercise(item, &path, &base, began)?)));
            match read {
                Ok((item, (exercise, sets))) => {
                    let slot = Slot {
                        id: exercise.id,
                        sets,
                    };
                    reading.slots.push(Some(slot));
                    found.push((item, exercise));
                }
                Err(reason) => {
                    self.parts
                        .refuse(&path, object_at(object, "exercises", at), reason);
                    reading.slots.push(None);
                }
            }
        }
        let exercises = self.in_places(found, |exercise| &mut exercise.order_index);
        // A new id of the exercise reaches its sets.
        reading.workout.exercises = exercises
            .into_iter()
            .map(|mut exercise| {
                exercise.workout_id = reading.workout.id;
                for set in &mut exercise.sets {
                    set.workout_id = reading.workout.id;
                    set.workout_exercise_id = exercise.id;
                }
                exercise
            })
            .collect();
        Ok(reading)
    }

    /// Our columns over a row, where they count.
    fn over<T: Serialize + DeserializeOwned>(&self, row: T, object: &Object) -> Value<T> {
        if self.honour {
            overridden(row, object)
        } else {
            Ok(row)
        }
    }

    /// The workout without what is in it, and when it was begun.
    fn workout(&mut self, object: &Object) -> Value<(WorkoutRecord, Option<DateTime<Utc>>)> {
        let name = fields::name(object, "name", 120)?.unwrap_or_else(|| UNNAMED.to_owned());
        let ended_at = fields::time(object, "endTime")?;
        let started_at = fields::time(object, "startTime")?.or(ended_at);
        if started_at > ended_at && ended_at.is_some() {
            return Err("`endTime` is before `startTime`".to_owned());
        }
        let mut time = |key| {
            self.parts
                .or_without(key, object, fields::time(object, key))
        };
        let created_at = time("createdAt").or(started_at).unwrap_or(EPOCH);
        let updated_at = time("updatedAt").unwrap_or(created_at);
        let notes = fields::text(object, "notes", 2000);
        let is_template = self.which.shelf == Shelf::Templates;
        let source_key = match self.which.shelf {
            Shelf::Templates => format!("template/{}", self.key),
            _ => self.key.clone(),
        };
        let workout = WorkoutRecord {
            user_id: self.which.owner,
            id: WorkoutId(self.which.id),
            name,
            notes: self.parts.or_without("notes", object, notes),
            is_template,
            template_id: None,
            status: match (ended_at, started_at) {
                _ if is_template => WorkoutStatus::Planned,
                (Some(_), _) => WorkoutStatus::Completed,
                (None, Some(_)) if self.world.is_running(self.which.owner, self.which.id) => {
                    WorkoutStatus::Active
                }
                _ => WorkoutStatus::Planned,
            },
            started_at,
            ended_at,
            source: SOURCE.to_owned(),
            source_key: Some(source_key).filter(|key| key.chars().count() <= 200),
            version: 1,
            created_at,
            updated_at,
            deleted_at: None,
            exercises: Vec::new(),
        };
        Ok((workout, started_at))
    }

    fn exercise(
        &mut self,
        object: &Object,
        path: &str,
        workout: &WorkoutRecord,
        began: Option<DateTime<Utc>>,
    ) -> Value<(WorkoutExerciseRecord, Vec<Option<SetId>>)> {
        let exercise_id = self.trained(object)?;
        let own = identity(object).unwrap_or_default();
        let id = self.part_id("workout_exercise", &own, &[])?;
        let base = self.place(object, path, workout, exercise_id, id);
        let mut exercise = self.over(base.clone(), object)?;
        exercise.user_id = self.which.owner;
        let began = began.unwrap_or(workout.created_at);
        let (mut found, mut slots) = (Vec::new(), Vec::new());
        for (at, item) in self.items(object, "sets", path).into_iter().enumerate() {
            let set_path = format!("{path}.sets[{at}]");
            let read = item.and_then(|item| {
                let base = self.set(item, &own, &set_path, &base, began)?;
                Ok((item, self.over(base, item)?))
            });
            match read {
                Ok((item, set)) => {
                    slots.push(Some(set.id));
                    found.push((item, set));
                }
                Err(reason) => {
                    self.parts
                        .refuse(&set_path, object_at(object, "sets", at), reason);
                    slots.push(None);
                }
            }
        }
        exercise.sets = self.in_places(found, |set| &mut set.order_index);
        Ok((exercise, slots))
    }

    /// Which exercise it is, by its number in the library or by its name.
    fn trained(&self, object: &Object) -> Value<ExerciseId> {
        let by_id = ["exerciseTemplateId", "exerciseLibraryId"]
            .into_iter()
            .filter_map(|key| object.text(key))
            .find_map(|key| self.world.by_file_id(key));
        if let Some(id) = by_id {
            return Ok(id);
        }
        let name = fields::name(object, "name", 120)?;
        if let Some(name) = name {
            return Ok(self
                .world
                .by_name(self.which.owner, self.which.owner_key, &name));
        }
        let ours = object.get(super::REGIMEN).and_then(Node::as_object);
        let ours = ours
            .and_then(|ours| ours.text("exercise_id"))
            .and_then(kept);
        ours.map(ExerciseId)
            .ok_or_else(|| "it says neither a `name` nor an exercise of the library".to_owned())
    }

    fn place(
        &mut self,
        object: &Object,
        path: &str,
        workout: &WorkoutRecord,
        exercise_id: ExerciseId,
        id: Uuid,
    ) -> WorkoutExerciseRecord {
        let mut small = |key: &str, most: i32| {
            let found = fields::whole(object, key, most)
                .map(|found| found.and_then(|it| it.try_into().ok()));
            self.parts
                .or_without(&format!("{path}.{key}"), object, found)
        };
        let target_sets = small("targetSets", 100);
        let target_reps: Option<i16> = small("targetReps", i16::MAX.into());
        let target_reps_max: Option<i16> = small("targetRepsMax", i16::MAX.into());
        let target_weight = fields::decimal(object, "targetWeight", 3, HEAVIEST);
        let rest = fields::whole(object, "restTime", LONGEST_REST);
        let notes = fields::text(object, "notes", 1000);
        let unit = self.unit(object);
        let mut time = |key: &str| {
            self.parts
                .or_without(&format!("{path}.{key}"), object, fields::time(object, key))
        };
        let created_at = time("createdAt").unwrap_or(workout.created_at);
        let updated_at = time("updatedAt").unwrap_or(created_at);
        let parts = &mut *self.parts;
        WorkoutExerciseRecord {
            user_id: self.which.owner,
            id: WorkoutExerciseId(id),
            workout_id: WorkoutId(self.which.id),
            exercise_id,
            order_index: 0,
            superset_group: None,
            target_sets,
            target_reps,
            target_reps_max: target_reps_max.filter(|most| *most >= target_reps.unwrap_or(0)),
            target_weight: parts.or_without(&format!("{path}.targetWeight"), object, target_weight),
            target_weight_unit: unit,
            target_rpe: None,
            rest_seconds: parts.or_without(&format!("{path}.restTime"), object, rest),
            notes: parts.or_without(&format!("{path}.notes"), object, notes),
            created_at,
            updated_at,
            sets: Vec::new(),
        }
    }

    /// The objects in a list; where there is no list, none.
    fn items<'n, 'a>(
        &mut self,
        object: &'n Object<'a>,
        key: &str,
        path: &str,
    ) -> Vec<Value<&'n Object<'a>>> {
        let list = match object.get(key) {
            None => return Vec::new(),
            Some(Node::List(list)) => list,
            Some(other) => {
                let reason = format!("`{key}` is {}, not a list", other.noun());
                self.parts.refuse(&[path, key].join("."), object, reason);
                return Vec::new();
            }
        };
        let item = |node: &'n Node<'a>| {
            let object = node.as_object();
            object.ok_or_else(|| format!("it is {}, not an object", node.noun()))
        };
        list.items.iter().map(|it| item(&it.node)).collect()
    }

    /// The rows in their order: as the app numbers them if that numbers from 0 without a tie, else counted
    /// anew. What we wrote beside them counts over that, as long as no two rows claim a place.
    fn in_places<T: Serialize + DeserializeOwned>(
        &self,
        found: Vec<(&Object, T)>,
        index: fn(&mut T) -> &mut i32,
    ) -> Vec<T> {
        let orders = found
            .iter()
            .map(|(object, _)| fields::whole(object, "order", i32::MAX).ok()?);
        let places = places(&orders.collect::<Vec<_>>());
        let placed = found.into_iter().zip(places).map(|((object, row), place)| {
            let ours = if self.honour { our_place(object) } else { None };
            (ours.unwrap_or(place), row)
        });
        let mut placed: Vec<(i32, T)> = placed.collect();
        placed.sort_by_key(|(place, _)| *place);
        if placed.windows(2).any(|two| two[0].0 == two[1].0) {
            for (number, (place, _)) in (0..).zip(&mut placed) {
                *place = number;
            }
        }
        let row = |(place, mut row)| {
            *index(&mut row) = place;
            row
        };
        placed.into_iter().map(row).collect()
    }
}

fn our_place(object: &Object) -> Option<i32> {
    let ours = object.get(super::REGIMEN)?.as_object()?;
    i32::try_from(ours.get("order_index")?.value().as_i64()?).ok()
}

/// The item of a list, or what is around it if it is no object.
fn object_at<'n, 'a>(object: &'n Object<'a>, key: &str, at: usize) -> &'n Object<'a> {
    let item = object
        .get(key)
        .and_then(Node::as_list)
        .and_then(|list| list.items.get(at));
    item.and_then(|item| item.node.as_object())
        .unwrap_or(object)
}

/// The places that numbers mean.
pub(in crate::legacy) fn places(orders: &[Option<i32>]) -> Vec<i32> {
    let distinct: HashSet<i32> = orders.iter().flatten().copied().collect();
    if distinct.len() == orders.len() && distinct.contains(&0) {
        return orders
            .iter()
            .map(|order| order.unwrap_or_default())
            .collect();
    }
    let mut ranked: Vec<usize> = (0..orders.len()).collect();
    ranked.sort_by_key(|at| (orders[*at].unwrap_or(i32::MAX), *at));
    let mut places = vec![0; orders.len()];
    for (place, at) in (0..).zip(ranked) {
        places[at] = place;
    }
    places
}
