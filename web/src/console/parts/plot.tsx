// One number over the last minutes: as large as a stamp, and told in words to those who do not see it.

const WIDTH = 240;
const HEIGHT = 48;
/** Fewer values than these leave room on the left. */
const FEWEST = 30;

interface Props {
  title: string;
  /** The newest last; null where there was no answer. */
  values: (number | null)[];
  show(value: number): string;
  /** What the plot reaches up to at least. */
  atLeast?: number;
}

export function Plot({ title, values, show, atLeast = 0 }: Props) {
  const known = values.filter((it) => it !== null);
  const newest = known.at(-1);
  const top = Math.max(atLeast, ...known);
  const words = newest === undefined ? "no values yet" : `now ${show(newest)}, at most ${show(Math.max(...known))}`;
  return (
    <figure class="plot">
      <figcaption>
        {title}
        <b>{newest === undefined ? "–" : show(newest)}</b>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${words}`}>
        {pieces(values, top || 1).map((points) => (
          <>
            <polygon points={`${points[0]!.x},${HEIGHT} ${joined(points)} ${points.at(-1)!.x},${HEIGHT}`} />
            <polyline points={joined(points)} />
          </>
        ))}
      </svg>
    </figure>
  );
}

interface Point {
  x: number;
  y: number;
}

/** Lines between neighbours; a missing value is a gap. */
function pieces(values: (number | null)[], top: number): Point[][] {
  const room = Math.max(FEWEST, values.length);
  const found: Point[][] = [[]];
  const first = room - values.length;
  values.forEach((value, index) => {
    if (value === null) return void found.push([]);
    const x = ((first + index) / (room - 1)) * WIDTH;
    found.at(-1)!.push({ x, y: HEIGHT - 1 - (value / top) * (HEIGHT - 3) });
  });
  return found.filter((piece) => piece.length > 0);
}

function joined(points: Point[]): string {
  return points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}
