// The way in from an app's JSON files: where it stands, what can be done about it, what either side has, and what was
// done by whom.

import { Loading } from "../../parts/asked";
import { Empty, Problem } from "../../parts/problem";
import { Steps } from "../../parts/steps";
import { clock, moment, number } from "../../parts/words";
import { Audit } from "./audit";
import { BackfillPlan } from "./plan";
import { Mirror } from "./mirror";
import { Next } from "./next";
import { ParityOfBoth } from "./parity";
import { People } from "./people";
import { Quarantine } from "./quarantine";
import { Runs } from "./runs";
import { Shadows } from "./shadows";
import { PHASES, jobOf, useMigration, type Migration } from "./standing";
import { Work } from "./work";

export function MigrationPage() {
  const { migration, problem, lostAt, again } = useMigration();
  return (
    <>
      <p class="stale" role="status">
        {lostAt && migration && `Reconnecting… What is shown is as it was at ${clock(lostAt)}.`}
      </p>
      <Problem of={problem} again={again} />
      {!migration && !problem && <Loading what="where the migration stands" />}
      {migration?.phase === "NONE" && <Nothing />}
      {migration && migration.phase !== "NONE" && <Standing of={migration} />}
      <Audit since={migration} />
    </>
  );
}

function Nothing() {
  return (
    <>
      <Empty>
        No files are attached, so there is nothing to move: PostgreSQL is read and written. To move an app here, name the
        folder with its JSON files in <code>REGIMEN_LEGACY_DIR</code> and start the server again, with a database that has no
        workouts yet. <code>regimen legacy inspect &lt;folder&gt;</code> tells beforehand what the files hold.
      </Empty>
      <h3>How it goes</h3>
      <Steps steps={PHASES} label="Phases of a migration" />
    </>
  );
}

function Standing({ of: migration }: { of: Migration }) {
  const { phase, epoch, fenceDeadline, useDbDualWrite, quarantined } = migration;
  const backfill = jobOf(migration, "backfill")?.state;
  const isToBeCopied = phase === "LEGACY" || (phase === "DUAL_WRITE" && backfill !== "RUNNING");
  // While it is being copied, nearly everything differs.
  const isCopied = ["BACKFILLED", "VERIFIED", "FENCE", "SOAK"].includes(phase) || backfill === "FAILED";
  return (
    <>
      <Steps steps={PHASES} current={phase === "FENCE" ? "VERIFIED" : phase} label="Phases of the migration" />
      {fenceDeadline && <p role="status">Writes are held up until {moment(fenceDeadline)} at the latest.</p>}
      <dl class="facts">
        {factsOf(migration).map(([name, text, tone]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={tone}>{text}</dd>
          </div>
        ))}
      </dl>
      <Next of={migration} />
      {migration.jobs.length > 0 && <Work jobs={migration.jobs} isOpen={phase === "DUAL_WRITE"} />}
      {phase !== "LEGACY" && <Runs since={migration} jobs={migration.jobs} />}
      {isToBeCopied && <BackfillPlan since={`${epoch} ${backfill}`} />}
      {isCopied && phase !== "COMPLETE" && <ParityOfBoth since={migration} isProved={phase === "VERIFIED" || phase === "SOAK"} />}
      {useDbDualWrite && <Mirror since={migration} />}
      {isCopied && phase !== "COMPLETE" && <Shadows since={epoch} />}
      {phase !== "COMPLETE" && <Quarantine count={quarantined} />}
      {phase === "LEGACY" && <People />}
    </>
  );
}

type Fact = [name: string, text: string, tone?: "good" | "bad"];

function factsOf(migration: Migration): Fact[] {
  const { phase, behind, quarantined, certifiedUntil, useDbDualWrite } = migration;
  const facts: Fact[] = [
    ["Read from", migration.readSource === "FILES" ? "the files" : "the database"],
    ["Dual write", useDbDualWrite ? "on" : "off"],
  ];
  if (useDbDualWrite) facts.push(["The files are behind by", behind === 1 ? "1 change" : `${number(behind)} changes`, behind > 0 ? undefined : "good"]);
  facts.push(["In quarantine", quarantined === 1 ? "1 piece" : `${number(quarantined)} pieces`, quarantined > 0 ? "bad" : "good"]);
  if (phase === "BACKFILLED" || phase === "VERIFIED") facts.push(["Proved equal until", certifiedUntil ? moment(certifiedUntil) : "not proved"]);
  facts.push(["In this phase since", moment(migration.since)]);
  return facts;
}
