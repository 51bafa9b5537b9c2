// How far something is that takes a while: a bar, how fast it goes, and when it will be done.

import { useRef } from "preact/hooks";

import { duration, number } from "./words";

interface Sample {
  at: number;
  done: number;
}

/** The rate is that of the last so many milliseconds, so that a pause shows soon. */
const WINDOW = 20_000;

export function Progress({ label, done, total }: { label: string; done: number; total: number }) {
  const samples = useRef<Sample[]>([]);
  const rate = rateOf(samples.current, { at: performance.now(), done });
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const left = rate > 0 && done < total ? duration((total - done) / rate) : null;
  return (
    <div class="progress">
      <div>
        <b>{label}</b>
        <span>{Math.floor(share * 100)} %</span>
      </div>
      <progress aria-label={label} value={share} max={1} />
      <p>
        {number(done)} of {number(total)}
        {rate > 0 && done < total && ` · ${number(Math.round(rate))} a second`}
        {left && ` · ${left} left`}
      </p>
    </div>
  );
}

function rateOf(samples: Sample[], now: Sample): number {
  const last = samples.at(-1);
  // Begun anew.
  if (last && now.done < last.done) samples.length = 0;
  samples.push(now);
  while (samples.length > 2 && samples[1]!.at < now.at - WINDOW) samples.shift();
  const first = samples[0]!;
  const seconds = (now.at - first.at) / 1000;
  return seconds > 0.5 ? (now.done - first.done) / seconds : 0;
}
