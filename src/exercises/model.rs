//! What an exercise is: the row, which is also the GraphQL object, and the row to insert.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{Decimal, columns, patch, schema::exercises, text_enum},
    graphql::written::parts,
    ids::id,
    viewer::UserId,
};

id! {
    /// Names one exercise.
    ExerciseId
}

text_enum! {
    /// What is recorded of a set of this exercise.
    Measurement {
        /// A weight moved a number of times.
        WeightReps = "weight_reps",
        /// The body moved a number of times, with an added weight or none.
        BodyweightReps = "bodyweight_reps",
        /// The body moved a number of times with a counterweight that helps.
        AssistedReps = "assisted_reps",
        /// Repetitions alone.
        Reps = "reps",
        /// Time alone.
        Duration = "duration",
        /// A weight held for a time.
        WeightDuration = "weight_duration",
        /// A distance covered in a time.
        DistanceDuration = "distance_duration",
        /// A weight carried over a distance.
        WeightDistance = "weight_distance",
    }
}

text_enum! {
    /// How much practice an exercise asks for.
    Level {
        /// Safe to start with.
        Beginner = "beginner",
        /// For those who know the basic movements.
        Intermediate = "intermediate",
        /// For those with years of practice or a coach.
        Expert = "expert",
    }
}

/// A movement that can be trained: from the shared library, or made by its owner.
#[derive(Clone, Debug, HasQuery, SimpleObject)]
#[diesel(table_name = exercises)]
#[graphql(complex)]
pub struct Exercise {
    /// Names this exercise.
    pub id: ExerciseId,
    #[graphql(skip)]
    pub owner_id: Option<UserId>,
    /// What people call it; unique in the library and among one owner's exercises.
    pub name: String,
    /// The part of training it belongs to, such as `chest` or `cardio`.
    pub category: String,
    /// What is recorded of each set.
    pub measurement: Measurement,
    /// The muscles that do most of the work.
    pub primary_muscles: Vec<String>,
    /// The muscles that help.
    pub secondary_muscles: Vec<String>,
    /// What is needed for it; nothing where the list is empty.
    pub equipment: Vec<String>,
    /// How much practice it asks for, where that is known.
    pub level: Option<Level>,
    /// Whether each side is trained by itself.
    pub unilateral: bool,
    /// The share of the body's weight that is moved, from 0 to 1.
    pub bodyweight_factor: Decimal,
    /// Other names it is known by, in lower case.
    pub aliases: Vec<String>,
    /// What it is, in a sentence.
    pub description: Option<String>,
    /// How it is done, step by step.
    pub instructions: Vec<String>,
    /// Where it came from: `custom` for what a user made, or the name of a library or an import.
    pub source: String,
    /// What it is called there.
    pub source_key: Option<String>,
    /// When it was put away; it is then no longer offered.
    pub archived_at: Option<DateTime<Utc>>,
    /// Counts the changes; send it back as `expectedVersion` to change what you saw.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

columns! {
    Exercise, exercises, keys { id, owner_id, name } {
        category, measurement, primary_muscles, secondary_muscles, equipment, level, unilateral,
        bodyweight_factor, aliases, description, instructions, source, source_key, archived_at, version,
        created_at, updated_at,
    }
}

parts! {
    Exercise {
        id, name, category, measurement, primary_muscles, secondary_muscles, equipment, level,
        unilateral, bodyweight_factor, aliases, description, instructions, source, source_key, archived_at,
        version, created_at, updated_at,
    }
    told { is_mine by has_owner }
}

/// An exercise to insert.
#[derive(Clone, Debug, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = exercises)]
pub struct NewExercise {
    pub id: ExerciseId,
    pub owner_id: Option<UserId>,
    pub name: String,
    pub category: String,
    pub measurement: Measurement,
    pub primary_muscles: Vec<String>,
    pub secondary_muscles: Vec<String>,
    pub equipment: Vec<String>,
    pub level: Option<Level>,
    pub unilateral: bool,
    pub bodyweight_factor: Decimal,
    pub aliases: Vec<String>,
    pub description: Option<String>,
    pub instructions: Vec<String>,
    pub source: String,
    pub source_key: Option<String>,
}

patch! {
    /// What is to change of an exercise; `None` leaves a column as it is.
    ExercisePatch of Exercise in exercises {
        name: String,
        category: String,
        measurement: Measurement,
        primary_muscles: Vec<String>,
        secondary_muscles: Vec<String>,
        equipment: Vec<String>,
        level: Option<Level>,
        unilateral: bool,
        bodyweight_factor: Decimal,
        aliases: Vec<String>,
        description: Option<String>,
        instructions: Vec<String>,
        archived_at: Option<DateTime<Utc>>,
    }
}

impl Exercise {
    /// Whether somebody made it for themselves.
    pub(super) fn has_owner(&self) -> bool {
        self.owner_id.is_some()
    }
}
