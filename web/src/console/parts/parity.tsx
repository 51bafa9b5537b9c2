// What two stores have of the same records: a row for each kind, and below each record that is not the same.

import type { ComponentChildren } from "preact";

import { Opened } from "./opened";
import { Empty } from "./problem";
import { number } from "./words";

export interface Kind {
  name: string;
  source: number;
  target: number;
  /** How many the source has alone. */
  missing: number;
  /** How many the target has alone. */
  extra: number;
  /** How many both have, but not the same. */
  differing: number;
  /** Hashes over all of them, of the source and of the target. */
  digests: [string, string];
  /** The first of those that are not the same. */
  differences: Difference[];
}

export interface Difference {
  entity: string;
  owner: string;
  id: string;
  /** `missing` is in the source alone, `extra` in the target alone. */
  reason: "missing" | "extra" | "differing";
}

interface Props {
  kinds: Kind[];
  names: [string, string];
  /** What to say below where nothing differs. */
  equal: ComponentChildren;
  /** What is behind a difference, when somebody opens it. */
  drill(of: Difference): ComponentChildren;
}

export function Parity({ kinds, names, equal, drill }: Props) {
  if (kinds.length === 0) return <Empty>There is nothing to compare: neither side has a record.</Empty>;
  const isEqual = kinds.every((it) => it.missing + it.extra + it.differing === 0);
  return (
    <>
      <div class="wide" tabIndex={0} role="group" aria-label="Parity">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Records</th>
              <th scope="col">{names[0]}</th>
              <th scope="col">{names[1]}</th>
              <th scope="col">Differences</th>
              <th scope="col">Digests</th>
            </tr>
          </thead>
          <tbody>
            {kinds.map((kind) => (
              <Row key={kind.name} of={kind} names={names} />
            ))}
          </tbody>
        </table>
      </div>
      {isEqual ? equal : <Differences of={kinds} names={names} drill={drill} />}
    </>
  );
}

function Row({ of: kind, names }: { of: Kind; names: [string, string] }) {
  const words = counted(kind, names);
  const [source, target] = kind.digests.map((it) => it.slice(0, 8));
  return (
    <tr>
      <th scope="row">{kind.name}</th>
      <td>{number(kind.source)}</td>
      <td>{number(kind.target)}</td>
      <td class={words ? "bad" : "good"}>{words || "none"}</td>
      <td>
        <code>{source}</code> {source === target ? "on both sides" : <>≠ <code>{target}</code></>}
      </td>
    </tr>
  );
}

function counted({ missing, extra, differing }: Kind, [source, target]: [string, string]): string {
  const parts = [
    differing > 0 && `${number(differing)} not the same`,
    missing > 0 && `${number(missing)} in ${source} alone`,
    extra > 0 && `${number(extra)} in ${target} alone`,
  ];
  return parts.filter(Boolean).join(", ");
}

function Differences({ of: kinds, names, drill }: { of: Kind[] } & Pick<Props, "names" | "drill">) {
  const shown = kinds.flatMap((kind) => kind.differences.map((it) => ({ kind: kind.name, it })));
  const all = kinds.reduce((sum, it) => sum + it.missing + it.extra + it.differing, 0);
  return (
    <>
      <h4>{shown.length < all ? `The first ${number(shown.length)} of ${number(all)} records that differ` : "Records that differ"}</h4>
      <ul class="slow">
        {shown.map(({ kind, it }) => (
          <Opened
            key={`${kind} ${it.owner} ${it.id}`}
            summary={
              <>
                {kind} <code>{it.id}</code> <span>{how(it, names)}</span>
              </>
            }
          >
            {() => drill(it)}
          </Opened>
        ))}
      </ul>
    </>
  );
}

function how({ reason }: Difference, [source, target]: Props["names"]): string {
  return { missing: `in ${source} alone`, extra: `in ${target} alone`, differing: "not the same" }[reason];
}
