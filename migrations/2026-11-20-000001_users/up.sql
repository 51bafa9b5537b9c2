-- Who may sign in, from which devices, and how they like to see things.
--
-- Everything in these migrations has a name of its own, and a check on one column is always called
-- <table>_<column>_<rule>_check: the API turns the name of a broken constraint into the input field
-- to blame.
--
-- Ids carry no default: they are UUIDv7 from the server, or from a client that worked offline.

CREATE TABLE users (
  id            uuid        NOT NULL,
  email         text        NOT NULL,
  display_name  text        NOT NULL DEFAULT '',
  -- NULL for people who only sign in through an outside issuer.
  password_hash text,
  role          text        NOT NULL DEFAULT 'member',
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  deleted_at    timestamptz,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_email_length_check CHECK (length(email) BETWEEN 3 AND 320),
  CONSTRAINT users_email_trimmed_check CHECK (email = btrim(email)),
  CONSTRAINT users_display_name_length_check CHECK (length(display_name) <= 120),
  CONSTRAINT users_password_hash_length_check CHECK (length(password_hash) BETWEEN 1 AND 300),
  CONSTRAINT users_role_known_check CHECK (role IN ('member', 'admin'))
);

-- Addresses differ only by case when a person types them twice, never by person.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

-- One row per refresh token ever issued and not yet expired. Rotation marks the old row as used and
-- adds one to the same family: a token that comes back after its use betrays the whole family.
CREATE TABLE sessions (
  user_id    uuid        NOT NULL,
  id         uuid        NOT NULL,
  family_id  uuid        NOT NULL,
  token_hash bytea       NOT NULL,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at    timestamptz,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  CONSTRAINT sessions_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT sessions_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  -- A digest, never a token: anything shorter than 256 bits is a mistake.
  CONSTRAINT sessions_token_hash_length_check CHECK (octet_length(token_hash) BETWEEN 32 AND 64),
  CONSTRAINT sessions_user_agent_length_check CHECK (length(user_agent) <= 1000)
);

-- A refresh request brings a token and nothing else, so its hash alone must find the row. This is
-- the one unique key that does not begin with the owner: beside `users`, sessions are not for
-- sharding.
CREATE UNIQUE INDEX sessions_token_hash_key ON sessions (token_hash);
CREATE INDEX sessions_family_idx ON sessions (user_id, family_id);
-- For the job that sweeps expired rows.
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

CREATE TABLE user_settings (
  user_id     uuid        NOT NULL,
  units       text        NOT NULL DEFAULT 'metric',
  timezone    text        NOT NULL DEFAULT 'UTC',
  week_start  smallint    NOT NULL DEFAULT 1,
  preferences jsonb       NOT NULL DEFAULT '{}',
  version     int         NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_settings_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_settings_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_settings_units_known_check CHECK (units IN ('metric', 'imperial')),
  -- Only the size: which zones exist depends on the server's zone data, and a restore on another
  -- machine must not fail for it.
  CONSTRAINT user_settings_timezone_length_check
    CHECK (length(timezone) <= 64 AND timezone ~ '\S'),
  -- ISO: 1 is Monday.
  CONSTRAINT user_settings_week_start_range_check CHECK (week_start BETWEEN 1 AND 7),
  CONSTRAINT user_settings_preferences_object_check CHECK (jsonb_typeof(preferences) = 'object'),
  -- Measured on the stored text, which has a blank after each colon and comma.
  CONSTRAINT user_settings_preferences_size_check
    CHECK (octet_length(preferences::text) <= 16384),
  CONSTRAINT user_settings_version_range_check CHECK (version >= 1)
);
