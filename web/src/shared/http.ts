// One GraphQL request over HTTP, without any knowledge of who is signed in.

export interface GraphQlError {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; field?: string; [key: string]: unknown };
}

export interface Answer {
  data?: unknown;
  errors?: GraphQlError[];
  extensions?: Record<string, unknown>;
}

export interface Reply {
  status: number;
  body: Answer;
  /** Finds the request in the server's log. */
  requestId: string | null;
  millis: number;
  bytes: number;
}

export interface Question {
  query: string;
  variables?: unknown;
  operationName?: string | null;
}

/** Sends it and reads whatever is answered; fails only where there is no answer at all. */
export async function post(question: Question, headers: Record<string, string> = {}): Promise<Reply> {
  const began = performance.now();
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { accept: "application/graphql-response+json", "content-type": "application/json", ...headers },
    body: JSON.stringify(question),
  }).catch((error: unknown) => {
    throw new Error(`the server did not answer: is it running? (${error instanceof Error ? error.message : error})`);
  });
  const text = await response.text();
  return {
    status: response.status,
    body: read(text, response.status),
    requestId: response.headers.get("x-request-id"),
    millis: performance.now() - began,
    bytes: new TextEncoder().encode(text).length,
  };
}

/** What stands between us and the server may answer with something else than JSON. */
function read(text: string, status: number): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return { errors: [{ message: `the answer is not JSON: status ${status}, beginning \`${text.slice(0, 80)}\`` }] };
  }
}

/** Whether the token that was sent is no longer good. */
export function isUnauthenticated(reply: Reply): boolean {
  return reply.status === 401 || (reply.body.errors ?? []).some((it) => it.extensions?.code === "UNAUTHENTICATED");
}
