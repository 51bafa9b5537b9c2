// Runs the tests of the pages in Chromium, against servers of their own. `npm test -- console` runs some of them;
// CHROMIUM names another browser.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { start } from "../../tests/clients/lib/regimen.mjs";

const FOLDER = import.meta.dirname;
const asked = process.argv.slice(2);
const names = readdirSync(FOLDER).filter((file) => file.endsWith(".test.mjs"));
const files = names.filter((file) => asked.length === 0 || asked.includes(file.replace(".test.mjs", "")));
if (files.length === 0) throw new Error(`no test is called ${asked}: there are ${names.join(", ")}`);

const legacy = mkdtempSync(join(tmpdir(), "regimen-files-"));
for (const name of ["exercises", "workouts"]) writeFileSync(join(legacy, `${name}.json`), "[]\n");
const servers = await Promise.all([
  start({ REGIMEN_SLOW_QUERY: "1us" }),
  // Keeps its schema to itself, and its tokens expire while one looks on.
  start({ REGIMEN_INTROSPECTION: "false", REGIMEN_ACCESS_TOKEN_LIFETIME: "2s" }),
  // Serves the files of an app.
  start({ REGIMEN_LEGACY_DIR: legacy }),
]);
const [open, closed, moving] = servers;
let failed = true;
try {
  await addAdmin(open);
  await addAdmin(moving);
  const urls = { REGIMEN_URL: origin(open), REGIMEN_CLOSED_URL: origin(closed), REGIMEN_MOVING_URL: origin(moving) };
  const env = { ...process.env, ...urls };
  const options = ["--test", "--test-reporter=spec", "--test-concurrency=1"];
  const tests = spawn(process.execPath, [...options, ...files.map((file) => join(FOLDER, file))], { env, stdio: "inherit" });
  failed = (await new Promise((done) => tests.once("exit", done))) !== 0;
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(legacy, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

function origin(server) {
  return new URL(server.url).origin;
}

/** The demo user stays a member; somebody else looks after the server. */
async function addAdmin(server) {
  const query = `mutation { signUp(input: {email: "root@example.com", password: "regimen-root", displayName: "Root"}) { expiresAt } }`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(server.url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const { errors } = await answer.json();
  if (errors) throw new Error(errors[0].message);
  server.command("user", "promote", "root@example.com");
}
