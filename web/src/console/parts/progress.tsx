// How far something is that takes a while: a bar, how fast it goes, and when it will be done.

import { duration, number } from "./words";

interface Props {
  label: string;
  done: number;
  total: number;
  /** What is counted. */
  unit: string;
  /** How fast it goes. */
  rate: { words: string; secondsLeft?: number };
}

export function Progress({ label, done, total, unit, rate: { words, secondsLeft } }: Props) {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return (
    <div class="progress">
      <div>
        <b>{label}</b>
        <span>{Math.floor(share * 100)} %</span>
      </div>
      <progress aria-label={label} value={share} max={1} />
      <p>
        {number(done)} of {number(total)} {unit} · {words}
        {secondsLeft !== undefined && ` · ${duration(secondsLeft)} left`}
      </p>
    </div>
  );
}
