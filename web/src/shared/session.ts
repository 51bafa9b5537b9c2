// Who is signed in in this tab, and how they stay so. Both pages use it.
//
// Tokens are kept in `sessionStorage`: a reload finds them, another tab and the next start of the browser do not.
// A refresh token is good for one use, and a second one ends the session, so exactly one tab may hold it. But
// a tab that is duplicated takes a copy of `sessionStorage` along. Therefore a tab holds a lock for as long as it lives;
// a copy does not get it, drops the refresh token, and stays signed in only until the access token expires.
// Browsers offer locks over HTTPS and on the own machine only: elsewhere the refresh token is not written down at all.

import { isUnauthenticated, post, type Answer } from "./http";
import { value } from "./value";

export interface Account {
  email: string | null;
  displayName: string;
  role: "MEMBER" | "ADMIN";
}

export interface Session {
  account: Account;
  accessToken: string;
  /** Gets the next tokens, once. */
  refreshToken: string | null;
  /** By this machine's clock, in milliseconds. */
  expiresAt: number;
  /** How long before that the next tokens are fetched. */
  margin: number;
  /** The lock that says which tab it belongs to. */
  lock: string;
}

/** Why somebody cannot sign in, or is no longer signed in. */
export class Refused extends Error {}

interface Tokens {
  accessToken: string;
  expiresAt: string;
  refreshToken: string;
  user: Account;
}

const KEY = "regimen.session";
const TOKENS = "accessToken expiresAt refreshToken user { email displayName role }";
const SIGN_IN = `mutation SignIn($input: SignInInput!) { signIn(input: $input) { ${TOKENS} } }`;
const REFRESH = `mutation Refresh($token: String!) { refreshSession(refreshToken: $token) { ${TOKENS} } }`;
const SIGN_OUT = "mutation SignOut { signOut { ended } }";

/** The session of this tab; null where nobody is signed in. */
export const session = value<Session | null>(null);
/** Why the session ended by itself. */
export const farewell = value("");

/** Takes up what this tab has kept. Wait for it before the first request. */
export async function resume(): Promise<void> {
  const kept = stored();
  if (!kept) return;
  const ours = await claim(kept.lock);
  const refreshToken = ours ? kept.refreshToken : null;
  if (!refreshToken && kept.expiresAt <= Date.now()) return forget("");
  keep({ ...kept, refreshToken });
}

export async function signIn(email: string, password: string): Promise<void> {
  const { body, requestId } = await post({ query: SIGN_IN, variables: { input: { email, password } } });
  const tokens = payload(body, "signIn");
  if (!tokens) throw new Refused(reason(body, requestId));
  const lock = crypto.getRandomValues(new Uint32Array(4)).join("-");
  await claim(lock);
  farewell.set("");
  keep(sessionOf(tokens, lock));
}

/** Ends the session here at once, and on the server if that can be reached. */
export async function signOut(): Promise<void> {
  const token = session.get()?.accessToken;
  forget("");
  if (token) await post({ query: SIGN_OUT }, { authorization: `Bearer ${token}` }).catch(() => undefined);
}

/** A token that is good for a moment yet, fetched anew if need be; null where nobody is signed in. */
export async function accessToken(): Promise<string | null> {
  const current = session.get();
  if (!current) return null;
  if (Date.now() < current.expiresAt - current.margin) return current.accessToken;
  if (current.refreshToken) return renewed(current.accessToken);
  if (Date.now() < current.expiresAt) return current.accessToken;
  forget("your session has ended: sign in again");
  return null;
}

let exchange: Promise<string | null> | null = null;

/** The token after one that was refused or expires, fetched once however many requests wait for it. */
export function renewed(stale: string): Promise<string | null> {
  const current = session.get();
  if (current && current.accessToken !== stale) return Promise.resolve(current.accessToken);
  exchange ??= exchangeTokens().finally(() => {
    exchange = null;
  });
  return exchange;
}

async function exchangeTokens(): Promise<string | null> {
  const current = session.get();
  if (!current?.refreshToken) {
    forget("your session has ended: sign in again");
    return null;
  }
  const reply = await post({ query: REFRESH, variables: { token: current.refreshToken } });
  const tokens = payload(reply.body, "refreshSession");
  // Somebody may have signed out, or in, while the answer was on its way.
  if (session.get() !== current) return session.get()?.accessToken ?? null;
  if (tokens) {
    keep(sessionOf(tokens, current.lock));
    return tokens.accessToken;
  }
  // Whatever else went wrong may go better the next time.
  if (!isUnauthenticated(reply)) return current.accessToken;
  forget("your session has ended: sign in again");
  return null;
}

/** Somebody else took the role away; the next tokens would say so. */
export function demoted(): void {
  const current = session.get();
  if (current?.account.role === "ADMIN") keep({ ...current, account: { ...current.account, role: "MEMBER" } });
}

function sessionOf(tokens: Tokens, lock: string): Session {
  const expiresAt = Date.parse(tokens.expiresAt);
  const lifetime = Math.max(0, expiresAt - Date.now());
  const { accessToken, refreshToken, user } = tokens;
  return { account: user, accessToken, refreshToken, expiresAt, margin: Math.min(30_000, lifetime / 3), lock };
}

function payload(body: Answer, field: string): Tokens | null {
  return (body.data as Record<string, Tokens | null> | undefined)?.[field] ?? null;
}

function reason(body: Answer, requestId: string | null): string {
  const error = body.errors?.[0];
  if (!error) return "the server gave no answer";
  return requestId ? `${error.message} (request ${requestId})` : error.message;
}

function keep(next: Session): void {
  const written = navigator.locks ? next : { ...next, refreshToken: null };
  sessionStorage.setItem(KEY, JSON.stringify(written));
  session.set(next);
}

function forget(why: string): void {
  sessionStorage.removeItem(KEY);
  farewell.set(why);
  session.set(null);
}

function stored(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Session | null;
  } catch {
    return null;
  }
}

/** Holds a lock until this tab is closed or reloaded; says whether it could be had. */
function claim(name: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(false);
  return new Promise((done) => {
    // A page that is being left may hold it a moment longer.
    const signal = AbortSignal.timeout(500);
    const held = navigator.locks.request(`regimen.session.${name}`, { signal }, () => {
      done(true);
      return new Promise<void>(() => undefined);
    });
    held.catch(() => done(false));
  });
}
