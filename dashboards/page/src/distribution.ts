import { valueOfBin } from '../../../core/grid.ts';
import type { Histogram } from '../api.ts';

/** One column of a picture of two distributions; it covers the values [from, to]. */
export interface Column {
  readonly from: number;
  readonly to: number;
  /** Share of each side's inferences that lies in this column. */
  readonly before: number;
  readonly after: number;
}

export interface Tick {
  /** In [0, 1] from the left edge. */
  readonly at: number;
  readonly value: number;
}

/** Two distributions on one axis, ready to be drawn. No column when neither side has a row. */
export interface Distribution {
  /** `points`: few distinct values, a column each; `log`: equal ratios, zero apart at the left; `linear`. */
  readonly scale: 'points' | 'log' | 'linear';
  readonly columns: readonly Column[];
  readonly ticks: readonly Tick[];
  /** Place of a value on the axis, in [0, 1]; null on a `points` axis that has no column for it. */
  readonly placeOf: (value: number) => number | null;
}

const COLUMNS = 36;
const POINTS_MAX = 8;
/** Largest over smallest positive value from which equal ratios show more than equal steps. */
const LOG_RATIO = 20;

/** Puts two histograms of the value grid on one axis that suits both. */
export function distributionOf(before: Histogram, after: Histogram): Distribution {
  const values = [...new Set([...before, ...after].map(([bin]) => bin))]
    .sort((a, b) => a - b)
    .map(valueOfBin);
  const axis = chooseAxis(values);
  const columns = axis.edges.map(([from, to]) => ({ from, to, before: 0, after: 0 }));
  for (const [side, histogram] of [
    ['before', before],
    ['after', after],
  ] as const) {
    const total = histogram.reduce((sum, [, rows]) => sum + rows, 0);
    for (const [bin, rows] of histogram) {
      const column = columns[axis.columnOf(valueOfBin(bin))];
      if (column) column[side] += rows / total;
    }
  }
  return { scale: axis.scale, columns, ticks: axis.ticks, placeOf: axis.placeOf };
}

interface Axis {
  readonly scale: Distribution['scale'];
  readonly edges: readonly (readonly [from: number, to: number])[];
  readonly columnOf: (value: number) => number;
  readonly placeOf: Distribution['placeOf'];
  readonly ticks: readonly Tick[];
}

function chooseAxis(values: readonly number[]): Axis {
  if (values.length <= POINTS_MAX && (values.every(isNearInteger) || values.length <= 2))
    return pointsAxis(values);
  const positive = values.filter((value) => value > 0);
  const [low = 0, high = 0] = [positive[0], positive.at(-1)];
  const isLog = (values[0] ?? 0) >= 0 && low > 0 && high / low > LOG_RATIO;
  return isLog
    ? logAxis({ low, high, hasZero: values[0] === 0 })
    : linearAxis(values[0] ?? 0, values.at(-1) ?? 0);
}

/** A grid value stands for an integer within half a per cent. */
function isNearInteger(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= 0.006 * Math.abs(value);
}

function pointsAxis(values: readonly number[]): Axis {
  const shown = values.map((value) => (isNearInteger(value) ? Math.round(value) : value));
  const indexOf = (value: number): number =>
    values.findIndex((point) => Math.abs(point - value) <= 0.006 * Math.abs(point));
  const middleOf = (index: number): number => (index + 0.5) / values.length;
  return {
    scale: 'points',
    edges: shown.map((value) => [value, value]),
    columnOf: indexOf,
    placeOf: (value) => (indexOf(value) < 0 ? null : middleOf(indexOf(value))),
    ticks: shown.map((value, index) => ({ at: middleOf(index), value })),
  };
}

function linearAxis(low: number, high: number): Axis {
  const span = high - low || 1;
  const clamp = (value: number): number => Math.min(1, Math.max(0, (value - low) / span));
  return {
    scale: 'linear',
    edges: Array.from({ length: COLUMNS }, (_, index) => [
      low + (span * index) / COLUMNS,
      low + (span * (index + 1)) / COLUMNS,
    ]),
    columnOf: (value) => Math.min(COLUMNS - 1, Math.floor(clamp(value) * COLUMNS)),
    placeOf: clamp,
    ticks: linearTicks(low, high).map((value) => ({ at: clamp(value), value })),
  };
}

function logAxis({ low, high, hasZero }: { low: number; high: number; hasZero: boolean }): Axis {
  // Zero has no logarithm: it stands at the left, one empty column before the rest.
  const lead = hasZero ? 2 : 0;
  const columns = COLUMNS - lead;
  // Half a bin of margin, so that no value lies on the outer edge.
  const [from, to] = [Math.log(low) - 0.005, Math.log(high) + 0.005];
  const place = (value: number): number => Math.min(1, Math.max(0, (Math.log(value) - from) / (to - from)));
  const placeOf = (value: number): number =>
    value <= 0 ? 0.5 / COLUMNS : (lead + place(value) * columns) / COLUMNS;
  const edgeOf = (index: number): number => Math.exp(from + ((to - from) * index) / columns);
  return {
    scale: 'log',
    edges: [
      ...(hasZero
        ? ([
            [0, 0],
            [0, edgeOf(0)],
          ] as const)
        : []),
      ...Array.from({ length: columns }, (_, index) => [edgeOf(index), edgeOf(index + 1)] as const),
    ],
    columnOf: (value) => (value <= 0 ? 0 : lead + Math.min(columns - 1, Math.floor(place(value) * columns))),
    placeOf,
    ticks: [...(hasZero ? [0] : []), ...logTicks(low, high)].map((value) => ({ at: placeOf(value), value })),
  };
}

const TICKS_MAX = 6;

/** Round values within [low, high]: 1, 2 and 5 times powers of ten, or the powers alone if those are too many. */
export function logTicks(low: number, high: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const within = (value: number): boolean => value >= low * 0.999 && value <= high * 1.001;
  const of = (factors: readonly number[]): number[] =>
    powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`))).filter(within);
  const [fine, middle, coarse] = [of([1, 2, 5]), of([1, 3]), of([1])];
  if (fine.length <= TICKS_MAX) return fine;
  if (middle.length <= TICKS_MAX) return middle;
  return coarse.filter((_, index) => index % Math.ceil(coarse.length / TICKS_MAX) === 0);
}

/** Round values within [low, high], at most six and in equal steps. */
export function linearTicks(low: number, high: number): number[] {
  if (high <= low) return [low];
  const rough = (high - low) / (TICKS_MAX - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
