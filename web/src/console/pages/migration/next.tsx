// The next step, what it waits for, and the one back.

import { Coded } from "../../parts/coded";
import { Deeds } from "./deed";
import { deedsOf, rollBack } from "./deeds";
import { titleOf, type Migration } from "./standing";

export function Next({ of: migration }: { of: Migration }) {
  const { phase, epoch, nextStep, rollbackStep } = migration;
  // From an archive the files have to come back first, which is a deed of its own.
  const back = phase === "COMPLETE" ? null : rollbackStep;
  const waits = back?.heldBackBy ?? [];
  const deeds = deedsOf(migration);
  if (back && waits.length === 0) deeds.push(rollBack(epoch, back));
  return (
    <section aria-labelledby="next" class="deeds">
      <h3 id="next">{nextStep ? `Next: ${titleOf(nextStep.to)}` : "The migration is complete"}</h3>
      {nextStep && nextStep.heldBackBy.length > 0 && (
        <ul>
          {nextStep.heldBackBy.map((reason) => (
            <li key={reason}>
              <Coded text={reason} />
            </li>
          ))}
        </ul>
      )}
      <Deeds deeds={deeds} />
      {waits.length > 0 && (
        <p class="quiet">
          The way back waits: <Coded text={waits.join("; ")} />
        </p>
      )}
    </section>
  );
}
