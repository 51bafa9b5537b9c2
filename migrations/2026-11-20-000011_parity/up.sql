-- What each side holds, as one hash for each record, and what those add up to: two sides are equal where
-- 4,096 sums and counts are, and where they are not, the records are looked for in the buckets that differ.

-- Whose records were copied from the files, as a whole.
CREATE TABLE migration_adopted (
  user_id uuid        NOT NULL,
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT migration_adopted_pkey PRIMARY KEY (user_id)
);

-- What could not be written to the files yet, and is tried again; or was put off, and not tried so far.
CREATE TABLE mirror_repairs (
  entity  text        NOT NULL,
  user_id uuid        NOT NULL,
  id      uuid        NOT NULL,
  reason  text        NOT NULL,
  tries   int         NOT NULL DEFAULT 1,
  since   timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Somebody else wrote the file: nothing is written over it until an admin says who is right.
  foreign_edit boolean NOT NULL DEFAULT false,
  CONSTRAINT mirror_repairs_pkey PRIMARY KEY (user_id, entity, id),
  CONSTRAINT mirror_repairs_tries_range_check CHECK (tries >= 0)
);

CREATE TABLE parity_leaves (
  side    text     NOT NULL,
  entity  text     NOT NULL,
  user_id uuid     NOT NULL,
  id      uuid     NOT NULL,
  bucket  smallint NOT NULL,
  hash    bytea    NOT NULL,
  CONSTRAINT parity_leaves_pkey PRIMARY KEY (side, entity, user_id, id),
  CONSTRAINT parity_leaves_side_known_check CHECK (side IN ('files', 'database')),
  CONSTRAINT parity_leaves_bucket_range_check CHECK (bucket BETWEEN 0 AND 4095),
  CONSTRAINT parity_leaves_hash_length_check CHECK (octet_length(hash) = 32)
);

CREATE INDEX parity_leaves_bucket_idx ON parity_leaves (side, entity, bucket);

-- Sums and not exclusive ors: those lose what is there twice, and what two records have swapped. Each sum is
-- one of a quarter of the hashes, modulo 2^64.
CREATE TABLE parity_digests (
  side    text          NOT NULL,
  entity  text          NOT NULL,
  bucket  smallint      NOT NULL,
  records bigint        NOT NULL,
  lane_0  numeric(20,0) NOT NULL,
  lane_1  numeric(20,0) NOT NULL,
  lane_2  numeric(20,0) NOT NULL,
  lane_3  numeric(20,0) NOT NULL,
  CONSTRAINT parity_digests_pkey PRIMARY KEY (side, entity, bucket)
);

-- One of the four lanes of a hash, and a sum of many modulo 2^64.
CREATE FUNCTION parity_lane(hash bytea, n int) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ('x' || encode(substr(hash, n * 8 + 1, 8), 'hex'))::bit(64)::bigint;

CREATE FUNCTION parity_sum(lanes numeric) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN mod(mod(lanes, 18446744073709551616) + 18446744073709551616, 18446744073709551616);

-- Keys are spread over the buckets by the first 12 bits of their hash.
CREATE FUNCTION parity_bucket(entity text, owner uuid, id uuid) RETURNS smallint
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  key bytea := sha256(convert_to(entity, 'UTF8') || '\x00'::bytea || uuid_send(owner) || uuid_send(id));
BEGIN
  RETURN get_byte(key, 0) << 4 | get_byte(key, 1) >> 4;
END
$$;

-- What was read from the files themselves, while they are compared with the tables that are made of them.
CREATE UNLOGGED TABLE parity_read (
  entity  text  NOT NULL,
  user_id uuid  NOT NULL,
  id      uuid  NOT NULL,
  hash    bytea NOT NULL,
  CONSTRAINT parity_read_pkey PRIMARY KEY (entity, user_id, id)
);

-- Differences that were seen, by a comparison or by a read on both sides: evidence, not state.
CREATE TABLE parity_findings (
  id       bigint      GENERATED ALWAYS AS IDENTITY,
  seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- `compare`, `scrub` or `shadow`.
  found_by text        NOT NULL,
  entity   text        NOT NULL,
  user_id  uuid        NOT NULL,
  record   uuid        NOT NULL,
  kind     text        NOT NULL,
  -- Paths of the fields that differ.
  fields   text[]      NOT NULL DEFAULT '{}',
  CONSTRAINT parity_findings_pkey PRIMARY KEY (id),
  CONSTRAINT parity_findings_kind_known_check CHECK (kind IN ('missing', 'extra', 'differing')),
  CONSTRAINT parity_findings_found_by_known_check CHECK (found_by IN ('compare', 'scrub', 'shadow'))
);

CREATE INDEX parity_findings_seen_idx ON parity_findings (seen_at DESC, id DESC);
