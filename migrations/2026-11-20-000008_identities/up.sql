-- Who is who at an outside issuer. Its tokens name a person by issuer and subject, and by nothing
-- else that stays: addresses change hands.

CREATE TABLE identities (
  issuer     text        NOT NULL,
  subject    text        NOT NULL,
  user_id    uuid        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- A token brings these two and not the owner, as with sessions: not a table for sharding.
  CONSTRAINT identities_pkey PRIMARY KEY (issuer, subject),
  CONSTRAINT identities_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT identities_issuer_length_check CHECK (length(issuer) BETWEEN 1 AND 500),
  CONSTRAINT identities_subject_length_check CHECK (length(subject) BETWEEN 1 AND 255)
);

CREATE INDEX identities_user_idx ON identities (user_id);
