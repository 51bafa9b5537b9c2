// Requests on behalf of whoever is signed in in this tab.

import { isUnauthenticated, post, type GraphQlError, type Question, type Reply } from "./http";
import { accessToken, demoted, renewed } from "./session";

/** Sends it with the token of this tab; once more with the next one if that is refused. */
export async function send(question: Question, headers: Record<string, string> = {}): Promise<Reply> {
  const brought = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  const token = brought ? null : await accessToken();
  if (!token) return post(question, headers);
  const reply = await post(question, { ...headers, authorization: `Bearer ${token}` });
  if (!isUnauthenticated(reply)) return reply;
  const next = await renewed(token);
  return next ? post(question, { ...headers, authorization: `Bearer ${next}` }) : reply;
}

/** An answer that was not all data. */
export class ApiError extends Error {
  readonly code: string;

  constructor(
    readonly errors: GraphQlError[],
    readonly requestId: string | null,
  ) {
    super(errors.map((it) => it.message).join("; ") || "the server gave no data");
    this.code = errors[0]?.extensions?.code ?? "UNKNOWN";
  }
}

/** The data of an answer; an `ApiError` where there is an error in it. What is asked like this is for admins. */
export async function ask<T>(query: string, variables?: Record<string, unknown>): Promise<T> {
  const { body, requestId } = await send({ query, variables });
  if (body.errors || !body.data) throw refused(body.errors ?? [], requestId);
  return body.data as T;
}

/** Why an admin was given no data. Whoever is told that this is for admins is none any more. */
export function refused(errors: GraphQlError[], requestId: string | null): ApiError {
  const error = new ApiError(errors, requestId);
  if (error.code === "FORBIDDEN") demoted();
  return error;
}
