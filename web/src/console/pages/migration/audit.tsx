// What was done on the way in, and by whom. Rows are only ever added.

import { useCallback, useEffect, useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Pages } from "../../parts/pages";
import { Empty, Problem } from "../../parts/problem";
import { moment } from "../../parts/words";

const QUERY = `query ConsoleAudit($after: String) {
  migrationAudit(first: 20, after: $after) {
    nodes { seq at actor action fromPhase toPhase epoch details }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Entry {
  seq: number;
  at: string;
  actor: string;
  action: string;
  fromPhase: string;
  toPhase: string;
  epoch: number;
  details: unknown;
}

interface Page {
  nodes: Entry[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Read again whenever `since` is another one. */
export function Audit({ since }: { since: unknown }) {
  const [after, setAfter] = useState<(string | null)[]>([null]);
  const cursor = after.at(-1) ?? null;
  const load = useCallback(async () => (await ask<{ migrationAudit: Page }>(QUERY, { after: cursor })).migrationAudit, [cursor]);
  const { data, problem, again } = useLoaded(load);
  useEffect(again, [since, again]);
  return (
    <section aria-labelledby="audit">
      <h3 id="audit">Audit</h3>
      <Problem of={problem} again={again} />
      {data?.nodes.length === 0 && <Empty>Nothing has been done yet. Every step, forth and back, leaves a row here.</Empty>}
      {data && data.nodes.length > 0 && <Entries entries={data.nodes} />}
      <Pages
        label="Pages of the audit"
        hasBefore={after.length > 1}
        hasNext={data?.pageInfo.hasNextPage ?? false}
        before={() => setAfter(after.slice(0, -1))}
        next={() => setAfter([...after, data!.pageInfo.endCursor])}
      />
    </section>
  );
}

function Entries({ entries }: { entries: Entry[] }) {
  return (
    <div class="wide" tabIndex={0} role="group" aria-label="Audit">
      <table class="audit">
        <thead>
          <tr>
            <th scope="col">No.</th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Phase</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ seq, at, actor, action, fromPhase, toPhase, details }) => (
            <tr key={seq}>
              <td>{seq}</td>
              <td>{moment(at)}</td>
              <td>{actor}</td>
              <th scope="row">{action}</th>
              <td>{fromPhase === toPhase ? toPhase : `${fromPhase} → ${toPhase}`}</td>
              <td>
                <code>{shown(details)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shown(details: unknown): string {
  const text = JSON.stringify(details);
  return text === "{}" || text === "null" ? "" : text;
}
