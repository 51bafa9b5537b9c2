// An app's files, as such an app would have written them, and a server that takes them over.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { MEMBER, signUp, startWithAdmin } from "./servers.mjs";

const NAMES = ["Bench Press", "Deadlift", "Front Squat", "Pull Up", "Overhead Press"];
const DAY = 86_400_000;
const BEGAN = Date.UTC(2024, 0, 8, 17);

const at = (time) => new Date(time).toISOString();
const id = (kind, number) => `${kind}000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** A session of a person, with two exercises of three sets. */
export function session(number, userId) {
  const begun = BEGAN + number * DAY;
  const sessionId = id("aa", number);
  const set = (exerciseId, order) => ({
    id: `set-${order}`,
    exerciseId,
    weight: 40 + 2.5 * (number % 20),
    repetitions: 5 + order,
    order,
    isCompleted: true,
  });
  const exercise = (order) => {
    const exerciseId = id(`b${order}`, number);
    const name = NAMES[(number + order) % NAMES.length];
    return { id: exerciseId, sessionId, name, category: "Strength", order, sets: [0, 1, 2].map((it) => set(exerciseId, it)) };
  };
  return { id: sessionId, userId, name: `Session ${number}`, startTime: at(begun), endTime: at(begun + 3_600_000), exercises: [0, 1].map(exercise) };
}

/** The same, but nobody can tell when it was. */
export function unclear(number, userId) {
  const whole = session(number, userId);
  whole.startTime = "yesterday";
  return whole;
}

/** The same with a byte in its name that is no UTF-8: each of these letters becomes one. */
const BROKEN = "¿";
export function garbled(number, userId) {
  return { ...session(number, userId), name: `Session ${BROKEN}` };
}

function bytesOf(value) {
  const text = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const broken = Buffer.from(BROKEN);
  for (let at = text.indexOf(broken); at !== -1; at = text.indexOf(broken)) text.fill(0xff, at, at + broken.length);
  return text;
}

/** Has people's sessions taken over, and gives a server and the folder to `use`. */
export async function withApp({ people, sessions }, use) {
  const home = mkdtempSync(join(tmpdir(), "regimen-app-"));
  const folder = join(home, "data");
  const write = (name, value) => writeFileSync(join(folder, name), bytesOf(value));
  mkdirSync(folder);
  write("exercises.json", { exercises: NAMES.map((name, at) => ({ id: `ex-${at}`, name, category: "Strength", muscleGroups: ["chest"] })) });
  write("users.json", people);
  write("workouts.json", sessions);
  const server = await startWithAdmin({ REGIMEN_LEGACY_DIR: folder });
  const app = {
    server,
    // There is no demo user where an app is taken over.
    member: await signUp(server, { ...MEMBER, displayName: "Member" }),
    path: join(folder, "workouts.json"),
    sessions: () => JSON.parse(readFileSync(app.path, "utf8")),
    files: () => readdirSync(folder).filter((it) => it.endsWith(".json")).sort(),
    archives: () => readdirSync(home).filter((it) => it.includes("archive")),
    sql: (text) => server.command("db", "psql", "-qAtc", text).trim(),
  };
  try {
    await use(app);
  } finally {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
