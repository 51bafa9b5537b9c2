// Buttons for deeds: each asks first, and what came of it is told.

import { useRef, useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { Confirm } from "../../parts/confirm";
import { toHeading } from "../../parts/section";
import { tell } from "../../parts/told";
import type { Deed } from "./deeds";

interface Props {
  deeds: Deed[];
  /** Told when one is done. */
  done?(): void;
}

export function Deeds({ deeds, done }: Props) {
  const [asked, setAsked] = useState<Deed | null>(null);
  const isDone = useRef(false);
  const buttons = useRef<HTMLDivElement>(null);

  function begin(deed: Deed) {
    isDone.current = false;
    setAsked(deed);
  }

  async function act({ query, variables, outcome }: Deed) {
    const data = await ask<never>(query, variables);
    isDone.current = true;
    const { text, isBad } = typeof outcome === "string" ? { text: outcome, isBad: false } : outcome(data);
    tell(text, isBad);
    done?.();
  }

  function close() {
    setAsked(null);
    // The button may be gone in a moment, and the focus with it.
    if (isDone.current) toHeading(buttons.current);
  }

  return (
    <>
      <div ref={buttons} class="buttons">
        {deeds.map((it) => (
          <button key={it.button} type="button" class={`button ${it.isNext ? "primary" : ""}`} onClick={() => begin(it)}>
            {it.button}
          </button>
        ))}
      </div>
      {asked && (
        <Confirm title={asked.title} deed={asked.deed} command={asked.command} isDangerous={asked.isDangerous} act={() => act(asked)} close={close}>
          <p>{asked.consequence}</p>
        </Confirm>
      )}
    </>
  );
}
