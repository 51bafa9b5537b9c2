-- The change feed: one gapless sequence per owner. A mutation locks the owner's head, takes the
-- next number and appends, all in its own transaction, so the order of the feed is the order of
-- commits. Delta sync, subscriptions, the mirror and the parity digests all read this one feed.
--
-- The owner is not a reference: the library writes under the nil UUID, and is nobody's account.
-- Deleting an account therefore deletes its feed by hand.

CREATE TABLE change_heads (
  user_id uuid   NOT NULL,
  seq     bigint NOT NULL DEFAULT 0,
  CONSTRAINT change_heads_pkey PRIMARY KEY (user_id),
  CONSTRAINT change_heads_seq_range_check CHECK (seq >= 0)
);

CREATE TABLE changes (
  user_id     uuid        NOT NULL,
  seq         bigint      NOT NULL,
  entity      text        NOT NULL,
  entity_id   uuid        NOT NULL,
  op          text        NOT NULL,
  version     int         NOT NULL,
  -- The clock at the append, under the lock on the head. now() is when the transaction began: times
  -- could then run against the sequence, and expiry by time would leave holes in what is kept.
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The full record, only while a mirror is kept.
  image       jsonb,
  mirrored_at timestamptz,
  CONSTRAINT changes_pkey PRIMARY KEY (user_id, seq),
  CONSTRAINT changes_seq_range_check CHECK (seq >= 1),
  CONSTRAINT changes_entity_length_check CHECK (length(entity) BETWEEN 1 AND 40),
  CONSTRAINT changes_op_known_check CHECK (op IN ('upsert', 'delete')),
  CONSTRAINT changes_version_range_check CHECK (version >= 1)
);

-- The mirror's queue: empty, and free, when no mirror is kept.
CREATE INDEX changes_to_mirror_idx ON changes (user_id, seq)
  WHERE image IS NOT NULL AND mirrored_at IS NULL;
-- For the job that lets old changes go.
CREATE INDEX changes_at_idx ON changes (at);
