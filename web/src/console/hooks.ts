// What the pages share: values that change, what is asked again and again, and where somebody is.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import type { Value } from "../shared/value";

export function useValue<T>(from: Value<T>): T {
  const [current, setCurrent] = useState(from.get);
  useEffect(() => {
    setCurrent(() => from.get());
    return from.subscribe(() => setCurrent(() => from.get()));
  }, [from]);
  return current;
}

export interface Loaded<T> {
  /** The last answer, also while there is a problem. */
  data: T | null;
  /** Why the last question had no answer. */
  problem: unknown;
  /** Whether the data answers this question, and not the one before it. */
  isCurrent: boolean;
  /** Asks now. */
  again(): void;
}

/** Asks at once, then every so many milliseconds as long as somebody looks; once where `every` is left out. */
export function useLoaded<T>(load: () => Promise<T>, every?: number): Loaded<T> {
  const [state, setState] = useState<State<T>>({ data: null, problem: null, of: null });
  const latest = useRef(0);
  const again = useCallback(() => {
    const turn = ++latest.current;
    const isCurrent = () => turn === latest.current;
    load().then(
      (data) => isCurrent() && setState({ data, problem: null, of: load }),
      (problem: unknown) => isCurrent() && setState((before) => ({ ...before, problem })),
    );
  }, [load]);
  useEffect(() => {
    again();
    const timer = every && setInterval(() => document.hidden || again(), every);
    return () => {
      latest.current += 1;
      clearInterval(timer);
    };
  }, [again, every]);
  const { data, problem, of } = state;
  return { data, problem, isCurrent: of === load, again };
}

interface State<T> {
  data: T | null;
  problem: unknown;
  /** What was asked. */
  of: unknown;
}

/** The part of the address behind `#/`. */
export function useRoute(): string {
  const read = () => location.hash.replace(/^#\//, "");
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
