// The work that is under way or was done: the backfill, the archive, and the way back from there.

import { Progress } from "../../parts/progress";
import { Section } from "../../parts/section";
import { bytes, moment, number } from "../../parts/words";
import { Deeds } from "./deed";
import { CANCEL, PAUSE } from "./deeds";
import type { Job } from "./standing";

/** The backfill can be told something as long as it is `isOpen`. */
export function Work({ jobs, isOpen }: { jobs: Job[]; isOpen: boolean }) {
  return (
    <Section id="work" title="Jobs">
      {jobs.map((job) => (
        <div key={job.job} class="job">
          {job.job === "backfill" ? <Backfill job={job} isOpen={isOpen} /> : <Line job={job} text={told(job)} />}
        </div>
      ))}
    </Section>
  );
}

function Backfill({ job, isOpen }: { job: Job; isOpen: boolean }) {
  const { state, progress } = job;
  const { owners = 0, ownersInAll = 0, rows = 0, rowsPerSecond = 0, secondsLeft } = progress;
  const isHalfDone = state === "RUNNING" || state === "PAUSED";
  // Nothing is told of the rate where all was there already.
  const isFast = state === "RUNNING" && rowsPerSecond > 0;
  const deeds = state === "RUNNING" ? [PAUSE, CANCEL] : isOpen && (state === "PAUSED" || state === "FAILED") ? [CANCEL] : [];
  return (
    <>
      {isHalfDone ? (
        <Progress
          label={state === "PAUSED" ? "Backfill, paused" : "Backfill"}
          done={owners}
          total={ownersInAll}
          unit="people"
          rate={isFast ? { words: `${number(rows)} rows, ${number(rowsPerSecond)} a second`, secondsLeft } : { words: `${number(rows)} rows` }}
        />
      ) : (
        <Line job={job} text={told(job)} />
      )}
      {deeds.length > 0 && <Deeds deeds={deeds} />}
    </>
  );
}

function Line({ job: { job, state, updatedAt }, text }: { job: Job; text: string }) {
  return (
    <p>
      <b class={state === "FAILED" ? "bad" : ""}>{NAMES[job] ?? job}</b> {text} <span class="quiet">{moment(updatedAt)}</span>
    </p>
  );
}

const NAMES: Record<string, string> = { backfill: "Backfill", archive: "Archive", restore: "Restore" };

function told({ job, state, place, progress }: Job): string {
  const { owners = 0, rows = 0, files = 0 } = progress;
  if (state === "FAILED") return "ended because of an error: the server’s log says why. It goes on where it stopped.";
  if (state === "CANCELLED") return `was given up after ${number(rows)} rows.`;
  if (job === "backfill") return `${number(rows)} rows of ${number(owners)} people were copied, and both sides were equal.`;
  if (job === "archive") return `${number(files)} files, ${bytes(progress.bytes ?? 0)}, in ${place}`;
  return `${number(files)} files, from ${place}`;
}
