// The measured tables as Drizzle knows them: the columns that are asked for, and those that are written.
import { randomUUID } from "node:crypto";
import { boolean, integer, numeric, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

const id = () => uuid("id").$defaultFn(randomUUID);
const moment = (name) => timestamp(name, { withTimezone: true, mode: "date" });
const number = (name) => numeric(name, { mode: "number" });

export const exercises = pgTable("exercises", {
  id: id(),
  ownerId: uuid("owner_id"),
  name: text("name"),
  category: text("category"),
  primaryMuscles: text("primary_muscles").array(),
  equipment: text("equipment").array(),
  searchText: text("search_text"),
  archivedAt: moment("archived_at"),
});

export const workouts = pgTable("workouts", {
  userId: uuid("user_id"),
  id: id(),
  name: text("name"),
  notes: text("notes"),
  startedAt: moment("started_at"),
  createdAt: moment("created_at").defaultNow(),
  deletedAt: moment("deleted_at"),
});

export const places = pgTable("workout_exercises", {
  userId: uuid("user_id"),
  id: id(),
  workoutId: uuid("workout_id"),
  exerciseId: uuid("exercise_id"),
  orderIndex: integer("order_index"),
  notes: text("notes"),
});

export const sets = pgTable("sets", {
  userId: uuid("user_id"),
  id: id(),
  workoutId: uuid("workout_id"),
  workoutExerciseId: uuid("workout_exercise_id"),
  orderIndex: integer("order_index"),
  reps: integer("reps"),
  weight: number("weight"),
  rpe: number("rpe"),
  durationSeconds: integer("duration_seconds"),
  isCompleted: boolean("is_completed").default(true),
});

export const history = pgTable("history", {
  userId: uuid("user_id"),
  id: id(),
  workoutId: uuid("workout_id"),
  performedAt: moment("performed_at"),
  durationSeconds: integer("duration_seconds"),
  notes: text("notes"),
  deletedAt: moment("deleted_at"),
});

export const tasks = pgTable("tasks", {
  userId: uuid("user_id"),
  id: id(),
  title: text("title"),
  description: text("description"),
  completed: boolean("completed"),
  dueAt: moment("due_at"),
  tags: text("tags").array(),
  position: text("position"),
  createdAt: moment("created_at"),
  deletedAt: moment("deleted_at"),
});
