// Runs the suites against a server of their own, or against the one that `REGIMEN_URL` names:
//
//   npm test                                    all of them
//   npm test -- validation execution fuzz       some of them
//   SEED=7 COUNT=20000 npm test -- fuzz         more of what is made up by chance, and other things
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { connect, start } from "./lib/regimen.mjs";

const FOLDER = join(import.meta.dirname, "suites");

const asked = process.argv.slice(2);
const names = readdirSync(FOLDER).map((file) => file.replace(".test.mjs", ""));
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no suite is called ${unknown}: there are ${names.join(", ")}`);
const files = (asked.length > 0 ? asked : names).map((name) => join(FOLDER, `${name}.test.mjs`));

const server = process.env.REGIMEN_URL ? { url: process.env.REGIMEN_URL } : await start();
let failed = true;
try {
  const { token } = await connect(server.url);
  const env = { ...process.env, REGIMEN_URL: server.url, REGIMEN_TOKEN: token };
  const options = ["--test", "--test-reporter=spec", "--test-concurrency=2"];
  const suites = spawn(process.execPath, [...options, ...files], { env, stdio: "inherit" });
  failed = (await new Promise((done) => suites.once("exit", done))) !== 0;
  const panics = (server.log ?? []).filter((line) => /panic/i.test(line));
  if (panics.length > 0) {
    failed = true;
    console.error(`the server's log tells of panics:\n${panics.join("\n")}`);
  }
} finally {
  await server.stop?.();
}
process.exitCode = failed ? 1 : 0;
