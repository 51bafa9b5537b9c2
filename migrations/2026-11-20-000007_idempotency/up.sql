-- The answers to mutations that named a key, kept for a day: a client that never saw the first
-- answer asks again and gets the same one, and a key that comes with another payload is refused.

CREATE TABLE idempotency_keys (
  -- Not a reference, as in the change feed: a key may be used before there is an account.
  user_id      uuid        NOT NULL,
  key          text        NOT NULL,
  payload_hash bytea       NOT NULL,
  -- NULL while the mutation runs.
  response     jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key),
  CONSTRAINT idempotency_keys_key_length_check CHECK (length(key) <= 200 AND key ~ '\S'),
  CONSTRAINT idempotency_keys_payload_hash_length_check
    CHECK (octet_length(payload_hash) BETWEEN 16 AND 64)
);

-- For the job that forgets yesterday's keys.
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
