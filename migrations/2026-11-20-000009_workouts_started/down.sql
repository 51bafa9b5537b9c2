DROP INDEX workouts_started_idx;
