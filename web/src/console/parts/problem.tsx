// What went wrong, with what finds it in the server's log.

import { ApiError } from "../../shared/api";

export function Problem({ of, again }: { of: unknown; again?: () => void }) {
  if (!of) return null;
  const known = of instanceof ApiError ? of : null;
  return (
    <div class="problem-box" role="alert">
      <p>
        {known && <b>{known.code}</b>} {of instanceof Error ? of.message : String(of)}
      </p>
      {known?.requestId && (
        <p>
          request <code>{known.requestId}</code>
        </p>
      )}
      {again && (
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** In the place of a list that has nothing in it. */
export function Empty({ children }: { children: preact.ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
