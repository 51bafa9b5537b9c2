// What a backfill would copy, before anybody starts one.

import { useCallback, useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Problem } from "../../parts/problem";
import { number } from "../../parts/words";

const QUERY = "query ConsolePlan { backfillPlan { owners quarantined tables { table inFiles thereAlready } } }";

interface Plan {
  owners: number;
  quarantined: number;
  tables: { table: string; inFiles: number; thereAlready: number }[];
}

/** Asked again whenever `since` is another one. */
export function BackfillPlan({ since }: { since: string }) {
  const load = useCallback(async () => (await ask<{ backfillPlan: Plan }>(QUERY)).backfillPlan, []);
  const { data, problem, again } = useLoaded(load);
  useEffect(again, [since, again]);
  return (
    <section aria-labelledby="plan">
      <h3 id="plan">What a backfill would copy</h3>
      <Problem of={problem} again={again} />
      {data && <Tables of={data} />}
      <p>
        <button type="button" class="button" onClick={again}>
          Look again
        </button>
      </p>
    </section>
  );
}

function Tables({ of: { owners, quarantined, tables } }: { of: Plan }) {
  const toCopy = tables.reduce((sum, it) => sum + it.inFiles - it.thereAlready, 0);
  return (
    <>
      <p>
        {number(toCopy)} rows of {owners === 1 ? "1 person" : `${number(owners)} people`}.
        {quarantined > 0 && ` ${quarantined === 1 ? "1 piece" : `${number(quarantined)} pieces`} of the files could not be understood and would stay behind: see Quarantine.`}
      </p>
      <div class="wide" tabIndex={0} role="group" aria-label="What a backfill would copy">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">In the files</th>
              <th scope="col">There already</th>
              <th scope="col">To copy</th>
            </tr>
          </thead>
          <tbody>
            {tables.map(({ table, inFiles, thereAlready }) => (
              <tr key={table}>
                <th scope="row">{table.replaceAll("_", " ")}</th>
                <td>{number(inFiles)}</td>
                <td>{number(thereAlready)}</td>
                <td>{number(inFiles - thereAlready)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
