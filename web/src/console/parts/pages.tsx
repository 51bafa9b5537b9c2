// Forth and back in a list; nothing where it has one page.

interface Props {
  label: string;
  hasBefore: boolean;
  hasNext: boolean;
  before(): void;
  next(): void;
}

export function Pages({ label, hasBefore, hasNext, before, next }: Props) {
  if (!hasBefore && !hasNext) return null;
  return (
    <nav class="pages" aria-label={label}>
      <button type="button" class="button" disabled={!hasBefore} onClick={before}>
        Previous
      </button>
      <button type="button" class="button" disabled={!hasNext} onClick={next}>
        Next
      </button>
    </nav>
  );
}
