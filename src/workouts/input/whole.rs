//! A whole workout as clients send it, and what it becomes: a new one, or one that is there with what is
//! said put in the place of what was. What is not said stays as it is.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

use super::{
    check_state, name, notes,
    places::{PlaceDraft, WorkoutExerciseInput},
    sets::Spot,
};
use crate::{
    error::{Error, Result},
    graphql::input,
    viewer::UserId,
    workouts::{
        NewSet, NewWorkout, Set, SetId, Size, Workout, WorkoutExercise, WorkoutExerciseId,
        WorkoutId, WorkoutStatus,
        new::{NewTree, WorkoutPatch},
    },
};

const EXERCISES: &str = "input.exercises";

/// A whole workout: itself, its exercises in their order, and the sets of each in theirs. Whatever is
/// left out stays as it is: a field of the workout, of an exercise or a set that is kept, and the whole
/// list of its exercises or of one's sets. From a list that is given, what is not named goes.
#[derive(Clone, Debug, InputObject)]
pub struct WorkoutInput {
    /// The id to give it, so that sending it twice makes one; made by the server where absent.
    pub id: Option<WorkoutId>,
    /// What to call it, up to 120 characters.
    pub name: String,
    /// What there is to say about it, up to 2,000 characters; null clears it.
    pub notes: MaybeUndefined<String>,
    /// Whether it is a template; a template is planned or archived. A new workout is none if you do not
    /// say.
    pub is_template: MaybeUndefined<bool>,
    /// Where it stands; a new workout is planned if you do not say.
    pub status: MaybeUndefined<WorkoutStatus>,
    /// When it was begun; null clears it.
    pub started_at: MaybeUndefined<DateTime<Utc>>,
    /// When it was done, not before it was begun; null clears it.
    pub ended_at: MaybeUndefined<DateTime<Utc>>,
    /// The exercises, in their order; up to 100, with up to 1,000 sets in all. An empty list takes all of
    /// them out.
    pub exercises: MaybeUndefined<Vec<WorkoutExerciseInput>>,
}

/// A workout as far as it is said, where everything that is said can be taken.
#[derive(Clone, Debug)]
pub struct Draft {
    pub id: WorkoutId,
    said: WorkoutPatch,
    /// None where nothing is said about what is in it.
    pub places: Option<Vec<PlaceDraft>>,
}

impl WorkoutInput {
    /// What is said, if it can be taken. Whether the exercises exist is for the store to see.
    pub fn check(self) -> Result<Draft> {
        let at = |field, value| input::clearable_checked(value, |at| input::instant(field, at));
        let said = WorkoutPatch {
            name: Some(name(&self.name)?),
            notes: input::clearable_text(self.notes, notes)?,
            is_template: input::given("input.isTemplate", self.is_template)?,
            status: input::given("input.status", self.status)?,
            started_at: at("input.startedAt", self.started_at)?,
            ended_at: at("input.endedAt", self.ended_at)?,
        };
        let places = input::given(EXERCISES, self.exercises)?.map(|places| {
            let places = places.into_iter().enumerate();
            places
                .map(|(order, place)| place.check(&format!("{EXERCISES}.{order}")))
                .collect()
        });
        Ok(Draft {
            id: self.id.unwrap_or_default(),
            said,
            places: places.transpose()?,
        })
    }
}

impl Draft {
    /// All rows of the workout: a new one, or `there` as it is to be.
    pub fn tree(&self, owner: UserId, there: Option<&Workout>) -> Result<NewTree> {
        let workout = self.workout(owner, there);
        check_state(
            workout.is_template,
            workout.status,
            workout.started_at,
            workout.ended_at,
        )?;
        let mut tree = Growing {
            kept: Kept::of(there),
            named: self.named(),
            places: HashSet::new(),
            sets: HashSet::new(),
            tree: NewTree {
                workout,
                exercises: Vec::new(),
                sets: Vec::new(),
                named: self.named(),
            },
        };
        for (order, place) in self.places.iter().flatten().enumerate() {
            tree.add(order, place)?;
        }
        let size = Size {
            exercises: tree.tree.exercises.len(),
            sets: tree.tree.sets.len(),
        };
        size.check_after(there.map(Size::of).unwrap_or_default(), EXERCISES)?;
        Ok(tree.tree)
    }

    fn workout(&self, owner: UserId, there: Option<&Workout>) -> NewWorkout {
        let said = self.said.clone();
        NewWorkout {
            user_id: owner,
            id: self.id,
            name: said.name.unwrap_or_default(),
            notes: said.notes.unwrap_or_else(|| there?.notes.clone()),
            is_template: said
                .is_template
                .unwrap_or_else(|| there.is_some_and(|it| it.is_template)),
            template_id: there.and_then(|it| it.template_id),
            status: said
                .status
                .or(there.map(|it| it.status))
                .unwrap_or(WorkoutStatus::Planned),
            started_at: said.started_at.unwrap_or_else(|| there?.started_at),
            ended_at: said.ended_at.unwrap_or_else(|| there?.ended_at),
            source: "app".to_owned(),
            source_key: None,
        }
    }

    /// The ids of exercises and sets that the client chose.
    fn named(&self) -> HashSet<uuid::Uuid> {
        let places = self.places.iter().flatten();
        let sets = places.clone().flat_map(|place| place.sets.iter().flatten());
        let sets = sets.filter_map(|set| Some(set.id?.0));
        places
            .filter_map(|place| Some(place.id?.0))
            .chain(sets)
            .collect()
    }
}

/// What is in the workout that is there.
struct Kept<'a> {
    places: HashMap<WorkoutExerciseId, &'a WorkoutExercise>,
    sets: HashMap<SetId, &'a Set>,
}

impl<'a> Kept<'a> {
    fn of(there: Option<&'a Workout>) -> Self {
        let places = there
            .and_then(|it| it.exercises.get())
            .into_iter()
            .flatten();
        let sets = places.clone().filter_map(|place| place.sets.get());
        Self {
            sets: sets.flatten().map(|set| (set.id, set)).collect(),
            places: places.map(|place| (place.id, place)).collect(),
        }
    }
}

/// The rows of a workout while they are put together.
struct Growing<'a> {
    kept: Kept<'a>,
    /// All ids that the client names, here or further on.
    named: HashSet<uuid::Uuid>,
    places: HashSet<WorkoutExerciseId>,
    sets: HashSet<SetId>,
    tree: NewTree,
}

impl Growing<'_> {
    fn add(&mut self, order: usize, place: &PlaceDraft) -> Result<()> {
        let at = format!("{EXERCISES}.{order}");
        let (owner, workout) = (self.tree.workout.user_id, self.tree.workout.id);
        let kept = place.id.and_then(|id| self.kept.places.get(&id).copied());
        let number = i32::try_from(order).unwrap_or(i32::MAX);
        let row = place.row(&at, owner, workout, number, kept)?;
        once(&mut self.places, row.id, || format!("{at}.id"))?;
        match &place.sets {
            Some(sets) => {
                for (order, set) in (0..).zip(sets) {
                    let at = format!("{at}.sets.{order}");
                    let spot = Spot {
                        owner,
                        workout,
                        place: row.id,
                        order,
                    };
                    let kept = set.id.and_then(|id| self.kept.sets.get(&id).copied());
                    let set = set.clone().row(&at, spot, kept)?;
                    once(&mut self.sets, set.id, || format!("{at}.id"))?;
                    self.tree.sets.push(set);
                }
            }
            None => {
                let stay = self.staying(kept);
                self.tree.sets.extend(stay);
            }
        }
        self.tree.exercises.push(row);
        Ok(())
    }

    /// The sets of a place about which nothing is said: all but those that move to another one.
    fn staying(&self, place: Option<&WorkoutExercise>) -> Vec<NewSet> {
        let sets = place.and_then(|it| it.sets.get()).into_iter().flatten();
        sets.filter(|set| !self.named.contains(&set.id.0))
            .map(Set::kept)
            .collect()
    }
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
        format!("{EXERCISES}.{index}.{field}")
    }

    /// The path in the input to a set.
    pub fn path_to_set(&self, index: usize, field: &str) -> String {
        let Some(set) = self.sets.get(index) else {
            return EXERCISES.to_owned();
        };
        let place = self
            .exercises
            .iter()
            .position(|place| place.id == set.workout_exercise_id)
            .unwrap_or_default();
        format!("{EXERCISES}.{place}.sets.{}.{field}", set.order_index)
    }
}
