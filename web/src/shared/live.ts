// One subscription over `graphql-transport-ws`. The token goes into `connection_init`; when it expires, the server
// closes, and the client comes back with the next one.

import { createClient } from "graphql-ws";

import type { Answer, Question } from "./http";
import { accessToken } from "./session";

/** What each is told beside is the id that finds the connection in the server's log. */
export interface Listener {
  next(answer: Answer, requestId: string | null): void;
  error(error: unknown, requestId: string | null): void;
  complete(): void;
}

/** Begins to listen; the answer ends it. */
export function listen(question: Question, headers: Record<string, string>, listener: Listener): () => void {
  const url = new URL("/graphql", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  let requestId: string | null = null;
  const client = createClient({
    url: url.href,
    lazy: true,
    retryAttempts: 5,
    connectionParams: async () => {
      const token = await accessToken();
      // Whoever writes a header of their own means it, in whatever case.
      const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
      return token && !isGiven ? { Authorization: `Bearer ${token}`, ...headers } : headers;
    },
    on: {
      connected: (_socket, payload) => {
        requestId = typeof payload?.requestId === "string" ? payload.requestId : null;
      },
    },
  });
  const { query, operationName } = question;
  const variables = question.variables as Record<string, unknown> | undefined;
  const stop = client.subscribe({ query, variables, operationName }, {
    next: (answer) => listener.next(answer as Answer, requestId),
    error: (error) => listener.error(isClosed(error) ? new Error(closed(error)) : error, requestId),
    complete: () => listener.complete(),
  });
  return () => {
    stop();
    void client.dispose();
  };
}

function isClosed(error: unknown): error is CloseEvent {
  return typeof error === "object" && error !== null && "code" in error && "reason" in error;
}

function closed({ code, reason }: CloseEvent): string {
  return `the connection was closed: ${code}${reason && `, ${reason}`}`;
}
