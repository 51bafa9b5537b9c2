// Generated clients: TypeScript from our operations, which a strict compiler takes, and the artifacts of
// a Relay app.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import * as typescript from "@graphql-codegen/typescript";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse, validate } from "graphql";

import { SCHEMA } from "../lib/regimen.mjs";

const HERE = join(import.meta.dirname, "..");
const sdl = readFileSync(SCHEMA, "utf8");
const schema = { schema: parse(sdl), schemaAst: buildSchema(sdl) };
const documents = readdirSync(join(HERE, "operations")).map((file) => {
  const location = join(HERE, "operations", file);
  const rawSDL = readFileSync(location, "utf8");
  return { location, rawSDL, document: parse(rawSDL) };
});
/** A scalar that is not listed fails the generation. */
const config = {
  scalars: { Date: "string", DateTime: "string", JSON: "unknown" },
  strictScalars: true,
  useTypeImports: true,
};

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "regimen-generated-"));
  symlinkSync(join(HERE, "node_modules"), join(folder, "node_modules"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const run = (program, ...args) =>
  execFileSync(join(HERE, "node_modules/.bin", program), args, { cwd: folder, encoding: "utf8", stdio: "pipe" });

function put(path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function typesPass(...files) {
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext"];
  run("tsc", ...options, "--moduleResolution", "bundler", ...files);
}

test("our operations are valid", () => {
  const definitions = documents.flatMap(({ document }) => document.definitions);
  assert.deepEqual(validate(schema.schemaAst, { kind: "Document", definitions }), []);
});

test("the types of the schema and of our operations pass a strict compiler", async () => {
  const pluginMap = { typescript, typescriptOperations };
  const types = { ...schema, documents, config, pluginMap };
  put("schema.ts", await codegen({ ...types, filename: "schema.ts", plugins: [{ typescript: {} }] }));
  const plugins = [{ typescriptOperations: {} }];
  put("operations.ts", await codegen({ ...types, filename: "operations.ts", plugins }));
  typesPass("schema.ts", "operations.ts");
});

test("the preset for clients passes a strict compiler, and so does an app that uses it", async () => {
  const files = await preset.buildGeneratesSection({
    ...schema,
    baseOutputDir: "client/",
    documents,
    config,
    presetConfig: { fragmentMasking: { unmaskFunctionName: "unmask" } },
    plugins: [],
    pluginMap: {},
  });
  for (const file of files) put(file.filename, await codegen(file));
  put("app.ts", readFileSync(join(HERE, "app.ts"), "utf8"));
  typesPass("app.ts");
});

test("the Relay compiler takes pages, refetching and lists that a mutation changes", () => {
  const sources = readdirSync(join(HERE, "relay"));
  for (const file of sources) put(`src/${file}`, readFileSync(join(HERE, "relay", file), "utf8"));
  put("schema.graphql", sdl);
  const relay = {
    src: "src",
    schema: "schema.graphql",
    language: "typescript",
    artifactDirectory: "artifacts",
    eagerEsModules: true,
    customScalarTypes: { Date: "string", DateTime: "string", JSON: "unknown" },
  };
  mkdirSync(join(folder, "artifacts"));
  put("relay.config.json", JSON.stringify(relay));
  run("relay-compiler", "relay.config.json");
  const artifacts = readdirSync(join(folder, "artifacts"));
  for (const name of ["tasksListPaginationQuery", "tasksRowRefetchQuery", "workoutsWholeRefetchQuery"]) {
    assert.ok(artifacts.includes(`${name}.graphql.ts`), `no ${name} in ${artifacts}`);
  }
});
