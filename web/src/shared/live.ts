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
  /** Told when the connection is lost, and when it is there again. */
  connected?(is: boolean): void;
}

/** So long nothing may be heard before the other side is asked whether it is still there, and then before it is given up. */
const SILENCE = 10_000;
const PATIENCE = 5_000;
/** The longest wait before the next try. */
const LONGEST = 10_000;

/** Begins to listen; the answer ends it. */
export function listen(question: Question, headers: Record<string, string>, listener: Listener): () => void {
  const url = new URL("/graphql", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  let requestId: string | null = null;
  let unanswered: ReturnType<typeof setTimeout> | undefined;
  // A connection that nobody needs any more is closed, and not lost.
  let isOver = false;
  const client = createClient({
    url: url.href,
    lazy: true,
    keepAlive: SILENCE,
    // Whoever listens means to, however long the server is away; what it refuses is not tried again.
    retryAttempts: Infinity,
    // A server that is away is told by a mere error, which would not be tried again otherwise.
    shouldRetry: () => true,
    retryWait: pause,
    connectionParams: async () => {
      const token = await accessToken();
      // Whoever writes a header of their own means it, in whatever case.
      const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
      return token && !isGiven ? { Authorization: `Bearer ${token}`, ...headers } : headers;
    },
    on: {
      connected: (_socket, payload) => {
        requestId = typeof payload?.requestId === "string" ? payload.requestId : null;
        listener.connected?.(true);
      },
      closed: () => {
        clearTimeout(unanswered);
        if (!isOver) listener.connected?.(false);
      },
      // A connection that was cut without a word is told by its silence alone.
      ping: (isReceived) => {
        if (!isReceived) unanswered = setTimeout(() => client.terminate(), PATIENCE);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(unanswered);
      },
    },
  });
  const { query, operationName } = question;
  const variables = question.variables as Record<string, unknown> | undefined;
  const stop = client.subscribe({ query, variables, operationName }, {
    next: (answer) => listener.next(answer as Answer, requestId),
    error: (error) => {
      isOver = true;
      listener.error(isClosed(error) ? new Error(closed(error)) : error, requestId);
    },
    complete: () => {
      isOver = true;
      listener.complete();
    },
  });
  return () => {
    isOver = true;
    stop();
    void client.dispose();
  };
}

/** Longer each time, and not the same for everybody who was cut off together. */
function pause(tries: number): Promise<void> {
  const milliseconds = Math.min(LONGEST, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
  return new Promise((go) => setTimeout(go, milliseconds));
}

function isClosed(error: unknown): error is CloseEvent {
  return typeof error === "object" && error !== null && "code" in error && "reason" in error;
}

function closed({ code, reason }: CloseEvent): string {
  return `the connection was closed: ${code}${reason && `, ${reason}`}`;
}
