// urql with graphcache on the live server, with the schema itself for the cache to reason by.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { buildSchema, introspectionFromSchema } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { SCHEMA, signedIn } from "../lib/regimen.mjs";

const { url, socketUrl, headers } = signedIn();
const schema = introspectionFromSchema(buildSchema(readFileSync(SCHEMA, "utf8")));

/** Objects that are not records: they live inside of whatever answers them. */
const embedded = () => null;
const keys = { TagCount: embedded, ChangePage: embedded, Change: ({ cursor }) => cursor };

function connect(more = {}) {
  const socket = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: headers });
  const warnings = [];
  const cache = cacheExchange({
    schema,
    keys,
    resolvers: { Query: { tasks: relayPagination() } },
    logger: (severity, message) => severity !== "debug" && warnings.push(message),
  });
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe(request, sink) }),
  });
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers },
    exchanges: [cache, subscriptionExchange({ forwardSubscription }), fetchExchange],
    ...more,
  });
  return { client, socket, warnings };
}

const TASKS = gql`
  query Tasks($first: Int!, $after: String) {
    tasks(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          title
          completed
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

test("pages are joined into one list, and the cache has nothing to complain of", async () => {
  const { client, warnings } = connect();
  const one = await client.query(TASKS, { first: 2 }).toPromise();
  assert.ifError(one.error);
  const { endCursor } = one.data.tasks.pageInfo;
  const both = await client.query(TASKS, { first: 2, after: endCursor }).toPromise();
  assert.equal(new Set(both.data.tasks.edges.map(({ node }) => node.id)).size, 4);
  assert.deepEqual(warnings, []);
});

test("a mutation's answer changes the record in a list that was read before", async () => {
  const { client } = connect();
  const before = await client.query(TASKS, { first: 1 }).toPromise();
  const [{ node }] = before.data.tasks.edges;
  const update = gql`
    mutation Rename($id: ID!, $title: String!) {
      updateTask(id: $id, input: { title: $title }) {
        task {
          id
          title
        }
      }
    }
  `;
  const title = `${node.title}!`;
  const changed = await client.mutation(update, { id: node.id, title }).toPromise();
  assert.ifError(changed.error);
  const shown = client.readQuery(TASKS, { first: 1 });
  assert.equal(shown.data.tasks.edges[0].node.title, title);
  await client.mutation(update, { id: node.id, title: node.title }).toPromise();
});

test("any record is found by its id, with the fields of its kind", async () => {
  const { client } = connect();
  const list = await client.query(TASKS, { first: 1 }).toPromise();
  const [{ node }] = list.data.tasks.edges;
  const query = gql("query ($id: ID!) { node(id: $id) { id ... on Task { title } ... on Workout { name } } }");
  const found = await client.query(query, { id: node.id }).toPromise();
  assert.deepEqual({ ...found.data.node }, { id: node.id, title: node.title });
});

test("an error has its code and the field it is about", async () => {
  const { client } = connect();
  const create = gql('mutation { createTask(input: { title: " " }) { task { id } } }');
  const { error } = await client.mutation(create, {}).toPromise();
  const [{ extensions, path }] = error.graphQLErrors;
  assert.deepEqual([path, extensions.code, extensions.field], [["createTask"], "VALIDATION", "input.title"]);
});

test("queries go by GET", async () => {
  const { client } = connect({ preferGetMethod: "force" });
  const { data, error } = await client.query(TASKS, { first: 1 }).toPromise();
  assert.ifError(error);
  assert.equal(data.tasks.edges.length, 1);
});

test("what is watched arrives over a WebSocket", async () => {
  const { client, socket } = connect();
  const { data } = await client.query(gql("{ syncCursor }"), {}).toPromise();
  const create = gql('mutation { createTask(input: { title: "Watched by urql" }) { task { id } } }');
  await client.mutation(create, {}).toPromise();
  const watch = gql(`subscription ($after: String!) {
    changed(after: $after, entities: [TASK]) { cursor node { id ... on Task { title } } }
  }`);
  const answer = await new Promise((done) => {
    const { unsubscribe } = client.subscription(watch, { after: data.syncCursor }).subscribe((answer) => {
      queueMicrotask(() => unsubscribe());
      done(answer);
    });
  });
  assert.ifError(answer.error);
  assert.equal(answer.data.changed.node.title, "Watched by urql");
  await socket.dispose();
});
