//! The records of both worlds: one struct for each aggregate, with every stored column of its tables and
//! none that the database computes. Fields are named as columns are, and stand in their order.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    changes::{EVERYBODY, Entity},
    config::Secret,
    db::Decimal,
    exercises::{ExerciseId, Level, Measurement},
    history::HistoryId,
    settings::Units,
    viewer::{Role, UserId},
    workouts::{SetId, SetType, Side, WeightUnit, WorkoutExerciseId, WorkoutId, WorkoutStatus},
};

/// The kinds of records, parents first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    User,
    Settings,
    Exercise,
    Workout,
    History,
}

/// One aggregate, whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    User(UserRecord),
    Settings(SettingsRecord),
    Exercise(ExerciseRecord),
    Workout(WorkoutRecord),
    History(HistoryRecord),
}

/// A row of `users`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    pub id: UserId,
    pub email: String,
    pub display_name: String,
    pub password_hash: Option<Secret>,
    pub role: Role,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// A row of `user_settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsRecord {
    pub user_id: UserId,
    pub units: Units,
    pub timezone: String,
    pub week_start: i16,
    pub preferences: serde_json::Value,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A row of `exercises`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExerciseRecord {
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
    pub archived_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A row of `workouts`, with its exercises in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkoutRecord {
    pub user_id: UserId,
    pub id: WorkoutId,
    pub name: String,
    pub notes: Option<String>,
    pub is_template: bool,
    pub template_id: Option<WorkoutId>,
    pub status: WorkoutStatus,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub source: String,
    pub source_key: Option<String>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub exercises: Vec<WorkoutExerciseRecord>,
}

/// A row of `workout_exercises`, with its sets in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkoutExerciseRecord {
    pub user_id: UserId,
    pub id: WorkoutExerciseId,
    pub workout_id: WorkoutId,
    pub exercise_id: ExerciseId,
    pub order_index: i32,
    pub superset_group: Option<i16>,
    pub target_sets: Option<i16>,
    pub target_reps: Option<i16>,
    pub target_reps_max: Option<i16>,
    pub target_weight: Option<Decimal>,
    pub target_weight_unit: WeightUnit,
    pub target_rpe: Option<Decimal>,
    pub rest_seconds: Option<i32>,
    pub notes: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub sets: Vec<SetRecord>,
}

/// A row of `sets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRecord {
    pub user_id: UserId,
    pub id: SetId,
    pub workout_id: WorkoutId,
    pub workout_exercise_id: WorkoutExerciseId,
    pub order_index: i32,
    pub set_type: SetType,
    pub side: Side,
    pub reps: Option<i32>,
    pub weight: Option<Decimal>,
    pub weight_unit: WeightUnit,
    pub rpe: Option<Decimal>,
    pub duration_seconds: Option<i32>,
    pub distance_m: Option<Decimal>,
    pub rest_seconds: Option<i32>,
    pub is_completed: bool,
    pub notes: Option<String>,
    pub performed_at: DateTime<Utc>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A row of `history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRecord {
    pub user_id: UserId,
    pub id: HistoryId,
    pub workout_id: Option<WorkoutId>,
    pub workout_name: Option<String>,
    pub performed_at: DateTime<Utc>,
    pub timezone: String,
    pub local_date: NaiveDate,
    pub duration_seconds: Option<i32>,
    pub bodyweight_kg: Option<Decimal>,
    pub rating: Option<i16>,
    pub notes: Option<String>,
    pub summary: Option<serde_json::Value>,
    pub source: String,
    pub source_key: Option<String>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Which record: its kind, whose it is (the library's exercises are everybody's), and its id. That of
/// settings and of a user is the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub kind: Kind,
    pub owner: UserId,
    pub id: Uuid,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::User,
        Self::Settings,
        Self::Exercise,
        Self::Workout,
        Self::History,
    ];

    /// What it is called in hashes and reports; for what has a change feed, as it is called there.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Settings => "settings",
            Self::Exercise => "exercise",
            Self::Workout => "workout",
            Self::History => "history",
        }
    }

    /// The kind of what the change feed names; none for what no file holds.
    #[must_use]
    pub const fn of_entity(entity: Entity) -> Option<Self> {
        match entity {
            Entity::Exercise => Some(Self::Exercise),
            Entity::Workout => Some(Self::Workout),
            Entity::History => Some(Self::History),
            Entity::Settings => Some(Self::Settings),
            Entity::Task => None,
        }
    }

    /// What the change feed calls it; none for accounts, which are nobody's copy.
    #[must_use]
    pub const fn entity(self) -> Option<Entity> {
        match self {
            Self::Exercise => Some(Entity::Exercise),
            Self::Workout => Some(Entity::Workout),
            Self::History => Some(Entity::History),
            Self::Settings => Some(Entity::Settings),
            Self::User => None,
        }
    }
}

impl Record {
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Settings(_) => Kind::Settings,
            Self::Exercise(_) => Kind::Exercise,
            Self::Workout(_) => Kind::Workout,
            Self::History(_) => Kind::History,
        }
    }

    #[must_use]
    pub fn key(&self) -> Key {
        let (owner, id) = match self {
            Self::User(user) => (user.id, user.id.0),
            Self::Settings(settings) => (settings.user_id, settings.user_id.0),
            Self::Exercise(exercise) => (exercise.owner_id.unwrap_or(EVERYBODY), exercise.id.0),
            Self::Workout(workout) => (workout.user_id, workout.id.0),
            Self::History(entry) => (entry.user_id, entry.id.0),
        };
        Key {
            kind: self.kind(),
            owner,
            id,
        }
    }
}
