// Whether files and database hold the same, as the server knows it from digests; and where they do not, both sides.

import { useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Parity, type Difference, type Kind } from "../../parts/parity";
import { Empty } from "../../parts/problem";
import { Section } from "../../parts/section";
import { OneRecord, SIDES } from "./record";

const QUERY = `query ConsoleParity { parity { entities {
  entity inFiles inDatabase missing extra differing databaseDigest filesDigest samples { owner id kind }
} } }`;
const EVERY = 10_000;

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
export function ParityOfBoth({ since, isProved }: { since: unknown; isProved: boolean }) {
  const parity = useLoaded(load, EVERY);
  const { again } = parity;
  useEffect(again, [since, again]);
  return (
    <Section id="parity" title="Parity">
      <Asked of={parity} what="the digests of both sides">
        {(kinds) => <Parity kinds={kinds} names={SIDES} equal={<Equal isProved={isProved} />} drill={(of) => <OneRecord of={of} />} />}
      </Asked>
    </Section>
  );
}

function Equal({ isProved }: { isProved: boolean }) {
  return (
    <Empty>
      By these digests no record differs, and where one does, it is listed here with both sides.
      {!isProved && " For a cutover that has to be proved, by reading the files themselves: press “Prove that both sides are equal”, above."}
    </Empty>
  );
}
