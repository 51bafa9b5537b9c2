//! What to say when the database refuses a row. Input is checked before it gets there: this is the net
//! below. A constraint that is missing here is a mistake of the server, and a test finds it.

use super::Error;

/// What a broken constraint means to whoever sent the input.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    /// This field of the input cannot be taken.
    Input(&'static str, &'static str),
    /// What this field names is taken.
    Taken(&'static str, &'static str),
    /// No input can break it: the server made a mistake.
    Ours,
}
use Meaning::{Input, Ours, Taken};

const TOO_LONG: &str = "this is blank or too long";
const TOO_LARGE: &str = "this is too large: shorten it";
const OUT_OF_RANGE: &str = "this is out of range";
const BAD_ITEMS: &str = "this has too many items, or an empty one";
const UNKNOWN: &str = "this is none of the values that can be taken";
const UNTRIMMED: &str = "this has blanks at its ends: remove them";
const NO_OBJECT: &str = "this must be an object";

/// Every check and every unique key of what the API writes.
const MEANINGS: &[(&str, Meaning)] = &[
    ("exercises_aliases_items_check", Input("aliases", BAD_ITEMS)),
    ("exercises_aliases_length_check", Input("aliases", TOO_LONG)),
    ("exercises_aliases_lowercase_check", Ours),
    (
        "exercises_bodyweight_factor_range_check",
        Input("bodyweightFactor", OUT_OF_RANGE),
    ),
    (
        "exercises_category_length_check",
        Input("category", TOO_LONG),
    ),
    (
        "exercises_description_length_check",
        Input("description", TOO_LONG),
    ),
    (
        "exercises_equipment_items_check",
        Input("equipment", BAD_ITEMS),
    ),
    (
        "exercises_equipment_length_check",
        Input("equipment", TOO_LONG),
    ),
    (
        "exercises_instructions_items_check",
        Input("instructions", BAD_ITEMS),
    ),
    (
        "exercises_instructions_length_check",
        Input("instructions", TOO_LONG),
    ),
    ("exercises_level_known_check", Input("level", UNKNOWN)),
    (
        "exercises_library_name_key",
        Taken(
            "name",
            "there is an exercise of this name already: use it, or choose another name",
        ),
    ),
    (
        "exercises_measurement_known_check",
        Input("measurement", UNKNOWN),
    ),
    ("exercises_name_length_check", Input("name", TOO_LONG)),
    ("exercises_name_trimmed_check", Input("name", UNTRIMMED)),
    (
        "exercises_owner_name_key",
        Taken(
            "name",
            "there is an exercise of this name already: use it, or choose another name",
        ),
    ),
    (
        "exercises_primary_muscles_items_check",
        Input("primaryMuscles", BAD_ITEMS),
    ),
    (
        "exercises_primary_muscles_length_check",
        Input("primaryMuscles", TOO_LONG),
    ),
    (
        "exercises_secondary_muscles_items_check",
        Input("secondaryMuscles", BAD_ITEMS),
    ),
    (
        "exercises_secondary_muscles_length_check",
        Input("secondaryMuscles", TOO_LONG),
    ),
    ("exercises_source_key", Ours),
    ("exercises_source_key_length_check", Ours),
    ("exercises_source_length_check", Ours),
    ("exercises_version_range_check", Ours),
    (
        "history_bodyweight_kg_range_check",
        Input("bodyweightKg", OUT_OF_RANGE),
    ),
    (
        "history_duration_seconds_range_check",
        Input("durationSeconds", OUT_OF_RANGE),
    ),
    (
        "history_local_date_near_check",
        Input(
            "performedAt",
            "`performedAt` is on another day in this time zone: read the entry again, then repeat",
        ),
    ),
    ("history_notes_length_check", Input("notes", TOO_LONG)),
    (
        "history_performed_at_range_check",
        Input("performedAt", OUT_OF_RANGE),
    ),
    ("history_rating_range_check", Input("rating", OUT_OF_RANGE)),
    (
        "history_source_key",
        Taken(
            "sourceKey",
            "this session was recorded before: change that one",
        ),
    ),
    (
        "history_source_key_length_check",
        Input("sourceKey", TOO_LONG),
    ),
    ("history_source_length_check", Input("source", TOO_LONG)),
    ("history_summary_shape_check", Input("summary", NO_OBJECT)),
    ("history_timezone_length_check", Input("timezone", TOO_LONG)),
    ("history_version_range_check", Ours),
    (
        "history_workout_name_length_check",
        Input("workoutName", TOO_LONG),
    ),
    ("idempotency_keys_key_length_check", Ours),
    ("idempotency_keys_payload_hash_length_check", Ours),
    ("identities_issuer_length_check", Ours),
    ("identities_subject_length_check", Ours),
    ("sessions_token_hash_key", Ours),
    ("sessions_token_hash_length_check", Ours),
    ("sessions_user_agent_length_check", Ours),
    (
        "sets_distance_m_range_check",
        Input("distanceM", OUT_OF_RANGE),
    ),
    (
        "sets_duration_seconds_range_check",
        Input("durationSeconds", OUT_OF_RANGE),
    ),
    (
        "sets_measured_check",
        Input(
            "reps",
            "give at least one of `reps`, `durationSeconds` and `distanceM`",
        ),
    ),
    ("sets_notes_length_check", Input("notes", TOO_LONG)),
    ("sets_order_key", Ours),
    (
        "sets_performed_at_range_check",
        Input("performedAt", OUT_OF_RANGE),
    ),
    ("sets_reps_range_check", Input("reps", OUT_OF_RANGE)),
    (
        "sets_rest_seconds_range_check",
        Input("restSeconds", OUT_OF_RANGE),
    ),
    ("sets_rpe_range_check", Input("rpe", OUT_OF_RANGE)),
    ("sets_set_type_known_check", Input("setType", UNKNOWN)),
    ("sets_side_known_check", Input("side", UNKNOWN)),
    ("sets_version_range_check", Ours),
    ("sets_weight_range_check", Input("weight", OUT_OF_RANGE)),
    ("sets_weight_unit_known_check", Input("weightUnit", UNKNOWN)),
    ("tasks_completed_at_check", Ours),
    ("tasks_completed_at_range_check", Ours),
    (
        "tasks_description_length_check",
        Input("description", TOO_LONG),
    ),
    ("tasks_due_at_range_check", Input("dueAt", OUT_OF_RANGE)),
    ("tasks_due_date_range_check", Input("dueDate", OUT_OF_RANGE)),
    (
        "tasks_due_timezone_length_check",
        Input("dueTimezone", TOO_LONG),
    ),
    (
        "tasks_one_due_check",
        Input("dueAt", "give `dueDate` or `dueAt`, not both"),
    ),
    (
        "tasks_parent_self_check",
        Input("parentId", "a task cannot be its own parent"),
    ),
    ("tasks_position_length_check", Input("position", TOO_LONG)),
    (
        "tasks_priority_range_check",
        Input("priority", OUT_OF_RANGE),
    ),
    (
        "tasks_recurrence_basis_known_check",
        Input("recurrenceBasis", UNKNOWN),
    ),
    (
        "tasks_recurrence_length_check",
        Input("recurrence", TOO_LONG),
    ),
    (
        "tasks_recurrence_needs_due_check",
        Input("recurrence", "`recurrence` needs `dueDate` or `dueAt`"),
    ),
    ("tasks_tags_items_check", Input("tags", BAD_ITEMS)),
    ("tasks_tags_length_check", Input("tags", TOO_LONG)),
    ("tasks_title_length_check", Input("title", TOO_LONG)),
    ("tasks_version_range_check", Ours),
    (
        "user_settings_preferences_object_check",
        Input("preferences", NO_OBJECT),
    ),
    (
        "user_settings_preferences_size_check",
        Input("preferences", TOO_LARGE),
    ),
    (
        "user_settings_timezone_length_check",
        Input("timezone", TOO_LONG),
    ),
    ("user_settings_units_known_check", Input("units", UNKNOWN)),
    ("user_settings_version_range_check", Ours),
    (
        "user_settings_week_start_range_check",
        Input("weekStart", OUT_OF_RANGE),
    ),
    (
        "users_display_name_length_check",
        Input("displayName", TOO_LONG),
    ),
    (
        "users_email_key",
        Taken("email", "this address is taken: sign in, or use another"),
    ),
    ("users_email_length_check", Input("email", TOO_LONG)),
    ("users_email_trimmed_check", Input("email", UNTRIMMED)),
    ("users_password_hash_length_check", Ours),
    ("users_role_known_check", Ours),
    (
        "workout_exercises_notes_length_check",
        Input("notes", TOO_LONG),
    ),
    ("workout_exercises_order_key", Ours),
    ("workout_exercises_parent_key", Ours),
    (
        "workout_exercises_rest_seconds_range_check",
        Input("restSeconds", OUT_OF_RANGE),
    ),
    (
        "workout_exercises_superset_group_range_check",
        Input("supersetGroup", OUT_OF_RANGE),
    ),
    (
        "workout_exercises_target_reps_max_range_check",
        Input(
            "targetRepsMax",
            "`targetRepsMax` must not be less than `targetReps`",
        ),
    ),
    (
        "workout_exercises_target_reps_range_check",
        Input("targetReps", OUT_OF_RANGE),
    ),
    (
        "workout_exercises_target_rpe_range_check",
        Input("targetRpe", OUT_OF_RANGE),
    ),
    (
        "workout_exercises_target_sets_range_check",
        Input("targetSets", OUT_OF_RANGE),
    ),
    (
        "workout_exercises_target_weight_range_check",
        Input("targetWeight", OUT_OF_RANGE),
    ),
    (
        "workout_exercises_target_weight_unit_known_check",
        Input("targetWeightUnit", UNKNOWN),
    ),
    (
        "workouts_ended_at_range_check",
        Input("endedAt", OUT_OF_RANGE),
    ),
    ("workouts_name_length_check", Input("name", TOO_LONG)),
    ("workouts_notes_length_check", Input("notes", TOO_LONG)),
    (
        "workouts_one_active_key",
        Taken(
            "status",
            "another workout is active: complete, archive or delete it first",
        ),
    ),
    ("workouts_source_key", Ours),
    ("workouts_source_key_length_check", Ours),
    ("workouts_source_length_check", Ours),
    (
        "workouts_started_at_range_check",
        Input("startedAt", OUT_OF_RANGE),
    ),
    ("workouts_status_known_check", Input("status", UNKNOWN)),
    (
        "workouts_template_status_check",
        Input("status", "a template is `PLANNED` or `ARCHIVED`"),
    ),
    (
        "workouts_times_check",
        Input(
            "endedAt",
            "`endedAt` needs a `startedAt`, and must not be before it",
        ),
    ),
    ("workouts_version_range_check", Ours),
];

/// The error that a broken constraint is to clients; none where it says nothing to them.
pub(super) fn broken(constraint: &str) -> Option<Error> {
    let (_, meaning) = MEANINGS.iter().find(|(name, _)| *name == constraint)?;
    match *meaning {
        Input(field, message) => Some(Error::invalid(format!("input.{field}"), message)),
        Taken(field, message) => Some(Error::conflict(message).at(format!("input.{field}"))),
        Ours => None,
    }
}

/// The names of all of them, with the field of an input that each is about.
pub fn known() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    MEANINGS.iter().map(|(name, meaning)| match meaning {
        Input(field, _) | Taken(field, _) => (*name, Some(*field)),
        Ours => (*name, None),
    })
}
