// How GraphiQL's requests get to the server: with the token of this tab and the headers of the editor, subscriptions
// over a WebSocket, everything else by POST.

import type { ExecutionResult } from "graphql";
import type { Fetcher, FetcherParams, Observable } from "@graphiql/toolkit";
import { getOperationAST, parse, type DocumentNode } from "graphql";

import { send } from "../shared/api";
import type { Answer, Reply } from "../shared/http";
import { listen } from "../shared/live";
import { session } from "../shared/session";
import { keepEvents, schemaNotice, seen } from "./seen";

const INTROSPECTION = "IntrospectionQuery";
/** Older events make room for newer ones. */
const MOST_EVENTS = 200;

export const fetcher: Fetcher = async (asked, options) => {
  const headers = texts(options?.headers ?? {});
  const { params, kind } = understood(asked);
  if (kind === "subscription") return events(params, headers);
  const reply = await send(params, headers);
  if (params.operationName === INTROSPECTION) {
    schemaNotice.set(noticeOf(reply));
  } else {
    seen.set({ kind: "reply", reply });
  }
  return reply.body as ExecutionResult;
};

function texts(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)]));
}

/** GraphiQL looks at what is written only now and then, so what it says of the operation may be of the text before. */
function understood(params: FetcherParams): { params: FetcherParams; kind?: string } {
  let document: DocumentNode;
  try {
    document = parse(params.query);
  } catch {
    // What is wrong with it is for the server to say.
    return { params };
  }
  const operation = getOperationAST(document, params.operationName);
  if (operation) return { params, kind: operation.operation };
  const only = getOperationAST(document);
  return only ? { params: { ...params, operationName: only.name?.value }, kind: only.operation } : { params };
}

function noticeOf({ body, requestId }: Reply): string {
  const error = body.errors?.[0];
  const doings = "completion and documentation are missing, but what you write is sent all the same.";
  switch (error?.extensions?.code) {
    case undefined:
      return error ? `${error.message} (request ${requestId})` : "";
    case "INTROSPECTION_DISABLED":
      return `This server shows its schema to admins only: ${doings}`;
    case "DOCUMENT_NOT_TRUSTED":
      return "This server answers the documents of its manifest only: nothing else that you write will run.";
    default:
      return `There is no schema: ${error?.message} (request ${requestId})`;
  }
}

function events(params: FetcherParams, headers: Record<string, string>): Observable<ExecutionResult> {
  const subscribe = (sink: unknown) => {
    const { next, error, complete } = sink as Sink;
    const kept: unknown[] = [];
    let count = 0;
    const tell = (isOpen: boolean, isLost = false) => seen.set({ kind: "events", count, isOpen, isLost });
    const listener = {
      next(answer: Answer) {
        count += 1;
        kept.unshift({ event: count, at: new Date().toLocaleTimeString([], { hour12: false }), ...answer });
        kept.length = Math.min(kept.length, MOST_EVENTS);
        tell(true);
        next(keepEvents.get() ? shown(kept, count) : answer);
      },
      error(cause: unknown, requestId: string | null) {
        tell(false);
        error(requestId ? named(cause, requestId) : cause);
      },
      complete() {
        tell(false);
        complete();
      },
      connected: (is: boolean) => tell(true, !is),
    };
    tell(true);
    const stop = listen(params, headers, listener);
    // Events are for whoever was signed in when they were asked for.
    const asked = session.get()?.account.email;
    const watch = session.subscribe(() => {
      if (session.get()?.account.email === asked) return;
      watch();
      stop();
      tell(false);
      complete();
    });
    return {
      unsubscribe() {
        watch();
        stop();
        tell(false);
      },
    };
  };
  return { subscribe: subscribe as Observable<ExecutionResult>["subscribe"] };
}

/** An error with the id that finds the connection in the server's log. */
function named(cause: unknown, requestId: string): Error {
  const message = cause instanceof Error ? cause.message : Array.isArray(cause) ? cause[0]?.message : String(cause);
  return new Error(`${message} (request ${requestId})`);
}

interface Sink {
  next(answer: unknown): void;
  error(cause: unknown): void;
  complete(): void;
}

/** The newest comes first, where it is seen without scrolling. */
function shown(kept: unknown[], count: number): object {
  const omitted = count - kept.length;
  return omitted > 0 ? { events: kept, omitted } : { events: kept };
}
