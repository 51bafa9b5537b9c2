// GraphQL Yoga over Drizzle and node-postgres, written as their guides have it: a schema, resolvers, and a
// dataloader for each thing that hangs below another.
import { createServer } from "node:http";
import DataLoader from "dataloader";
import { and, asc, desc, eq, gte, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { GraphQLScalarType } from "graphql";
import { createSchema, createYoga } from "graphql-yoga";
import pg from "pg";
import { exercises, history, places, sets, tasks, workouts } from "./tables.mjs";

const db = drizzle(new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }));

/** Loads what many parents of one user have, in its order. */
const below = (load, parentId) =>
  new DataLoader(
    async (parents) => {
      const found = new Map(parents.map((parent) => [parent.id, []]));
      for (const row of await load(parents[0].userId, parents)) found.get(row[parentId]).push(row);
      return parents.map((parent) => found.get(parent.id));
    },
    { cacheKeyFn: (parent) => parent.id },
  );

const distinct = (ids) => [...new Set(ids)];

const loaders = () => ({
  places: below(
    (userId, parents) =>
      db
        .select()
        .from(places)
        .where(and(eq(places.userId, userId), inArray(places.workoutId, parents.map(({ id }) => id))))
        .orderBy(asc(places.orderIndex)),
    "workoutId",
  ),
  // By the workouts they belong to, which an index serves.
  sets: below(
    (userId, parents) =>
      db
        .select()
        .from(sets)
        .where(and(eq(sets.userId, userId), inArray(sets.workoutId, distinct(parents.map((it) => it.workoutId)))))
        .orderBy(asc(sets.orderIndex)),
    "workoutExerciseId",
  ),
  exercises: new DataLoader(async (ids) => {
    const rows = await db.select().from(exercises).where(inArray(exercises.id, ids));
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  }),
});

const typeDefs = /* GraphQL */ `
  scalar DateTime
  scalar UUID

  type Query {
    version: String!
    workout(userId: UUID!, id: UUID!): Workout
    workouts(userId: UUID!, first: Int!): [Workout!]!
    exercises(userId: UUID!, category: String!, search: String!, first: Int!): [Exercise!]!
    history(filter: HistoryFilter!): [Entry!]!
    tasks(userId: UUID!, first: Int!): [Task!]!
  }

  type Mutation {
    addSet(input: AddSetInput!): Set!
    createWorkout(input: WorkoutInput!): Workout!
  }

  type Workout {
    id: UUID!
    name: String!
    notes: String
    startedAt: DateTime
    exercises: [Place!]!
  }

  type Place {
    id: UUID!
    orderIndex: Int!
    notes: String
    exercise: Exercise!
    sets: [Set!]!
  }

  type Set {
    id: UUID!
    orderIndex: Int!
    reps: Int
    weight: Float
    rpe: Float
    durationSeconds: Int
    isCompleted: Boolean!
  }

  type Exercise {
    id: UUID!
    name: String!
    category: String!
    primaryMuscles: [String!]!
    equipment: [String!]!
  }

  type Entry {
    id: UUID!
    workoutId: UUID
    performedAt: DateTime!
    durationSeconds: Int
    notes: String
  }

  type Task {
    id: UUID!
    title: String!
    description: String
    completed: Boolean!
    dueAt: DateTime
    tags: [String!]!
    createdAt: DateTime!
  }

  input HistoryFilter {
    userId: UUID!
    from: DateTime!
    to: DateTime!
    first: Int!
    afterAt: DateTime!
    afterId: UUID!
  }

  input AddSetInput {
    userId: UUID!
    workoutId: UUID!
    workoutExerciseId: UUID!
    orderIndex: Int!
    reps: Int
    weight: Float
    rpe: Float
  }

  input WorkoutInput {
    userId: UUID!
    name: String!
    exercises: [PlaceInput!]!
  }

  input PlaceInput {
    exerciseId: UUID!
    sets: [SetInput!]!
  }

  input SetInput {
    reps: Int
    weight: Float
  }
`;

const DateTime = new GraphQLScalarType({
  name: "DateTime",
  serialize: (date) => date.toISOString(),
  parseValue: (text) => new Date(text),
});

const Query = {
  version: () => "0.1.0",
  workout: async (_, { userId, id }) => {
    const own = and(eq(workouts.userId, userId), eq(workouts.id, id), isNull(workouts.deletedAt));
    const [workout] = await db.select().from(workouts).where(own);
    return workout;
  },
  workouts: (_, { userId, first }) =>
    db
      .select()
      .from(workouts)
      .where(and(eq(workouts.userId, userId), isNull(workouts.deletedAt)))
      .orderBy(desc(workouts.createdAt), desc(workouts.id))
      .limit(first),
  exercises: (_, { userId, category, search, first }) =>
    db
      .select()
      .from(exercises)
      .where(
        and(
          or(isNull(exercises.ownerId), eq(exercises.ownerId, userId)),
          isNull(exercises.archivedAt),
          eq(exercises.category, category),
          sql`${exercises.searchText} ~ ${`\\m(${search})`}`,
        ),
      )
      .orderBy(sql`lower(${exercises.name})`, exercises.id)
      .limit(first),
  history: (_, { filter: { userId, from, to, first, afterAt, afterId } }) =>
    db
      .select()
      .from(history)
      .where(
        and(
          eq(history.userId, userId),
          gte(history.performedAt, from),
          lt(history.performedAt, to),
          sql`(${history.performedAt}, ${history.id}) < (${afterAt.toISOString()}::timestamptz, ${afterId}::uuid)`,
          isNull(history.deletedAt),
        ),
      )
      .orderBy(desc(history.performedAt), desc(history.id))
      .limit(first),
  tasks: (_, { userId, first }) =>
    db
      .select()
      .from(tasks)
      .where(and(eq(tasks.userId, userId), isNull(tasks.deletedAt)))
      .orderBy(tasks.position, tasks.id)
      .limit(first),
};

const Mutation = {
  addSet: async (_, { input }) => {
    const [set] = await db.insert(sets).values(input).returning();
    return set;
  },
  createWorkout: (_, { input: { userId, name, exercises: wanted } }) =>
    db.transaction(async (tx) => {
      const [workout] = await tx.insert(workouts).values({ userId, name }).returning();
      const here = { userId, workoutId: workout.id };
      const made = await tx
        .insert(places)
        .values(wanted.map(({ exerciseId }, orderIndex) => ({ ...here, exerciseId, orderIndex })))
        .returning();
      const rows = wanted.flatMap((place, at) =>
        place.sets.map((set, orderIndex) => ({ ...here, ...set, workoutExerciseId: made[at].id, orderIndex })),
      );
      await tx.insert(sets).values(rows);
      return workout;
    }),
};

const resolvers = {
  DateTime,
  Query,
  Mutation,
  Workout: { exercises: (workout, _, { loaders }) => loaders.places.load(workout) },
  Place: {
    exercise: (place, _, { loaders }) => loaders.exercises.load(place.exerciseId),
    sets: (place, _, { loaders }) => loaders.sets.load(place),
  },
};

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: () => ({ loaders: loaders() }),
  graphiql: false,
  landingPage: false,
  logging: "error",
  maskedErrors: false,
});
createServer(yoga).listen(Number(process.env.PORT), "127.0.0.1");
