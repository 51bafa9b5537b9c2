// Asks before something is done that matters, and names what will come of it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Problem } from "./problem";

interface Props {
  title: string;
  /** What will come of it. */
  children: ComponentChildren;
  /** What the button says: the deed itself, not "OK". */
  deed: string;
  isDangerous?: boolean;
  /** What does the same on the server's machine. */
  command?: string;
  act(): Promise<unknown>;
  close(): void;
}

/** Open for as long as it is there; it closes when the deed is done, and stays with the reason when it fails. */
export function Confirm({ title, children, deed, isDangerous, command, act, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  async function go() {
    setIsBusy(true);
    setProblem(null);
    try {
      await act();
      dialog.current?.close();
    } catch (error) {
      setProblem(error);
      setIsBusy(false);
    }
  }

  return (
    // What was begun goes on, so it cannot be looked away from.
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby="confirm-title"
      onCancel={(event) => isBusy && event.preventDefault()}
      onClose={close}
    >
      <h2 id="confirm-title">{title}</h2>
      <div>
        {children}
        {command && (
          <p class="quiet">
            On the server’s machine: <code>{command}</code>
          </p>
        )}
      </div>
      <Problem of={problem} />
      <div class="buttons">
        <button type="button" class="button" disabled={isBusy} onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class={`button ${isDangerous ? "danger" : "primary"}`} disabled={isBusy} onClick={() => void go()}>
          {isBusy ? "One moment…" : deed}
        </button>
      </div>
    </dialog>
  );
}
