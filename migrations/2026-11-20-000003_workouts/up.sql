-- Planned, running and finished training: a workout, the exercises in it, the sets of each.
--
-- Owned rows have the key (user_id, id), and every reference carries user_id: the database itself
-- refuses a set under someone else's workout, one user's rows lie together, and the tables can be
-- distributed by user_id as they are. Hence no trigger, no deferrable constraint and no unique key
-- without user_id here.

CREATE TABLE workouts (
  user_id     uuid        NOT NULL,
  id          uuid        NOT NULL,
  name        text        NOT NULL,
  notes       text,
  is_template boolean     NOT NULL DEFAULT false,
  -- Where this workout was copied from. Not a foreign key: it is a fact about the past, and a
  -- template may be purged without touching (or blocking on) the workouts once made from it.
  template_id uuid,
  status      text        NOT NULL DEFAULT 'planned',
  started_at  timestamptz,
  ended_at    timestamptz,
  source      text        NOT NULL DEFAULT 'app',
  source_key  text,
  version     int         NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  deleted_at  timestamptz,
  CONSTRAINT workouts_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT workouts_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT workouts_name_length_check CHECK (length(name) <= 120 AND name ~ '\S'),
  CONSTRAINT workouts_notes_length_check CHECK (length(notes) <= 2000),
  CONSTRAINT workouts_status_known_check
    CHECK (status IN ('planned', 'active', 'completed', 'archived')),
  -- A template is a plan: it is never performed.
  CONSTRAINT workouts_template_status_check
    CHECK (NOT is_template OR status IN ('planned', 'archived')),
  -- Wide enough for any diary, narrow enough that every client can hold the date.
  CONSTRAINT workouts_started_at_range_check
    CHECK (started_at >= '1900-01-01 00:00Z' AND started_at < '2200-01-01 00:00Z'),
  CONSTRAINT workouts_ended_at_range_check
    CHECK (ended_at >= '1900-01-01 00:00Z' AND ended_at < '2200-01-01 00:00Z'),
  CONSTRAINT workouts_times_check
    CHECK (ended_at IS NULL OR (started_at IS NOT NULL AND ended_at >= started_at)),
  CONSTRAINT workouts_source_length_check CHECK (length(source) BETWEEN 1 AND 40),
  CONSTRAINT workouts_source_key_length_check CHECK (length(source_key) BETWEEN 1 AND 200),
  CONSTRAINT workouts_version_range_check CHECK (version >= 1)
);

-- The list, newest first, with templates or without: they are few, so leaving them out is a filter.
CREATE INDEX workouts_recent_idx ON workouts (user_id, created_at DESC, id DESC)
  WHERE deleted_at IS NULL;
CREATE INDEX workouts_templates_idx ON workouts (user_id, lower(name), id)
  WHERE is_template AND deleted_at IS NULL;
-- Two devices that start at the same time: one of them is told.
CREATE UNIQUE INDEX workouts_one_active_key ON workouts (user_id)
  WHERE status = 'active' AND deleted_at IS NULL;
-- Importing a file twice adds nothing.
CREATE UNIQUE INDEX workouts_source_key ON workouts (user_id, source, source_key)
  WHERE source_key IS NOT NULL;
-- For the job that purges what was deleted long ago.
CREATE INDEX workouts_deleted_at_idx ON workouts (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE workout_exercises (
  user_id            uuid         NOT NULL,
  id                 uuid         NOT NULL,
  workout_id         uuid         NOT NULL,
  exercise_id        uuid         NOT NULL,
  -- 0 and up at rest. Not checked: a reorder passes through negative numbers inside its
  -- transaction, because the unique key cannot wait for the end of it.
  order_index        int          NOT NULL,
  superset_group     smallint,
  target_sets        smallint,
  target_reps        smallint,
  target_reps_max    smallint,
  target_weight      numeric(8,3),
  target_weight_unit text         NOT NULL DEFAULT 'kg',
  target_rpe         numeric(3,1),
  rest_seconds       int,
  notes              text,
  created_at         timestamptz  NOT NULL DEFAULT now(),
  updated_at         timestamptz  NOT NULL DEFAULT now(),
  CONSTRAINT workout_exercises_pkey PRIMARY KEY (user_id, id),
  -- The workout implies the owner, but deleting an account has to reach these rows before it
  -- reaches the owner's exercises, which they hold: with the cascade through workouts alone it is
  -- refused.
  CONSTRAINT workout_exercises_user_fkey FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT workout_exercises_workout_fkey FOREIGN KEY (user_id, workout_id)
    REFERENCES workouts (user_id, id) ON DELETE CASCADE,
  -- What was trained is archived, never deleted. That the exercise is the library's or the owner's
  -- own is for the application to see: a foreign key cannot say "or".
  CONSTRAINT workout_exercises_exercise_fkey FOREIGN KEY (exercise_id)
    REFERENCES exercises (id) ON DELETE RESTRICT,
  -- The same exercise may come twice in a workout, but not at the same place.
  CONSTRAINT workout_exercises_order_key UNIQUE (user_id, workout_id, order_index),
  -- No new rule, since (user_id, id) is unique: it lets sets refer to exercise and workout at once.
  CONSTRAINT workout_exercises_parent_key UNIQUE (user_id, workout_id, id),
  CONSTRAINT workout_exercises_superset_group_range_check CHECK (superset_group >= 0),
  CONSTRAINT workout_exercises_target_sets_range_check CHECK (target_sets BETWEEN 0 AND 100),
  CONSTRAINT workout_exercises_target_reps_range_check CHECK (target_reps >= 0),
  CONSTRAINT workout_exercises_target_reps_max_range_check
    CHECK (target_reps_max >= coalesce(target_reps, 0)),
  -- The upper bound is what the type can hold; it is spelled out because NaN passes `>= 0`.
  CONSTRAINT workout_exercises_target_weight_range_check
    CHECK (target_weight BETWEEN 0 AND 99999.999),
  CONSTRAINT workout_exercises_target_weight_unit_known_check
    CHECK (target_weight_unit IN ('kg', 'lb')),
  CONSTRAINT workout_exercises_target_rpe_range_check CHECK (target_rpe BETWEEN 0 AND 10),
  CONSTRAINT workout_exercises_rest_seconds_range_check CHECK (rest_seconds BETWEEN 0 AND 7200),
  CONSTRAINT workout_exercises_notes_length_check CHECK (length(notes) <= 1000)
);

-- Exercise first, so that one index answers both "may this exercise go, who uses it" and one
-- owner's statistics of one exercise.
CREATE INDEX workout_exercises_exercise_idx ON workout_exercises (exercise_id, user_id);

CREATE TABLE sets (
  user_id             uuid           NOT NULL,
  id                  uuid           NOT NULL,
  -- Repeated from the parent: all sets of a page of workouts are one index scan, at the same time
  -- as the exercises. The foreign key spans it, so it cannot disagree with the parent.
  workout_id          uuid           NOT NULL,
  workout_exercise_id uuid           NOT NULL,
  -- As in workout_exercises.
  order_index         int            NOT NULL,
  set_type            text           NOT NULL DEFAULT 'working',
  side                text           NOT NULL DEFAULT 'both',
  reps                int,
  -- As entered; the kilograms follow from it and are never written, so units cannot drift.
  weight              numeric(8,3),
  weight_unit         text           NOT NULL DEFAULT 'kg',
  weight_kg           numeric(12,6)  GENERATED ALWAYS AS
    (CASE weight_unit WHEN 'lb' THEN round(weight * 0.45359237, 6) ELSE weight END) STORED,
  rpe                 numeric(3,1),
  duration_seconds    int,
  distance_m          numeric(10,2),
  rest_seconds        int,
  is_completed        boolean        NOT NULL DEFAULT true,
  notes               text,
  performed_at        timestamptz    NOT NULL DEFAULT now(),
  version             int            NOT NULL DEFAULT 1,
  created_at          timestamptz    NOT NULL DEFAULT now(),
  updated_at          timestamptz    NOT NULL DEFAULT now(),
  CONSTRAINT sets_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT sets_workout_exercise_fkey FOREIGN KEY (user_id, workout_id, workout_exercise_id)
    REFERENCES workout_exercises (user_id, workout_id, id) ON DELETE CASCADE,
  -- The workout stands in front, though it adds nothing to the rule: the same index then reads all
  -- sets of a workout, exercise by exercise, in order.
  CONSTRAINT sets_order_key UNIQUE (user_id, workout_id, workout_exercise_id, order_index),
  CONSTRAINT sets_set_type_known_check
    CHECK (set_type IN ('working', 'warmup', 'drop', 'failure', 'amrap', 'rest_pause')),
  CONSTRAINT sets_side_known_check CHECK (side IN ('both', 'left', 'right')),
  CONSTRAINT sets_measured_check CHECK (num_nonnulls(reps, duration_seconds, distance_m) >= 1),
  CONSTRAINT sets_reps_range_check CHECK (reps >= 0),
  CONSTRAINT sets_weight_range_check CHECK (weight BETWEEN 0 AND 99999.999),
  CONSTRAINT sets_weight_unit_known_check CHECK (weight_unit IN ('kg', 'lb')),
  CONSTRAINT sets_rpe_range_check CHECK (rpe BETWEEN 0 AND 10),
  CONSTRAINT sets_duration_seconds_range_check CHECK (duration_seconds >= 0),
  CONSTRAINT sets_distance_m_range_check CHECK (distance_m BETWEEN 0 AND 99999999.99),
  CONSTRAINT sets_rest_seconds_range_check CHECK (rest_seconds BETWEEN 0 AND 7200),
  CONSTRAINT sets_notes_length_check CHECK (length(notes) <= 500),
  CONSTRAINT sets_performed_at_range_check
    CHECK (performed_at >= '1900-01-01 00:00Z' AND performed_at < '2200-01-01 00:00Z'),
  CONSTRAINT sets_version_range_check CHECK (version >= 1)
);

CREATE INDEX sets_performed_at_idx ON sets (user_id, performed_at DESC, id DESC);
