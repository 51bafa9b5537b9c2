// A line of a list that opens; what is behind it is asked for when somebody does.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export function Opened({ summary, children }: { summary: ComponentChildren; children(): ComponentChildren }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>{summary}</summary>
        {isOpen && children()}
      </details>
    </li>
  );
}
