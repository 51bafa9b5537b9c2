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
import { REPAIR, TAKE_OVER } from "./deeds";
import { useNames } from "./names";
import { OneRecord } from "./record";

const QUERY = `query ConsoleMirror {
  mirror { behind queued waitingSince queue { entity owner id reason tries since } }
}`;
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

interface Answer {
  mirror: State;
}

/** Asked again whenever `since` is another one, and now and then. */
export function Mirror({ since }: { since: unknown }) {
  const load = useCallback(() => ask<Answer>(QUERY), []);
  const mirror = useLoaded(load, EVERY);
  const { again } = mirror;
  useEffect(again, [since, again]);
  return (
    <Section id="mirror" title="Mirror">
      <Asked of={mirror} what="how far the files are">
        {({ mirror: state }) => (
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
      <Deeds deeds={[REPAIR, TAKE_OVER]} done={again} />
    </Section>
  );
}

function told({ behind, queued, waitingSince }: State): string {
  if (behind + queued === 0) return "The files have all that was written.";
  const lacking = behind > 0 && `${number(behind)} ${behind === 1 ? "change is" : "changes are"} on the way to the files`;
  const waiting = queued > 0 && `${number(queued)} ${queued === 1 ? "record waits" : "records wait"} because the files did not take ${queued === 1 ? "it" : "them"}`;
  const age = waitingSince && duration(Math.max(1, (Date.now() - Date.parse(waitingSince)) / 1000));
  const oldest = age ? ` (${behind + queued === 1 ? "" : "the oldest "}for ${age})` : "";
  return `${[lacking, waiting].filter(Boolean).join(", and ")}${oldest}.`;
}

function Queue({ of: { queued, queue } }: { of: State }) {
  const nameOf = useNames(queue.map(({ owner }) => owner));
  return (
    <>
      <h4>Conflicts and failures</h4>
      <p>
        What failed for a moment is tried again by itself. Where somebody else has written the files, find and stop them first. Then, if the
        database is right, have the files written again; if what they wrote is right, take it over.
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
                <p class="quiet">Tried {it.tries === 1 ? "once" : `${number(it.tries)} times`}.</p>
                <OneRecord of={it} same="Both sides are shown alike: what waits counts as written, though the file has yet to take it." />
              </>
            )}
          </Opened>
        ))}
      </ul>
    </>
  );
}
