// Where the move from JSON files to PostgreSQL stands.

import { useLoaded } from "../hooks";
import { Empty, Problem } from "../parts/problem";
import { Steps, type Step } from "../parts/steps";

const PHASES: Step[] = [
  { name: "legacy", title: "Legacy", note: "JSON files are read and written" },
  { name: "dual_write", title: "Dual write", note: "every write goes to both" },
  { name: "backfilled", title: "Backfilled", note: "what was there before is copied" },
  { name: "verified", title: "Verified", note: "both sides hold the same" },
  { name: "soak", title: "Soak", note: "PostgreSQL is read, JSON is kept up" },
  { name: "complete", title: "Complete", note: "PostgreSQL alone" },
];

interface Health {
  phase: string;
  mirror: { lag: number };
}

const load = async () => (await fetch("/health/ready").then((it) => it.json())) as Health;

export function MigrationPage() {
  const { data, problem, again } = useLoaded(load, 5000);
  return (
    <>
      <Problem of={problem} again={again} />
      {data?.phase === "complete" && (
        <>
          <Empty>
            No legacy store is attached: PostgreSQL is read and written, and nothing is mirrored. There is nothing to do here.
          </Empty>
          <h3>How a migration goes</h3>
          <Steps steps={PHASES} label="Phases of a migration" />
        </>
      )}
      {data && data.phase !== "complete" && <Steps steps={PHASES} current={data.phase} label="Phases of the migration" />}
    </>
  );
}
