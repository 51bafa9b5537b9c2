//! A whole workout as clients send it.

use std::{collections::HashSet, hash::Hash};

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

use super::{check_state, name, notes, places::WorkoutExerciseInput, sets::Spot};
use crate::{
    error::{Error, Result},
    graphql::input,
    viewer::UserId,
    workouts::{NewWorkout, Workout, WorkoutId, WorkoutStatus, new::NewTree},
};

const MOST_EXERCISES: usize = 100;
const MOST_SETS: usize = 1000;

/// A whole workout: itself, its exercises in their order, and the sets of each in theirs. Of a workout
/// that is there already, its own fields stay as they are where they are left out. What is in it
/// becomes what the input says: of an exercise or a set that is kept, a field that is left out is as
/// in a new one, but for the `isCompleted` and `performedAt` of a set, which stay as they are.
#[derive(Clone, Debug, InputObject)]
pub struct WorkoutInput {
    /// The id to give it, so that sending it twice makes one; made by the server where absent.
    pub id: Option<WorkoutId>,
    /// What to call it, up to 120 characters.
    pub name: String,
    /// What there is to say about it, up to 2,000 characters; null clears it. Left out, it stays as it
    /// is.
    pub notes: MaybeUndefined<String>,
    /// Whether it is a template; a template is planned or archived. Left out, a new workout is none,
    /// and one that is there stays as it is.
    pub is_template: Option<bool>,
    /// Where it stands. Left out, a new workout is planned, and one that is there stays as it is.
    pub status: Option<WorkoutStatus>,
    /// When it was begun. Left out, it stays as it is.
    pub started_at: MaybeUndefined<DateTime<Utc>>,
    /// When it was done, not before it was begun. Left out, it stays as it is.
    pub ended_at: MaybeUndefined<DateTime<Utc>>,
    /// The exercises, in their order; up to 100, with up to 1,000 sets in all.
    #[graphql(default)]
    pub exercises: Vec<WorkoutExerciseInput>,
}

/// What was left out of the input, and stays as it is where the workout is there already.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is left out or not, whatever the others"
)]
#[derive(Clone, Copy, Debug)]
pub struct Left {
    notes: bool,
    is_template: bool,
    status: bool,
    started_at: bool,
    ended_at: bool,
}

impl Left {
    /// Takes over from the workout that is there what was left out, and checks what comes of it.
    pub fn complete(self, new: &mut NewWorkout, there: &Workout) -> Result<()> {
        if self.notes {
            new.notes.clone_from(&there.notes);
        }
        if self.is_template {
            new.is_template = there.is_template;
        }
        if self.status {
            new.status = there.status;
        }
        if self.started_at {
            new.started_at = there.started_at;
        }
        if self.ended_at {
            new.ended_at = there.ended_at;
        }
        check_new(new)
    }
}

/// The same for a workout that is not there yet.
pub fn check_new(new: &NewWorkout) -> Result<()> {
    check_state(new.is_template, new.status, new.started_at, new.ended_at)
}

impl WorkoutInput {
    /// All rows, if everything in them can be taken. Whether the exercises exist is for the store to
    /// see.
    pub fn check(self, owner: UserId) -> Result<(NewTree, Left)> {
        let id = self.id.unwrap_or_default();
        let at = |field, value| -> Result<_> {
            let checked = input::clearable_checked(value, |at| input::instant(field, at))?;
            Ok((checked.is_none(), checked.flatten()))
        };
        let (no_start, started_at) = at("input.startedAt", self.started_at)?;
        let (no_end, ended_at) = at("input.endedAt", self.ended_at)?;
        let notes = input::clearable_text(self.notes, notes)?;
        let left = Left {
            notes: notes.is_none(),
            is_template: self.is_template.is_none(),
            status: self.status.is_none(),
            started_at: no_start,
            ended_at: no_end,
        };
        let workout = NewWorkout {
            user_id: owner,
            id,
            name: name(&self.name)?,
            notes: notes.flatten(),
            is_template: self.is_template.unwrap_or_default(),
            template_id: None,
            status: self.status.unwrap_or(WorkoutStatus::Planned),
            started_at,
            ended_at,
            source: "app".to_owned(),
            source_key: None,
        };
        Ok((check_parts(self.exercises, workout)?, left))
    }
}

fn check_parts(inputs: Vec<WorkoutExerciseInput>, workout: NewWorkout) -> Result<NewTree> {
    let (owner, id) = (workout.user_id, workout.id);
    let total: usize = inputs.iter().map(|exercise| exercise.sets.len()).sum();
    if inputs.len() > MOST_EXERCISES || total > MOST_SETS {
        let message =
            format!("a workout has at most {MOST_EXERCISES} exercises and {MOST_SETS} sets");
        return Err(Error::invalid("input.exercises", message));
    }
    let mut tree = NewTree {
        workout,
        exercises: Vec::with_capacity(inputs.len()),
        sets: Vec::with_capacity(total),
        named: HashSet::new(),
    };
    let (mut place_ids, mut set_ids) = (HashSet::new(), HashSet::new());
    for (order, exercise) in (0..).zip(inputs) {
        let at = format!("input.exercises.{order}");
        tree.named.extend(exercise.id.map(|id| id.0));
        let row = exercise.check(&at, owner, id, order)?;
        once(&mut place_ids, row.id, || format!("{at}.id"))?;
        for (order, set) in (0..).zip(exercise.sets) {
            let at = format!("{at}.sets.{order}");
            let spot = Spot {
                owner,
                workout: id,
                place: row.id,
                order,
            };
            tree.named.extend(set.id.map(|id| id.0));
            let set = set.check(&at, spot)?;
            once(&mut set_ids, set.id, || format!("{at}.id"))?;
            tree.sets.push(set);
        }
        tree.exercises.push(row);
    }
    Ok(tree)
}

/// Refuses an id that came before.
pub fn once<T: Eq + Hash>(seen: &mut HashSet<T>, id: T, at: impl Fn() -> String) -> Result<()> {
    if seen.insert(id) {
        return Ok(());
    }
    Err(Error::invalid(
        at(),
        "this id comes twice: give each its own",
    ))
}

impl NewTree {
    /// The path in the input to an exercise of the workout.
    pub fn path_to_exercise(index: usize, field: &str) -> String {
        format!("input.exercises.{index}.{field}")
    }

    /// The path in the input to a set.
    pub fn path_to_set(&self, index: usize, field: &str) -> String {
        let Some(set) = self.sets.get(index) else {
            return "input.exercises".to_owned();
        };
        let place = self
            .exercises
            .iter()
            .position(|place| place.id == set.workout_exercise_id)
            .unwrap_or_default();
        format!("input.exercises.{place}.sets.{}.{field}", set.order_index)
    }
}
