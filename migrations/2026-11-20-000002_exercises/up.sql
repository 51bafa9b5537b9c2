-- What can be trained: the common library (no owner) and each user's own additions.
--
-- The key is the id alone, unlike owned tables: a workout may point at a library row or at an own
-- one through the same column. On a cluster this table is copied to every node, like `users`.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE exercises (
  id                uuid         NOT NULL,
  owner_id          uuid,
  name              text         NOT NULL,
  category          text         NOT NULL,
  measurement       text         NOT NULL DEFAULT 'weight_reps',
  primary_muscles   text[]       NOT NULL DEFAULT '{}',
  secondary_muscles text[]       NOT NULL DEFAULT '{}',
  equipment         text[]       NOT NULL DEFAULT '{}',
  level             text,
  unilateral        boolean      NOT NULL DEFAULT false,
  -- The share of bodyweight that an exercise without added weight moves.
  bodyweight_factor numeric(4,3) NOT NULL DEFAULT 1,
  -- Other names, for matching only and therefore in lower case: `aliases @> ARRAY[lower(…)]` is an
  -- exact match whatever the case typed.
  aliases           text[]       NOT NULL DEFAULT '{}',
  description       text,
  instructions      text[]       NOT NULL DEFAULT '{}',
  source            text         NOT NULL DEFAULT 'custom',
  source_key        text,
  archived_at       timestamptz,
  version           int          NOT NULL DEFAULT 1,
  created_at        timestamptz  NOT NULL DEFAULT now(),
  updated_at        timestamptz  NOT NULL DEFAULT now(),
  -- All that a search looks at, in lower case: the name, then each alias in quotes. A generated
  -- column takes immutable functions only, and array_to_string is not one; the text of a tsvector
  -- is. It doubles apostrophes, which replace() undoes. Empty and NULL aliases are left out here so
  -- that the check below refuses them by name.
  search_text       text         NOT NULL GENERATED ALWAYS AS (lower(name || ' ' || replace(
    array_to_tsvector(array_remove(array_remove(aliases, NULL), ''))::text, '''''', ''''))) STORED,
  CONSTRAINT exercises_pkey PRIMARY KEY (id),
  CONSTRAINT exercises_owner_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT exercises_name_length_check CHECK (length(name) BETWEEN 1 AND 120),
  CONSTRAINT exercises_name_trimmed_check CHECK (name = btrim(name)),
  CONSTRAINT exercises_category_length_check CHECK (length(category) <= 50 AND category ~ '\S'),
  CONSTRAINT exercises_measurement_known_check CHECK (measurement IN (
    'weight_reps', 'bodyweight_reps', 'assisted_reps', 'reps',
    'duration', 'weight_duration', 'distance_duration', 'weight_distance')),
  -- Items are never NULL or empty, so that code may read an array as a plain list of names.
  CONSTRAINT exercises_primary_muscles_items_check CHECK (cardinality(primary_muscles) <= 32
    AND array_position(primary_muscles, NULL) IS NULL AND '' <> ALL (primary_muscles)),
  CONSTRAINT exercises_secondary_muscles_items_check CHECK (cardinality(secondary_muscles) <= 32
    AND array_position(secondary_muscles, NULL) IS NULL AND '' <> ALL (secondary_muscles)),
  CONSTRAINT exercises_equipment_items_check CHECK (cardinality(equipment) <= 32
    AND array_position(equipment, NULL) IS NULL AND '' <> ALL (equipment)),
  CONSTRAINT exercises_aliases_items_check CHECK (cardinality(aliases) <= 64
    AND array_position(aliases, NULL) IS NULL AND '' <> ALL (aliases)),
  CONSTRAINT exercises_instructions_items_check CHECK (cardinality(instructions) <= 100
    AND array_position(instructions, NULL) IS NULL AND '' <> ALL (instructions)),
  -- A check cannot look into single items, so the sum of their lengths is bounded instead.
  CONSTRAINT exercises_primary_muscles_length_check
    CHECK (length(array_to_string(primary_muscles, '')) <= 2000),
  CONSTRAINT exercises_secondary_muscles_length_check
    CHECK (length(array_to_string(secondary_muscles, '')) <= 2000),
  CONSTRAINT exercises_equipment_length_check
    CHECK (length(array_to_string(equipment, '')) <= 2000),
  CONSTRAINT exercises_instructions_length_check
    CHECK (length(array_to_string(instructions, '')) <= 20000),
  -- In bytes, because a tsvector (see search_text) holds words of at most 2046.
  CONSTRAINT exercises_aliases_length_check
    CHECK (octet_length(array_to_string(aliases, '')) <= 2000),
  CONSTRAINT exercises_aliases_lowercase_check
    CHECK (array_to_string(aliases, ' ') = lower(array_to_string(aliases, ' '))),
  CONSTRAINT exercises_level_known_check CHECK (level IN ('beginner', 'intermediate', 'expert')),
  CONSTRAINT exercises_bodyweight_factor_range_check CHECK (bodyweight_factor BETWEEN 0 AND 1),
  CONSTRAINT exercises_description_length_check CHECK (length(description) <= 20000),
  CONSTRAINT exercises_source_length_check CHECK (length(source) BETWEEN 1 AND 40),
  CONSTRAINT exercises_source_key_length_check CHECK (length(source_key) BETWEEN 1 AND 200),
  CONSTRAINT exercises_version_range_check CHECK (version >= 1)
);

-- A name is taken once in the library and once per owner, archived rows included: unarchiving then
-- never collides, and old workouts keep an unambiguous name.
-- These two also serve every list. A reader sees the library and their own rows, some thousand of
-- however many there are; the planner joins the two indexes in one bitmap, and filters by category,
-- muscle or equipment are cheaper on those rows than any index over everyone's would be.
CREATE UNIQUE INDEX exercises_library_name_key ON exercises (lower(name)) WHERE owner_id IS NULL;
CREATE UNIQUE INDEX exercises_owner_name_key ON exercises (owner_id, lower(name))
  WHERE owner_id IS NOT NULL;

-- Seeding the library twice adds nothing.
CREATE UNIQUE INDEX exercises_source_key ON exercises (source, source_key)
  WHERE source_key IS NOT NULL AND owner_id IS NULL;

-- For words, parts of words and typos. Only the library: an owner's few rows are read through their
-- name key, while trigrams of everyone's rows would first find and then discard strangers'
-- exercises.
CREATE INDEX exercises_library_search_idx ON exercises USING gin (search_text gin_trgm_ops)
  WHERE owner_id IS NULL;
