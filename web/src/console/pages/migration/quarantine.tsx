// Pieces of the files that could not be understood: where they are, why, and the bytes themselves.

import { useCallback, useEffect, useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Bytes } from "../../parts/bytes";
import { Coded } from "../../parts/coded";
import { Pages } from "../../parts/pages";
import { Empty } from "../../parts/problem";
import { Section } from "../../parts/section";
import { moment, number } from "../../parts/words";

const QUERY = `query ConsoleQuarantine($first: Int!, $after: Int) {
  quarantine(first: $first, after: $after) { number file position size shown isText text hex reason seenAt }
}`;
const PAGE = 10;

interface Piece {
  number: number;
  file: string;
  position: number;
  /** How many bytes it has, and how many of them are shown. */
  size: number;
  shown: number;
  isText: boolean;
  text: string;
  hex: string;
  reason: string;
  seenAt: string;
}

/** Asked again whenever there are more or fewer. */
export function Quarantine({ count }: { count: number }) {
  return (
    <Section id="quarantine" title="Quarantine">
      {count === 0 ? (
        <Empty>
          Everything in the files was understood. A piece that is not, such as a record without an id, is left in its file as it is and
          listed here with its place and the reason, so that you can mend it there.
        </Empty>
      ) : (
        <Pieces count={count} />
      )}
    </Section>
  );
}

function Pieces({ count }: { count: number }) {
  const [after, setAfter] = useState<number[]>([0]);
  const last = after.at(-1);
  // One more than are shown tells whether there is another page.
  const load = useCallback(async () => (await ask<{ quarantine: Piece[] }>(QUERY, { first: PAGE + 1, after: last })).quarantine, [last]);
  const pieces = useLoaded(load);
  const { again } = pieces;
  useEffect(again, [count, again]);
  return (
    <>
      <p>
        {count === 1 ? "1 piece of the files could" : `${number(count)} pieces of the files could`} not be understood, and
        {count === 1 ? " was left in its file as it is." : " were left in their files as they are."} Open {count === 1 ? "it" : "one"} to
        see what is wrong, and mend it in its file while the files are all there is: within a second they are read again. What was found
        stays listed.
      </p>
      <Asked of={pieces} what="the pieces">
        {(found) => (
          <>
            <ul class="slow">
              {found.slice(0, PAGE).map((piece) => (
                <li key={piece.number}>
                  <OnePiece of={piece} />
                </li>
              ))}
            </ul>
            <Pages
              label="Pages of the quarantine"
              isBusy={!pieces.isCurrent}
              hasBefore={after.length > 1}
              hasNext={found.length > PAGE}
              before={() => setAfter(after.slice(0, -1))}
              next={() => setAfter([...after, found[PAGE - 1]!.number])}
            />
          </>
        )}
      </Asked>
    </>
  );
}

function OnePiece({ of: { file, position, size, shown, isText, text, hex, reason, seenAt } }: { of: Piece }) {
  const place = `byte ${position.toLocaleString("en")}`;
  return (
    <details>
      <summary>
        <code>{file}</code> <span>{place}</span> <Coded text={reason} />
      </summary>
      <p class="quiet">
        Found {moment(seenAt)}. {extent(shown, size)}
        {!isText && " They are no UTF-8 text: what cannot be shown as a letter is a � in the text, and the bytes themselves follow it."}
      </p>
      <pre tabIndex={0} role="group" aria-label={`The piece at ${place}`}>
        {text}
      </pre>
      {!isText && <Bytes hex={hex} from={position} label={`The bytes of the piece at ${place}`} />}
    </details>
  );
}

function extent(shown: number, size: number): string {
  const all = `${size.toLocaleString("en")} bytes`;
  return shown < size ? `Shown are the first ${shown.toLocaleString("en")} of its ${all}.` : `It has ${all}.`;
}
