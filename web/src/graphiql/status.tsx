// The line below the answers: how the last request went, and the id that finds it in the server's log.

import { keepEvents, seen, useValue, type Seen } from "./seen";

export function StatusLine() {
  const last = useValue(seen);
  const keeps = useValue(keepEvents);
  return (
    <div className="status">
      <p role="status">
        <Last seen={last} />
      </p>
      <label>
        <input type="checkbox" checked={keeps} onChange={(event) => keepEvents.set(event.target.checked)} />
        keep all events
      </label>
    </div>
  );
}

function Last({ seen }: { seen: Seen }) {
  if (!seen) return "Nothing was sent yet";
  if (seen.kind === "events") {
    const count = seen.count === 1 ? "1 event" : `${seen.count} events`;
    if (seen.isLost) return `reconnecting: ${count} so far; what happens meanwhile may be missed`;
    return seen.isOpen ? `listening: ${count} so far` : `${count}, no longer listening`;
  }
  const { status, body, millis, bytes, requestId } = seen.reply;
  const codes = new Set((body.errors ?? []).map((it) => it.extensions?.code ?? "error"));
  const cost = body.extensions?.["cost"];
  return (
    <>
      <b className={codes.size > 0 ? "bad" : "good"}>{codes.size > 0 ? [...codes].join(", ") : status}</b>{" "}
      {Math.round(millis)} ms · {size(bytes)}
      {typeof cost === "number" && ` · cost ${cost}`}
      {requestId && (
        <>
          {" "}
          · request <code>{requestId}</code>
        </>
      )}
    </>
  );
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}
