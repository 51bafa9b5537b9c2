// Pieces of the files that could not be understood: where they are, why, and the bytes themselves.

import { useCallback, useEffect, useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Coded } from "../../parts/coded";
import { Pages } from "../../parts/pages";
import { Problem } from "../../parts/problem";
import { number } from "../../parts/words";

const QUERY = `query ConsoleQuarantine($first: Int!, $after: Int) {
  quarantine(first: $first, after: $after) { number file position reason text }
}`;
const PAGE = 10;

interface Piece {
  number: number;
  file: string;
  position: number;
  reason: string;
  text: string;
}

/** Asked again whenever there are more or fewer. */
export function Quarantine({ count }: { count: number }) {
  const [after, setAfter] = useState<number[]>([0]);
  const last = after.at(-1);
  // One more than are shown tells whether there is another page.
  const load = useCallback(async () => (await ask<{ quarantine: Piece[] }>(QUERY, { first: PAGE + 1, after: last })).quarantine, [last]);
  const { data, problem, again } = useLoaded(load);
  useEffect(again, [count, again]);
  const shown = data?.slice(0, PAGE);
  return (
    <section aria-labelledby="quarantine">
      <h3 id="quarantine">Quarantine</h3>
      <p>
        {count === 1 ? "1 piece" : `${number(count)} pieces`} of the files could not be understood, and {count === 1 ? "was" : "were"} not taken. They stay in
        their files as they are. Mend them there while the files are all there is, and they are read again; what was found stays listed.
      </p>
      <Problem of={problem} again={again} />
      <ul class="slow">
        {shown?.map((piece) => (
          <li key={piece.number}>
            <details>
              <summary>
                <code>{piece.file}</code> <span>byte {piece.position.toLocaleString("en")}</span> <Coded text={piece.reason} />
              </summary>
              <p>
                <Coded text={piece.reason} />
              </p>
              <pre tabIndex={0} role="group" aria-label={`The piece at byte ${piece.position}`}>
                {piece.text}
              </pre>
            </details>
          </li>
        ))}
      </ul>
      <Pages
        label="Pages of the quarantine"
        hasBefore={after.length > 1}
        hasNext={(data?.length ?? 0) > PAGE}
        before={() => setAfter(after.slice(0, -1))}
        next={() => setAfter([...after, shown!.at(-1)!.number])}
      />
    </section>
  );
}
