// Subscriptions, by the reference clients of both protocols, and the close codes that a client never sees.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient as eventsClient } from "graphql-sse";
import { CloseCode, createClient as socketClient, GRAPHQL_TRANSPORT_WS_PROTOCOL as PROTOCOL } from "graphql-ws";
import WebSocket from "ws";

import { signedIn } from "../lib/regimen.mjs";

const client = signedIn();
const CREATE = 'mutation { createTask(input: {title: "watched"}) { task { id } } }';
const WATCH = "subscription Watch($after: String!) { changed(after: $after, entities: [TASK]) { id operation } }";

const connections = {
  "a WebSocket": () =>
    socketClient({
      url: client.socketUrl,
      webSocketImpl: WebSocket,
      connectionParams: client.headers,
      retryAttempts: 0,
      lazyCloseTimeout: 0,
    }),
  "an event stream": () => eventsClient({ url: client.url, headers: client.headers, retryAttempts: 0 }),
};

/** What an operation answers, up to `most` answers. */
async function collect(connection, request, most = Infinity) {
  const answers = [];
  for await (const answer of connection.iterate(request)) {
    answers.push(answer);
    if (answers.length >= most) break;
  }
  return answers;
}

for (const [name, open] of Object.entries(connections)) {
  test(`a query over ${name} has one answer`, async () => {
    const connection = open();
    const answers = await collect(connection, { query: "{ __typename viewer { email } }" });
    await connection.dispose();
    assert.equal(answers.length, 1);
    assert.deepEqual(answers[0].data, { __typename: "Query", viewer: { email: "test@example.com" } });
  });

  test(`what changes is told over ${name}`, async () => {
    const { body } = await client.ask("{ syncCursor }");
    const made = await client.ask(CREATE);
    const connection = open();
    const request = { query: WATCH, variables: { after: body.data.syncCursor } };
    const [answer] = await collect(connection, request, 1);
    await connection.dispose();
    const { id } = made.body.data.createTask.task;
    assert.deepEqual(answer.data.changed, { id, operation: "UPSERT" });
  });

  test(`an invalid operation over ${name} is refused with its errors`, async () => {
    const connection = open();
    // Over a WebSocket it is a message of its own, in an event stream the only answer.
    const answers = collect(connection, { query: "{ noSuchField }" });
    const [error] = await answers.then(([answer]) => answer.errors).catch((errors) => errors);
    assert.match(error.message, /noSuchField/);
    assert.equal(error.extensions.code, "GRAPHQL_VALIDATION_FAILED");
    await connection.dispose();
  });
}

/** Sends frames, the next ones whenever something is told, and says how the connection ended. */
function frames(sent) {
  return new Promise((done, failed) => {
    const socket = new WebSocket(client.socketUrl, PROTOCOL);
    const left = [...sent];
    const next = () => left.shift()?.forEach((frame) => socket.send(frame));
    socket.on("open", next);
    socket.on("message", next);
    socket.on("close", done);
    socket.on("error", failed);
  });
}

const GREETING = JSON.stringify({ type: "connection_init", payload: client.headers });
const WATCH_ALL = JSON.stringify({
  id: "1",
  type: "subscribe",
  payload: { query: "subscription { changed { id } }" },
});
const NAMELESS = JSON.stringify({ type: "subscribe", payload: { query: "{ version }" } });

const ends = {
  "something that is no JSON": [[["{"]], CloseCode.BadRequest],
  "a message of an unknown type": [[['{"type":"hello"}']], CloseCode.BadRequest],
  "an operation without an id": [[[GREETING], [NAMELESS]], CloseCode.BadRequest],
  "an operation before the greeting": [[[WATCH_ALL]], CloseCode.Unauthorized],
  "a second greeting": [[[GREETING], [GREETING]], CloseCode.TooManyInitialisationRequests],
  "an id that is in use": [[[GREETING], [WATCH_ALL, WATCH_ALL]], CloseCode.SubscriberAlreadyExists],
  "no greeting at all": [[], CloseCode.ConnectionInitialisationTimeout],
};

for (const [what, [sent, code]] of Object.entries(ends)) {
  test(`a connection with ${what} is closed with ${code}`, { timeout: 15_000 }, async () => {
    assert.equal(await frames(sent), code);
  });
}
