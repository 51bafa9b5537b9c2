// What the migration's jobs have done so far, run by run.

import { useCallback, useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Coded } from "../../parts/coded";
import { Empty } from "../../parts/problem";
import { Section } from "../../parts/section";
import { duration, moment } from "../../parts/words";
import { runsOf, type Entry, type Run } from "./history";
import { useNames } from "./names";
import type { Job } from "./standing";

/** More than that are in the audit, page by page. */
const ROWS = 100;
const QUERY = `query ConsoleRuns { migrationAudit(first: ${ROWS}) {
  nodes { seq at actor action fromPhase toPhase details }
} }`;

/** Asked again whenever `since` is another one. */
export function Runs({ since, jobs }: { since: unknown; jobs: Job[] }) {
  const load = useCallback(async () => (await ask<{ migrationAudit: { nodes: Entry[] } }>(QUERY)).migrationAudit.nodes, []);
  const rows = useLoaded(load);
  const { again } = rows;
  useEffect(again, [since, again]);
  return (
    <Section id="runs" title="Runs">
      <Asked of={rows} what="what was run">
        {(found) => {
          const runs = runsOf([...found].reverse(), jobs);
          return runs.length === 0 ? <Empty>No job has run yet. Each backfill, proof, cutover and archive is listed here with what came of it.</Empty> : <Table of={runs} />;
        }}
      </Asked>
    </Section>
  );
}

function Table({ of: runs }: { of: Run[] }) {
  const nameOf = useNames(runs.map(({ actor }) => actor));
  return (
    <div class="wide high" tabIndex={0} role="group" aria-label="Runs">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Begun</th>
            <th scope="col">Took</th>
            <th scope="col">Outcome</th>
            <th scope="col">Who</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ seq, job, begun, ended, outcome, isBad, actor }) => (
            <tr key={seq}>
              <th scope="row">{job}</th>
              <td>{moment(begun)}</td>
              <td>{took(begun, ended)}</td>
              <td class={isBad ? "why bad" : "why"}>
                <Coded text={outcome} />
              </td>
              <td title={actor}>{nameOf(actor)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What is over when it is written down does not say how long it took. */
function took(begun: string, ended: string | null): string {
  if (ended === null || ended === begun) return "–";
  const seconds = (Date.parse(ended) - Date.parse(begun)) / 1000;
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : duration(seconds);
}
