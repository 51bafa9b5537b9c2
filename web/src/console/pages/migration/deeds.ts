// What an admin can do on the way in, as data: what the button says, what is asked first, and what is sent.

import { number } from "../../parts/words";
import { jobOf, titleOf, type Migration, type NextStep } from "./standing";

export interface Deed {
  button: string;
  /** The question that is asked first. */
  title: string;
  deed: string;
  consequence: string;
  /** Whether it takes something away. */
  isDangerous?: boolean;
  /** Whether it leads on. */
  isNext?: boolean;
  query: string;
  variables?: Record<string, unknown>;
  /** What does the same on the server's machine, where there is such a command. */
  command?: string;
  /** What to say when it is done. */
  outcome: string | ((data: never) => { text: string; isBad: boolean });
}

const DONE = "migration { epoch }";
const named = (field: string) => `Console${field.charAt(0).toUpperCase()}${field.slice(1)}`;
const plain = (field: string) => `mutation ${named(field)} { ${field} { ${DONE} } }`;
const step = (field: string) => `mutation ${named(field)}($epoch: Int) { ${field}(expectedEpoch: $epoch) { ${DONE} } }`;

/** What can be done now, what leads on first. */
export function deedsOf(migration: Migration): Deed[] {
  const { phase, epoch, nextStep } = migration;
  const isFree = nextStep?.heldBackBy.length === 0;
  switch (phase) {
    case "LEGACY":
      return [dualWriteOn(epoch)];
    case "DUAL_WRITE":
      return jobOf(migration, "backfill")?.state === "RUNNING" ? [] : [backfill(jobOf(migration, "backfill")?.state)];
    case "BACKFILLED":
      return [prove("Prove that both sides are equal", true)];
    case "VERIFIED":
      return isFree ? [cutOver(epoch), prove("Prove it again", false)] : [prove("Prove it again", true)];
    case "SOAK":
      return soaking(migration);
    case "COMPLETE":
      return [RETIRE, restore(epoch)];
    default:
      return [];
  }
}

/** Until there is an archive, to make one is what leads on. */
function soaking(migration: Migration): Deed[] {
  switch (jobOf(migration, "archive")?.state) {
    case "DONE":
      return [complete(migration.epoch), archive("Archive again", false)];
    case undefined:
      return [archive("Archive the files", true)];
    default:
      return [archive("Archive again", true)];
  }
}

/** What the server says that holds a step back, with the button that helps before the command. */
export function advice(text: string, deeds: Deed[]): string {
  const command = /`(regimen [^`]+)`/.exec(text)?.[1];
  if (!command) return text;
  const why = text.split(": ", 1)[0];
  const deed = deeds.find((it) => it.command?.startsWith(command));
  if (deed) return `${why}: press “${deed.button}”, or run \`${deed.command}\``;
  const place = PLACES[command];
  return place ? `${why}: ${place}` : text;
}

/** Where on the page there is what a command would show. */
const PLACES: Record<string, string> = {
  "regimen backfill": "see how far it is under Jobs",
  "regimen parity": "see where under Parity",
  "regimen migration status": "look at the phase again",
};

function dualWriteOn(epoch: number): Deed {
  return {
    button: "Switch dual write on",
    title: "Switch dual write on?",
    deed: "Switch it on",
    consequence: "From now on each write goes to the database first, and from there to the files. The files are still what is read, and a way back that loses nothing stays open.",
    isNext: true,
    command: "regimen dual-write on",
    outcome: "Dual write is on: each write goes to both sides.",
    query: `mutation ConsoleDualWrite($epoch: Int) { setDualWrite(on: true, expectedEpoch: $epoch) { ${DONE} } }`,
    variables: { epoch },
  };
}

function backfill(state: string | undefined): Deed {
  const goesOn = state === "PAUSED" || state === "FAILED";
  return {
    button: goesOn ? "Go on with the backfill" : "Start the backfill",
    title: goesOn ? "Go on with the backfill?" : "Start the backfill?",
    deed: "Copy",
    consequence: "All records of the files are copied into the database, some at a time, while everybody goes on working. It can be paused, and goes on after a restart. At the end both sides are compared.",
    isNext: true,
    command: "regimen backfill",
    outcome: goesOn ? "The backfill goes on." : "The backfill has begun.",
    query: plain("startBackfill"),
  };
}

export const PAUSE: Deed = {
  button: "Pause",
  title: "Pause the backfill?",
  deed: "Pause",
  consequence: "What was copied stays, and it goes on where it stopped when somebody tells it to.",
  command: "regimen backfill pause",
  outcome: "The backfill waits until somebody tells it to go on.",
  query: plain("pauseBackfill"),
};

export const CANCEL: Deed = {
  button: "Give it up",
  title: "Give the backfill up?",
  deed: "Give it up",
  consequence: "What was copied stays; how far it got is forgotten. Another backfill begins anew and copies what is missing.",
  isDangerous: true,
  command: "regimen backfill cancel",
  outcome: "The backfill was given up.",
  query: plain("cancelBackfill"),
};

interface Proof {
  proveParity: { parity: { equal: boolean; read: number | null; entities: { missing: number; extra: number; differing: number }[] } };
}

function prove(button: string, isNext: boolean): Deed {
  return {
    button,
    title: "Compare everything?",
    deed: "Compare",
    consequence: "The files are read from the first byte to the last, and both sides are hashed anew. If nothing differs, that is the proof that a cutover asks for; it counts for an hour. Meanwhile the files do not follow.",
    isNext,
    command: "regimen parity --prove",
    query: "mutation ConsoleProve { proveParity { parity { equal read entities { missing extra differing } } } }",
    outcome({ proveParity: { parity } }: Proof) {
      const read = `${number(parity.read ?? 0)} records were read from the files`;
      if (parity.equal) return { text: `Proved: ${read}, and nothing differs.`, isBad: false };
      const all = parity.entities.reduce((sum, it) => sum + it.missing + it.extra + it.differing, 0);
      const differing = all === 1 ? "1 record differs" : `${number(all)} records differ`;
      return { text: `Not proved: ${read}, and ${differing}. See below under Parity.`, isBad: true };
    },
  };
}

function cutOver(epoch: number): Deed {
  return {
    button: "Cut over",
    title: "Cut over?",
    deed: "Cut over now",
    consequence: "The database becomes what is read. Writes wait for a moment, five seconds at most; if anything is wrong, all stays as it was. The files follow from then on, so that there is a way back.",
    isNext: true,
    command: "regimen cutover",
    outcome: "Cut over: the database is what is read, and the files follow.",
    query: step("cutOver"),
    variables: { epoch },
  };
}

function archive(button: string, isNext: boolean): Deed {
  return {
    button,
    title: "Archive the files?",
    deed: "Archive",
    consequence: "The files are copied to a new folder beside theirs, with a list of their hashes, and the copy is read back and compared with the database. The files stay as they are.",
    isNext,
    command: "regimen archive",
    outcome: "The files are in an archive, and the archive holds what the database holds.",
    query: plain("archiveFiles"),
  };
}

function complete(epoch: number): Deed {
  return {
    button: "Complete the migration",
    title: "Complete the migration?",
    deed: "Complete it",
    consequence: "The files no longer follow: from now on the database alone is written. The archive is compared with the database once more, and must still hold everything. The way back then leads through the archive.",
    isNext: true,
    command: "regimen complete",
    outcome: "The migration is complete: the database alone is read and written.",
    query: step("completeMigration"),
    variables: { epoch },
  };
}

const RETIRE: Deed = {
  button: "Remove the original files",
  title: "Remove the original files?",
  deed: "Remove them",
  consequence: "The app’s files are removed from their folder, each only if the archive has it as it is. The archive stays, and can bring them back.",
  isDangerous: true,
  command: "regimen archive --retire",
  query: plain("retireFiles"),
  outcome: "The original files are removed; the archive has them.",
};

function restore(epoch: number): Deed {
  return {
    button: "Bring the files back",
    title: "Bring the files back from the archive?",
    deed: "Bring them back",
    consequence: "The archive’s files are copied back to their folder, are given everything that was written since, and follow again. This leads back to the phase “Soak”, and opens the way back from there.",
    command: "regimen restore",
    outcome: "The files are back, and follow again.",
    query: step("restoreFiles"),
    variables: { epoch },
  };
}

export const REPAIR: Deed = {
  button: "Write the files again",
  title: "Write the files again?",
  deed: "Overwrite the files",
  consequence: "Wherever the files differ from the database, the database is taken to be right: those records are written to the files as it has them. What somebody else has changed there is lost.",
  isDangerous: true,
  query: plain("repairMirror"),
  outcome: "The files were written again.",
};

/** The other way round. */
export const TAKE_OVER: Deed = {
  button: "Take over what the files say",
  title: "Take over what the files say?",
  deed: "Change the database",
  consequence: "Wherever somebody else has written the files, the files are taken to be right: the database gets what they say, as changes that everybody’s clients are told of. A record that they lack is deleted.",
  isDangerous: true,
  query: `mutation ConsoleTakeOver { repairMirror(keep: FILES) { ${DONE} } }`,
  outcome: "The database has what the files say.",
};

/** Before an archive is made, and after it; from there `restore` is the way back. */
export function rollBack(epoch: number, { to }: NextStep): Deed {
  const goesToFiles = to === "LEGACY";
  return {
    button: `Go back to ${titleOf(to)}`,
    title: `Go back to ${titleOf(to)}?`,
    deed: "Go back",
    consequence: goesToFiles
      ? "The files alone are read and written again. They have everything; a later backfill begins anew. Writes wait for a moment."
      : "The files are read again, and each write goes to both sides. Nothing is lost. Writes wait for a moment.",
    isDangerous: true,
    command: "regimen rollback",
    outcome: goesToFiles
      ? "Back at Legacy: the files alone are read and written."
      : `Back at ${titleOf(to)}: the files are read again, and each write goes to both sides.`,
    query: step("rollbackMigration"),
    variables: { epoch },
  };
}
