//! The sets of a legacy app, and what parts of workouts are called.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Shelf, derived,
    fields::{self, Value},
    kept,
    library::identity,
    sessions::{HEAVIEST, LONGEST_REST, Sessions},
};
use crate::{
    legacy::{
        record::{SetRecord, WorkoutExerciseRecord},
        text::{Node, Object},
    },
    workouts::{SetId, SetType, Side, WeightUnit, WorkoutId},
};

impl Sessions<'_> {
    pub(super) fn set(
        &mut self,
        object: &Object,
        exercise_key: &str,
        path: &str,
        exercise: &WorkoutExerciseRecord,
        began: DateTime<Utc>,
    ) -> Value<SetRecord> {
        let started = fields::time(object, "startTime")?;
        let ended = fields::time(object, "endTime")?;
        let reps = match fields::whole(object, "repetitions", i32::MAX)? {
            Some(reps) => Some(reps),
            None => fields::whole(object, "reps", i32::MAX)?,
        };
        // A set that is not counted in repetitions lasted from its start to its end.
        let lasted = started.zip(ended).filter(|_| reps.is_none());
        let lasted =
            lasted.and_then(|(start, end)| i32::try_from((end - start).num_seconds()).ok());
        let duration = fields::whole(object, "durationSeconds", i32::MAX)?;
        let distance_m = fields::decimal(object, "distanceMeters", 2, 100_000_000)?;
        let duration_seconds = duration.or(lasted.filter(|seconds| *seconds >= 0));
        if reps.is_none() && duration_seconds.is_none() && distance_m.is_none() {
            return Err("it has neither repetitions nor a duration nor a distance".to_owned());
        }
        let weight = fields::decimal(object, "weight", 3, HEAVIEST)?;
        let is_completed = fields::flag(object, "isCompleted")?.unwrap_or(true);
        if let Some(Node::Number(intensity)) = object.get("intensity") {
            self.parts.intensities.push(intensity.clone().into_owned());
        }
        let key = identity(object).unwrap_or_default();
        let id = self.part_id("set", &key, &[exercise_key])?;
        let created = self
            .parts
            .or_without(path, object, fields::time(object, "createdAt"));
        let updated = self
            .parts
            .or_without(path, object, fields::time(object, "updatedAt"));
        let rest = fields::whole(object, "restTime", LONGEST_REST);
        let notes = fields::text(object, "notes", 500);
        let created_at = created.unwrap_or(exercise.created_at);
        Ok(SetRecord {
            user_id: self.which.owner,
            id: SetId(id),
            workout_id: WorkoutId(self.which.id),
            workout_exercise_id: exercise.id,
            order_index: 0,
            set_type: SetType::Working,
            side: Side::Both,
            reps,
            weight,
            weight_unit: self.unit(object),
            rpe: None,
            duration_seconds,
            distance_m,
            rest_seconds: self.parts.or_without(path, object, rest),
            is_completed,
            notes: self.parts.or_without(path, object, notes),
            performed_at: started.or(created).unwrap_or(began),
            version: 1,
            created_at,
            updated_at: updated.unwrap_or(created_at),
        })
    }

    /// The unit of the weights in an object: its own if it says one, else its owner's.
    pub(super) fn unit(&self, object: &Object) -> WeightUnit {
        let word = object.text("weightUnit").unwrap_or_default().to_lowercase();
        match word.as_str() {
            "kg" => WeightUnit::Kg,
            "lb" | "lbs" => WeightUnit::Lb,
            _ => self.which.unit,
        }
    }

    /// The id of a part: its own if that is one and no other part has it, else one made of the way to it.
    pub(super) fn part_id(&mut self, kind: &str, key: &str, above: &[&str]) -> Value<Uuid> {
        let own = kept(key).filter(|id| {
            let elsewhere = self.world.holder(self.which.owner, *id);
            elsewhere.is_none_or(|holder| holder == self.which.id) && !self.used.contains(id)
        });
        if let Some(id) = own {
            self.used.insert(id);
            return Ok(id);
        }
        let shelf = if self.which.shelf == Shelf::Templates {
            "template"
        } else {
            "session"
        };
        for number in 0..100_000_u32 {
            let number = if number == 0 {
                String::new()
            } else {
                number.to_string()
            };
            let way: Vec<&str> = [&[self.key.as_str()], above, &[key, number.as_str()]].concat();
            let id = derived(kind, shelf, self.which.owner_key, &way);
            if self.used.insert(id) {
                return Ok(id);
            }
        }
        Err("too many parts have the same id".to_owned())
    }
}
