-- Keys, indexes and references under the names that they have in the database, because the statements and
-- their errors are the same.
SET LOCAL search_path = public;

CREATE TEMP TABLE to_add ON COMMIT DROP AS
SELECT 1 AS turn, c.relname AS tab, format('ADD CONSTRAINT %I %s', con.conname, pg_get_constraintdef(con.oid)) AS what
FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid
WHERE con.contype IN ('p', 'u') AND con.connamespace = 'public'::regnamespace
UNION ALL
SELECT 2, c.relname, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = i.indexrelid AND con.contype IN ('p', 'u'))
UNION ALL
SELECT 3, c.relname, format('ADD CONSTRAINT %I %s', con.conname, pg_get_constraintdef(con.oid))
FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid
WHERE con.contype = 'f' AND con.connamespace = 'public'::regnamespace;

DELETE FROM to_add
WHERE to_regclass('regimen_files_next.' || tab) IS NULL;

SET LOCAL search_path = regimen_files_next, public;

DO $$
DECLARE
  step record;
BEGIN
  FOR step IN SELECT * FROM to_add ORDER BY turn, tab, what LOOP
    IF step.turn = 2 THEN
      EXECUTE replace(step.what, ' ON public.', ' ON regimen_files_next.');
    ELSE
      EXECUTE format('ALTER TABLE regimen_files_next.%I %s', step.tab, step.what);
    END IF;
  END LOOP;
END
$$;

ANALYZE user_settings, exercises, workouts, workout_exercises, sets, history;
