-- Things to do, once or again and again, in an order of the owner's choosing.

CREATE TABLE tasks (
  user_id          uuid        NOT NULL,
  id               uuid        NOT NULL,
  -- One level only; a key cannot count levels, so the application refuses a grandchild.
  parent_id        uuid,
  title            text        NOT NULL,
  description      text,
  completed        boolean     NOT NULL DEFAULT false,
  completed_at     timestamptz,
  -- 0 is none, 4 the most urgent.
  priority         smallint    NOT NULL DEFAULT 0,
  tags             text[]      NOT NULL DEFAULT '{}',
  -- Due on a day (wherever one is) or at an instant, never both.
  due_date         date,
  due_at           timestamptz,
  due_timezone     text,
  recurrence       text,
  recurrence_basis text        NOT NULL DEFAULT 'due',
  -- What the occurrences of a recurring task have in common. Not a reference: no row is the series.
  series_id        uuid,
  -- A fractional index, compared byte by byte as the clients do. Ties are possible (two devices)
  -- and are broken by id.
  position         text        COLLATE "C" NOT NULL DEFAULT 'a0',
  version          int         NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  deleted_at       timestamptz,
  CONSTRAINT tasks_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT tasks_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT tasks_parent_fkey FOREIGN KEY (user_id, parent_id)
    REFERENCES tasks (user_id, id) ON DELETE CASCADE,
  CONSTRAINT tasks_parent_self_check CHECK (parent_id <> id),
  CONSTRAINT tasks_title_length_check CHECK (length(title) <= 500 AND title ~ '\S'),
  CONSTRAINT tasks_description_length_check CHECK (length(description) <= 20000),
  CONSTRAINT tasks_completed_at_check CHECK (completed = (completed_at IS NOT NULL)),
  CONSTRAINT tasks_completed_at_range_check
    CHECK (completed_at >= '1900-01-01 00:00Z' AND completed_at < '2200-01-01 00:00Z'),
  CONSTRAINT tasks_priority_range_check CHECK (priority BETWEEN 0 AND 4),
  CONSTRAINT tasks_tags_items_check CHECK (cardinality(tags) <= 32
    AND array_position(tags, NULL) IS NULL AND '' <> ALL (tags)),
  CONSTRAINT tasks_tags_length_check CHECK (length(array_to_string(tags, '')) <= 2000),
  CONSTRAINT tasks_due_date_range_check
    CHECK (due_date >= '1900-01-01' AND due_date < '2200-01-01'),
  CONSTRAINT tasks_due_at_range_check
    CHECK (due_at >= '1900-01-01 00:00Z' AND due_at < '2200-01-01 00:00Z'),
  CONSTRAINT tasks_one_due_check CHECK (num_nonnulls(due_date, due_at) <= 1),
  CONSTRAINT tasks_due_timezone_length_check
    CHECK (length(due_timezone) <= 64 AND due_timezone ~ '\S'),
  CONSTRAINT tasks_recurrence_length_check CHECK (length(recurrence) <= 500 AND recurrence ~ '\S'),
  -- The next occurrence is counted from a due moment, even when it is counted from completion.
  CONSTRAINT tasks_recurrence_needs_due_check
    CHECK (recurrence IS NULL OR num_nonnulls(due_date, due_at) = 1),
  CONSTRAINT tasks_recurrence_basis_known_check CHECK (recurrence_basis IN ('due', 'completion')),
  CONSTRAINT tasks_position_length_check CHECK (length(position) BETWEEN 1 AND 200),
  CONSTRAINT tasks_version_range_check CHECK (version >= 1)
);

CREATE INDEX tasks_position_idx ON tasks (user_id, position, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_parent_idx ON tasks (user_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX tasks_series_idx ON tasks (user_id, series_id) WHERE series_id IS NOT NULL;
CREATE INDEX tasks_tags_idx ON tasks USING gin (tags);
-- An index on the expression, not a column: the words would double every row that is read. A query
-- must repeat the expression to the letter. `simple`, because tasks are written in any language.
CREATE INDEX tasks_search_idx ON tasks
  USING gin (to_tsvector('simple', title || ' ' || coalesce(description, '')));
CREATE INDEX tasks_deleted_at_idx ON tasks (deleted_at) WHERE deleted_at IS NOT NULL;
