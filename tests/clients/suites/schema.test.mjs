// The schema itself: that the server tells it as graphql-js reads it, that it is written as is usual, and
// that no change of it breaks clients unannounced.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { ESLint } from "eslint";
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  introspectionFromSchema,
  validateSchema,
} from "graphql";

import { nobody, SCHEMA } from "../lib/regimen.mjs";

const HERE = join(import.meta.dirname, "..");
const sdl = readFileSync(SCHEMA, "utf8");
const schema = buildSchema(sdl);
const OPTIONS = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};

test("what the server tells of its schema is what graphql-js tells of schema.graphql", async () => {
  const { body } = await nobody().ask(getIntrospectionQuery(OPTIONS));
  const expected = JSON.parse(JSON.stringify(introspectionFromSchema(schema, OPTIONS)));
  assert.deepEqual(told(body.data.__schema), told(expected.__schema));
  assert.deepEqual(validateSchema(buildClientSchema(body.data)), []);
});

/** What both tell in the same words: all but the descriptions of what the specification itself defines. */
function told({ types, directives, ...roots }) {
  const BUILT_IN = ["Int", "Float", "String", "Boolean", "ID"];
  const own = types.filter(({ name }) => !name.startsWith("__") && !BUILT_IN.includes(name));
  const plain = directives.map(({ name, isRepeatable, args }) => {
    return [name, { isRepeatable, takes: args.map(({ name }) => name) }];
  });
  return {
    ...roots,
    types: Object.fromEntries(own.map((type) => [type.name, type])),
    builtIn: types.map(({ name }) => name).filter((name) => BUILT_IN.includes(name)).sort(),
    directives: Object.fromEntries(plain),
  };
}

test("schema.graphql keeps to the rules for schemas", { timeout: 120_000 }, async () => {
  const linter = new ESLint({ cwd: HERE, overrideConfigFile: join(HERE, "eslint.config.mjs") });
  const results = await linter.lintText(sdl, { filePath: join(HERE, "schema.graphql") });
  const found = results.flatMap(({ messages }) => messages);
  const lines = found.map(({ line, ruleId, message }) => `${line}: ${message} (${ruleId})`);
  assert.deepEqual(lines, []);
});

test("no change since the last version breaks clients, unless it is announced", { timeout: 60_000 }, async (t) => {
  const versions = earlier();
  if (versions.length === 0) return t.skip("there is no earlier schema to compare with");
  const announced = readFileSync(join(HERE, "breaking-changes.md"), "utf8");
  const breaking = new Set();
  for (const [index, before] of versions.entries()) {
    const changes = await diff(buildSchema(before), buildSchema(versions[index + 1] ?? sdl));
    for (const { criticality, message } of changes) {
      if (criticality.level === CriticalityLevel.Breaking && !announced.includes(message)) breaking.add(message);
    }
  }
  const advice = "announce it in tests/clients/breaking-changes.md, or keep what there was";
  assert.deepEqual([...breaking], [], `${advice}:\n${[...breaking].join("\n")}`);
});

/** The schemas that clients may know: every one that was committed since the last version, the first first. */
function earlier() {
  const git = (...args) => execFileSync("git", args, { cwd: HERE, encoding: "utf8", stdio: "pipe" }).trim();
  try {
    const versions = git("tag", "--merged", "HEAD", "--sort=-creatordate").split("\n").filter(Boolean);
    const range = versions.length > 0 ? [`${versions[0]}~1..HEAD`] : ["HEAD"];
    const commits = git("log", "--first-parent", "--reverse", "--format=%H", ...range, "--", ":/schema.graphql");
    return commits.split("\n").flatMap((commit) => {
      try {
        return [git("show", `${commit}:schema.graphql`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
