//! Sets, in the exercises of a session.

use rust_decimal::{Decimal as Exact, RoundingStrategy};
use uuid::Uuid;

use super::{
    arrange::{arrange, list_of, number_items},
    decimal, keys, number, put, text, time,
    workouts::Writing,
};
use crate::{
    db::Decimal,
    legacy::{
        record::{SetRecord, WorkoutExerciseRecord},
        text::{Node, Object},
    },
    workouts::WeightUnit,
};

impl Writing<'_> {
    pub(super) fn sets<'r, 'b>(
        &self,
        object: &mut Object,
        known: &[Option<Uuid>],
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
        let short = object.has("reps") && !object.has("repetitions");
        keys! { object, was => is;
            reps: if short { "reps" } else { "repetitions" }, number(is.reps);
            duration_seconds: "durationSeconds", number(is.duration_seconds);
            distance_m: "distanceMeters", decimal(is.distance_m);
            rest_seconds: "restTime", number(is.rest_seconds);
            is_completed: "isCompleted", Some(Node::Flag(is.is_completed));
            notes: "notes", text(is.notes.as_ref());
            performed_at: "startTime", time(Some(is.performed_at));
            created_at: "createdAt", time(Some(is.created_at));
            updated_at: "updatedAt", time(Some(is.updated_at));
        }
    }

    /// A weight in the unit that the app shows it in.
    pub(super) fn native(
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
}
