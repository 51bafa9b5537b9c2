// The server under test: the real program on a private database of its own, with the demo user signed in.
// `REGIMEN_URL` names one that runs already.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../../..");
export const SCHEMA = join(ROOT, "schema.graphql");

const SIGN_IN = `mutation { signIn(input: {email: "test@example.com", password: "regimen-demo"}) { accessToken } }`;

/** Where the program is that cargo built. */
function program() {
  return process.env.REGIMEN_PROGRAM ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/regimen");
}

/**
 * Starts a server of its own, with other settings if need be. `stop` ends it and leaves nothing behind; `command` runs
 * another command of the program beside it.
 */
export async function start(settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "regimen-clients-"));
  // As root, PostgreSQL runs under another account, which has to get at its folder.
  chmodSync(folder, 0o755);
  const env = {
    PATH: process.env.PATH,
    REGIMEN_PORT: "0",
    REGIMEN_DATA_DIR: join(folder, "data"),
    REGIMEN_ACCESS_TOKEN_LIFETIME: "6h",
    REGIMEN_LOG: "warn",
    // The suites ask more than people do.
    REGIMEN_RATE_USER: "0",
    REGIMEN_RATE_ADDRESS: "0",
    ...settings,
  };
  const child = spawn(program(), [], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.once("exit", done));
  const log = [];
  createInterface(child.stderr).on("line", (line) => log.push(line));
  const said = createInterface(child.stdout);
  const url = await new Promise((done, failed) => {
    said.on("line", (line) => {
      const found = /GraphQL +(http:\S+)/.exec(line);
      if (found) done(found[1]);
    });
    child.once("error", failed);
    ended.then(() => failed(new Error(`the server did not start:\n${log.join("\n")}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const command = (...words) => execFileSync(program(), words, { cwd: folder, env, encoding: "utf8" });
  return { url, log, stop, command };
}

/** A client that speaks plain HTTP to the server at `url`, signed in as the demo user. */
export async function connect(url) {
  const { body } = await new Client(url).ask(SIGN_IN);
  return new Client(url, body.data.signIn.accessToken);
}

/** The clients of a suite: somebody who is signed in, and nobody. */
export const signedIn = () => new Client(process.env.REGIMEN_URL, process.env.REGIMEN_TOKEN);
export const nobody = () => new Client(process.env.REGIMEN_URL);

/** How much a suite makes up by chance, and from which seed. */
export const SEED = Number(process.env.SEED ?? 1);
export const count = (usual) => Number(process.env.COUNT ?? usual);

export class Client {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.headers = token ? { authorization: `Bearer ${token}` } : {};
  }

  get socketUrl() {
    return this.url.replace(/^http/, "ws");
  }

  /** Sends one request, and reads whatever is answered. */
  async ask(query, variables, more = {}) {
    const response = await fetch(this.url, {
      method: "POST",
      headers: {
        ...this.headers,
        "content-type": "application/json",
        accept: "application/graphql-response+json",
      },
      body: JSON.stringify({ query, variables, ...more }),
    });
    const text = await response.text();
    return { status: response.status, text, body: read(text, query) };
  }

  /** Whether the server takes a document, without running it: it is asked for an operation that is not there. */
  async verdict(query) {
    const { body } = await this.ask(query, undefined, { operationName: "NoSuchOperation" });
    const { code } = body.errors[0].extensions;
    return { valid: code === "OPERATION_NOT_FOUND", code, errors: body.errors };
  }
}

function read(text, query) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${error.message}: ${query} was answered with ${text}`);
  }
}
