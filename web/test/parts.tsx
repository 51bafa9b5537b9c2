/** @jsxImportSource preact */
// The parts that the pages of a migration are made of, with records made up; `parts.test.mjs` looks at them.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Bytes } from "../src/console/parts/bytes";
import { Confirm } from "../src/console/parts/confirm";
import { Pages } from "../src/console/parts/pages";
import { Plot } from "../src/console/parts/plot";
import { Parity, type Kind } from "../src/console/parts/parity";
import { Sides, type Both } from "../src/console/parts/sides";
import { Progress } from "../src/console/parts/progress";
import { Steps } from "../src/console/parts/steps";
import "../src/shared/ground.css";
import "../src/console/style.css";

const NAMES: [string, string] = ["JSON", "PostgreSQL"];
const STEPS = ["one", "two", "three"].map((name) => ({ name, title: name, note: `the ${name}` }));
const DIGESTS: [string, string] = ["0123456789abcdef", "0123456789abcdef"];
const KINDS: Kind[] = [
  { name: "exercises", source: 1200, target: 1200, missing: 0, extra: 0, differing: 0, digests: DIGESTS, differences: [] },
  {
    name: "workouts",
    source: 3,
    target: 2,
    missing: 1,
    extra: 0,
    differing: 11,
    digests: ["0123456789abcdef", "fedcba9876543210"],
    differences: [
      { entity: "WORKOUT", owner: "o", id: "w1", reason: "missing" },
      { entity: "WORKOUT", owner: "o", id: "w2", reason: "differing" },
    ],
  },
];
const SETS = [{ reps: 5 }, { reps: 5, note: "last one" }];
const BOTH: Record<string, Both> = {
  w1: { source: { name: "Push" }, target: null, differing: [] },
  w2: { source: { name: "Pull", sets: SETS }, target: { name: "Pull", sets: [{ reps: 6 }] }, differing: ["sets.0.reps", "sets.1"] },
};

/** The next page takes a moment to come. */
function Turned() {
  const [at, setAt] = useState(1);
  const [shown, setShown] = useState(1);
  useEffect(() => {
    const timer = setTimeout(() => setShown(at), 300);
    return () => clearTimeout(timer);
  }, [at]);
  return (
    <>
      <p id="turned">page {shown}</p>
      <Pages label="Pages" isBusy={shown !== at} hasBefore={shown > 1} hasNext={shown < 3} before={() => setAt(at - 1)} next={() => setAt(at + 1)} />
    </>
  );
}

function Parts() {
  const [done, setDone] = useState(0);
  const [asks, setAsks] = useState(false);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setDone((before) => Math.min(10_000, before + 100)), 100);
    return () => clearInterval(timer);
  }, []);
  async function act() {
    setTries(tries + 1);
    if (tries === 0) throw new Error("the first try fails");
  }
  return (
    <>
      <h1>Parts</h1>
      <Steps steps={STEPS} current="two" label="Phases" />
      <Progress label="Backfill" done={done} total={10_000} unit="people" rate={{ words: "1,000 a second", secondsLeft: (10_000 - done) / 1000 }} />
      <Plot title="Requests a second" values={[0, 20, null, 10, 40]} seconds={2} show={String} atLeast={1} />
      <Bytes hex="7b226e616d65223a22ff227d0a5d2c205b" from={256} label="The piece" />
      <Turned />
      <Parity kinds={KINDS} names={NAMES} equal="nothing differs" drill={({ id }) => <Sides of={BOTH[id]!} names={NAMES} />} />
      <button type="button" class="button" onClick={() => setAsks(true)}>
        Cut over
      </button>
      <p id="tries">{tries} tries</p>
      {asks && (
        <Confirm title="Cut over?" deed="Cut over now" isDangerous act={act} close={() => setAsks(false)}>
          <p>Writes wait for less than a second.</p>
        </Confirm>
      )}
    </>
  );
}

render(<Parts />, document.getElementById("page")!);
