// Runs the tests of the pages in Chromium, against servers of their own. `npm test -- console` runs some of them;
// CHROMIUM names another browser.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { start } from "../../tests/clients/lib/regimen.mjs";
import { startWithAdmin } from "./servers.mjs";

const FOLDER = import.meta.dirname;
const asked = process.argv.slice(2);
const names = readdirSync(FOLDER).filter((file) => file.endsWith(".test.mjs"));
const files = names.filter((file) => asked.length === 0 || asked.includes(file.replace(".test.mjs", "")));
if (files.length === 0) throw new Error(`no test is called ${asked}: there are ${names.join(", ")}`);

const servers = await Promise.all([
  startWithAdmin({ REGIMEN_SLOW_QUERY: "1us" }),
  // Keeps its schema to itself, and its tokens expire while one looks on.
  start({ REGIMEN_INTROSPECTION: "false", REGIMEN_ACCESS_TOKEN_LIFETIME: "2s" }),
]);
let failed = true;
try {
  const [open, closed] = servers.map(({ url }) => new URL(url).origin);
  const env = { ...process.env, REGIMEN_URL: open, REGIMEN_CLOSED_URL: closed };
  const options = ["--test", "--test-reporter=spec", "--test-concurrency=1"];
  const tests = spawn(process.execPath, [...options, ...files.map((file) => join(FOLDER, file))], { env, stdio: "inherit" });
  failed = (await new Promise((done) => tests.once("exit", done))) !== 0;
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}
process.exitCode = failed ? 1 : 0;
