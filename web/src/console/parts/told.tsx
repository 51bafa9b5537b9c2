// What came of the last deed: seen at the foot of the page, and read to those who do not see it. It stays until it is
// put away, or something else is told.

import { value } from "../../shared/value";
import { useValue } from "../hooks";
import { clock } from "./words";

const told = value<{ text: string; isBad: boolean; at: Date } | null>(null);

export function tell(text: string, isBad = false): void {
  told.set({ text, isBad, at: new Date() });
}

export function hush(): void {
  told.set(null);
}

export function Told() {
  const current = useValue(told);
  return (
    <div class={`told ${current ? (current.isBad ? "wrong" : "") : "unseen"}`}>
      <p role="status">
        {current && (
          <>
            {current.text} <span class="quiet">{clock(current.at)}</span>
          </>
        )}
      </p>
      {current && (
        <button type="button" class="button" onClick={hush}>
          Close<span class="unseen"> this message</span>
        </button>
      )}
    </div>
  );
}
