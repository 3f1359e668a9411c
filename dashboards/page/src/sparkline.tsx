import type { Verdict } from '../api.ts';

const [WIDTH, HEIGHT, MARGIN] = [64, 22, 2];

/** Path of a line through values in equal steps; null breaks it, and a value alone becomes a dot. */
export function sparkPath(values: readonly (number | null)[]): string {
  const seen = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const stepX = (WIDTH - 2 * MARGIN) / Math.max(1, values.length - 1);
  const placeY = (value: number): number =>
    high === low ? HEIGHT / 2 : HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
  let path = '';
  let isDrawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      isDrawing = false;
      return;
    }
    const [x, y] = [(MARGIN + index * stepX).toFixed(1), placeY(value).toFixed(1)];
    path += isDrawing ? `L${x} ${y}` : `M${x} ${y}h.01`;
    isDrawing = true;
  });
  return path;
}

/** A word-sized line, its last value dotted; in the verdict's colour while an incident stands. Its meaning is in the text beside it. */
export function SparklineImage(props: { values: readonly (number | null)[]; verdict: Verdict | null }) {
  const { values, verdict } = props;
  const path = sparkPath(values);
  const end = /([\d.]+) ([\d.]+)(?:h\.01)?$/.exec(path);
  return (
    <svg
      class={verdict ? `spark is-marked is-${verdict}` : 'spark'}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
    >
      <path d={path} />
      {end && <circle cx={end[1]} cy={end[2]} r="1.8" />}
    </svg>
  );
}
