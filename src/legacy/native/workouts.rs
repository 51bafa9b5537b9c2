//! Workouts, as sessions or templates of the app.

use rust_decimal::{Decimal as Exact, RoundingStrategy};
use serde_json::Map;

use super::{
    Page,
    arrange::{arrange, list_of, number_items},
    decimal, mark, number, put, text, time,
};
use crate::{
    db::Decimal,
    legacy::{
        meaning::{Parts, REGIMEN, Reading, Which, World, differences},
        record::{SetRecord, WorkoutExerciseRecord, WorkoutRecord},
        text::{List, Node, Object},
    },
    workouts::WeightUnit,
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
        let (was, is) = (&base.workout, self.wanted);
        put(
            object,
            "name",
            Some(&was.name),
            &is.name,
            text(Some(&is.name)),
        );
        put(
            object,
            "notes",
            Some(&was.notes),
            &is.notes,
            text(is.notes.as_ref()),
        );
        put(
            object,
            "startTime",
            Some(&was.started_at),
            &is.started_at,
            time(is.started_at),
        );
        put(
            object,
            "endTime",
            Some(&was.ended_at),
            &is.ended_at,
            time(is.ended_at),
        );
        put(
            object,
            "createdAt",
            Some(&was.created_at),
            &is.created_at,
            time(Some(is.created_at)),
        );
        put(
            object,
            "updatedAt",
            Some(&was.updated_at),
            &is.updated_at,
            time(Some(is.updated_at)),
        );
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
        put(
            object,
            "targetSets",
            was.map(|it| &it.target_sets),
            &is.target_sets,
            number(is.target_sets),
        );
        put(
            object,
            "targetReps",
            was.map(|it| &it.target_reps),
            &is.target_reps,
            number(is.target_reps),
        );
        put(
            object,
            "targetRepsMax",
            was.map(|it| &it.target_reps_max),
            &is.target_reps_max,
            number(is.target_reps_max),
        );
        let weight = |it: &WorkoutExerciseRecord| (it.target_weight, it.target_weight_unit);
        let native = self.native(object, is.target_weight, is.target_weight_unit);
        put(
            object,
            "targetWeight",
            was.map(weight).as_ref(),
            &weight(is),
            decimal(native),
        );
        put(
            object,
            "restTime",
            was.map(|it| &it.rest_seconds),
            &is.rest_seconds,
            number(is.rest_seconds),
        );
        put(
            object,
            "notes",
            was.map(|it| &it.notes),
            &is.notes,
            text(is.notes.as_ref()),
        );
        put(
            object,
            "createdAt",
            was.map(|it| &it.created_at),
            &is.created_at,
            time(Some(is.created_at)),
        );
        put(
            object,
            "updatedAt",
            was.map(|it| &it.updated_at),
            &is.updated_at,
            time(Some(is.updated_at)),
        );
        if was.is_none() {
            object.set("sets", Node::List(List::default()));
        }
    }

    fn sets<'r, 'b>(
        &self,
        object: &mut Object,
        known: &[Option<uuid::Uuid>],
        was_of: &dyn Fn(usize) -> Option<&'b SetRecord>,
        exercise: &'r WorkoutExerciseRecord,
    ) -> Result<Vec<Option<&'r SetRecord>>, String> {
        let mut wanted: Vec<&SetRecord> = exercise.sets.iter().collect();
        wanted.sort_by_key(|set| set.order_index);
        let Some(list) = list_of(object, "sets", !wanted.is_empty())? else {
            return Ok(Vec::new());
        };
        let mut places = Vec::new();
        for (mut item, from, which) in
            arrange(std::mem::take(&mut list.items), known, &wanted, |it| {
                it.id.0
            })
        {
            if let (Node::Object(object), Some(set)) = (&mut item.node, which) {
                self.set(object, from.and_then(was_of), set);
            }
            list.items.push(item);
            places.push(which);
        }
        number_items(list, &places, |set| set.map(|set| set.order_index));
        Ok(places)
    }

    fn set(&self, object: &mut Object, was: Option<&SetRecord>, is: &SetRecord) {
        if was.is_none() {
            object.set("id", Node::text(&is.id.to_string()));
            object.set("isCompleted", Node::Flag(is.is_completed));
        }
        let weight = |it: &SetRecord| (it.weight, it.weight_unit);
        let native = self.native(object, is.weight, is.weight_unit);
        put(
            object,
            "weight",
            was.map(weight).as_ref(),
            &weight(is),
            decimal(native),
        );
        let reps = if object.has("reps") && !object.has("repetitions") {
            "reps"
        } else {
            "repetitions"
        };
        put(
            object,
            reps,
            was.map(|it| &it.reps),
            &is.reps,
            number(is.reps),
        );
        let (was_long, is_long) = (was.map(|it| &it.duration_seconds), is.duration_seconds);
        put(
            object,
            "durationSeconds",
            was_long,
            &is_long,
            number(is_long),
        );
        put(
            object,
            "distanceMeters",
            was.map(|it| &it.distance_m),
            &is.distance_m,
            decimal(is.distance_m),
        );
        put(
            object,
            "restTime",
            was.map(|it| &it.rest_seconds),
            &is.rest_seconds,
            number(is.rest_seconds),
        );
        put(
            object,
            "isCompleted",
            was.map(|it| &it.is_completed),
            &is.is_completed,
            Some(Node::Flag(is.is_completed)),
        );
        put(
            object,
            "notes",
            was.map(|it| &it.notes),
            &is.notes,
            text(is.notes.as_ref()),
        );
        put(
            object,
            "startTime",
            was.map(|it| &it.performed_at),
            &is.performed_at,
            time(Some(is.performed_at)),
        );
        put(
            object,
            "createdAt",
            was.map(|it| &it.created_at),
            &is.created_at,
            time(Some(is.created_at)),
        );
        put(
            object,
            "updatedAt",
            was.map(|it| &it.updated_at),
            &is.updated_at,
            time(Some(is.updated_at)),
        );
    }

    /// A weight in the unit that the app shows it in.
    fn native(
        &self,
        object: &Object,
        weight: Option<Decimal>,
        unit: WeightUnit,
    ) -> Option<Decimal> {
        const POUND: Exact = Exact::from_parts(45_359_237, 0, 0, false, 8);
        let weight = weight?.0;
        let shown = match object.text("weightUnit") {
            Some("kg") => WeightUnit::Kg,
            Some("lb" | "lbs") => WeightUnit::Lb,
            _ => self.which.unit,
        };
        let there = match (unit, shown) {
            (WeightUnit::Kg, WeightUnit::Lb) => weight / POUND,
            (WeightUnit::Lb, WeightUnit::Kg) => weight * POUND,
            _ => weight,
        };
        let there = there.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero);
        // What does not fit there stands only beside it.
        Some(Decimal(there)).filter(|it| it.0 < Exact::from(100_000))
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
struct Places<'r>(Vec<Option<(&'r WorkoutExerciseRecord, Vec<Option<&'r SetRecord>>)>>);
