// Apollo Client on the live server: pages that are joined, records that are normalised, errors, and what
// is watched.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";
import { firstValueFrom } from "rxjs";
import WebSocket from "ws";

import { signedIn } from "../lib/regimen.mjs";

const { url, socketUrl, headers } = signedIn();
const possibleTypes = {
  Node: [
    ...["Exercise", "Workout", "WorkoutExercise", "WorkoutSet", "HistoryEntry", "Task"],
    ...["Settings", "Session", "User"],
  ],
};
const operations = (file) => gql(readFileSync(join(import.meta.dirname, `../operations/${file}.graphql`), "utf8"));

/** One operation of a file, with the fragments of that file. */
function operation(file, name) {
  const document = operations(file);
  const definitions = document.definitions.filter((it) => it.kind === "FragmentDefinition" || it.name.value === name);
  return { ...document, definitions };
}

function connect(link = new HttpLink({ uri: url, headers })) {
  const typePolicies = { Query: { fields: { tasks: relayStylePagination(["filter"]) } } };
  return new ApolloClient({ link, cache: new InMemoryCache({ typePolicies, possibleTypes }) });
}

test("pages are joined into one list", async () => {
  const client = connect();
  const watched = client.watchQuery({ query: operation("tasks", "Tasks"), variables: { first: 2 } });
  const subscription = watched.subscribe(() => {});
  const { data } = await client.query({ query: watched.query, variables: { first: 2 } });
  assert.equal(data.tasks.edges.length, 2);
  await watched.fetchMore({ variables: { first: 2, after: data.tasks.pageInfo.endCursor } });
  const { tasks } = client.readQuery({ query: watched.query, variables: { first: 2 } });
  const titles = tasks.edges.map(({ node }) => node.title);
  assert.equal(new Set(titles).size, 4, titles.join());
  subscription.unsubscribe();
});

test("a mutation's answer changes the record wherever it is shown", async () => {
  const client = connect();
  const create = operation("tasks", "CreateTask");
  const made = await client.mutate({ mutation: create, variables: { input: { title: "Stretch" } } });
  const { id } = made.data.createTask.task;
  const query = operation("tasks", "TaskWithParts");
  await client.query({ query, variables: { id } });
  const update = operation("tasks", "UpdateTask");
  await client.mutate({ mutation: update, variables: { id, input: { title: "Stretch longer" } } });
  const shown = client.readQuery({ query, variables: { id } });
  assert.equal(shown.task.title, "Stretch longer");
});

test("nested records are kept once each, by type and id", async () => {
  const client = connect();
  const query = operation("workouts", "Workouts");
  const { data } = await client.query({ query, variables: { first: 5 } });
  const kept = Object.keys(client.cache.extract());
  const [workout] = data.workouts.edges.map(({ node }) => node);
  assert.ok(kept.includes(`Workout:${workout.id}`));
  assert.ok(kept.some((key) => key.startsWith("WorkoutSet:")), "no sets");
  assert.ok(kept.some((key) => key.startsWith("Exercise:")), "no exercises");
});

test("a refused request is an error of GraphQL, not of the network", async () => {
  const failing = connect().query({ query: gql("{ noSuchField }") });
  await assert.rejects(failing, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), error.name);
    assert.equal(error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    return true;
  });
});

test("an error of one field leaves the others", async () => {
  const query = gql('{ version task(id: "0190a5d0-0000-7000-8000-00000000ffff") { id } }');
  const { data, error } = await connect().query({ query, errorPolicy: "all" });
  assert.equal(typeof data.version, "string");
  assert.equal(data.task, null);
  assert.deepEqual(error.errors[0].path, ["task"]);
});

test("what is watched arrives over a WebSocket", async () => {
  const client = connect();
  const { data } = await client.query({ query: operation("sync", "SyncCursor") });
  const create = operation("tasks", "CreateTask");
  await client.mutate({ mutation: create, variables: { input: { title: "Watched by Apollo" } } });
  const socket = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: headers });
  const watching = connect(new GraphQLWsLink(socket));
  const variables = { after: data.syncCursor, entities: ["TASK"] };
  const answers = watching.subscribe({ query: operation("sync", "Changed"), variables });
  const answer = await firstValueFrom(answers);
  assert.equal(answer.data.changed.node.title, "Watched by Apollo");
  await socket.dispose();
});
