// Buttons for deeds: each asks first, and says afterwards what came of it.

import { useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { Confirm } from "../../parts/confirm";
import { moment } from "../../parts/words";
import type { Deed } from "./deeds";

interface Props {
  deeds: Deed[];
  /** Told when one is done. */
  done?(): void;
}

export function Deeds({ deeds, done }: Props) {
  const [asked, setAsked] = useState<Deed | null>(null);
  const [outcome, setOutcome] = useState<{ text: string; at: Date } | null>(null);

  async function act({ query, variables, outcome }: Deed) {
    const data = await ask<never>(query, variables);
    setOutcome(outcome ? { text: outcome(data), at: new Date() } : null);
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
        {outcome && (
          <>
            {outcome.text} <span class="quiet">{moment(outcome.at.toISOString())}</span>
          </>
        )}
      </p>
      {asked && (
        <Confirm title={asked.title} deed={asked.deed} isDangerous={asked.isDangerous} act={() => act(asked)} close={() => setAsked(null)}>
          <p>{asked.consequence}</p>
        </Confirm>
      )}
    </>
  );
}
