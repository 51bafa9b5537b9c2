// One record as files and database have it.

import { useCallback } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Sides, type Both } from "../../parts/sides";

export const SIDES: [string, string] = ["Files", "Database"];

const QUERY = `query ConsoleRecord($entity: ChangeEntity!, $owner: ID!, $id: ID!) {
  parityRecord(entity: $entity, owner: $owner, id: $id) { inFiles inDatabase differences { path } }
}`;

interface Answer {
  parityRecord: { inFiles: unknown; inDatabase: unknown; differences: { path: string }[] };
}

interface Props {
  of: { entity: string; owner: string; id: string };
  /** What to say where nothing differs. */
  same?: string;
}

export function OneRecord({ of: { entity, owner, id }, same }: Props) {
  const load = useCallback(async (): Promise<Both> => {
    const { parityRecord: both } = await ask<Answer>(QUERY, { entity, owner, id });
    return { source: both.inFiles, target: both.inDatabase, differing: both.differences.map(({ path }) => path) };
  }, [entity, owner, id]);
  return (
    <Asked of={useLoaded(load)} what="both sides">
      {(both) => <Sides of={both} names={SIDES} same={same} />}
    </Asked>
  );
}
