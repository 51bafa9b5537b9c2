// Whether files and database hold the same, as the server knows it from digests; and where they do not, both sides.

import { useCallback, useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Parity, type Difference, type Kind } from "../../parts/parity";
import { Problem } from "../../parts/problem";
import { Sides, type Both } from "../../parts/sides";

const QUERY = `query ConsoleParity { parity { entities {
  entity inFiles inDatabase missing extra differing databaseDigest filesDigest samples { owner id kind }
} } }`;
const RECORD = `query ConsoleRecord($entity: ChangeEntity!, $owner: ID!, $id: ID!) {
  parityRecord(entity: $entity, owner: $owner, id: $id) { inFiles inDatabase differences { path } }
}`;
const EVERY = 10_000;
const NAMES: [string, string] = ["Files", "Database"];

interface Entity {
  entity: string;
  inFiles: number;
  inDatabase: number;
  missing: number;
  extra: number;
  differing: number;
  filesDigest: string;
  databaseDigest: string;
  samples: { owner: string; id: string; kind: string }[];
}

async function load(): Promise<Kind[]> {
  const { parity } = await ask<{ parity: { entities: Entity[] } }>(QUERY);
  return parity.entities.map((it) => ({
    name: it.entity.toLowerCase(),
    source: it.inFiles,
    target: it.inDatabase,
    missing: it.missing,
    extra: it.extra,
    differing: it.differing,
    digests: [it.filesDigest, it.databaseDigest],
    differences: it.samples.map(({ owner, id, kind }) => ({ entity: it.entity, owner, id, reason: kind.toLowerCase() as Difference["reason"] })),
  }));
}

/** Asked again whenever `since` is another one, and now and then. */
export function ParityOfBoth({ since }: { since: unknown }) {
  const { data, problem, again } = useLoaded(load, EVERY);
  useEffect(again, [since, again]);
  return (
    <section aria-labelledby="parity">
      <h3 id="parity">Parity</h3>
      <Problem of={problem} again={again} />
      {data && <Parity kinds={data} names={NAMES} drill={(of) => <Record of={of} />} />}
    </section>
  );
}

interface Answer {
  parityRecord: { inFiles: unknown; inDatabase: unknown; differences: { path: string }[] };
}

function Record({ of: { entity, owner, id } }: { of: Difference }) {
  const load = useCallback(async (): Promise<Both> => {
    const { parityRecord: both } = await ask<Answer>(RECORD, { entity, owner, id });
    return { source: both.inFiles, target: both.inDatabase, differing: both.differences.map(({ path }) => path) };
  }, [entity, owner, id]);
  const { data, problem, again } = useLoaded(load);
  return (
    <>
      <Problem of={problem} again={again} />
      {data && <Sides of={data} names={NAMES} />}
    </>
  );
}
