// Where the way in from an app's files stands, as the server tells it, and how it is called here.

import { useEffect, useState } from "preact/hooks";

import { refused } from "../../../shared/api";
import type { GraphQlError } from "../../../shared/http";
import { listen } from "../../../shared/live";
import type { Step } from "../../parts/steps";

const WATCH = `subscription ConsoleMigration { migrationProgress {
  phase epoch since readSource useDbDualWrite fenceDeadline behind certifiedUntil quarantined
  jobs { job state place progress updatedAt }
  nextStep { to heldBackBy } rollbackStep { to heldBackBy }
} }`;

export const PHASES: Step[] = [
  { name: "LEGACY", title: "Legacy", note: "the files are read and written" },
  { name: "DUAL_WRITE", title: "Dual write", note: "each write goes to both sides" },
  { name: "BACKFILLED", title: "Backfilled", note: "the database has all that the files have" },
  { name: "VERIFIED", title: "Verified", note: "both sides were proved equal" },
  { name: "SOAK", title: "Soak", note: "the database is read, the files follow" },
  { name: "COMPLETE", title: "Complete", note: "the database alone; the files are archived" },
];

export interface Migration {
  phase: string;
  epoch: number;
  since: string;
  readSource: string;
  useDbDualWrite: boolean;
  fenceDeadline: string | null;
  behind: number;
  certifiedUntil: string | null;
  quarantined: number;
  jobs: Job[];
  nextStep: NextStep | null;
  rollbackStep: NextStep | null;
}

export interface Job {
  job: string;
  state: "RUNNING" | "PAUSED" | "CANCELLED" | "FAILED" | "DONE";
  place: string | null;
  progress: Record<string, number | undefined>;
  updatedAt: string;
}

export interface NextStep {
  to: string;
  heldBackBy: string[];
}

export interface Standing {
  migration: Migration | null;
  problem: unknown;
  /** When the connection was lost, while it is. */
  lostAt: Date | null;
  again(): void;
}

/** The state now and whenever it changes. */
export function useMigration(): Standing {
  const [migration, setMigration] = useState<Migration | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [lostAt, setLostAt] = useState<Date | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setProblem(null);
    return listen({ query: WATCH }, {}, {
      next({ data, errors }, requestId) {
        if (errors) return setProblem(refused(errors, requestId));
        setMigration((data as { migrationProgress: Migration }).migrationProgress);
        setProblem(null);
      },
      error: (cause, requestId) => setProblem(Array.isArray(cause) ? refused(cause as GraphQlError[], requestId) : cause),
      complete: () => undefined,
      connected: (is) => setLostAt((before) => (is ? null : (before ?? new Date()))),
    });
  }, [turn]);
  return { migration, problem, lostAt, again: () => setTurn(turn + 1) };
}

/** Where nobody stands for long. */
const OTHERS: Record<string, string> = { NONE: "No files", FENCE: "Fence" };

export function titleOf(phase: string): string {
  return PHASES.find(({ name }) => name === phase)?.title ?? OTHERS[phase] ?? phase;
}

export function jobOf({ jobs }: Migration, name: string): Job | undefined {
  return jobs.find(({ job }) => job === name);
}
