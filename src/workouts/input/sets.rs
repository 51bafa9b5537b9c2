//! What clients send about sets.

use std::collections::{HashMap, HashSet};

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

use super::whole::once;
use crate::{
    db::Decimal,
    error::{Error, Result},
    graphql::input,
    viewer::UserId,
    workouts::{
        NewSet, Set, SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, new::SetPatch,
    },
};

const MOST_AT_ONCE: usize = 500;

/// One set. At least one of `reps`, `durationSeconds` and `distanceM` must be there. Of a set that is
/// kept, a field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct SetInput {
    /// The id to give it, or that of a set of this workout to keep; made by the server where absent.
    pub id: Option<SetId>,
    #[graphql(flatten)]
    pub values: SetValues,
}

/// A set to add after the others of an exercise in a workout.
#[derive(Clone, Debug, InputObject)]
pub struct AddSetInput {
    /// The place in the workout to add it to.
    pub workout_exercise_id: WorkoutExerciseId,
    #[graphql(flatten)]
    pub set: SetInput,
}

/// What to change of a set. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateSetInput {
    #[graphql(flatten)]
    pub values: SetValues,
}

/// What a set is, as far as it is said.
#[derive(Clone, Debug, InputObject)]
pub struct SetValues {
    /// What it is for; a new set is `WORKING` if you do not say.
    pub set_type: MaybeUndefined<SetType>,
    /// The side that was trained; of a new set it is `BOTH` if you do not say.
    pub side: MaybeUndefined<Side>,
    /// How many repetitions, from 0 to 100,000; null clears it.
    pub reps: MaybeUndefined<i32>,
    /// The weight in `weightUnit`, up to 99,999 with up to three decimals; null clears it.
    pub weight: MaybeUndefined<Decimal>,
    /// The unit of `weight`; of a new set it is `KG` if you do not say. Where it changes without a new
    /// weight, the number stays and its meaning changes.
    pub weight_unit: MaybeUndefined<WeightUnit>,
    /// How hard it was, from 0 to 10 with one decimal; null clears it.
    pub rpe: MaybeUndefined<Decimal>,
    /// How long it took, in seconds, up to 10,000,000; null clears it.
    pub duration_seconds: MaybeUndefined<i32>,
    /// How far it went, in metres with up to two decimals; null clears it.
    pub distance_m: MaybeUndefined<Decimal>,
    /// How long the rest after it was, in seconds, up to two hours; null clears it.
    pub rest_seconds: MaybeUndefined<i32>,
    /// Whether it was done. If you do not say, a new set of a workout that is `PLANNED`, or of a
    /// template, is yet to be done, and in every other workout it was done.
    pub is_completed: MaybeUndefined<bool>,
    /// What there is to say about it, up to 500 characters; null clears it.
    pub notes: MaybeUndefined<String>,
    /// When it was done; for a new set it is now if you do not say.
    pub performed_at: MaybeUndefined<DateTime<Utc>>,
}

/// Where a set belongs.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub owner: UserId,
    pub workout: WorkoutId,
    pub place: WorkoutExerciseId,
    pub order: i32,
}

/// The checks of one set's fields; `at` is the path to the set.
struct Fields<'a> {
    at: &'a str,
}

impl Fields<'_> {
    fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.at)
    }

    fn reps(&self, reps: i32) -> Result<i32> {
        input::whole(&self.path("reps"), reps, 0, 100_000)
    }

    fn weight(&self, weight: Decimal) -> Result<Decimal> {
        input::decimal(&self.path("weight"), weight, 0, 99_999, 3)
    }

    fn rpe(&self, rpe: Decimal) -> Result<Decimal> {
        input::decimal(&self.path("rpe"), rpe, 0, 10, 1)
    }

    fn duration(&self, seconds: i32) -> Result<i32> {
        input::whole(&self.path("durationSeconds"), seconds, 0, 10_000_000)
    }

    fn distance(&self, metres: Decimal) -> Result<Decimal> {
        input::decimal(&self.path("distanceM"), metres, 0, 99_999_999, 2)
    }

    fn rest(&self, seconds: i32) -> Result<i32> {
        input::whole(&self.path("restSeconds"), seconds, 0, 7200)
    }

    fn notes(&self, text: &str) -> Result<Option<String>> {
        input::text(&self.path("notes"), text, 500)
    }

    fn performed_at(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>> {
        input::instant(&self.path("performedAt"), at)
    }

    fn measured(
        &self,
        reps: Option<i32>,
        seconds: Option<i32>,
        metres: Option<Decimal>,
    ) -> Result<()> {
        if reps.is_some() || seconds.is_some() || metres.is_some() {
            return Ok(());
        }
        let message = "give at least one of `reps`, `durationSeconds` and `distanceM`";
        Err(Error::invalid(self.path("reps"), message))
    }
}

/// A set as far as it is said, where everything that is said can be taken.
#[derive(Clone, Debug)]
pub struct SetDraft {
    pub id: Option<SetId>,
    said: SetPatch,
}

impl SetInput {
    /// What is said, if it can be taken. `at` is the path to this input.
    pub fn check(self, at: &str) -> Result<SetDraft> {
        Ok(SetDraft {
            id: self.id,
            said: self.values.check(at)?,
        })
    }
}

impl SetDraft {
    /// The row: with what is said, else as the set was that is kept, else as a new one is.
    pub fn row(self, at: &str, spot: Spot, kept: Option<&Set>) -> Result<NewSet> {
        let id = self.id.unwrap_or_default();
        let row = self.said.row(id, spot, kept);
        Fields { at }.measured(row.reps, row.duration_seconds, row.distance_m)?;
        Ok(row)
    }
}

impl SetPatch {
    fn row(self, id: SetId, spot: Spot, kept: Option<&Set>) -> NewSet {
        NewSet {
            user_id: spot.owner,
            id,
            workout_id: spot.workout,
            workout_exercise_id: spot.place,
            order_index: spot.order,
            set_type: self
                .set_type
                .or(kept.map(|it| it.set_type))
                .unwrap_or(SetType::Working),
            side: self.side.or(kept.map(|it| it.side)).unwrap_or(Side::Both),
            reps: self.reps.unwrap_or_else(|| kept?.reps),
            weight: self.weight.unwrap_or_else(|| kept?.weight),
            weight_unit: self
                .weight_unit
                .or(kept.map(|it| it.weight_unit))
                .unwrap_or(WeightUnit::Kg),
            rpe: self.rpe.unwrap_or_else(|| kept?.rpe),
            duration_seconds: self
                .duration_seconds
                .unwrap_or_else(|| kept?.duration_seconds),
            distance_m: self.distance_m.unwrap_or_else(|| kept?.distance_m),
            rest_seconds: self.rest_seconds.unwrap_or_else(|| kept?.rest_seconds),
            is_completed: self.is_completed.or(kept.map(|it| it.is_completed)),
            notes: self.notes.unwrap_or_else(|| kept?.notes.clone()),
            performed_at: self.performed_at.or(kept.map(|it| it.performed_at)),
        }
    }
}

impl Set {
    /// The row of this very set, where it stays as it is.
    pub fn kept(&self) -> NewSet {
        let spot = Spot {
            owner: self.user_id,
            workout: self.workout_id,
            place: self.workout_exercise_id,
            order: self.order_index,
        };
        SetPatch::default().row(self.id, spot, Some(self))
    }
}

/// Sets to add to one workout.
#[derive(Clone, Debug)]
pub struct Additions {
    /// The workout; where there is none, it is that of the first set's exercise.
    pub workout: Option<WorkoutId>,
    /// The rows, each numbered among those for the same exercise.
    pub rows: Vec<NewSet>,
    /// Those whose ids the client chose: they may have been added before.
    pub named: Vec<SetId>,
}

/// Refuses too many sets to delete at once, none, and one that is named twice.
pub fn check_deletion(ids: &[SetId]) -> Result<()> {
    if ids.is_empty() || ids.len() > MOST_AT_ONCE {
        let message = format!("`ids` must have from 1 to {MOST_AT_ONCE} items");
        return Err(Error::invalid("ids", message));
    }
    let mut seen = HashSet::new();
    for (index, id) in ids.iter().enumerate() {
        if !seen.insert(id) {
            let message = format!("`{id}` is named twice: name it once");
            return Err(Error::invalid(format!("ids.{index}"), message));
        }
    }
    Ok(())
}

impl AddSetInput {
    /// The one set, if it can be taken.
    pub fn check(self, owner: UserId) -> Result<Additions> {
        let spot = Spot {
            owner,
            // Known as soon as the workout has been taken.
            workout: WorkoutId(uuid::Uuid::nil()),
            place: self.workout_exercise_id,
            order: 0,
        };
        Ok(Additions {
            workout: None,
            named: self.set.id.into_iter().collect(),
            rows: vec![self.set.check("input")?.row("input", spot, None)?],
        })
    }

    /// Many sets for one workout, if all of them can be taken.
    pub fn check_all(sets: Vec<Self>, owner: UserId, workout: WorkoutId) -> Result<Additions> {
        if sets.is_empty() || sets.len() > MOST_AT_ONCE {
            let message = format!("`sets` must have from 1 to {MOST_AT_ONCE} items");
            return Err(Error::invalid("sets", message));
        }
        let named: Vec<SetId> = sets.iter().filter_map(|addition| addition.set.id).collect();
        let mut ids = HashSet::new();
        let mut orders: HashMap<WorkoutExerciseId, i32> = HashMap::new();
        let mut rows = Vec::with_capacity(sets.len());
        for (index, addition) in sets.into_iter().enumerate() {
            let at = format!("sets.{index}");
            let place = addition.workout_exercise_id;
            let next = orders.entry(place).or_default();
            let spot = Spot {
                owner,
                workout,
                place,
                order: *next,
            };
            *next += 1;
            let row = addition.set.check(&at)?.row(&at, spot, None)?;
            once(&mut ids, row.id, || format!("{at}.id"))?;
            rows.push(row);
        }
        Ok(Additions {
            workout: Some(workout),
            rows,
            named,
        })
    }
}

impl UpdateSetInput {
    /// The columns to change, if everything can be taken.
    pub fn check(self) -> Result<SetPatch> {
        self.values.check("input")
    }
}

impl SetValues {
    /// What is said, if it can be taken. `at` is the path to the set.
    fn check(self, at: &str) -> Result<SetPatch> {
        let fields = Fields { at };
        let path = |field| fields.path(field);
        let performed_at = path("performedAt");
        Ok(SetPatch {
            set_type: input::given(&path("setType"), self.set_type)?,
            side: input::given(&path("side"), self.side)?,
            reps: input::clearable_checked(self.reps, |n| fields.reps(n))?,
            weight: input::clearable_checked(self.weight, |n| fields.weight(n))?,
            weight_unit: input::given(&path("weightUnit"), self.weight_unit)?,
            rpe: input::clearable_checked(self.rpe, |n| fields.rpe(n))?,
            duration_seconds: input::clearable_checked(self.duration_seconds, |n| {
                fields.duration(n)
            })?,
            distance_m: input::clearable_checked(self.distance_m, |n| fields.distance(n))?,
            rest_seconds: input::clearable_checked(self.rest_seconds, |n| fields.rest(n))?,
            is_completed: input::given(&path("isCompleted"), self.is_completed)?,
            notes: input::clearable_text(self.notes, |text| fields.notes(text))?,
            performed_at: input::given_checked(&performed_at, self.performed_at, |at| {
                fields.performed_at(at)
            })?,
        })
    }
}

impl SetPatch {
    /// Whether something is still measured once `set` has been changed.
    pub fn check_against(&self, set: &Set) -> Result<()> {
        Fields { at: "input" }.measured(
            self.reps.unwrap_or(set.reps),
            self.duration_seconds.unwrap_or(set.duration_seconds),
            self.distance_m.unwrap_or(set.distance_m),
        )
    }
}
