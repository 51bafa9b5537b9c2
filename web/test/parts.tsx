/** @jsxImportSource preact */
// The parts that the pages of a migration are made of, with records made up; `parts.test.mjs` looks at them.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Confirm } from "../src/console/parts/confirm";
import { Parity, type Kind } from "../src/console/parts/parity";
import { Progress } from "../src/console/parts/progress";
import { Steps } from "../src/console/parts/steps";
import "../src/shared/ground.css";
import "../src/console/style.css";

const STEPS = ["one", "two", "three"].map((name) => ({ name, title: name, note: `the ${name}` }));
const KINDS: Kind[] = [
  { name: "exercises", source: 1200, target: 1200, differing: 0, differences: [] },
  {
    name: "workouts",
    source: 3,
    target: 2,
    differing: 12,
    differences: [
      { id: "w1", reason: "missing", fields: [] },
      { id: "w2", reason: "differing", fields: [{ path: "sets.0.reps", source: 5, target: 6 }] },
    ],
  },
];

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
      <Progress label="Backfill" done={done} total={10_000} />
      <Parity kinds={KINDS} names={["JSON", "PostgreSQL"]} />
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
