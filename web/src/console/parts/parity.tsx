// What two stores have of the same records: a row for each kind, its differences behind it, and of each of those
// both sides with the fields that differ.

import { Empty } from "./problem";
import { number } from "./words";

export interface Kind {
  name: string;
  source: number;
  target: number;
  isEqual: boolean;
  differences: Difference[];
}

export interface Difference {
  id: string;
  /** `missing` is in the source alone, `extra` in the target alone. */
  reason: "missing" | "extra" | "differs";
  source: unknown;
  target: unknown;
}

export function Parity({ kinds, names }: { kinds: Kind[]; names: [string, string] }) {
  if (kinds.length === 0) return <Empty>Nothing has been compared yet.</Empty>;
  return (
    <table class="parity">
      <thead>
        <tr>
          <th scope="col">Records</th>
          <th scope="col">{names[0]}</th>
          <th scope="col">{names[1]}</th>
          <th scope="col">Differences</th>
        </tr>
      </thead>
      <tbody>
        {kinds.map((kind) => (
          <tr key={kind.name}>
            <th scope="row">{kind.name}</th>
            <td>{number(kind.source)}</td>
            <td>{number(kind.target)}</td>
            <td>{kind.isEqual ? <span class="good">none: the digests are equal</span> : <Differences of={kind} names={names} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Differences({ of: { differences }, names }: { of: Kind; names: [string, string] }) {
  return (
    <details>
      <summary class="bad">{number(differences.length)}</summary>
      <ul>
        {differences.map((it) => (
          <li key={it.id}>
            <details>
              <summary>
                <code>{it.id}</code> {it.reason}
              </summary>
              <Sides of={it} names={names} />
            </details>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Sides({ of: { source, target }, names }: { of: Difference; names: [string, string] }) {
  const [left, right] = [fields(source), fields(target)];
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort();
  return (
    <table class="sides">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">{names[0]}</th>
          <th scope="col">{names[1]}</th>
        </tr>
      </thead>
      <tbody>
        {paths.map((path) => (
          <tr key={path} class={left.get(path) === right.get(path) ? "" : "differs"}>
            <th scope="row">{path}</th>
            <td>{left.get(path) ?? "–"}</td>
            <td>{right.get(path) ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Every value of a record by the path to it. */
function fields(record: unknown, path = "", found = new Map<string, string>()): Map<string, string> {
  if (typeof record === "object" && record !== null) {
    for (const [key, below] of Object.entries(record)) fields(below, path ? `${path}.${key}` : key, found);
  } else if (path) {
    found.set(path, JSON.stringify(record));
  }
  return found;
}
