-- The data set that is measured: always the same rows, whenever and wherever it is made.
--
-- `:users` stands for the number of accounts. Each has 20 workouts of 5 exercises with 4 sets each, 100
-- entries of history and 50 tasks. Ids have the form of UUIDv7 and are counted, so whoever measures
-- computes them: see `src/data.rs`, which must say the same.

CREATE SCHEMA bench;

-- 48 bits that count, as those of a UUIDv7 count milliseconds; the kind of row in the last ones.
CREATE FUNCTION bench.id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(1705000000000 + n), 12, '0') || '70008000' || to_hex(kind)
    || lpad(to_hex(n), 11, '0'))::uuid
$$;

SET synchronous_commit = off;

INSERT INTO users (id, email, display_name, created_at)
SELECT bench.id(1, u), 'user' || u || '@example.test', 'User ' || u,
  timestamptz '2023-01-01 00:00Z' + u * interval '1 minute'
FROM generate_series(1, :users) u;

INSERT INTO user_settings (user_id) SELECT id FROM users;

INSERT INTO exercises (id, name, category, primary_muscles, equipment, created_at)
SELECT bench.id(2, e),
  (ARRAY['Barbell', 'Dumbbell', 'Cable', 'Machine', 'Kettlebell', 'Bodyweight', 'Band', 'Smith'])[1 + e % 8]
    || ' ' || (ARRAY['press', 'row', 'squat', 'curl', 'raise', 'lunge', 'deadlift', 'extension', 'fly',
      'pulldown'])[1 + e / 8 % 10] || ' ' || e,
  (ARRAY['strength', 'cardio', 'mobility', 'olympic', 'core'])[1 + e * 7 % 5],
  ARRAY[(ARRAY['chest', 'back', 'quads', 'hamstrings', 'glutes', 'biceps', 'triceps', 'shoulders'])[1 + e % 8],
    (ARRAY['core', 'forearms', 'calves', 'traps'])[1 + e % 4]],
  CASE WHEN e % 8 = 5 THEN '{}' ELSE ARRAY[(ARRAY['barbell', 'dumbbell', 'cable', 'machine', 'kettlebell', '',
    'band', 'smith'])[1 + e % 8]] END,
  timestamptz '2023-01-01 00:00Z' + e * interval '1 minute'
FROM generate_series(1, 200) e;

INSERT INTO workouts (user_id, id, name, notes, started_at, created_at, updated_at)
SELECT bench.id(1, 1 + (w - 1) / 20), bench.id(3, w), 'Workout ' || w,
  CASE WHEN w % 3 > 0 THEN 'Notes on workout ' || w || ': steady tempo, more weight once all repetitions are done' END,
  at, at, at
FROM generate_series(1, :users * 20) w,
  LATERAL (SELECT timestamptz '2024-01-01 06:00Z' + (w - 1) % 20 * interval '3 days'
    + (w - 1) / 20 * interval '1 minute') AS times (at);

INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, order_index, notes)
SELECT bench.id(1, 1 + (x - 1) / 100), bench.id(4, x), bench.id(3, 1 + (x - 1) / 5),
  bench.id(2, 1 + x * 37 % 200), (x - 1) % 5, CASE WHEN x % 4 = 0 THEN 'slow on the way down' END
FROM generate_series(1, :users * 100) x;

INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, reps, weight, rpe,
  duration_seconds, is_completed, performed_at)
SELECT bench.id(1, 1 + (s - 1) / 400), bench.id(5, s), bench.id(3, 1 + (s - 1) / 20), bench.id(4, 1 + (s - 1) / 4),
  (s - 1) % 4, 5 + s % 8, 20 + s % 61 * 2.5, 6 + s % 9 * 0.5, CASE WHEN s % 5 = 0 THEN 30 + s % 60 END, s % 3 > 0,
  timestamptz '2024-01-01 06:00Z' + (s - 1) / 20 % 20 * interval '3 days' + s % 20 * interval '3 minutes'
FROM generate_series(1, :users * 400) s;

INSERT INTO history (user_id, id, workout_id, performed_at, local_date, duration_seconds, notes)
SELECT bench.id(1, 1 + (h - 1) / 100), bench.id(6, h), bench.id(3, 1 + (h - 1) / 100 * 20 + h % 20),
  at, (at AT TIME ZONE 'UTC')::date, 1800 + h % 3600, CASE WHEN h % 2 = 0 THEN 'Felt good, entry ' || h END
FROM generate_series(1, :users * 100) h,
  LATERAL (SELECT timestamptz '2024-01-01 18:00Z' + (h - 1) % 100 * interval '1 day'
    + h % 1440 * interval '1 second') AS times (at);

INSERT INTO tasks (user_id, id, title, description, completed, completed_at, due_at, due_timezone, tags, position,
  created_at, updated_at)
SELECT bench.id(1, 1 + (t - 1) / 50), bench.id(7, t), 'Task ' || t,
  CASE WHEN t % 2 = 0 THEN 'What is to be done in task ' || t || ', in a line as people write it' END,
  t % 3 = 0, CASE WHEN t % 3 = 0 THEN timestamptz '2024-01-02 00:00Z' + t * interval '1 minute' END,
  CASE WHEN t % 4 > 0 THEN timestamptz '2024-06-01 00:00Z' + t % 500 * interval '1 hour' END,
  CASE WHEN t % 4 > 0 THEN 'UTC' END,
  CASE t % 3 WHEN 0 THEN ARRAY['home', 'errand'] WHEN 1 THEN ARRAY['work'] ELSE '{}' END,
  'a' || lpad(((t - 1) % 50)::text, 2, '0') || 'V',
  timestamptz '2024-01-01 00:00Z' + t * interval '1 minute', timestamptz '2024-01-02 00:00Z' + t * interval '1 minute'
FROM generate_series(1, :users * 50) t;

RESET synchronous_commit;
