// Whether files and database hold the same, as the server knows it from digests.

import { useEffect } from "preact/hooks";

import { ask } from "../../shared/api";
import { useLoaded } from "../hooks";
import { Parity, type Kind } from "./parity";
import { Problem } from "./problem";

const QUERY = `query ConsoleParity { parity { entities {
  entity inFiles inDatabase missing extra differing
  samples { id kind fields { path inFiles inDatabase } }
} } }`;
const EVERY = 10_000;

interface Entity {
  entity: string;
  inFiles: number;
  inDatabase: number;
  missing: number;
  extra: number;
  differing: number;
  samples: { id: string; kind: string; fields: { path: string; inFiles: unknown; inDatabase: unknown }[] }[];
}

async function load(): Promise<Kind[]> {
  const { parity } = await ask<{ parity: { entities: Entity[] } }>(QUERY);
  return parity.entities.map((it) => ({
    name: it.entity.toLowerCase(),
    source: it.inFiles,
    target: it.inDatabase,
    differing: it.missing + it.extra + it.differing,
    differences: it.samples.map(({ id, kind, fields }) => ({
      id,
      reason: kind.toLowerCase() as "missing" | "extra" | "differing",
      fields: fields.map(({ path, inFiles, inDatabase }) => ({ path, source: inFiles, target: inDatabase })),
    })),
  }));
}

/** Asked again whenever `since` is another one, and now and then. */
export function ParityOfBoth({ since }: { since: number }) {
  const { data, problem, again } = useLoaded(load, EVERY);
  useEffect(again, [since, again]);
  return (
    <section aria-labelledby="parity">
      <h3 id="parity">Parity</h3>
      <Problem of={problem} again={again} />
      {data && (
        <div class="wide" tabIndex={0} role="group" aria-label="Parity">
          <Parity kinds={data} names={["Files", "Database"]} />
        </div>
      )}
    </section>
  );
}
