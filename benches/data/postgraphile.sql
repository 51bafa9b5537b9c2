-- What people who use PostGraphile add to the tables: ids of its own making, and a function for a nested
-- insert, which it has no way to ask for.

ALTER TABLE sets ALTER id SET DEFAULT gen_random_uuid();

CREATE FUNCTION create_workout_whole(owner uuid, content jsonb) RETURNS workouts
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  made workouts;
BEGIN
  INSERT INTO workouts (user_id, id, name)
  VALUES (owner, gen_random_uuid(), content->>'name') RETURNING * INTO made;
  WITH places AS (
    SELECT gen_random_uuid() AS id, place, number::int - 1 AS number
    FROM jsonb_array_elements(content->'exercises') WITH ORDINALITY AS list (place, number)
  ), inserted AS (
    INSERT INTO workout_exercises (user_id, id, workout_id, exercise_id, order_index)
    SELECT owner, id, made.id, (place->>'exerciseId')::uuid, number FROM places
    RETURNING id
  )
  INSERT INTO sets (user_id, id, workout_id, workout_exercise_id, order_index, reps, weight)
  SELECT owner, gen_random_uuid(), made.id, places.id, set_number - 1, (item->>'reps')::int, (item->>'weight')::numeric
  FROM places JOIN inserted USING (id), jsonb_array_elements(place->'sets') WITH ORDINALITY AS list (item, set_number);
  RETURN made;
END
$$;
