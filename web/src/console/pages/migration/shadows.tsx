// Queries that files and database answered differently, found while a share of them is asked on both sides.

import { useCallback, useEffect } from "preact/hooks";

import { ask } from "../../../shared/api";
import { useLoaded } from "../../hooks";
import { Asked } from "../../parts/asked";
import { Empty } from "../../parts/problem";
import { Section } from "../../parts/section";
import { moment } from "../../parts/words";
import { NOBODY, useNames } from "./names";

const QUERY = "query ConsoleShadows { shadowFindings(first: 50) { number seenAt query owner fields } }";
const EVERY = 10_000;

interface Finding {
  number: number;
  seenAt: string;
  query: string;
  owner: string;
  fields: string[];
}

/** Asked again whenever `since` is another one, and now and then. */
export function Shadows({ since }: { since: unknown }) {
  const load = useCallback(async () => (await ask<{ shadowFindings: Finding[] }>(QUERY)).shadowFindings, []);
  const findings = useLoaded(load, EVERY);
  const { again } = findings;
  useEffect(again, [since, again]);
  return (
    <Section id="shadows" title="Reads on both sides">
      <Asked of={findings} what="what was answered differently">
        {(found) =>
          found.length === 0 ? (
            <Empty>
              No query was answered differently. To have a share of them asked on both sides and compared, start the server with{" "}
              <code>REGIMEN_SHADOW_READS=0.05</code>, for one of twenty.
            </Empty>
          ) : (
            <Findings of={found} />
          )
        }
      </Asked>
    </Section>
  );
}

function Findings({ of: findings }: { of: Finding[] }) {
  const nameOf = useNames(findings.map(({ owner }) => owner));
  return (
    <>
      <p>Files and database answered these queries differently. Prove parity to find the records; the newest is first.</p>
      <div class="wide" tabIndex={0} role="group" aria-label="Queries that were answered differently">
        <table>
          <thead>
            <tr>
              <th scope="col">Query</th>
              <th scope="col">When</th>
              <th scope="col">Asked by</th>
              <th scope="col">Where they differ</th>
            </tr>
          </thead>
          <tbody>
            {findings.map(({ number, seenAt, query, owner, fields }) => (
              <tr key={number}>
                <th scope="row">
                  <code>{query}</code>
                </th>
                <td>{moment(seenAt)}</td>
                <td title={owner}>{owner === NOBODY ? "nobody signed in" : nameOf(owner)}</td>
                <td class="why">
                  <code>{fields.join(", ")}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
