// One number over the last minutes: as large as a stamp, with its scale, and told in words to those who do not see it.

import { Fragment } from "preact";

import { duration } from "./words";

const WIDTH = 240;
const HEIGHT = 48;
/** Fewer values than these leave room on the left. */
const FEWEST = 30;

interface Props {
  title: string;
  /** The newest last; null where there was no answer. */
  values: (number | null)[];
  /** How far one is from the next. */
  seconds: number;
  show(value: number): string;
  /** What the plot reaches up to at least. */
  atLeast?: number;
}

export function Plot({ title, values, seconds, show, atLeast = 0 }: Props) {
  const known = values.filter((it) => it !== null);
  const newest = known.at(-1);
  const top = Math.max(atLeast, ...known) || 1;
  const room = Math.max(FEWEST, values.length);
  const words = newest === undefined ? "no values yet" : `now ${show(newest)}, at most ${show(Math.max(...known))}`;
  return (
    <figure class="plot">
      <figcaption>
        {title}
        <b>{newest === undefined ? "–" : show(newest)}</b>
      </figcaption>
      <div class="scale" aria-hidden="true">
        <span>{show(top)}</span>
        <span>{show(0)}</span>
      </div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${words}`}>
        <path class="grid" d={`M0,1H${WIDTH}M0,${HEIGHT / 2}H${WIDTH}M0,${HEIGHT - 1}H${WIDTH}`} />
        {pieces(values, room, top).map((points) => (
          <Fragment key={points[0]!.x}>
            <polygon points={`${points[0]!.x},${HEIGHT - 1} ${joined(points)} ${points.at(-1)!.x},${HEIGHT - 1}`} />
            <polyline points={joined(points)} />
          </Fragment>
        ))}
      </svg>
      <div class="span" aria-hidden="true">
        <span>{duration((room - 1) * seconds)} ago</span>
        <span>now</span>
      </div>
    </figure>
  );
}

interface Point {
  x: number;
  y: number;
}

/** Lines between neighbours; a missing value is a gap. */
function pieces(values: (number | null)[], room: number, top: number): Point[][] {
  const found: Point[][] = [[]];
  const first = room - values.length;
  values.forEach((value, index) => {
    if (value === null) return void found.push([]);
    const x = ((first + index) / (room - 1)) * WIDTH;
    found.at(-1)!.push({ x, y: HEIGHT - 1 - (value / top) * (HEIGHT - 2) });
  });
  return found.filter((piece) => piece.length > 0);
}

function joined(points: Point[]): string {
  return points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}
