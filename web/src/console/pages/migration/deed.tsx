// Buttons for deeds: each asks first, and says afterwards what came of it.

import { useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { Confirm } from "../../parts/confirm";
import type { Deed } from "./deeds";

interface Props {
  deeds: Deed[];
  /** Told when one is done. */
  done?(): void;
}

export function Deeds({ deeds, done }: Props) {
  const [asked, setAsked] = useState<Deed | null>(null);
  const [outcome, setOutcome] = useState("");

  async function act({ query, variables, outcome }: Deed) {
    const data = await ask<never>(query, variables);
    setOutcome(outcome?.(data) ?? "");
    done?.();
  }

  return (
    <>
      <div class="buttons">
        {deeds.map((it) => (
          <button key={it.button} type="button" class={`button ${it.isNext ? "primary" : ""}`} onClick={() => setAsked(it)}>
            {it.button}
          </button>
        ))}
      </div>
      <p class="outcome" role="status">
        {outcome}
      </p>
      {asked && (
        <Confirm title={asked.title} deed={asked.deed} isDangerous={asked.isDangerous} act={() => act(asked)} close={() => setAsked(null)}>
          <p>{asked.consequence}</p>
        </Confirm>
      )}
    </>
  );
}
