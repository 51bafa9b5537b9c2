// The examples in the sidebar of GraphiQL, each of them as it stands.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { buildSchema, parse, validate } from "graphql";

import { connect } from "../../tests/clients/lib/regimen.mjs";
import { examplesOf } from "../src/graphiql/examples-of.mjs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const EXAMPLES = examplesOf(read("../src/graphiql/examples.graphql"));
const SCHEMA = buildSchema(read("../../schema.graphql"));

test("every example has a group, a title and a note, and an operation with a name", () => {
  assert.ok(EXAMPLES.length >= 12);
  assert.equal(new Set(EXAMPLES.map((it) => it.title)).size, EXAMPLES.length);
  for (const { group, title, note, query } of EXAMPLES) {
    assert.ok(group && title && note, `${group}: ${title}: ${note}`);
    const document = parse(query);
    assert.equal(document.definitions.length, 1, title);
    assert.ok(document.definitions[0].name, title);
    assert.deepEqual(validate(SCHEMA, document), [], title);
  }
});

/** Of the changes as they happen there is one, which is run in a browser: see `graphiql.test.mjs`. */
const isWatched = ({ title }) => title === "As they happen";

test("every example runs, twice, for somebody who has signed in", async () => {
  const subscriptions = EXAMPLES.filter(({ query }) => query.startsWith("subscription"));
  assert.ok(subscriptions.every(isWatched) && subscriptions.length === 1);
  const client = await connect(`${process.env.REGIMEN_URL}/graphql`);
  for (const example of [...EXAMPLES, ...EXAMPLES]) {
    if (isWatched(example)) continue;
    const { body } = await client.ask(example.query, JSON.parse(example.variables || "null"));
    assert.equal(body.errors, undefined, `${example.title}: ${JSON.stringify(body.errors)}`);
  }
});
