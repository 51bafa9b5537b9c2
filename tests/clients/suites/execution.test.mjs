// What an operation answers: our server and graphql-js, which takes what the fields hold from the server
// but does everything else itself; and which variables both take.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, validate } from "graphql";
import { getVariableValues } from "graphql/execution/values.js";

import { documentOf } from "../lib/documents.mjs";
import { mirrored } from "../lib/mirror.mjs";
import { random } from "../lib/random.mjs";
import { count, nobody, SEED, signedIn } from "../lib/regimen.mjs";
import { readSchema } from "../lib/schema.mjs";
import { asJson, valueOf, wrongFor } from "../lib/values.mjs";

const schema = readSchema();
const client = signedIn();
/** What each request has anew, and what is large. */
const CHANGING = ["syncCursor", "exportMyData"];

const { body: sample } = await client.ask(`{
  tasks(first: 3) { nodes { id } }
  workouts(first: 2) { nodes { id exercises { id sets { id } } } }
  history(first: 2) { nodes { id } }
  exercises(first: 2) { nodes { id } }
}`);
const IDS = JSON.stringify(sample).match(/[0-9a-f]{8}-[0-9a-f-]{27}/g);
const PLACEHOLDER = /0190a5d0-0000-7000-8000-000000000001/g;

/** An operation over records that there are. */
function operation(chance, extreme) {
  const roots = Object.keys(schema.getQueryType().getFields()).filter((name) => !CHANGING.includes(name));
  const made = documentOf(schema, chance, { roots, extreme, depth: 5 });
  const found = JSON.stringify(made).replace(PLACEHOLDER, () => chance.pick(IDS));
  return JSON.parse(found);
}

/** Asserts that both answer the same; false where the operation is not one that both run. */
async function compare({ text, variables }) {
  const document = parse(text);
  if (validate(schema, document).length > 0) return false;
  const { body } = await client.ask(text, variables);
  if (body.errors?.some(({ extensions }) => /^TOO_|^COST_/.test(extensions.code))) return false;
  const theirs = await mirrored(client, schema, document, variables);
  const note = `${text}\n${JSON.stringify(variables)}\n${JSON.stringify(body.errors)}`;
  // As text, for the order of keys.
  assert.equal(JSON.stringify(body.data), JSON.stringify(theirs.data), note);
  // Where nothing is left, one of the errors that are to blame is enough.
  if (body.data) assert.deepEqual(told(body.errors), told(theirs.errors), note);
  return true;
}

const told = (errors = []) => errors.map(({ path, extensions }) => `${path?.join(".")}: ${extensions.code}`).sort();

test("operations made up by chance answer what graphql-js makes of the same records", async () => {
  const number = count(150);
  let compared = 0;
  for (let index = 0; index < number; index += 1) {
    const both = await compare(operation(random(SEED * 1_000_003 + index), 0.05));
    compared += both ? 1 : 0;
  }
  assert.ok(compared > number * 0.8, `only ${compared}`);
});

const [TASK] = sample.data.tasks.nodes.map(({ id }) => id);
const chosen = {
  "fields that are named twice": "{ tasks(first: 2) { nodes { id } } tasks(first: 2) { nodes { title } nodes { id tags } } }",
  "fields of a record that are named twice": `{ task(id: "${TASK}") { subtasks { id } ...A ... on Node { id } } }
    fragment A on Task { subtasks { title subtasks { id } } parent { id } }`,
  "the order of fields across fragments": `{ node(id: "${TASK}") { ... on Task { title } id ... on Task { tags id } __typename } }`,
  "fragments within fragments on an interface": `{ node(id: "${TASK}") { ...A } }
    fragment A on Node { ... on Node { ...B id } ... on Workout { name } } fragment B on Task { subtasks { id } title }`,
  "a fragment that is skipped in one place alone": `{ task(id: "${TASK}") { ...A @skip(if: true) id ...A } } fragment A on Task { title }`,
  "a field that is skipped in one place alone": `{ task(id: "${TASK}") { title @skip(if: true) id title @include(if: true) } }`,
  "everything skipped": `{ task(id: "${TASK}") { title @skip(if: true) } version @include(if: false) }`,
  "records of which nothing is left": `{ workouts(first: 2) { nodes { exercises { id @skip(if: true) } history { ... @skip(if: true) { id } } } }
    tasks(first: 2) { edges { node { title @include(if: false) } } } }`,
  "a null in a field that may be null": '{ version task(id: "0190a5d0-0000-7000-8000-00000000ffff") { id } }',
  "an argument that cannot be taken": '{ version task(id: "x") { id } exercise(id: 7) { name } }',
  "a field for others": '{ version user(id: "0190a5d0-0000-7000-8000-00000000ffff") { id } viewer { role } }',
  "a null in a field that must not be null": "{ version tasks(first: -1) { totalCount } }",
  "one item for a list": '{ tasks(filter: {tagsAny: "home", priorities: HIGH}) { nodes { tags } } }',
  "a whole number for an id": "{ task(id: 7) { id } }",
  "an argument left out, absent, null": `query ($a: Int, $b: Int = null, $c: TaskOrder = DUE) {
    a: tasks(first: $a) { totalCount } b: tasks(first: $b) { totalCount } c: tasks(order: $c, first: 2) { nodes { title } }
  }`,
  "numbers at their edges": `{ a: tasks(first: -0) { totalCount } b: exercise(id: -0) { id }
    c: exercise(id: 18446744073709551616) { id } d: exercises(first: 1, offset: -0) { totalCount } }`,
  "texts however they are written": `query A { a: exercises(filter: {search: """
      bench
        press
    """}) { totalCount } b: exercises(filter: {search: "\\u{62}ench \\u0070ress"}) { totalCount } }`,
  "the name of every type": `{ __typename viewer { __typename settings { __typename } } tasks(first: 1) {
    __typename pageInfo { __typename } edges { __typename node { __typename } } } }`,
  "what the schema says, between fields": `{ version kind: __type(name: "Node") { kind interfaces { name } possibleTypes { name } }
    a: version __schema { queryType { name } } none: __type(name: "Nothing") { name } }`,
};

for (const [what, text] of Object.entries(chosen)) {
  test(`${what}: graphql-js says the same`, async () => assert.ok(await compare({ text, variables: {} })));
}

test("variables are taken or refused as graphql-js does", async () => {
  // Nobody is signed in, so that what is taken is refused a moment later.
  const stranger = nobody();
  const fields = Object.values(schema.getMutationType().getFields());
  const open = ["signUp", "signIn", "refreshSession"];
  const arguments_ = fields.filter(({ name }) => !open.includes(name)).flatMap((field) =>
    field.args.map((argument) => ({ field, argument })),
  );
  for (let index = 0; index < count(600); index += 1) {
    const chance = random(SEED * 1_000_003 + index);
    const { field, argument } = chance.pick(arguments_);
    const value = asJson(chance.chance(0.5) ? valueOf(argument.type, chance, 0.2) : wrongFor(argument.type, chance));
    const others = field.args.filter((it) => it !== argument && String(it.type).endsWith("!") && !it.defaultValue);
    const passed = [argument, ...others];
    const declared = passed.map((it) => `$${it.name}: ${it.type}`).join(", ");
    const given = passed.map((it) => `${it.name}: $${it.name}`).join(", ");
    const text = `mutation (${declared}) { ${field.name}(${given}) { __typename } }`;
    const variables = Object.fromEntries(others.map((it) => [it.name, asJson(valueOf(it.type, chance))]));
    if (value !== undefined) variables[argument.name] = value;
    const { coerced } = getVariableValues(schema, parse(text).definitions[0].variableDefinitions, variables);
    const { body } = await stranger.ask(text, variables);
    const taken = body.errors[0].extensions.code !== "BAD_VARIABLES";
    assert.equal(taken, coerced !== undefined, `${text}\n${JSON.stringify(variables)}\n${body.errors[0].message}`);
  }
});
