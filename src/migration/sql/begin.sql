SET LOCAL client_min_messages = warning;

-- Empty tables for what lies in the files, of the same shape as those of the database, and without
-- anything that makes filling them slow. They are a copy that can be made anew, so nothing is logged.
DROP SCHEMA IF EXISTS regimen_files_next CASCADE;
CREATE SCHEMA regimen_files_next;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['user_settings', 'exercises', 'workouts', 'workout_exercises', 'sets', 'history'] LOOP
    EXECUTE format(
      'CREATE UNLOGGED TABLE regimen_files_next.%1$I (LIKE public.%1$I
         INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE)', name);
  END LOOP;
END
$$;

-- The people of the files, on their way to the accounts.
CREATE UNLOGGED TABLE regimen_files_next.people (LIKE public.users);

-- Which state of the files the tables hold. After a crash it is as empty as they are.
CREATE UNLOGGED TABLE regimen_files_next.projected (stamp bytea NOT NULL);
