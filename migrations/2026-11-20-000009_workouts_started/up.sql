-- The diary: workouts by when they were begun, the last first, whole or between two times. What is not
-- begun sorts before all times, so that one key orders every row and a page can go on from any of them.
-- Without the index each page sorts everything that its owner ever did.
CREATE INDEX workouts_started_idx
  ON workouts (user_id, coalesce(started_at, '-infinity'::timestamptz) DESC, id DESC)
  WHERE deleted_at IS NULL;
