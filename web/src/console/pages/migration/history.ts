// The runs of a migration's jobs, as its audit tells them.

import { bytes, number } from "../../parts/words";
import type { Job } from "./standing";

export interface Entry {
  seq: number;
  at: string;
  actor: string;
  action: string;
  fromPhase: string;
  toPhase: string;
  details: Record<string, unknown> | null;
}

export interface Run {
  /** The number of the row that it begins with. */
  seq: number;
  job: string;
  begun: string;
  /** Null while it is under way. */
  ended: string | null;
  outcome: string;
  isBad: boolean;
  actor: string;
}

/** What begins a run that lasts, and what ends it. */
const BACKFILL_BEGINS = ["begin the backfill", "go on with the backfill"];
const BACKFILL_ENDS: Record<string, string> = {
  "pause the backfill": "paused",
  "cancel the backfill": "given up",
  "finish the backfill": "done: both sides were equal",
};
const FENCE_ENDS: Record<string, string> = { "cut over": "done", "roll back": "done" };

/** Runs that are over when they are written down. */
const AT_ONCE: Record<string, (details: Record<string, unknown>) => [job: string, outcome: string]> = {
  "certify parity": () => ["Proof of parity", "both sides were equal"],
  "archive the files": (details) => ["Archive", sized(details)],
  "restore the files": (details) => ["Restore", sized(details)],
  "repair the files": (details) => ["Repair of the files", `${counted(details)} written again`],
  "take over the files": (details) => ["Repair of the database", `${counted(details)} taken over`],
};

/** Of rows with the oldest first; the answer has the newest first. */
export function runsOf(entries: Entry[], jobs: Job[]): Run[] {
  const runs: Run[] = [];
  const open = (job: string) => runs.findLast((run) => run.job === job && run.ended === null);
  for (const entry of entries) {
    const { action, at } = entry;
    const details = entry.details ?? {};
    if (BACKFILL_BEGINS.includes(action)) {
      // Its process ended without a word, and another one goes on.
      close(open("Backfill"), at, "interrupted", true);
      runs.push(begun(entry, "Backfill"));
    } else if (BACKFILL_ENDS[action]) {
      close(open("Backfill"), at, BACKFILL_ENDS[action]);
    } else if (action === "raise the fence") {
      runs.push(begun(entry, details["towards"] === "soak" ? "Cutover" : "Way back"));
    } else if (FENCE_ENDS[action]) {
      close(open("Cutover") ?? open("Way back"), at, FENCE_ENDS[action]);
    } else if (action === "lower the fence") {
      close(open("Cutover") ?? open("Way back"), at, `given up: ${String(details["reason"] ?? "see the audit")}`, true);
    } else if (AT_ONCE[action]) {
      const [job, outcome] = AT_ONCE[action](details);
      runs.push({ ...begun(entry, job), ended: at, outcome });
    }
  }
  const backfill = jobs.find((it) => it.job === "backfill");
  if (backfill?.state === "FAILED") close(open("Backfill"), backfill.updatedAt, "failed: the log says why", true);
  return runs.reverse();
}

function begun({ seq, at, actor }: Entry, job: string): Run {
  return { seq, job, begun: at, ended: null, outcome: "under way", isBad: false, actor };
}

function close(run: Run | undefined, at: string, outcome: string, isBad = false): void {
  if (run) Object.assign(run, { ended: at, outcome, isBad });
}

function counted({ records }: Record<string, unknown>): string {
  return records === 1 ? "1 record" : `${number(Number(records ?? 0))} records`;
}

function sized({ files, bytes: size }: Record<string, unknown>): string {
  return `${number(Number(files ?? 0))} files, ${bytes(Number(size ?? 0))}`;
}
