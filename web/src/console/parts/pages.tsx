// Forth and back in a list; nothing where it has one page.

interface Props {
  label: string;
  /** Whether the page that was turned to is yet to come: then nothing is turned. */
  isBusy: boolean;
  hasBefore: boolean;
  hasNext: boolean;
  before(): void;
  next(): void;
}

export function Pages({ label, isBusy, hasBefore, hasNext, before, next }: Props) {
  if (!hasBefore && !hasNext) return null;
  return (
    <nav class="pages" aria-label={label}>
      <Turn title="Previous" can={hasBefore && !isBusy} turn={before} />
      <Turn title="Next" can={hasNext && !isBusy} turn={next} />
    </nav>
  );
}

/** It keeps the focus where it can do nothing, which a disabled button would lose. */
function Turn({ title, can, turn }: { title: string; can: boolean; turn(): void }) {
  return (
    <button type="button" class="button" aria-disabled={!can} onClick={() => can && turn()}>
      {title}
    </button>
  );
}
