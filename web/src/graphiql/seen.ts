// What the page tells beside the answers: how the last request went, and what there is to know of the schema.

import { useSyncExternalStore } from "react";

import type { Reply } from "../shared/http";
import { value, type Value } from "../shared/value";

/** The last request that somebody sent, or how many events a subscription has had so far. */
export type Seen = { kind: "reply"; reply: Reply } | { kind: "events"; count: number; isOpen: boolean; isLost: boolean } | null;

export const seen = value<Seen>(null);
/** Why there is neither completion nor documentation. */
export const schemaNotice = value("");
/** Whether all events of a subscription are shown, and not just the last. */
export const keepEvents = value(localStorage.getItem("regimen.keep-events") !== "false");

keepEvents.subscribe(() => localStorage.setItem("regimen.keep-events", String(keepEvents.get())));

export function useValue<T>(from: Value<T>): T {
  return useSyncExternalStore(from.subscribe, from.get);
}
