// The way in from an app's JSON files: where it stands, what holds the next step back, and what was done by whom.

import { useEffect, useState } from "preact/hooks";

import { ApiError, ask } from "../../shared/api";
import { listen } from "../../shared/live";
import { Audit } from "../parts/audit";
import { ParityOfBoth } from "../parts/both";
import { Confirm } from "../parts/confirm";
import { Empty, Problem } from "../parts/problem";
import { Progress } from "../parts/progress";
import { Steps, type Step } from "../parts/steps";
import { moment, number } from "../parts/words";

const STATUS = `phase epoch since readSource useDb useDbDualWrite fenceDeadline behind certifiedUntil quarantined
  jobs { job state place progress updatedAt }
  nextStep { to heldBackBy } rollbackStep { to heldBackBy }`;
const WATCH = `subscription ConsoleMigration { migrationProgress { ${STATUS} } }`;
const SET = `mutation ConsoleDualWrite($on: Boolean!, $epoch: Int) {
  setDualWrite(on: $on, expectedEpoch: $epoch) { migration { epoch } }
}`;
const BACKFILL = "mutation ConsoleBackfill { startBackfill { migration { epoch } } }";
const PAUSE = "mutation ConsolePause { pauseBackfill { migration { epoch } } }";
const CANCEL = "mutation ConsoleCancel { cancelBackfill { migration { epoch } } }";
const PROVE = "mutation ConsoleProve { proveParity { parity { equal } } }";
const CUT_OVER = `mutation ConsoleCutOver($epoch: Int) {
  cutOver(expectedEpoch: $epoch) { migration { epoch } }
}`;
const ROLL_BACK = `mutation ConsoleRollBack($epoch: Int) {
  rollbackMigration(expectedEpoch: $epoch) { migration { epoch } }
}`;

const PHASES: Step[] = [
  { name: "LEGACY", title: "Legacy", note: "the files are read and written" },
  { name: "DUAL_WRITE", title: "Dual write", note: "each write goes to both sides" },
  { name: "BACKFILLED", title: "Backfilled", note: "the database has all that the files have" },
  { name: "VERIFIED", title: "Verified", note: "both sides were proved equal" },
  { name: "SOAK", title: "Soak", note: "the database is read, the files follow" },
  { name: "COMPLETE", title: "Complete", note: "the database alone; the files are archived" },
];

interface Migration {
  phase: string;
  epoch: number;
  since: string;
  readSource: string;
  useDb: boolean;
  useDbDualWrite: boolean;
  fenceDeadline: string | null;
  behind: number;
  certifiedUntil: string | null;
  quarantined: number;
  jobs: Job[];
  nextStep: NextStep | null;
  rollbackStep: NextStep | null;
}

interface Job {
  job: string;
  state: string;
  place: string | null;
  progress: { rows?: number; rowsInAll?: number };
  updatedAt: string;
}

interface NextStep {
  to: string;
  heldBackBy: string[];
}

export function MigrationPage() {
  const { migration, problem, again } = useMigration();
  return (
    <>
      <Problem of={problem} again={again} />
      {migration?.phase === "NONE" && (
        <>
          <Empty>
            No files are attached, so there is nothing to move: PostgreSQL is read and written. To move an app here, name the
            folder with its JSON files in <code>REGIMEN_LEGACY_DIR</code> and start the server again.
          </Empty>
          <h3>How it goes</h3>
          <Steps steps={PHASES} label="Phases of a migration" />
        </>
      )}
      {migration && migration.phase !== "NONE" && <Standing of={migration} />}
      <Audit since={migration?.epoch} />
    </>
  );
}

/** The state now and whenever it changes. */
function useMigration() {
  const [migration, setMigration] = useState<Migration | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setProblem(null);
    return listen({ query: WATCH }, {}, {
      next({ data, errors }) {
        if (errors) return setProblem(new ApiError(errors, null));
        setMigration((data as { migrationProgress: Migration }).migrationProgress);
        setProblem(null);
      },
      error: (cause) => setProblem(Array.isArray(cause) ? new ApiError(cause, null) : cause),
      complete: () => undefined,
    });
  }, [turn]);
  return { migration, problem, again: () => setTurn(turn + 1) };
}

function Standing({ of: migration }: { of: Migration }) {
  const { phase, readSource, behind, quarantined, certifiedUntil, fenceDeadline } = migration;
  const facts: [string, string, string?][] = [
    ["Read from", readSource === "FILES" ? "the files" : "the database"],
    ["Dual write", migration.useDbDualWrite ? "on" : "off"],
    ["The files are behind by", `${number(behind)} changes`, behind > 0 ? "bad" : "good"],
    ["In quarantine", number(quarantined), quarantined > 0 ? "bad" : "good"],
    ["Proved equal until", certifiedUntil ? moment(certifiedUntil) : "not proved"],
    ["In this phase since", moment(migration.since)],
  ];
  return (
    <>
      <Steps steps={PHASES} current={phase === "FENCE" ? "VERIFIED" : phase} label="Phases of the migration" />
      {fenceDeadline && <p role="status">Writes are held up until {moment(fenceDeadline)} at the latest.</p>}
      <dl class="facts">
        {facts.map(([name, text, tone]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={tone}>{text}</dd>
          </div>
        ))}
      </dl>
      <Deeds of={migration} />
      {phase !== "LEGACY" && <ParityOfBoth since={migration.epoch} />}
      {migration.jobs.length > 0 && <Jobs jobs={migration.jobs} />}
    </>
  );
}

interface Deed {
  button: string;
  title: string;
  deed: string;
  consequence: string;
  isDangerous: boolean;
  query: string;
  variables: Record<string, unknown>;
}

function Deeds({ of: migration }: { of: Migration }) {
  const { epoch, nextStep, rollbackStep } = migration;
  const [asked, setAsked] = useState<Deed | null>(null);
  const next = nextStep && title(nextStep.to);
  return (
    <section aria-labelledby="next" class="deeds">
      <h3 id="next">{next ? `Next: ${next}` : "Nothing comes next"}</h3>
      {nextStep && nextStep.heldBackBy.length > 0 && (
        <ul>
          {nextStep.heldBackBy.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <div class="buttons">
        {deedsOf(migration).map((it) => (
          <button key={it.button} type="button" class={`button ${it.isDangerous ? "" : "primary"}`} onClick={() => setAsked(it)}>
            {it.button}
          </button>
        ))}
        {rollbackStep && (
          <button type="button" class="button" disabled={rollbackStep.heldBackBy.length > 0} onClick={() => setAsked(rollBack(epoch, rollbackStep))}>
            Go back to {title(rollbackStep.to)}
          </button>
        )}
      </div>
      {rollbackStep && rollbackStep.heldBackBy.length > 0 && <p class="quiet">The way back waits: {rollbackStep.heldBackBy.join("; ")}.</p>}
      {asked && (
        <Confirm {...asked} act={() => ask(asked.query, asked.variables)} close={() => setAsked(null)}>
          <p>{asked.consequence}</p>
        </Confirm>
      )}
    </section>
  );
}

/** What can be done now. */
function deedsOf({ phase, epoch, nextStep, jobs }: Migration): Deed[] {
  const state = jobs.find(({ job }) => job === "backfill")?.state;
  switch (phase) {
    case "LEGACY":
      return [dualWriteOn(epoch)];
    case "DUAL_WRITE":
      return state === "RUNNING" ? [PAUSED, CANCELLED] : [backfill(state === "PAUSED")];
    case "BACKFILLED":
      return [PROVED];
    case "VERIFIED":
      return nextStep?.heldBackBy.length === 0 ? [cutOver(epoch)] : [PROVED];
    default:
      return [];
  }
}

function dualWriteOn(epoch: number): Deed {
  return {
    button: "Switch dual write on",
    title: "Switch dual write on?",
    deed: "Switch it on",
    consequence:
      "From now on each write goes to the database first, and from there to the files. The files are still what is read, and a way back that loses nothing stays open.",
    isDangerous: false,
    query: SET,
    variables: { on: true, epoch },
  };
}

function backfill(wasPaused: boolean): Deed {
  return {
    button: wasPaused ? "Go on with the backfill" : "Start the backfill",
    title: wasPaused ? "Go on with the backfill?" : "Start the backfill?",
    deed: "Copy",
    consequence: "All records of the files are copied into the database, some at a time, while everybody goes on working. It can be paused, and goes on after a restart.",
    isDangerous: false,
    query: BACKFILL,
    variables: {},
  };
}

const PAUSED: Deed = {
  button: "Pause the backfill",
  title: "Pause the backfill?",
  deed: "Pause",
  consequence: "What was copied stays, and it goes on where it stopped.",
  isDangerous: false,
  query: PAUSE,
  variables: {},
};

const CANCELLED: Deed = {
  button: "Give the backfill up",
  title: "Give the backfill up?",
  deed: "Give it up",
  consequence: "What was copied stays; another backfill begins anew and copies what is missing.",
  isDangerous: true,
  query: CANCEL,
  variables: {},
};

const PROVED: Deed = {
  button: "Prove that both sides are equal",
  title: "Compare everything?",
  deed: "Compare",
  consequence: "The files are read from the first byte to the last, and both sides are hashed anew. If nothing differs, that is the proof that a cutover asks for; it counts for an hour.",
  isDangerous: false,
  query: PROVE,
  variables: {},
};

function cutOver(epoch: number): Deed {
  return {
    button: "Cut over",
    title: "Cut over?",
    deed: "Cut over now",
    consequence: "The database becomes what is read. Writes wait for a moment, five seconds at most; if anything is wrong, all stays as it was. The files follow from then on, so that there is a way back.",
    isDangerous: false,
    query: CUT_OVER,
    variables: { epoch },
  };
}

function rollBack(epoch: number, { to }: NextStep): Deed {
  const consequence =
    to === "LEGACY"
      ? "The files alone are read and written again. They have everything; a later backfill begins anew. Writes wait for a moment."
      : "The files are read again, and each write goes to both sides. Nothing is lost. Writes wait for a moment.";
  const question = `Go back to ${title(to)}?`;
  return { button: "", title: question, deed: "Go back", consequence, isDangerous: true, query: ROLL_BACK, variables: { epoch } };
}

function title(phase: string): string {
  return PHASES.find(({ name }) => name === phase)?.title ?? phase;
}

function Jobs({ jobs }: { jobs: Job[] }) {
  return (
    <section aria-labelledby="jobs">
      <h3 id="jobs">Work</h3>
      {jobs.map(({ job, state, place, progress, updatedAt }) => (
        <div key={job} class="job">
          {state === "RUNNING" && progress.rowsInAll ? (
            <Progress label={job} done={progress.rows ?? 0} total={progress.rowsInAll} />
          ) : (
            <p>
              <b>{job}</b> {state.toLowerCase()}
              {place && `, at ${place}`} <span class="quiet">{moment(updatedAt)}</span>
            </p>
          )}
        </div>
      ))}
    </section>
  );
}
