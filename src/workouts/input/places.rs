//! What clients send about exercises in workouts.

use std::collections::HashSet;

use async_graphql::{InputObject, MaybeUndefined};

use super::{
    sets::{SetInput, Spot},
    whole::once,
};
use crate::{
    db::Decimal,
    error::{Error, Result},
    exercises::ExerciseId,
    graphql::input,
    viewer::UserId,
    workouts::{
        NewSet, NewWorkoutExercise, WeightUnit, WorkoutExercise, WorkoutExerciseId, WorkoutId,
        new::WorkoutExercisePatch,
    },
};

/// An exercise in a workout, with its sets in their order.
#[derive(Clone, Debug, InputObject)]
pub struct WorkoutExerciseInput {
    /// The id to give this place, or that of a place of this workout to keep; made by the server
    /// where absent.
    pub id: Option<WorkoutExerciseId>,
    /// The exercise: of the library, or one's own.
    pub exercise_id: ExerciseId,
    /// The same number on several exercises makes them a superset: they are done in turn.
    pub superset_group: Option<i32>,
    /// How many sets are aimed for, up to 100.
    pub target_sets: Option<i32>,
    /// How many repetitions are aimed for, at least.
    pub target_reps: Option<i32>,
    /// How many repetitions are aimed for, at most; not less than `targetReps`.
    pub target_reps_max: Option<i32>,
    /// The weight aimed for, in `targetWeightUnit`.
    pub target_weight: Option<Decimal>,
    /// The unit of `targetWeight`.
    #[graphql(default_with = "WeightUnit::Kg")]
    pub target_weight_unit: WeightUnit,
    /// The effort aimed for, from 0 to 10 with one decimal.
    pub target_rpe: Option<Decimal>,
    /// How long to rest between sets, in seconds, up to two hours.
    pub rest_seconds: Option<i32>,
    /// What there is to say about it, up to 1,000 characters.
    pub notes: Option<String>,
    /// The sets, in their order.
    #[graphql(default)]
    pub sets: Vec<SetInput>,
}

/// What to change of an exercise in a workout. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateWorkoutExerciseInput {
    /// Another exercise to train here; the sets stay.
    pub exercise_id: MaybeUndefined<ExerciseId>,
    /// The superset that it belongs to; null takes it out.
    pub superset_group: MaybeUndefined<i32>,
    /// How many sets are aimed for; null clears it.
    pub target_sets: MaybeUndefined<i32>,
    /// How many repetitions are aimed for, at least; null clears it.
    pub target_reps: MaybeUndefined<i32>,
    /// How many repetitions are aimed for, at most; null clears it.
    pub target_reps_max: MaybeUndefined<i32>,
    /// The weight aimed for, in `targetWeightUnit`; null clears it.
    pub target_weight: MaybeUndefined<Decimal>,
    /// The unit of `targetWeight`.
    pub target_weight_unit: MaybeUndefined<WeightUnit>,
    /// The effort aimed for, from 0 to 10 with one decimal; null clears it.
    pub target_rpe: MaybeUndefined<Decimal>,
    /// How long to rest between sets, in seconds; null clears it.
    pub rest_seconds: MaybeUndefined<i32>,
    /// What there is to say about it; null clears it.
    pub notes: MaybeUndefined<String>,
}

/// The checks of one place's fields; `at` is the path to the place.
struct Fields<'a> {
    at: &'a str,
}

impl Fields<'_> {
    fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.at)
    }

    fn small(&self, field: &str, number: i32, to: i16) -> Result<i16> {
        let checked = input::whole(&self.path(field), number, 0, to.into())?;
        Ok(i16::try_from(checked).unwrap_or(to))
    }

    fn group(&self, number: i32) -> Result<i16> {
        self.small("supersetGroup", number, i16::MAX)
    }

    fn sets(&self, number: i32) -> Result<i16> {
        self.small("targetSets", number, 100)
    }

    fn reps(&self, number: i32) -> Result<i16> {
        self.small("targetReps", number, i16::MAX)
    }

    fn reps_max(&self, number: i32) -> Result<i16> {
        self.small("targetRepsMax", number, i16::MAX)
    }

    fn weight(&self, weight: Decimal) -> Result<Decimal> {
        input::decimal(&self.path("targetWeight"), weight, 0, 99_999, 3)
    }

    fn rpe(&self, rpe: Decimal) -> Result<Decimal> {
        input::decimal(&self.path("targetRpe"), rpe, 0, 10, 1)
    }

    fn rest(&self, seconds: i32) -> Result<i32> {
        input::whole(&self.path("restSeconds"), seconds, 0, 7200)
    }

    fn notes(&self, text: &str) -> Result<Option<String>> {
        input::text(&self.path("notes"), text, 1000)
    }

    fn range(&self, least: Option<i16>, most: Option<i16>) -> Result<()> {
        match most {
            Some(most) if most < least.unwrap_or(0) => Err(Error::invalid(
                self.path("targetRepsMax"),
                "`targetRepsMax` must not be less than `targetReps`",
            )),
            _ => Ok(()),
        }
    }
}

impl WorkoutExerciseInput {
    /// The row, if everything but its sets can be taken. `at` is the path to this input.
    pub fn check(
        &self,
        at: &str,
        owner: UserId,
        workout: WorkoutId,
        order: i32,
    ) -> Result<NewWorkoutExercise> {
        let fields = Fields { at };
        let row = NewWorkoutExercise {
            user_id: owner,
            id: self.id.unwrap_or_default(),
            workout_id: workout,
            exercise_id: self.exercise_id,
            order_index: order,
            superset_group: self.superset_group.map(|n| fields.group(n)).transpose()?,
            target_sets: self.target_sets.map(|n| fields.sets(n)).transpose()?,
            target_reps: self.target_reps.map(|n| fields.reps(n)).transpose()?,
            target_reps_max: self
                .target_reps_max
                .map(|n| fields.reps_max(n))
                .transpose()?,
            target_weight: self.target_weight.map(|n| fields.weight(n)).transpose()?,
            target_weight_unit: self.target_weight_unit,
            target_rpe: self.target_rpe.map(|n| fields.rpe(n)).transpose()?,
            rest_seconds: self.rest_seconds.map(|n| fields.rest(n)).transpose()?,
            notes: self
                .notes
                .as_deref()
                .map_or(Ok(None), |text| fields.notes(text))?,
        };
        fields.range(row.target_reps, row.target_reps_max)?;
        Ok(row)
    }
}

/// An exercise to add to a workout, with its sets.
#[derive(Clone, Debug)]
pub struct PlaceAddition {
    pub place: NewWorkoutExercise,
    pub sets: Vec<NewSet>,
    /// Whether the client chose the id: it may have been added before.
    pub named: bool,
}

impl WorkoutExerciseInput {
    /// The exercise and its sets, if all of it can be taken.
    pub fn check_addition(self, owner: UserId, workout: WorkoutId) -> Result<PlaceAddition> {
        let place = self.check("input", owner, workout, 0)?;
        let mut ids = HashSet::new();
        let mut sets = Vec::with_capacity(self.sets.len());
        for (order, set) in (0..).zip(self.sets) {
            let at = format!("input.sets.{order}");
            let spot = Spot {
                owner,
                workout,
                place: place.id,
                order,
            };
            let row = set.check(&at, spot)?;
            once(&mut ids, row.id, || format!("{at}.id"))?;
            sets.push(row);
        }
        Ok(PlaceAddition {
            place,
            sets,
            named: self.id.is_some(),
        })
    }
}

impl UpdateWorkoutExerciseInput {
    /// The columns to change, if everything can be taken.
    pub fn check(self) -> Result<WorkoutExercisePatch> {
        let fields = Fields { at: "input" };
        Ok(WorkoutExercisePatch {
            exercise_id: input::given("input.exerciseId", self.exercise_id)?,
            superset_group: input::clearable_checked(self.superset_group, |n| fields.group(n))?,
            target_sets: input::clearable_checked(self.target_sets, |n| fields.sets(n))?,
            target_reps: input::clearable_checked(self.target_reps, |n| fields.reps(n))?,
            target_reps_max: input::clearable_checked(self.target_reps_max, |n| {
                fields.reps_max(n)
            })?,
            target_weight: input::clearable_checked(self.target_weight, |n| fields.weight(n))?,
            target_weight_unit: input::given("input.targetWeightUnit", self.target_weight_unit)?,
            target_rpe: input::clearable_checked(self.target_rpe, |n| fields.rpe(n))?,
            rest_seconds: input::clearable_checked(self.rest_seconds, |n| fields.rest(n))?,
            notes: input::clearable_text(self.notes, |text| fields.notes(text))?,
        })
    }
}

impl WorkoutExercisePatch {
    /// Whether the targets still make a range once `place` has been changed.
    pub fn check_against(&self, place: &WorkoutExercise) -> Result<()> {
        Fields { at: "input" }.range(
            self.target_reps.unwrap_or(place.target_reps),
            self.target_reps_max.unwrap_or(place.target_reps_max),
        )
    }
}
