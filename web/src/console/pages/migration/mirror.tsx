// How far the files follow the database, and what they did not take.

import { useCallback, useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Coded } from "../../parts/coded";
import { Empty, Problem } from "../../parts/problem";
import { moment, number } from "../../parts/words";
import { Deeds } from "./deed";
import { REPAIR } from "./deeds";

const QUERY = "query ConsoleMirror { mirror { behind queued queue { entity owner reason tries since } } }";
const EVERY = 5000;
const NOBODY = "00000000-0000-0000-0000-000000000000";

interface Waiting {
  entity: string;
  owner: string;
  reason: string;
  tries: number;
  since: string;
}

interface State {
  behind: number;
  queued: number;
  queue: Waiting[];
}

/** Asked again whenever `since` is another one, and now and then. */
export function Mirror({ since }: { since: unknown }) {
  const load = useCallback(async () => (await ask<{ mirror: State }>(QUERY)).mirror, []);
  const { data, problem, again } = useLoaded(load, EVERY);
  useEffect(again, [since, again]);
  return (
    <section aria-labelledby="mirror">
      <h3 id="mirror">Mirror</h3>
      <Problem of={problem} again={again} />
      {data && <p class={data.queued > 0 ? "bad" : ""}>{told(data)}</p>}
      {data && data.queue.length > 0 && <Queue of={data} />}
      {data && data.queued === 0 && <Empty>Nothing waits. What the files cannot take is kept here, with the reason, and tried again.</Empty>}
      <Deeds deeds={[REPAIR]} done={again} />
    </section>
  );
}

function told({ behind, queued }: State): string {
  if (behind + queued === 0) return "The files have all that was written.";
  const lacking = behind > 0 && `${number(behind)} ${behind === 1 ? "change is" : "changes are"} on the way to the files`;
  const waiting = queued > 0 && `${number(queued)} ${queued === 1 ? "record waits" : "records wait"} because the files did not take ${queued === 1 ? "it" : "them"}`;
  return `${[lacking, waiting].filter(Boolean).join(", and ")}.`;
}

function Queue({ of: { queued, queue } }: { of: State }) {
  return (
    <>
      {queue.length < queued && <p class="quiet">The {number(queue.length)} that have waited longest:</p>}
      <div class="wide" tabIndex={0} role="group" aria-label="What the files did not take">
        <table>
          <thead>
            <tr>
              <th scope="col">Record</th>
              <th scope="col">Why</th>
              <th scope="col">Tried</th>
              <th scope="col">Waits since</th>
              <th scope="col">Whose</th>
            </tr>
          </thead>
          <tbody>
            {queue.map((it, at) => (
              <tr key={at}>
                <th scope="row">{it.entity.toLowerCase()}</th>
                <td class="why">
                  <Coded text={it.reason} />
                </td>
                <td>{it.tries === 1 ? "once" : `${number(it.tries)} times`}</td>
                <td>{moment(it.since)}</td>
                <td>{it.owner === NOBODY ? "the library" : <code>{it.owner}</code>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
