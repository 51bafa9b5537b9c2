//! Workouts, as sessions or templates of the app.

use serde_json::Map;

use super::{
    Page,
    arrange::{arrange, list_of, number_items},
    decimal, keys, mark, number, put, text, time,
};
use crate::legacy::{
    meaning::{Parts, REGIMEN, Reading, Which, World, differences},
    record::{SetRecord, WorkoutExerciseRecord, WorkoutRecord},
    text::{List, Node, Object},
};

/// Columns that the app has keys for; what it changes there later counts over what we wrote beside them.
const GUARDED: [&str; 8] = [
    "name",
    "started_at",
    "ended_at",
    "exercise_id",
    "target_weight",
    "target_weight_unit",
    "weight",
    "weight_unit",
];

/// A workout to write.
pub(in crate::legacy) struct Writing<'a> {
    pub(in crate::legacy) world: &'a World,
    pub(in crate::legacy) which: Which<'a>,
    pub(in crate::legacy) wanted: &'a WorkoutRecord,
    /// Which items of the text are which parts; none if it is new.
    pub(in crate::legacy) before: Option<&'a Reading>,
    /// Whether the session must not be read as an entry of the history.
    pub(in crate::legacy) silent: bool,
}

impl<'w> Writing<'w> {
    /// A session that says only whose it is.
    pub(in crate::legacy) fn blank(&self) -> Object<'static> {
        let mut object = Object::default();
        object.set("id", Node::text(&self.wanted.id.to_string()));
        object.set("userId", Node::text(self.which.owner_key));
        object.set("name", Node::text(&self.wanted.name));
        object.set("exercises", Node::List(List::default()));
        object
    }

    pub(in crate::legacy) fn write(&self, page: &mut Page) -> Result<(), String> {
        let object = &mut page.object;
        let base = self.base(object)?;
        let (was, is) = (Some(&base.workout), self.wanted);
        keys! { object, was => is;
            name: "name", text(Some(&is.name));
            notes: "notes", text(is.notes.as_ref());
            started_at: "startTime", time(is.started_at);
            ended_at: "endTime", time(is.ended_at);
            created_at: "createdAt", time(Some(is.created_at));
            updated_at: "updatedAt", time(Some(is.updated_at));
        }
        let places = self.exercises(object, &base)?;
        self.marks(object, &places)
    }

    /// What the app's own keys say.
    fn base(&self, object: &Object) -> Result<Reading, String> {
        self.world
            .session(object, self.which, false, &mut Parts::default())
    }

    /// The exercises in their order; says which item is which, and so for the sets.
    fn exercises(&self, object: &mut Object, base: &Reading) -> Result<Places<'w>, String> {
        let slots = self.before.map_or(&[][..], |reading| &reading.slots);
        let known: Vec<_> = slots
            .iter()
            .map(|slot| slot.as_ref().map(|slot| slot.id.0))
            .collect();
        let mut wanted: Vec<&'w WorkoutExerciseRecord> = self.wanted.exercises.iter().collect();
        wanted.sort_by_key(|exercise| exercise.order_index);
        let list = list_of(object, "exercises", !wanted.is_empty())?;
        let Some(list) = list else {
            return Ok(Places::default());
        };
        let mut places = Places::default();
        let arranged = arrange(std::mem::take(&mut list.items), &known, &wanted, |it| {
            it.id.0
        });
        for (mut item, from, which) in arranged {
            let Some(exercise) = which else {
                list.items.push(item);
                places.0.push(None);
                continue;
            };
            let was = from.and_then(|at| base.slots.get(at)?.as_ref());
            let was =
                was.and_then(|slot| base.workout.exercises.iter().find(|it| it.id == slot.id));
            let sets = from.and_then(|at| slots.get(at)?.as_ref());
            let known: Vec<_> = sets.map_or_else(Vec::new, |slot| {
                slot.sets.iter().map(|id| id.map(|id| id.0)).collect()
            });
            if let Node::Object(object) = &mut item.node {
                self.exercise(object, was, exercise);
                let slot = from.and_then(|at| base.slots.get(at)?.as_ref());
                let ids: Vec<_> = slot.map_or_else(Vec::new, |slot| slot.sets.clone());
                let was_of = |at: usize| {
                    let id = ids.get(at).copied().flatten()?;
                    was?.sets.iter().find(|set| set.id == id)
                };
                let sets = self.sets(object, &known, &was_of, exercise)?;
                places.0.push(Some((exercise, sets)));
            }
            list.items.push(item);
        }
        number_items(list, &places.0, |place| {
            place.as_ref().map(|(exercise, _)| exercise.order_index)
        });
        Ok(places)
    }

    fn exercise(
        &self,
        object: &mut Object,
        was: Option<&WorkoutExerciseRecord>,
        is: &WorkoutExerciseRecord,
    ) {
        if was.is_none() {
            object.set("id", Node::text(&is.id.to_string()));
            object.set("sessionId", Node::text(&is.workout_id.to_string()));
        }
        if was.map(|was| was.exercise_id) != Some(is.exercise_id)
            && let Some(name) = self.world.name_of(is.exercise_id)
        {
            object.set("name", Node::text(name));
            object.remove("exerciseTemplateId");
        }
        let weight = |it: &WorkoutExerciseRecord| (it.target_weight, it.target_weight_unit);
        let native = self.native(object, is.target_weight, is.target_weight_unit);
        put(
            object,
            "targetWeight",
            was.map(weight).as_ref(),
            &weight(is),
            decimal(native),
        );
        keys! { object, was => is;
            target_sets: "targetSets", number(is.target_sets);
            target_reps: "targetReps", number(is.target_reps);
            target_reps_max: "targetRepsMax", number(is.target_reps_max);
            rest_seconds: "restTime", number(is.rest_seconds);
            notes: "notes", text(is.notes.as_ref());
            created_at: "createdAt", time(Some(is.created_at));
            updated_at: "updatedAt", time(Some(is.updated_at));
        }
        if was.is_none() {
            object.set("sets", Node::List(List::default()));
        }
    }

    /// What the app has no keys for.
    fn marks(&self, object: &mut Object, places: &Places) -> Result<(), String> {
        let base = self.base(object)?;
        let mut ours = differences(&base.workout, self.wanted, &GUARDED);
        if self.silent {
            ours.insert("history".to_owned(), false.into());
        }
        let told = object
            .get(REGIMEN)
            .and_then(Node::as_object)
            .and_then(|ours| ours.get("history"));
        if let Some(told) = told {
            ours.insert("history".to_owned(), told.value());
        }
        mark(object, ours);
        let Some(Node::List(list)) = object.get_mut("exercises") else {
            return Ok(());
        };
        for (at, (item, place)) in list.items.iter_mut().zip(&places.0).enumerate() {
            let (Some((exercise, sets)), Node::Object(object)) = (place, &mut item.node) else {
                continue;
            };
            let slot = base
                .slots
                .get(at)
                .and_then(Option::as_ref)
                .ok_or("an exercise is not read back")?;
            let mut found = base.workout.exercises.iter();
            let was = found
                .find(|it| it.id == slot.id)
                .ok_or("an exercise is not read back")?;
            mark(object, differences(was, exercise, &GUARDED));
            let Some(Node::List(list)) = object.get_mut("sets") else {
                continue;
            };
            for (at, (item, set)) in list.items.iter_mut().zip(sets).enumerate() {
                let (Some(set), Node::Object(object)) = (set, &mut item.node) else {
                    continue;
                };
                let id = slot
                    .sets
                    .get(at)
                    .copied()
                    .flatten()
                    .ok_or("a set is not read back")?;
                let was = was
                    .sets
                    .iter()
                    .find(|it| it.id == id)
                    .ok_or("a set is not read back")?;
                let ours: Map<_, _> = differences(was, set, &GUARDED);
                mark(object, ours);
            }
        }
        Ok(())
    }
}

/// Which item is which exercise, and which of its items is which set.
#[derive(Default)]
struct Places<'r>(Vec<Option<Placed<'r>>>);

/// An exercise, and which of its items is which set.
type Placed<'r> = (&'r WorkoutExerciseRecord, Vec<Option<&'r SetRecord>>);
