//! New workouts made from those that are there.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{
    db::{Columns, schema::workouts},
    error::{Error, Result},
    viewer::UserId,
    workouts::{
        NewSet, NewWorkout, NewWorkoutExercise, Parts, Set, SetId, Size, Workout, WorkoutExercise,
        WorkoutExerciseId, WorkoutId, WorkoutStatus, new::NewTree,
    },
};

/// What a copy is to be.
#[derive(Clone, Debug)]
pub struct Copied {
    pub id: WorkoutId,
    /// As the original where absent.
    pub name: Option<String>,
    pub is_template: bool,
    /// When it was started, if it is.
    pub started_at: Option<DateTime<Utc>>,
    /// The path to the id, for messages.
    pub path_to_id: &'static str,
}

impl Copied {
    /// Whether a workout is the copy, whatever has become of it since.
    fn is_in(&self, new: &NewWorkout, there: &Workout) -> bool {
        let named = self.name.as_ref().is_none_or(|name| *name == there.name);
        named && (new.template_id, new.is_template) == (there.template_id, there.is_template)
    }
}

impl Workout {
    /// Copies the workout with its exercises and sets. In the copy, nothing has been done yet. False
    /// where the same copy was made before.
    pub async fn copy(self, conn: &mut AsyncPgConnection, copied: Copied) -> Result<bool> {
        let tree = self.into_plan(&copied);
        if tree.workout.insert(conn).await? {
            tree.insert_parts(conn).await?;
            return Ok(true);
        }
        let (user, id) = (tree.workout.user_id, tree.workout.id);
        let there = Self::find_kept(conn, user, id, Parts::default()).await?;
        let known = if there.deleted_at.is_some() {
            Error::known_in_trash("workout", id, there.version)
        } else if copied.is_in(&tree.workout, &there) {
            return Ok(false);
        } else {
            Error::known("workout", id, there.version)
        };
        Err(known.at(copied.path_to_id))
    }

    /// The owner's workout to be copied, with all that is copied of it. One that is larger than a workout
    /// may be is not copied; `path` leads to its id.
    pub async fn to_copy(
        conn: &mut AsyncPgConnection,
        owner: UserId,
        id: WorkoutId,
        path: &str,
    ) -> Result<Self> {
        let parts = Parts {
            places: Some(Columns::ALL),
            sets: Some(Columns::ALL),
            ..Parts::default()
        };
        // Held, so that its exercises are still there when the copy is written.
        workouts::table
            .find((owner, id))
            .select(workouts::id)
            .for_key_share()
            .first::<WorkoutId>(conn)
            .await
            .optional()?;
        let found = Self::find(conn, owner, id, parts).await;
        let found = found.map_err(|error| if path == "id" { error } else { error.at(path) })?;
        Size::of(&found).check(path)?;
        Ok(found)
    }

    /// Refuses what is no template, where one was asked for.
    pub fn must_be_template(&self, field: &str) -> Result<()> {
        if self.is_template {
            return Ok(());
        }
        let message = "this is no template: use `fromWorkoutId`";
        Err(Error::invalid(field, message))
    }

    fn into_plan(self, copied: &Copied) -> NewTree {
        let workout = NewWorkout {
            user_id: self.user_id,
            id: copied.id,
            name: copied.name.clone().unwrap_or(self.name),
            notes: self.notes,
            is_template: copied.is_template,
            template_id: Some(self.id),
            status: match copied.started_at {
                Some(_) => WorkoutStatus::Active,
                None => WorkoutStatus::Planned,
            },
            started_at: copied.started_at,
            ended_at: None,
            source: "app".to_owned(),
            source_key: None,
        };
        let mut exercises = Vec::new();
        let mut sets = Vec::new();
        for place in self.exercises.get().into_iter().flatten() {
            let id = WorkoutExerciseId::new();
            exercises.push(place.planned(copied.id, id));
            for set in place.sets.get().into_iter().flatten() {
                sets.push(set.planned(copied.id, id));
            }
        }
        NewTree {
            workout,
            exercises,
            sets,
            named: HashSet::new(),
        }
    }
}

impl WorkoutExercise {
    fn planned(&self, workout: WorkoutId, id: WorkoutExerciseId) -> NewWorkoutExercise {
        NewWorkoutExercise {
            user_id: self.user_id,
            id,
            workout_id: workout,
            exercise_id: self.exercise_id,
            order_index: self.order_index,
            superset_group: self.superset_group,
            target_sets: self.target_sets,
            target_reps: self.target_reps,
            target_reps_max: self.target_reps_max,
            target_weight: self.target_weight,
            target_weight_unit: self.target_weight_unit,
            target_rpe: self.target_rpe,
            rest_seconds: self.rest_seconds,
            notes: self.notes.clone(),
        }
    }
}

impl Set {
    /// The same once more, to be done: how hard it was is not known yet.
    fn planned(&self, workout: WorkoutId, place: WorkoutExerciseId) -> NewSet {
        NewSet {
            user_id: self.user_id,
            id: SetId::new(),
            workout_id: workout,
            workout_exercise_id: place,
            order_index: self.order_index,
            set_type: self.set_type,
            side: self.side,
            reps: self.reps,
            weight: self.weight,
            weight_unit: self.weight_unit,
            rpe: None,
            duration_seconds: self.duration_seconds,
            distance_m: self.distance_m,
            rest_seconds: self.rest_seconds,
            is_completed: Some(false),
            notes: None,
            performed_at: None,
        }
    }
}
