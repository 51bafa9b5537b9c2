// What was asked for: the answer, or that it is on its way, or why there is none.

import type { ComponentChildren } from "preact";

import type { Loaded } from "../hooks";
import { Problem } from "./problem";

interface Props<T> {
  of: Loaded<T>;
  /** What is read meanwhile. */
  what: string;
  children(data: T): ComponentChildren;
}

export function Asked<T>({ of: { data, problem, again }, what, children }: Props<T>) {
  return (
    <>
      <Problem of={problem} again={again} />
      {data !== null ? children(data) : !problem && <Loading what={what} />}
    </>
  );
}

/** It is seen only where it takes a while. */
export function Loading({ what }: { what: string }) {
  return <p class="loading">Reading {what}…</p>;
}
