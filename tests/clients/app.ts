// A piece of an app, for the compiler: what it may rely on, and what it must check.
import { unmask } from "./client";
import {
  CreateTaskDocument,
  TaskRowFragmentDoc,
  TasksDocument,
  type CreateTaskInput,
  type WorkoutsQuery,
} from "./client/graphql";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

declare function ask<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;

export async function titles(): Promise<string[]> {
  const { tasks } = await ask(TasksDocument, { first: 10 });
  return tasks.edges.map(({ node }) => unmask(TaskRowFragmentDoc, node).title);
}

export async function create(input: CreateTaskInput): Promise<string | undefined> {
  // A mutation that fails answers null beside its error.
  const { createTask } = await ask(CreateTaskDocument, { input });
  return createTask ? unmask(TaskRowFragmentDoc, createTask.task).id : undefined;
}

export function isLast(page: WorkoutsQuery): boolean {
  return !page.workouts.pageInfo.hasNextPage;
}
