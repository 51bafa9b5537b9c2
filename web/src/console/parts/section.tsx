// A part of a page, named by its heading. The heading can be given the focus, by those who take away what had it.

import type { ComponentChildren } from "preact";

interface Props {
  id: string;
  title: string;
  class?: string;
  children: ComponentChildren;
}

export function Section({ id, title, children, ...more }: Props) {
  return (
    <section aria-labelledby={id} {...more}>
      <h3 id={id} tabIndex={-1}>
        {title}
      </h3>
      {children}
    </section>
  );
}

/** Leads whoever works by keyboard to the beginning of the section that this is in. */
export function toHeading(within: Element | null): void {
  within?.closest("section")?.querySelector<HTMLElement>("h3")?.focus();
}
