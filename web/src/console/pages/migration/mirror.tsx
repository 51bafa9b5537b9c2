// How far the files follow the database, since when, and what they did not take: each with both sides, and the way to
// say which one is right.

import { useCallback, useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Coded } from "../../parts/coded";
import { Opened } from "../../parts/opened";
import { Empty } from "../../parts/problem";
import { Section } from "../../parts/section";
import { duration, moment, number } from "../../parts/words";
import { Deeds } from "./deed";
import { REPAIR } from "./deeds";
import { useNames } from "./names";
import { OneRecord } from "./record";

const QUERY = "query ConsoleMirror { mirror { behind queued waitingSince queue { entity owner id reason tries since } } }";
const EVERY = 5000;

interface Waiting {
  entity: string;
  owner: string;
  id: string;
  reason: string;
  tries: number;
  since: string;
}

interface State {
  behind: number;
  queued: number;
  waitingSince: string | null;
  queue: Waiting[];
}

/** Asked again whenever `since` is another one, and now and then. */
export function Mirror({ since }: { since: unknown }) {
  const load = useCallback(async () => (await ask<{ mirror: State }>(QUERY)).mirror, []);
  const mirror = useLoaded(load, EVERY);
  const { again } = mirror;
  useEffect(again, [since, again]);
  return (
    <Section id="mirror" title="Mirror">
      <Asked of={mirror} what="how far the files are">
        {(state) => (
          <>
            <p class={state.queued > 0 ? "bad" : ""}>{told(state)}</p>
            {state.queued > 0 ? (
              <Queue of={state} />
            ) : (
              <Empty>
                Nothing waits. What the files cannot take, because a disk is full or somebody else has written them, is kept here with
                the reason, and tried again.
              </Empty>
            )}
          </>
        )}
      </Asked>
      <Deeds deeds={[REPAIR]} done={again} />
    </Section>
  );
}

function told({ behind, queued, waitingSince }: State): string {
  if (behind + queued === 0) return "The files have all that was written.";
  const lacking = behind > 0 && `${number(behind)} ${behind === 1 ? "change is" : "changes are"} on the way to the files`;
  const waiting = queued > 0 && `${number(queued)} ${queued === 1 ? "record waits" : "records wait"} because the files did not take ${queued === 1 ? "it" : "them"}`;
  const age = waitingSince && `, for ${duration(Math.max(1, (Date.now() - Date.parse(waitingSince)) / 1000))} by now`;
  return `${[lacking, waiting].filter(Boolean).join(", and ")}${age ?? ""}.`;
}

function Queue({ of: { queued, queue } }: { of: State }) {
  const nameOf = useNames(queue.map(({ owner }) => owner));
  return (
    <>
      <h4>Conflicts and failures</h4>
      <p>
        Open a record to see both sides. If the database is right, have the files written again. If the files are right, change the record
        in the app as the files have it, and then have them written.
        {queue.length < queued && ` Shown are the ${number(queue.length)} that have waited longest.`}
      </p>
      <ul class="slow" aria-label="What the files did not take">
        {queue.map((it) => (
          <Opened
            key={`${it.entity} ${it.owner} ${it.id}`}
            summary={
              <>
                {it.entity.toLowerCase()} of {nameOf(it.owner)} <span>since {moment(it.since)}</span> <Coded text={it.reason} />
              </>
            }
          >
            {() => (
              <>
                <p>
                  <Coded text={it.reason} /> <span class="quiet">Tried {it.tries === 1 ? "once" : `${number(it.tries)} times`}.</span>
                </p>
                <OneRecord of={it} />
              </>
            )}
          </Opened>
        ))}
      </ul>
    </>
  );
}
