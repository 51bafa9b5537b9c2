//! The tables that have two sides: what their columns are called, and a hash for each record, computed where
//! the records are.

use crate::changes::Entity;

/// A side: the schema that a connection looks in first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// What the files hold, as projected tables.
    Files,
    /// The database's own tables.
    Database,
}

/// The schema that files are projected to.
pub const FILES_SCHEMA: &str = "regimen_files";

impl Side {
    pub const BOTH: [Self; 2] = [Self::Files, Self::Database];

    /// What it is called in tables and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Database => "database",
        }
    }

    /// Makes a transaction see this side.
    #[must_use]
    pub const fn look_here(self) -> &'static str {
        match self {
            Self::Files => "SET LOCAL search_path = regimen_files, public",
            Self::Database => "SET LOCAL search_path = public",
        }
    }
}

/// The kinds of records that files hold, parents first.
pub const ENTITIES: [Entity; 4] = [
    Entity::Settings,
    Entity::Exercise,
    Entity::Workout,
    Entity::History,
];

/// A table of records, and the columns that are stored.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static str,
    /// The column that says whose a row is.
    pub owner: &'static str,
}

/// People, on their way to accounts.
pub const PEOPLE: Table = Table {
    name: "people",
    columns: "id, email, display_name, password_hash, role, created_at, updated_at, deleted_at",
    owner: "id",
};

pub const EXERCISES: Table = Table {
    name: "exercises",
    columns: "id, owner_id, name, category, measurement, primary_muscles, secondary_muscles, \
              equipment, level, unilateral, bodyweight_factor, aliases, description, instructions, \
              source, source_key, archived_at, version, created_at, updated_at",
    owner: "owner_id",
};

pub const SETTINGS: Table = Table {
    name: "user_settings",
    columns: "user_id, units, timezone, week_start, preferences, version, created_at, updated_at",
    owner: "user_id",
};

pub const WORKOUTS: Table = Table {
    name: "workouts",
    columns: "user_id, id, name, notes, is_template, template_id, status, started_at, ended_at, \
              source, source_key, version, created_at, updated_at, deleted_at",
    owner: "user_id",
};

/// The exercises in workouts.
pub const PLACES: Table = Table {
    name: "workout_exercises",
    columns: "user_id, id, workout_id, exercise_id, order_index, superset_group, target_sets, \
              target_reps, target_reps_max, target_weight, target_weight_unit, target_rpe, \
              rest_seconds, notes, created_at, updated_at",
    owner: "user_id",
};

pub const SETS: Table = Table {
    name: "sets",
    columns: "user_id, id, workout_id, workout_exercise_id, order_index, set_type, side, reps, \
              weight, weight_unit, rpe, duration_seconds, distance_m, rest_seconds, is_completed, \
              notes, performed_at, version, created_at, updated_at",
    owner: "user_id",
};

pub const HISTORY: Table = Table {
    name: "history",
    columns: "user_id, id, workout_id, workout_name, performed_at, timezone, local_date, \
              duration_seconds, bodyweight_kg, rating, notes, summary, source, source_key, version, \
              created_at, updated_at, deleted_at",
    owner: "user_id",
};

/// All of them, parents first.
pub const TABLES: [Table; 6] = [SETTINGS, EXERCISES, WORKOUTS, PLACES, SETS, HISTORY];

// The schema is named (unless all is hashed anew), because a statement that is kept ready is planned anew whenever the connection looks elsewhere.
//
// The bytes that PostgreSQL sends for a row are its canonical bytes: typed, each with its length, the same
// whatever a session says about dates and digits. Only numbers have more than one spelling.

macro_rules! settings {
    ($schema:literal) => {
        concat!("SELECT r.user_id AS owner, r.user_id AS id, sha256(record_send(row(r.user_id, r.units, r.timezone, \
           r.week_start, r.preferences, r.version, r.created_at, r.updated_at))) AS hash \
         FROM ", $schema, "user_settings r")
    };
}

macro_rules! exercises {
    ($schema:literal) => {
        concat!("SELECT coalesce(r.owner_id, '00000000-0000-0000-0000-000000000000') AS owner, r.id, \
           sha256(record_send(row(r.id, r.owner_id, r.name, r.category, r.measurement, r.primary_muscles, \
           r.secondary_muscles, r.equipment, r.level, r.unilateral, trim_scale(r.bodyweight_factor), \
           r.aliases, r.description, r.instructions, r.source, r.source_key, r.archived_at, r.version, \
           r.created_at, r.updated_at))) AS hash \
         FROM ", $schema, "exercises r")
    };
}

macro_rules! workouts {
    ($schema:literal) => {
        concat!("SELECT r.user_id AS owner, r.id, sha256(record_send(row(r.user_id, r.id, r.name, r.notes, \
           r.is_template, r.template_id, r.status, r.started_at, r.ended_at, r.source, r.source_key, \
           r.version, r.created_at, r.updated_at, r.deleted_at)) || coalesce(( \
             SELECT string_agg('\\x02'::bytea || record_send(row(e.user_id, e.id, e.workout_id, \
               e.exercise_id, e.order_index, e.superset_group, e.target_sets, e.target_reps, \
               e.target_reps_max, trim_scale(e.target_weight), e.target_weight_unit, \
               trim_scale(e.target_rpe), e.rest_seconds, e.notes, e.created_at, e.updated_at)) \
               || coalesce(( \
                 SELECT string_agg('\\x03'::bytea || record_send(row(s.user_id, s.id, s.workout_id, \
                   s.workout_exercise_id, s.order_index, s.set_type, s.side, s.reps, \
                   trim_scale(s.weight), s.weight_unit, trim_scale(s.rpe), s.duration_seconds, \
                   trim_scale(s.distance_m), s.rest_seconds, s.is_completed, s.notes, s.performed_at, \
                   s.version, s.created_at, s.updated_at)), ''::bytea ORDER BY s.order_index, s.id) \
                 FROM ", $schema, "sets s WHERE s.user_id = e.user_id AND s.workout_id = e.workout_id \
                   AND s.workout_exercise_id = e.id), ''::bytea), \
               ''::bytea ORDER BY e.order_index, e.id) \
             FROM ", $schema, "workout_exercises e WHERE e.user_id = r.user_id AND e.workout_id = r.id), ''::bytea)) \
           AS hash \
         FROM ", $schema, "workouts r")
    };
}

macro_rules! history {
    ($schema:literal) => {
        concat!("SELECT r.user_id AS owner, r.id, sha256(record_send(row(r.user_id, r.id, r.workout_id, \
           r.workout_name, r.performed_at, r.timezone, r.local_date, r.duration_seconds, \
           trim_scale(r.bodyweight_kg), r.rating, r.notes, r.summary, r.source, r.source_key, r.version, \
           r.created_at, r.updated_at, r.deleted_at))) AS hash \
         FROM ", $schema, "history r")
    };
}

pub(super) use {exercises, history, settings, workouts};
