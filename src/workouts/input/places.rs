//! What clients send about exercises in workouts.

use std::collections::HashSet;

use async_graphql::{InputObject, MaybeUndefined};

use super::{
    sets::{SetDraft, SetInput, Spot},
    whole::once,
};
use crate::{
    db::Decimal,
    error::{Error, Result},
    exercises::ExerciseId,
    graphql::input,
    viewer::UserId,
    workouts::{
        NewSet, NewWorkoutExercise, Size, WeightUnit, WorkoutExercise, WorkoutExerciseId,
        WorkoutId, new::WorkoutExercisePatch,
    },
};

/// An exercise in a workout, with its sets in their order. Of a place that is kept, a field that is left
/// out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct WorkoutExerciseInput {
    /// The id to give this place, or that of a place of this workout to keep; made by the server
    /// where absent.
    pub id: Option<WorkoutExerciseId>,
    /// The exercise: of the library, or one's own.
    pub exercise_id: ExerciseId,
    #[graphql(flatten)]
    pub values: PlaceValues,
    /// The sets, in their order: a new place has none if you do not say, and one that is kept keeps its
    /// own. Of those that are there, whatever is not named goes.
    pub sets: MaybeUndefined<Vec<SetInput>>,
}

/// What to change of an exercise in a workout. A field that is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateWorkoutExerciseInput {
    /// Another exercise to train here; the sets stay.
    pub exercise_id: MaybeUndefined<ExerciseId>,
    #[graphql(flatten)]
    pub values: PlaceValues,
}

/// What is aimed for at a place, as far as it is said.
#[derive(Clone, Debug, InputObject)]
pub struct PlaceValues {
    /// The same number on several exercises makes them a superset: they are done in turn. Null takes it
    /// out.
    pub superset_group: MaybeUndefined<i32>,
    /// How many sets are aimed for, up to 100; null clears it.
    pub target_sets: MaybeUndefined<i32>,
    /// How many repetitions are aimed for, at least; null clears it.
    pub target_reps: MaybeUndefined<i32>,
    /// How many repetitions are aimed for, at most; not less than `targetReps`. Null clears it.
    pub target_reps_max: MaybeUndefined<i32>,
    /// The weight aimed for, in `targetWeightUnit`; null clears it.
    pub target_weight: MaybeUndefined<Decimal>,
    /// The unit of `targetWeight`; at a new place it is `KG` if you do not say.
    pub target_weight_unit: MaybeUndefined<WeightUnit>,
    /// The effort aimed for, from 0 to 10 with one decimal; null clears it.
    pub target_rpe: MaybeUndefined<Decimal>,
    /// How long to rest between sets, in seconds, up to two hours; null clears it.
    pub rest_seconds: MaybeUndefined<i32>,
    /// What there is to say about it, up to 1,000 characters; null clears it.
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

/// An exercise in a workout as far as it is said, where everything that is said can be taken.
#[derive(Clone, Debug)]
pub struct PlaceDraft {
    pub id: Option<WorkoutExerciseId>,
    said: WorkoutExercisePatch,
    exercise: ExerciseId,
    /// None where nothing is said about them.
    pub sets: Option<Vec<SetDraft>>,
}

impl WorkoutExerciseInput {
    /// What is said, if it can be taken. `at` is the path to this input.
    pub fn check(self, at: &str) -> Result<PlaceDraft> {
        let sets = input::given(&format!("{at}.sets"), self.sets)?;
        let sets = sets.map(|sets| {
            let sets = sets.into_iter().enumerate();
            sets.map(|(order, set)| set.check(&format!("{at}.sets.{order}")))
                .collect()
        });
        Ok(PlaceDraft {
            id: self.id,
            said: self.values.check(at)?,
            exercise: self.exercise_id,
            sets: sets.transpose()?,
        })
    }

    /// The exercise and its sets, if all of it can be taken.
    pub fn check_addition(self, owner: UserId, workout: WorkoutId) -> Result<PlaceAddition> {
        let mut draft = self.check("input")?;
        let named = draft.id.is_some();
        let sets = draft.sets.take().unwrap_or_default();
        let size = Size {
            exercises: 1,
            sets: sets.len(),
        };
        size.check("input.sets")?;
        let place = draft.row("input", owner, workout, 0, None)?;
        let mut ids = HashSet::new();
        let mut rows = Vec::with_capacity(sets.len());
        for (order, set) in (0..).zip(sets) {
            let at = format!("input.sets.{order}");
            let spot = Spot {
                owner,
                workout,
                place: place.id,
                order,
            };
            let row = set.row(&at, spot, None)?;
            once(&mut ids, row.id, || format!("{at}.id"))?;
            rows.push(row);
        }
        Ok(PlaceAddition {
            place,
            sets: rows,
            named,
        })
    }
}

impl PlaceDraft {
    /// The row: with what is said, else as the place was that is kept, else as a new one is.
    pub fn row(
        &self,
        at: &str,
        owner: UserId,
        workout: WorkoutId,
        order: i32,
        kept: Option<&WorkoutExercise>,
    ) -> Result<NewWorkoutExercise> {
        let id = self.id.unwrap_or_default();
        let said = self.said.clone();
        let row = NewWorkoutExercise {
            user_id: owner,
            id,
            workout_id: workout,
            exercise_id: self.exercise,
            order_index: order,
            superset_group: said.superset_group.unwrap_or_else(|| kept?.superset_group),
            target_sets: said.target_sets.unwrap_or_else(|| kept?.target_sets),
            target_reps: said.target_reps.unwrap_or_else(|| kept?.target_reps),
            target_reps_max: said
                .target_reps_max
                .unwrap_or_else(|| kept?.target_reps_max),
            target_weight: said.target_weight.unwrap_or_else(|| kept?.target_weight),
            target_weight_unit: said
                .target_weight_unit
                .or(kept.map(|it| it.target_weight_unit))
                .unwrap_or(WeightUnit::Kg),
            target_rpe: said.target_rpe.unwrap_or_else(|| kept?.target_rpe),
            rest_seconds: said.rest_seconds.unwrap_or_else(|| kept?.rest_seconds),
            notes: said.notes.unwrap_or_else(|| kept?.notes.clone()),
        };
        Fields { at }.range(row.target_reps, row.target_reps_max)?;
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

impl UpdateWorkoutExerciseInput {
    /// The columns to change, if everything can be taken.
    pub fn check(self) -> Result<WorkoutExercisePatch> {
        Ok(WorkoutExercisePatch {
            exercise_id: input::given("input.exerciseId", self.exercise_id)?,
            ..self.values.check("input")?
        })
    }
}

impl PlaceValues {
    /// What is said, if it can be taken. `at` is the path to the place.
    fn check(self, at: &str) -> Result<WorkoutExercisePatch> {
        let fields = Fields { at };
        let unit = fields.path("targetWeightUnit");
        Ok(WorkoutExercisePatch {
            exercise_id: None,
            superset_group: input::clearable_checked(self.superset_group, |n| fields.group(n))?,
            target_sets: input::clearable_checked(self.target_sets, |n| fields.sets(n))?,
            target_reps: input::clearable_checked(self.target_reps, |n| fields.reps(n))?,
            target_reps_max: input::clearable_checked(self.target_reps_max, |n| {
                fields.reps_max(n)
            })?,
            target_weight: input::clearable_checked(self.target_weight, |n| fields.weight(n))?,
            target_weight_unit: input::given(&unit, self.target_weight_unit)?,
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
