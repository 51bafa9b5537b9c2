// What two stores have of the same records: a row for each kind, its differences behind it, and of each of those
// the fields that differ, as both sides have them.

import { Empty } from "./problem";
import { number } from "./words";

export interface Kind {
  name: string;
  source: number;
  target: number;
  /** How many differ in all. */
  differing: number;
  /** The first of those. */
  differences: Difference[];
}

export interface Difference {
  id: string;
  /** `missing` is in the source alone, `extra` in the target alone. */
  reason: "missing" | "extra" | "differing";
  /** Those that are not the same on both sides. */
  fields: Field[];
}

export interface Field {
  path: string;
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
            <td>{kind.differing === 0 ? <span class="good">none: the digests are equal</span> : <Differences of={kind} names={names} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Differences({ of: { differing, differences }, names }: { of: Kind; names: [string, string] }) {
  return (
    <details>
      <summary class="bad">{number(differing)}</summary>
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

function Sides({ of: { fields }, names }: { of: Difference; names: [string, string] }) {
  if (fields.length === 0) return null;
  return (
    <table class="sides">
      <thead>
        <tr>
          <th scope="col">Field that differs</th>
          <th scope="col">{names[0]}</th>
          <th scope="col">{names[1]}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ path, source, target }) => (
          <tr key={path}>
            <th scope="row">{path}</th>
            <td>{shown(source)}</td>
            <td>{shown(target)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? "–" : JSON.stringify(value);
}
