-- The way in from JSON files: how far it is, what was done on it and by whom, and what it needs to go on
-- where it stopped. Empty, and read by nobody, where no folder of files was ever named.

-- The one row that says where everybody reads and writes. Mutations read it under a shared advisory
-- lock; whoever changes it holds the exclusive one, and adds one to the epoch.
CREATE TABLE migration_control (
  id             smallint    NOT NULL DEFAULT 1,
  phase          text        NOT NULL DEFAULT 'none',
  epoch          bigint      NOT NULL DEFAULT 0,
  read_source    text        NOT NULL DEFAULT 'database',
  -- A fence holds writes up until then, and falls back to where it came from.
  fence_from     text,
  fence_deadline timestamptz,
  since          timestamptz NOT NULL DEFAULT now(),
  -- The last row of the audit: its number, and the hash that the next row continues.
  audit_seq      bigint      NOT NULL DEFAULT 0,
  audit_hash     bytea       NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
  CONSTRAINT migration_control_pkey PRIMARY KEY (id),
  CONSTRAINT migration_control_id_single_check CHECK (id = 1),
  CONSTRAINT migration_control_phase_known_check CHECK (phase IN
    ('none', 'legacy', 'dual_write', 'backfilled', 'verified', 'fence', 'soak', 'complete')),
  CONSTRAINT migration_control_epoch_range_check CHECK (epoch >= 0),
  CONSTRAINT migration_control_read_source_known_check CHECK (read_source IN ('files', 'database')),
  -- Nobody reads from where the phase does not say.
  CONSTRAINT migration_control_read_source_phase_check CHECK (read_source = CASE
    WHEN coalesce(fence_from, phase) IN ('legacy', 'dual_write', 'backfilled', 'verified') THEN 'files'
    ELSE 'database' END),
  CONSTRAINT migration_control_fence_from_known_check CHECK (
    CASE WHEN phase = 'fence'
    THEN coalesce(fence_from IN ('dual_write', 'backfilled', 'verified', 'soak'), false)
    ELSE fence_from IS NULL END),
  CONSTRAINT migration_control_fence_deadline_present_check CHECK (
    (phase = 'fence') = (fence_deadline IS NOT NULL)),
  CONSTRAINT migration_control_audit_seq_range_check CHECK (audit_seq >= 0),
  CONSTRAINT migration_control_audit_hash_length_check CHECK (octet_length(audit_hash) = 32)
);

INSERT INTO migration_control DEFAULT VALUES;

-- What was done and by whom. Each row holds the hash of the row before and of itself, so none can be
-- changed or left out without all that follow telling.
CREATE TABLE migration_audit (
  seq           bigint      NOT NULL,
  at            timestamptz NOT NULL,
  -- The id of a user, or what else acted: `command line`, `server`.
  actor         text        NOT NULL,
  action        text        NOT NULL,
  from_phase    text        NOT NULL,
  to_phase      text        NOT NULL,
  epoch         bigint      NOT NULL,
  details       jsonb       NOT NULL DEFAULT '{}',
  previous_hash bytea       NOT NULL,
  hash          bytea       NOT NULL,
  CONSTRAINT migration_audit_pkey PRIMARY KEY (seq),
  CONSTRAINT migration_audit_seq_range_check CHECK (seq >= 1),
  CONSTRAINT migration_audit_actor_length_check CHECK (length(actor) BETWEEN 1 AND 100),
  CONSTRAINT migration_audit_action_length_check CHECK (length(action) BETWEEN 1 AND 100),
  CONSTRAINT migration_audit_details_size_check CHECK (pg_column_size(details) <= 65536),
  CONSTRAINT migration_audit_previous_hash_length_check CHECK (octet_length(previous_hash) = 32),
  CONSTRAINT migration_audit_hash_length_check CHECK (octet_length(hash) = 32)
);

CREATE FUNCTION migration_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'migration_audit takes new rows only: % is refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER migration_audit_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON migration_audit
  FOR EACH STATEMENT EXECUTE FUNCTION migration_audit_is_append_only();
-- Also where statements are replayed, which passes over other triggers.
ALTER TABLE migration_audit ENABLE ALWAYS TRIGGER migration_audit_append_only;

-- How far a job has got, written in the transaction of the work that got it there.
CREATE TABLE migration_checkpoints (
  job        text        NOT NULL,
  state      text        NOT NULL DEFAULT 'running',
  -- What was done last, in the order in which the job goes; NULL before the beginning.
  place      text,
  progress   jsonb       NOT NULL DEFAULT '{}',
  -- The term of the lease under which it was written.
  term       bigint      NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT migration_checkpoints_pkey PRIMARY KEY (job),
  CONSTRAINT migration_checkpoints_job_length_check CHECK (length(job) BETWEEN 1 AND 100),
  CONSTRAINT migration_checkpoints_state_known_check CHECK (state IN
    ('running', 'paused', 'cancelled', 'failed', 'done')),
  CONSTRAINT migration_checkpoints_term_range_check CHECK (term >= 0)
);

-- What could not be taken over, as it stood in the file. Reading the file again adds nothing, also where it has moved.
CREATE TABLE migration_quarantine (
  id       bigint      GENERATED ALWAYS AS IDENTITY,
  file     text        NOT NULL,
  -- Where it begins in the file, in bytes.
  position bigint      NOT NULL,
  line     int         NOT NULL,
  "column" int         NOT NULL,
  bytes    bytea       NOT NULL,
  reason   text        NOT NULL,
  -- Of pieces of a file that are the same: the first, the second.
  occurrence int       NOT NULL,
  seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT migration_quarantine_pkey PRIMARY KEY (id),
  CONSTRAINT migration_quarantine_file_length_check CHECK (length(file) BETWEEN 1 AND 1000),
  CONSTRAINT migration_quarantine_position_range_check CHECK (position >= 0),
  CONSTRAINT migration_quarantine_reason_length_check CHECK (length(reason) BETWEEN 1 AND 1000)
);

CREATE UNIQUE INDEX migration_quarantine_once_key
  ON migration_quarantine (file, sha256(bytes), reason, occurrence);

-- Which record of which file became which row. The owner is not a reference, as in the change feed: what
-- is in the library belongs to the nil UUID.
CREATE TABLE migration_mappings (
  entity     text NOT NULL,
  user_id    uuid NOT NULL,
  id         uuid NOT NULL,
  file       text NOT NULL,
  source_key text NOT NULL,
  CONSTRAINT migration_mappings_pkey PRIMARY KEY (user_id, entity, id),
  CONSTRAINT migration_mappings_entity_length_check CHECK (length(entity) BETWEEN 1 AND 40),
  CONSTRAINT migration_mappings_file_length_check CHECK (length(file) BETWEEN 1 AND 1000),
  CONSTRAINT migration_mappings_source_key_length_check CHECK (length(source_key) BETWEEN 1 AND 1000)
);

CREATE INDEX migration_mappings_source_idx ON migration_mappings (file, source_key);

-- Who does what only one may do at a time. The term grows with every holder: what was begun under an
-- older one cannot be committed.
CREATE TABLE migration_leases (
  name       text        NOT NULL,
  holder     uuid        NOT NULL,
  term       bigint      NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT migration_leases_pkey PRIMARY KEY (name),
  CONSTRAINT migration_leases_name_length_check CHECK (length(name) BETWEEN 1 AND 100),
  CONSTRAINT migration_leases_term_range_check CHECK (term >= 1)
);

-- That both sides were found equal: when, by which digests, and in which epoch.
CREATE TABLE migration_certificates (
  id         bigint      GENERATED ALWAYS AS IDENTITY,
  epoch      bigint      NOT NULL,
  digests    jsonb       NOT NULL,
  made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  CONSTRAINT migration_certificates_pkey PRIMARY KEY (id),
  CONSTRAINT migration_certificates_epoch_range_check CHECK (epoch >= 0),
  CONSTRAINT migration_certificates_expires_at_range_check CHECK (expires_at > made_at)
);

-- How far the files follow each owner's feed, the change named included.
CREATE TABLE mirror_places (
  user_id uuid   NOT NULL,
  seq     bigint NOT NULL DEFAULT 0,
  CONSTRAINT mirror_places_pkey PRIMARY KEY (user_id),
  CONSTRAINT mirror_places_seq_range_check CHECK (seq >= 0)
);
