// Whatever is asked, the server answers in the shape of its schema, or says what is wrong with the request;
// never that something is wrong with itself.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  buildSchema,
  execute,
  isAbstractType,
  Kind,
  parse,
  print,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from "graphql";

import { documentOf } from "../lib/documents.mjs";
import { random } from "../lib/random.mjs";
import { Client, count, SCHEMA, SEED } from "../lib/regimen.mjs";

const schema = buildSchema(readFileSync(SCHEMA, "utf8"));
/** What would end the account, or the session, that all of this is done with. */
const ENDING = ["deleteAccount", "signOut", "endSession", "endOtherSessions", "changePassword", "signUp", "signIn"];
const MISTAKES = ["INTERNAL", "UNAVAILABLE"];

/** Somebody of whom nobody else has records. */
async function newcomer(name) {
  const input = { email: `${name}-${Date.now()}@example.com`, password: "long enough, says Ada" };
  const stranger = new Client(process.env.REGIMEN_URL);
  const query = "mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }";
  const { body } = await stranger.ask(query, { input });
  return new Client(stranger.url, body.data.signUp.accessToken);
}

/** Asks each object of several kinds for its kind, so that its answer can be judged. */
function withKinds(document) {
  const info = new TypeInfo(schema);
  const enter = (node) => {
    if (!isAbstractType(info.getParentType())) return undefined;
    const kind = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };
    return { ...node, selections: [...node.selections, kind] };
  };
  return visit(document, visitWithTypeInfo(info, { SelectionSet: { leave: enter } }));
}

/** Asserts that graphql-js would have answered the same, had its fields held what was answered. */
async function assertShape(document, variableValues, { data, errors = [] }) {
  const failed = new Set(errors.map(({ path }) => path?.join(".")));
  const keyOf = (path) => (path ? [...keyOf(path.prev), path.key] : []);
  const fieldResolver = (source, _args, _context, { path }) => {
    const value = source[path.key];
    if (value === null && failed.has(keyOf(path).join("."))) throw new Error("as answered");
    return value;
  };
  const typeResolver = ({ __typename }) => __typename;
  const again = await execute({ schema, document, rootValue: data, variableValues, fieldResolver, typeResolver });
  assert.equal(JSON.stringify(again.data), JSON.stringify(data));
}

async function ask(client, kind, chance) {
  const roots = Object.keys(schema.getRootType(kind).getFields()).filter((name) => !ENDING.includes(name));
  let { text, variables } = documentOf(schema, chance, { kind, roots, extreme: 0.3, depth: 4 });
  // Records of one's own are worth more than ids that nobody has.
  const known = client.ids ?? [];
  const real = () => (known.length > 0 ? chance.pick(known) : crypto.randomUUID());
  [text, variables] = JSON.parse(JSON.stringify([text, variables]).replace(/0190a5d0-[0-9a-f-]{27}/g, real));
  const document = withKinds(parse(text));
  if (validate(schema, document).length > 0) return undefined;
  const answer = await client.ask(print(document), variables);
  const note = `${print(document)}\n${JSON.stringify(variables)}\n${answer.text.slice(0, 2000)}`;
  assert.ok([200, 400].includes(answer.status), note);
  for (const { extensions, message } of answer.body.errors ?? []) {
    assert.ok(extensions.code && message, note);
    assert.ok(!MISTAKES.includes(extensions.code), note);
  }
  if (answer.body.data) {
    await assertShape(document, variables, answer.body).catch((error) => assert.fail(`${error.message}\n${note}`));
    const seen = answer.text.match(/(?<=")[0-9a-f]{8}-[0-9a-f-]{27}(?=")/g) ?? [];
    client.ids = [...known, ...seen].slice(-200);
  }
  return answer.body.errors ? "with errors" : "well";
}

for (const kind of ["query", "mutation"]) {
  test(`whatever a ${kind} asks, it is answered or refused in order`, async () => {
    const client = await newcomer(kind);
    await client.ask('mutation { createTask(input: {title: "first"}) { task { id } } }');
    const ended = {};
    for (let index = 0; index < count(300); index += 1) {
      // There has to be something to ask for.
      const now = index % 4 === 3 ? "mutation" : kind;
      const how = await ask(client, now, random(SEED * 7_368_787 + index));
      ended[how] = (ended[how] ?? 0) + 1;
    }
    assert.ok(ended.well > 0, JSON.stringify(ended));
  });
}
