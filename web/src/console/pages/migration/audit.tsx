// What was done on the way in, and by whom. Rows are only ever added.

import { useCallback, useEffect, useState } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Pages } from "../../parts/pages";
import { Empty } from "../../parts/problem";
import { Section } from "../../parts/section";
import { moment } from "../../parts/words";
import { useNames } from "./names";
import { titleOf } from "./standing";

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
  const audit = useLoaded(load);
  const { again } = audit;
  useEffect(again, [since, again]);
  return (
    <Section id="audit" title="Audit">
      <Asked of={audit} what="the audit">
        {({ nodes, pageInfo }) => (
          <>
            {nodes.length === 0 ? (
              <Empty>Nothing has been done yet. Every step, forth and back, leaves a row here that nobody can change or remove.</Empty>
            ) : (
              <Entries entries={nodes} />
            )}
            <Pages
              label="Pages of the audit"
              isBusy={!audit.isCurrent}
              hasBefore={after.length > 1}
              hasNext={pageInfo.hasNextPage}
              before={() => setAfter(after.slice(0, -1))}
              next={() => setAfter([...after, pageInfo.endCursor])}
            />
          </>
        )}
      </Asked>
    </Section>
  );
}

function Entries({ entries }: { entries: Entry[] }) {
  const nameOf = useNames(entries.map(({ actor }) => actor));
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
              <td title={actor}>{nameOf(actor)}</td>
              <th scope="row">{action}</th>
              <td>{fromPhase === toPhase ? titleOf(toPhase) : `${titleOf(fromPhase)} → ${titleOf(toPhase)}`}</td>
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
