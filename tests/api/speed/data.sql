-- Much data. Every second workout is a template, and the one asker's second newest other one has a hundred
-- sets more. Names behind colons are put in by `data.rs`.

SET session_replication_role = replica;
INSERT INTO users (id, email, display_name)
  SELECT md5('u' || n)::uuid, 'u' || n || '@example.com', 'User ' || n
  FROM generate_series(1, :users) n;
INSERT INTO exercises (id, owner_id, name, category, primary_muscles, equipment, aliases)
  SELECT md5('e' || n)::uuid, CASE WHEN n % 50 = 0 THEN ':owner'::uuid END,
    (ARRAY['Press', 'Row', 'Squat', 'Curl'])[1 + n % 4] || ' ' || n,
    (ARRAY['legs', 'back', 'chest'])[1 + n % 3], ARRAY[(ARRAY['quads', 'lats'])[1 + n % 2]],
    ARRAY['barbell'], ARRAY['move ' || n]
  FROM generate_series(1, :exercises) n;
CREATE TEMP TABLE owners AS SELECT ':owner'::uuid AS id, 0 AS n
  UNION ALL SELECT md5('u' || n)::uuid, n FROM generate_series(1, :users) n;
INSERT INTO workouts (user_id, id, name, is_template, status, started_at, created_at, updated_at)
  SELECT o.id, md5('w' || o.n || '-' || w)::uuid, 'Workout ' || w, w % 2 = 0,
    CASE WHEN w = 1 THEN 'active' ELSE 'planned' END, at, at, at
  FROM owners o, generate_series(1, :workouts) w,
    LATERAL (SELECT now() - w * interval '1 hour') AS times (at);
INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, order_index)
  SELECT user_id, md5(id || '-' || p)::uuid, id,
    md5('e' || 1 + 50 * ((row_number() OVER () * 7 + p) % (:exercises / 50)))::uuid, p
  FROM workouts, generate_series(0, :places - 1) p;
INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, reps, weight,
  performed_at)
  SELECT user_id, md5(id || '-' || s)::uuid, workout_id, id, s, 5, 100, now() - s * interval '1 minute'
  FROM workout_exercises, generate_series(0, CASE WHEN workout_id = md5('w0-3')::uuid
    AND order_index = 0 THEN 99 ELSE :sets - 1 END) s;
INSERT INTO history (user_id, id, workout_id, workout_name, performed_at, local_date, summary)
  SELECT o.id, md5('h' || o.n || '-' || h)::uuid, md5('w' || o.n || '-' || 1 + h % :workouts)::uuid,
    'Workout', at, at::date, jsonb_build_object('exercises', jsonb_build_array())
  FROM owners o, generate_series(1, CASE n WHEN 0 THEN :entries ELSE :entries / 10 END) h, LATERAL (SELECT now() - h * interval '1 hour') AS times (at);
INSERT INTO tasks (user_id, id, parent_id, title, position, tags, due_date, completed,
  completed_at)
  SELECT o.id, md5('t' || o.n || '-' || t)::uuid,
    CASE WHEN t % 2 = 0 THEN md5('t' || o.n || '-' || t - 1)::uuid END,
    'Task ' || t, 'a' || lpad(t::text, 6, '0') || 'V', ARRAY['tag' || t % 50],
    current_date + t % 400 - 200, t % 3 = 0, CASE WHEN t % 3 = 0 THEN now() END
  FROM owners o, generate_series(1, CASE n WHEN 0 THEN :tasks ELSE :tasks / 10 END) t;
INSERT INTO sessions (user_id, id, family_id, token_hash, expires_at)
  SELECT o.id, md5('s' || o.n || '-' || s)::uuid, md5('f' || o.n || '-' || s)::uuid,
    sha256(('s' || o.n || '-' || s)::bytea), now() + interval '1 day'
  FROM owners o, generate_series(1, 40) s;
INSERT INTO changes (user_id, seq, entity, entity_id, op, version)
  SELECT user_id, row_number() OVER (PARTITION BY user_id ORDER BY created_at), 'workout', id,
    'upsert', 1 FROM workouts;
INSERT INTO change_heads SELECT user_id, max(seq) FROM changes GROUP BY user_id;
RESET session_replication_role;
ANALYZE;
