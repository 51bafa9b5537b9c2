// How the server is doing: what it says of its health, and its numbers over the last minutes.

import { useEffect, useState } from "preact/hooks";

import { ask } from "../../shared/api";
import { useLoaded } from "../hooks";
import { Plot } from "../parts/plot";
import { Asked } from "../parts/asked";
import { Empty } from "../parts/problem";
import { bytes, duration, moment, number } from "../parts/words";

const QUERY = `query ConsoleServer { server {
  version startedAt now requests requestSeconds subscriptions errors { code count }
  pool { size open idle waiting timedOut } statements statementSeconds slowStatements
  recentSlowStatements { at milliseconds text } cpuSeconds memoryBytes
  database { ready problem version appliedMigration knownMigration }
} }`;
const EVERY = 2000;
/** So many answers are shown: five minutes. */
const ROOM = 150;

interface Server {
  version: string;
  startedAt: string;
  now: string;
  requests: number;
  requestSeconds: number;
  subscriptions: number;
  errors: { code: string; count: number }[];
  pool: { size: number; open: number; idle: number; waiting: number; timedOut: number };
  statements: number;
  statementSeconds: number;
  slowStatements: number;
  recentSlowStatements: { at: string; milliseconds: number; text: string }[];
  cpuSeconds: number | null;
  memoryBytes: number | null;
  database: { ready: boolean; problem: string | null; version: string | null; appliedMigration: string | null; knownMigration: string };
}

const loadServer = async () => (await ask<{ server: Server }>(QUERY)).server;

export function ServerPage() {
  const server = useLoaded(loadServer, EVERY);
  const history = useHistory(server.data);
  return (
    <Asked of={server} what="how the server is doing">
      {(now) => (
        <>
          <Summary of={now} />
          <Plots history={history} />
          <Errors errors={now.errors} />
          <SlowStatements server={now} />
        </>
      )}
    </Asked>
  );
}

/** What was answered so far. Another server, or the same after a restart, begins anew: its counts are its own. */
function useHistory(server: Server | null): Server[] {
  const [history, setHistory] = useState<Server[]>([]);
  useEffect(() => {
    if (!server) return;
    setHistory((before) => {
      const same = before.filter((it) => it.startedAt === server.startedAt && it.now < server.now);
      return [...same, server].slice(-ROOM - 1);
    });
  }, [server]);
  return history;
}

function Summary({ of: server }: { of: Server }) {
  const { ready, problem, version, appliedMigration, knownMigration } = server.database;
  const isCurrent = appliedMigration === knownMigration;
  const uptime = (Date.parse(server.now) - Date.parse(server.startedAt)) / 1000;
  const facts: [string, string, boolean?][] = [
    ["Status", ready ? "ready" : "not ready", ready],
    ["Database", version ? `PostgreSQL ${version.split(" ")[0]}` : (problem ?? "down"), version !== null],
    ["Schema", isCurrent ? "up to date" : version ? `${appliedMigration ?? "none"} of ${knownMigration}` : "unknown", isCurrent],
    ["Version", server.version],
    ["Running for", duration(uptime)],
    ["Subscriptions", number(server.subscriptions)],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, text, isGood]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class={isGood === undefined ? "" : isGood ? "good" : "bad"}>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Plots({ history }: { history: Server[] }) {
  const rate = (count: (server: Server) => number | null) => history.slice(1).map((it, index) => perSecond(history[index]!, it, count));
  const mean = (time: (server: Server) => number, count: (server: Server) => number) =>
    history.slice(1).map((it, index) => {
      const before = history[index]!;
      const counted = count(it) - count(before);
      return counted > 0 ? ((time(it) - time(before)) / counted) * 1000 : 0;
    });
  const level = (value: (server: Server) => number | null) => history.slice(1).map(value);
  const pool = history.at(-1)?.pool;
  const millis = (value: number) => `${number(value)} ms`;
  const seconds = EVERY / 1000;
  return (
    <section aria-label="The last five minutes" class="plots">
      <Plot seconds={seconds} title="Requests a second" values={rate((it) => it.requests)} show={number} atLeast={1} />
      <Plot seconds={seconds} title="Mean time of a request" values={mean((it) => it.requestSeconds, (it) => it.requests)} show={millis} atLeast={1} />
      <Plot seconds={seconds} title="Errors a second" values={rate(allErrors)} show={number} atLeast={1} />
      <Plot seconds={seconds} title={`Connections in use, of ${pool?.size ?? "…"}`} values={level((it) => it.pool.open - it.pool.idle)} show={number} atLeast={pool?.size} />
      <Plot seconds={seconds} title="Waiting for a connection" values={level((it) => it.pool.waiting)} show={number} atLeast={1} />
      <Plot seconds={seconds} title="Statements a second" values={rate((it) => it.statements)} show={number} atLeast={1} />
      <Plot seconds={seconds} title="Slow statements a second" values={rate((it) => it.slowStatements)} show={number} atLeast={1} />
      <Plot seconds={seconds} title="Processors in use" values={rate((it) => it.cpuSeconds)} show={number} atLeast={1} />
      <Plot seconds={seconds} title="Memory" values={level((it) => it.memoryBytes)} show={bytes} atLeast={1e6} />
    </section>
  );
}

function perSecond(before: Server, after: Server, count: (server: Server) => number | null): number | null {
  const [first, last] = [count(before), count(after)];
  const seconds = (Date.parse(after.now) - Date.parse(before.now)) / 1000;
  return first === null || last === null || seconds <= 0 ? null : (last - first) / seconds;
}

function allErrors(server: Server): number {
  return server.errors.reduce((sum, { count }) => sum + count, 0);
}

function Errors({ errors }: { errors: Server["errors"] }) {
  const most = [...errors].sort((a, b) => b.count - a.count);
  return (
    <section aria-labelledby="errors">
      <h3 id="errors">Errors since the start</h3>
      {most.length === 0 ? (
        <Empty>No answer has had an error yet. When one has, it is counted here by its code; the log has its request.</Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col" class="right">
                Errors
              </th>
            </tr>
          </thead>
          <tbody>
            {most.map(({ code, count }) => (
              <tr key={code}>
                <th scope="row">
                  <code>{code}</code>
                </th>
                <td class="right">{number(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function SlowStatements({ server: { recentSlowStatements, slowStatements } }: { server: Server }) {
  return (
    <section aria-labelledby="slow">
      <h3 id="slow">Slow statements</h3>
      {recentSlowStatements.length === 0 ? (
        <Empty>
          No statement has taken longer than <code>REGIMEN_SLOW_QUERY</code> since the start. Set it lower to see more here.
        </Empty>
      ) : (
        <>
          <p>
            {number(slowStatements)} since the start; the last of them, without the values that were sent along. The log has all
            of them, with their requests.
          </p>
          <ul class="slow">
            {recentSlowStatements.map(({ at, milliseconds, text }) => (
              <li key={`${at} ${milliseconds} ${text}`}>
                <details>
                  <summary>
                    <b>{number(milliseconds)} ms</b> <span>{moment(at)}</span> <code>{text}</code>
                  </summary>
                  <pre>{text}</pre>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
