// Which documents are valid: our verdict and that of graphql-js, on documents made up from the schema, on
// broken ones, and on texts that are hardly documents.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, validate } from "graphql";

import { documentOf } from "../lib/documents.mjs";
import { garbled, mutantOf } from "../lib/mutants.mjs";
import { random } from "../lib/random.mjs";
import { count, nobody, SEED } from "../lib/regimen.mjs";
import { readSchema } from "../lib/schema.mjs";

const schema = readSchema();
const client = nobody();

/** Why graphql-js does not take a document; nothing where it does. */
function objection(text) {
  try {
    return validate(schema, parse(text))[0]?.message;
  } catch (error) {
    return error.message;
  }
}

/** Where the two differ and we are right, each with the reason. */
const RIGHT = [
  // It does not compare the types of what is called `__typename` with those of other fields.
  ({ ours, text }) => /same name/.test(ours) && /__typename:/.test(text),
  // It takes numbers that no double can hold.
  ({ ours }) => /non-finite/.test(ours),
  // How a moment may be written beside RFC 3339, we say in our own words.
  ({ ours, theirs, text }) => ours === "valid" && /no DateTime/.test(theirs) && /\d{4}-\d/.test(text),
  // The specification of 2025 forbids them there.
  ({ ours }) => /can not specify @skip or @include on root fields/.test(ours),
];

/** Texts on which the verdicts differ. */
async function differences(texts) {
  const found = [];
  const queue = [...new Set(texts)].filter((text) => text !== "");
  const judge = async () => {
    for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
      const { valid, code, errors } = await client.verdict(text);
      const theirs = objection(text);
      const difference = { text, theirs, ours: valid ? "valid" : `${code}: ${errors[0].message}` };
      // How much may be asked for is ours alone to say.
      const isLimit = /^(TOO_|DOCUMENT_TOO|LITERAL_TOO)/.test(code);
      if (valid !== (theirs === undefined) && !isLimit && !RIGHT.some((right) => right(difference))) {
        found.push(difference);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, judge));
  return found;
}

const made = (number, make) => Array.from({ length: number }, (_, index) => make(random(SEED * 1_000_003 + index)));
const whole = (chance) => {
  const kind = chance.pick(["query", "query", "mutation", "subscription"]);
  return documentOf(schema, chance, { kind, extreme: 0.1, depth: 4 }).text;
};

test("documents as clients write them", async () => {
  assert.deepEqual(await differences(made(count(300), whole)), []);
});

test("documents with a change that the rules may forbid", async () => {
  const texts = made(count(1000), (chance) => mutantOf(schema, whole(chance), chance));
  assert.deepEqual(await differences(texts), []);
});

const corpus = readFileSync(join(import.meta.dirname, "../corpus/documents.txt"), "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("//"))
  .map((line) => JSON.parse(line));

test("documents that were chosen by hand", async () => {
  assert.deepEqual(await differences(corpus), []);
});

test("texts with a piece put in, taken out or doubled", async () => {
  const texts = made(count(1500), (chance) => garbled(chance.pick(corpus), chance));
  assert.deepEqual(await differences(texts), []);
});
