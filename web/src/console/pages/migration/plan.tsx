// What a backfill would copy, before anybody starts one.

import { useCallback, useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Empty } from "../../parts/problem";
import { Section } from "../../parts/section";
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
  const plan = useLoaded(load);
  const { again } = plan;
  useEffect(again, [since, again]);
  return (
    <Section id="plan" title="What a backfill would copy">
      <Asked of={plan} what="what the files have">
        {(found) => (
          <>
            {found.tables.some((it) => it.inFiles > 0) ? (
              <Tables of={found} />
            ) : (
              <Empty>The files have nothing that could be copied. Is it the right folder? The server was started with it in <code>REGIMEN_LEGACY_DIR</code>.</Empty>
            )}
            <p>
              <button type="button" class="button" onClick={again}>
                Look again
              </button>
            </p>
          </>
        )}
      </Asked>
    </Section>
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
