// The next step, what it waits for, and the one back.

import { Coded } from "../../parts/coded";
import { Section } from "../../parts/section";
import { Deeds } from "./deed";
import { advice, deedsOf, rollBack } from "./deeds";
import { titleOf, type Migration } from "./standing";

export function Next({ of: migration }: { of: Migration }) {
  const { phase, epoch, nextStep, rollbackStep } = migration;
  // From an archive the files have to come back first, which is a deed of its own.
  const back = phase === "COMPLETE" ? null : rollbackStep;
  const waits = back?.heldBackBy ?? [];
  const deeds = deedsOf(migration);
  const offered = back && waits.length === 0 ? [...deeds, rollBack(epoch, back)] : deeds;
  return (
    <Section id="next" class="deeds" title={nextStep ? `Next: ${titleOf(nextStep.to)}` : "The migration is complete"}>
      {nextStep && <Waits reasons={nextStep.heldBackBy.map((it) => advice(it, deeds))} />}
      <Deeds deeds={offered} />
      {waits.length > 0 && (
        <p class="quiet">
          The way back waits: <Coded text={waits.map((it) => advice(it, deeds)).join("; ")} />
        </p>
      )}
    </Section>
  );
}

function Waits({ reasons }: { reasons: string[] }) {
  if (reasons.length === 0) return null;
  return (
    <ul class="waits" aria-label="What the next step waits for">
      {reasons.map((reason) => (
        <li key={reason}>
          <Coded text={reason} />
        </li>
      ))}
    </ul>
  );
}
