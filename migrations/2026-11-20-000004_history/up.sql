-- What was done and when: the diary. An entry stands on its own, with the workout's name and totals
-- frozen in it, so renaming, changing or deleting the workout never rewrites the past.

CREATE TABLE history (
  user_id          uuid         NOT NULL,
  id               uuid         NOT NULL,
  workout_id       uuid,
  workout_name     text,
  performed_at     timestamptz  NOT NULL,
  timezone         text         NOT NULL DEFAULT 'UTC',
  -- The day the person would name, in the zone of the session. Stored by the insert, not generated:
  -- zone rules change, and a day once lived does not.
  local_date       date         NOT NULL,
  duration_seconds int,
  bodyweight_kg    numeric(6,2),
  rating           smallint,
  notes            text,
  -- Totals per exercise, frozen at completion.
  summary          jsonb,
  source           text         NOT NULL DEFAULT 'app',
  source_key       text,
  version          int          NOT NULL DEFAULT 1,
  created_at       timestamptz  NOT NULL DEFAULT now(),
  updated_at       timestamptz  NOT NULL DEFAULT now(),
  deleted_at       timestamptz,
  CONSTRAINT history_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT history_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  -- Neither a cascade nor SET NULL: an entry is not lost with its workout, and does not change
  -- behind the change feed. Whoever purges a workout detaches its entries first, as a recorded
  -- change.
  CONSTRAINT history_workout_fkey FOREIGN KEY (user_id, workout_id)
    REFERENCES workouts (user_id, id) ON DELETE NO ACTION,
  CONSTRAINT history_workout_name_length_check
    CHECK (length(workout_name) <= 120 AND workout_name ~ '\S'),
  CONSTRAINT history_performed_at_range_check
    CHECK (performed_at >= '1900-01-01 00:00Z' AND performed_at < '2200-01-01 00:00Z'),
  CONSTRAINT history_timezone_length_check CHECK (length(timezone) <= 64 AND timezone ~ '\S'),
  -- No zone is a whole day away from UTC. An exact comparison would depend on the zone data of the
  -- server, and could refuse a restore.
  CONSTRAINT history_local_date_near_check CHECK (local_date
    BETWEEN (performed_at AT TIME ZONE 'UTC')::date - 1
        AND (performed_at AT TIME ZONE 'UTC')::date + 1),
  CONSTRAINT history_duration_seconds_range_check CHECK (duration_seconds >= 0),
  CONSTRAINT history_bodyweight_kg_range_check
    CHECK (bodyweight_kg > 0 AND bodyweight_kg <= 9999.99),
  CONSTRAINT history_rating_range_check CHECK (rating BETWEEN 1 AND 5),
  CONSTRAINT history_notes_length_check CHECK (length(notes) <= 2000),
  CONSTRAINT history_summary_shape_check CHECK (jsonb_typeof(summary) IN ('object', 'array')),
  CONSTRAINT history_source_length_check CHECK (length(source) BETWEEN 1 AND 40),
  CONSTRAINT history_source_key_length_check CHECK (length(source_key) BETWEEN 1 AND 200),
  CONSTRAINT history_version_range_check CHECK (version >= 1)
);

CREATE INDEX history_performed_at_idx ON history (user_id, performed_at DESC, id DESC)
  WHERE deleted_at IS NULL;
-- Calendar and streaks.
CREATE INDEX history_local_date_idx ON history (user_id, local_date) WHERE deleted_at IS NULL;
-- A workout with its history, and the foreign key's own look-up.
CREATE INDEX history_workout_idx ON history (user_id, workout_id) WHERE workout_id IS NOT NULL;
-- Logging the same session twice adds nothing.
CREATE UNIQUE INDEX history_source_key ON history (user_id, source, source_key)
  WHERE source_key IS NOT NULL;
CREATE INDEX history_deleted_at_idx ON history (deleted_at) WHERE deleted_at IS NOT NULL;
