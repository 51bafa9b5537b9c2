DROP TABLE sets;
DROP TABLE workout_exercises;
DROP TABLE workouts;
