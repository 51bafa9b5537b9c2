// A value that tells whoever listens when it becomes another one.

export interface Value<T> {
  get(): T;
  set(next: T): void;
  /** Calls back after every change; the answer stops that. */
  subscribe(listener: () => void): () => void;
}

export function value<T>(first: T): Value<T> {
  const listeners = new Set<() => void>();
  let current = first;
  return {
    get: () => current,
    set(next) {
      if (Object.is(next, current)) return;
      current = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
