// One record as two stores have it, field by field, side by side.

import { useState } from "preact/hooks";

import { number } from "./words";

export interface Both {
  source: unknown;
  target: unknown;
  /** The paths of what is not the same, such as `exercises.0.sets.2.reps`. */
  differing: string[];
}

interface Props {
  of: Both;
  names: [string, string];
  /** What to say where nothing differs. */
  same?: string;
}

export function Sides({ of: { source, target, differing }, names, same = "Both sides are the same by now." }: Props) {
  const [isWhole, setIsWhole] = useState(true);
  if (source == null && target == null) return <p>Neither side has it any more.</p>;
  const isOneSided = source == null || target == null;
  const differs = (path: string) => isOneSided || differing.some((it) => path === it || path.startsWith(`${it}.`));
  const left = new Map(leaves(source));
  const right = new Map(leaves(target));
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  // What is looked for comes first.
  const shown = [...paths.filter(differs), ...paths.filter((path) => isWhole && !differs(path))];
  return (
    <div class="both">
      <p>
        {summary(isOneSided, source != null ? names[0] : names[1], differing.length, same)}{" "}
        {!isOneSided && differing.length > 0 && (
          <label>
            <input type="checkbox" checked={isWhole} onChange={(event) => setIsWhole(event.currentTarget.checked)} /> show what is the same, too
          </label>
        )}
      </p>
      <div class="wide" tabIndex={0} role="group" aria-label="Both sides">
        <table class="sides">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">{names[0]}</th>
              <th scope="col">{names[1]}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((path) => (
              <tr key={path} class={differs(path) ? "differs" : ""}>
                <th scope="row">{path}</th>
                <Cell value={left.get(path)} isMarked={differs(path)} />
                <Cell value={right.get(path)} isMarked={differs(path)} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Cell({ value, isMarked }: { value: unknown; isMarked: boolean }) {
  const text = value === undefined ? "–" : JSON.stringify(value);
  return <td>{isMarked ? <mark>{text}</mark> : text}</td>;
}

function summary(isOneSided: boolean, side: string, differing: number, same: string): string {
  if (isOneSided) return `${side} alone has it.`;
  if (differing === 0) return same;
  return differing === 1 ? "1 field differs." : `${number(differing)} fields differ.`;
}

/** What has nothing below it, by its path. */
function leaves(value: unknown, path = ""): [string, unknown][] {
  if (value === null || value === undefined) return path ? [[path, value]] : [];
  const below = typeof value === "object" ? Object.entries(value) : [];
  if (below.length === 0) return [[path, value]];
  return below.flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}
