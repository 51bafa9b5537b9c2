// What scanners look for in a GraphQL server: each probe is a request as they send it, with what may not come
// of it. Asked of a server as developers start it, and of one that keeps its schema to itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client, start } from "../lib/regimen.mjs";

const { REGIMEN_URL: OPEN } = process.env;
const JSON_ONLY = { "content-type": "application/json", accept: "application/json" };
const repeated = (count, part) => Array.from({ length: count }, (_, index) => part(index)).join(" ");

let closed;
before(async () => {
  closed = await start({ REGIMEN_INTROSPECTION: "false", REGIMEN_GRAPHIQL: "false" });
});
after(() => closed?.stop());

/** Sends a body as it is; the status, the text, and what it holds where it is JSON. */
async function send(url, body, headers = JSON_ONLY) {
  return read(await fetch(url, { method: "POST", headers, body }));
}

async function get(url, query) {
  return read(await fetch(`${url}?${new URLSearchParams({ query })}`, { headers: JSON_ONLY }));
}

async function read(response) {
  const text = await response.text();
  try {
    return { status: response.status, text, body: JSON.parse(text) };
  } catch {
    return { status: response.status, text, body: {} };
  }
}

const ask = (url, query) => send(url, JSON.stringify({ query, operationName: "probe" }));

const CIRCLE = "types { fields { type { ".repeat(3) + "name" + " }".repeat(9);
const FORM = new URLSearchParams({ query: "query probe { __typename }" }).toString();

/** Each answers whether the server let it happen. */
const PROBES = {
  "101 aliases are run": async (url) => {
    const { body } = await ask(url, `query probe { ${repeated(101, (n) => `alias${n}: __typename`)} }`);
    return body.data?.alias100 !== undefined;
  },
  "a field is run that stands there 500 times": async (url) => {
    const { body } = await ask(url, `query probe { ${repeated(500, () => "__typename")} }`);
    return body.data !== undefined;
  },
  "requests are answered in batches": async (url) => {
    const batch = Array.from({ length: 10 }, () => ({ query: "query probe { __typename }" }));
    const { body } = await send(url, JSON.stringify(batch));
    return Array.isArray(body) || body.data !== undefined;
  },
  "directives are answered one by one": async (url) => {
    const { body } = await ask(url, `query probe { __typename ${"@aa".repeat(10)} }`);
    return (body.errors ?? []).length >= 10;
  },
  "introspection goes round in circles": async (url) => {
    const { body } = await ask(url, `query probe { __schema { ${CIRCLE} } }`);
    return body.data !== undefined;
  },
  "a mutation is run by GET": async (url) => {
    const { status, body } = await get(url, "mutation probe { __typename }");
    return status < 400 || body.data !== undefined;
  },
  "a form is taken, as any page can send one": async (url) => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const text = { "content-type": "text/plain" };
    const answers = [await send(url, FORM, form), await send(url, JSON.stringify({ query: "{ __typename }" }), text)];
    return answers.some(({ status, body }) => status < 400 || body.data !== undefined);
  },
  "a misspelled field of the schema's own is answered with the right one": async (url) => {
    const { text } = await ask(url, "query probe { __schema { directive } }");
    return /did you mean/i.test(text);
  },
  "answers tell how long each part of them took": async (url) => {
    const { body } = await ask(url, "query probe { __typename }");
    return body.extensions?.tracing !== undefined;
  },
  "an error tells of the program": async (url) => {
    const { text } = await ask(url, "qwerty probe { abc }");
    return /exception|stack|panick|src\/|\.rs/i.test(text);
  },
};

for (const [what, happens] of Object.entries(PROBES)) {
  test(`it does not happen that ${what}`, async () => {
    for (const url of [OPEN, closed.url]) {
      assert.equal(await happens(url), false, url === OPEN ? "as developers start it" : "as a closed server");
    }
  });
}

test("queries are answered by GET, which is meant so", async () => {
  const { body } = await get(closed.url, "query probe { __typename }");
  assert.equal(body.data.__typename, "Query");
});

test("only a server for developers tells its schema and has a page to try it", async () => {
  const query = "query probe { __schema { types { name } } }";
  assert.ok((await ask(OPEN, query)).body.data.__schema.types.length > 25);
  const refused = await new Client(closed.url).ask(query);
  assert.equal(refused.body.errors[0].extensions.code, "INTROSPECTION_DISABLED");
  // The page at /console is for admins, and tries no query.
  for (const path of ["/", "/graphiql", "/playground", "/graphql"]) {
    const page = await fetch(new URL(path, closed.url), { headers: { accept: "text/html" } });
    assert.ok(!/<html|GraphiQL|graphql-playground/.test(await page.text()), path);
  }
});

test("a misspelled name is never answered with the right one where the schema is hidden", async () => {
  const { text } = await ask(closed.url, "query probe { exercises { totalCuont } }");
  assert.ok(!/totalCount|did you mean/i.test(text), text);
});
