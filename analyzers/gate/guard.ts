import { type Contrast, contrastOf, type Sides } from './contrast.ts';
import { badDirection, defaultMargin, type Margin, type Margins } from './margins.ts';
import { seenEnds } from './mean-reach.ts';
import type { Pair } from './pairs.ts';
import { type Plan, planOf, rowsPlanned } from './rows-planned.ts';
import type { GateSide } from './side.ts';

/** What a comparison says of a signal that must not get worse. */
export interface GuardedSignal {
  readonly signal: string;
  readonly verdict: 'better' | 'same' | 'worse' | 'not_enough_data';
  readonly isRate: boolean;
  /** Means; geometric ones where the margin is a ratio. Null without a row. */
  readonly before: number | null;
  readonly after: number | null;
  readonly margin: Margin;
  /** Candidate less baseline in the signal's unit, or after / before − 1 for a ratio; low and high are one-sided limits. */
  readonly effect: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** How far it went the wrong way, and the limit of that, both as multiples of the margin: 1 and above is too far. */
  readonly regression: number;
  readonly regressionLimit: number;
  /** Adjusted for all guarded signals; of the direction that was seen. */
  readonly p: number;
  /** Pairs, or rows on each side. */
  readonly pairs: number;
  readonly samples: { readonly baseline: number; readonly candidate: number };
  /** About how many more rows a side show that it is not worse, if it is not; null when that is known, or no number does. */
  readonly rowsNeeded: number | null;
  /** Rows a side that it takes in all: the power table. */
  readonly rowsPlanned: number | null;
  /** Why no number of rows can show it, however alike both sides are. */
  readonly obstacle: 'margin_of_zero' | 'share_of_zero' | null;
}

export interface MeasuredSignal {
  readonly signal: string;
  readonly logWorse: number;
  readonly logBetter: number;
  readonly told: Omit<GuardedSignal, 'verdict' | 'p' | 'rowsNeeded'>;
  /** Null: as `rowsNeeded` says. */
  readonly rowsMore: number | null;
  /** Null where there is too little to plan by. */
  readonly plan: Plan | null;
}

interface Compared {
  readonly baseline: GateSide;
  readonly candidate: GateSide;
  readonly pairs: readonly Pair[];
}

interface MeasureOptions {
  readonly margins: Margins;
  readonly riskOfPassing: number;
  readonly rowsMin: number;
}

/** One guarded signal on both sides, before the levels are shared out. */
export function measureSignal(signal: string, compared: Compared, options: MeasureOptions): MeasuredSignal {
  const { isRate, ...raw } = sidesOf(signal, compared);
  const [before, after] = [raw.before.values, raw.after.values];
  const samples = { baseline: before.length, candidate: after.length };
  const margin = options.margins.get(signal) ?? defaultMargin(signal, { isRate, ...levelOf(before, after) });
  const pairs = raw.isPaired ? before.length : 0;
  const known = { signal, isRate, margin, pairs, samples };
  const fewer = Math.min(before.length, after.length);
  if (fewer < Math.max(2, options.rowsMin)) {
    const unknown = { before: null, after: null, effect: null, regression: 0, regressionLimit: Infinity };
    const told = { ...known, rowsPlanned: null, obstacle: null, ...unknown };
    const rowsMore = Math.max(1, options.rowsMin - fewer);
    return { signal, logWorse: 0, logBetter: 0, told, rowsMore, plan: null };
  }
  const scaled = scale(raw, margin);
  const contrast = contrastOf(scaled.sides, options.riskOfPassing);
  const bad = badDirection(signal);
  const limit = bad > 0 ? contrast.high : -contrast.low;
  const obstacle = scaled.margin > 0 ? null : margin.value > 0 ? 'share_of_zero' : 'margin_of_zero';
  const plan = planOf(contrast, {
    margin: scaled.margin,
    bad,
    isRate,
    alpha: options.riskOfPassing,
    share: shareOf(raw, compared),
  });
  const inAll = plan && rowsPlanned(plan);
  return {
    signal,
    logWorse: bad > 0 ? contrast.logRise : contrast.logFall,
    logBetter: bad > 0 ? contrast.logFall : contrast.logRise,
    told: {
      ...known,
      before: scaled.read(mean(scaled.sides.before.values)),
      after: scaled.read(mean(scaled.sides.after.values)),
      effect: scaled.effect(contrast),
      regression: over(bad * contrast.value, scaled.margin),
      regressionLimit: over(limit, scaled.margin),
      rowsPlanned: inAll,
      obstacle,
    },
    rowsMore: obstacle ? null : moreThan(contrast.rows, inAll),
    plan,
  };
}

/** Planned for no difference at all; what leans the wrong way by now, or cannot be planned, needs as many again. */
export const moreThan = (rows: number, inAll: number | null): number =>
  inAll !== null && inAll > rows ? inAll - rows : rows;

/** Of the pairs, or of the side that has fewer, those with a value. */
function shareOf(raw: Sides, { baseline, candidate, pairs }: Compared): number {
  const [before, after] = [raw.before.values.length, raw.after.values.length];
  return raw.isPaired ? before / pairs.length : Math.min(before / baseline.rows, after / candidate.rows);
}

/** Below a margin of 0 is better than it, 0 over 0 is at it, and anything more is beyond it. */
const over = (value: number, margin: number): number => {
  if (margin > 0) return value / margin;
  return value < 0 ? -Infinity : value > 0 ? Infinity : 1;
};

/** The verdict of a signal, once it is known what may be said of it next to the others. */
export function judgeSignal(
  { told, rowsMore }: MeasuredSignal,
  { isWorse, isBetter, p }: { isWorse: boolean; isBetter: boolean; p: number },
): GuardedSignal {
  const isShown = told.regressionLimit < 1;
  const verdict = isShown
    ? isBetter && told.regression <= -1
      ? 'better'
      : 'same'
    : isWorse && told.regression > 0
      ? 'worse'
      : 'not_enough_data';
  return { ...told, verdict, p, rowsNeeded: verdict === 'not_enough_data' ? rowsMore : null };
}

/** A rate is what is 0 or 1 in every row, also where the mean of several answers to a prompt is neither. */
function sidesOf(
  signal: string,
  { baseline, candidate, pairs }: Compared,
): Sides & { readonly isRate: boolean } {
  const column = (side: GateSide) => side.columns.get(signal) ?? new Float64Array(0);
  const [old, now] = [column(baseline), column(candidate)];
  const isRate = [old, now].every((values) =>
    values.every((value) => value === 0 || value === 1 || Number.isNaN(value)),
  );
  const known = isRate ? { isRate, ends: { low: 0, high: 1 } } : { isRate };
  if (pairs.length > 0) return { ...known, ...pairedSides(pairs, old, now) };
  return { ...known, isPaired: false, before: present(baseline, old), after: present(candidate, now) };
}

function present({ units }: GateSide, column: Float64Array): Sides['before'] {
  const values: number[] = [];
  const clusters: string[] = [];
  column.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    values.push(value);
    clusters.push(units[index] ?? '');
  });
  return { values, clusters };
}

/** Several answers to one prompt are one value: their mean. */
function pairedSides(pairs: readonly Pair[], old: Float64Array, now: Float64Array): Sides {
  const [before, after, clusters]: [number[], number[], string[]] = [[], [], []];
  const meanOf = (column: Float64Array, rows: readonly number[]): number =>
    mean(rows.map((row) => column[row] ?? Number.NaN).filter((value) => !Number.isNaN(value)));
  for (const pair of pairs) {
    const [first, second] = [meanOf(old, pair.baseline), meanOf(now, pair.candidate)];
    if (Number.isNaN(first) || Number.isNaN(second)) continue;
    before.push(first);
    after.push(second);
    clusters.push(pair.cluster);
  }
  return { isPaired: true, before: { values: before, clusters }, after: { values: after, clusters } };
}

/** NaN of nothing. */
const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

function levelOf(before: readonly number[], after: readonly number[]): { mean: number; deviation: number } {
  const squares = (values: readonly number[]): number => {
    const middle = mean(values);
    return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  };
  const count = Math.max(1, before.length + after.length - 2);
  return {
    mean: before.length === 0 ? 0 : mean(before),
    deviation: Math.sqrt((squares(before) + squares(after)) / count),
  };
}

interface Scaled {
  readonly sides: Sides;
  /** In the scale of the sides. */
  readonly margin: number;
  readonly read: (value: number) => number;
  readonly effect: (contrast: Contrast) => GuardedSignal['effect'];
}

/** A ratio is a difference of logarithms; of rates, and where zeros have none, it is a share of the baseline's mean. */
function scale(sides: Sides, margin: Margin): Scaled {
  const plain = { sides, read: (value: number) => value };
  if (margin.kind === 'difference')
    return { ...plain, margin: margin.value, effect: ({ value, low, high }) => ({ value, low, high }) };
  const { before, after } = sides;
  const { low, high } = seenEnds(before.values, after.values);
  if (sides.ends || [...before.values, ...after.values].some((value) => value <= 0)) {
    const level = Math.abs(mean(before.values));
    const share = (contrast: Contrast) => ({
      value: contrast.value / level,
      low: contrast.low / level,
      high: contrast.high / level,
    });
    return {
      ...plain,
      margin: margin.value * level,
      effect: (contrast) => (level > 0 ? share(contrast) : null),
    };
  }
  const logs = (side: Sides['before']) => ({ ...side, values: side.values.map(Math.log) });
  // Of values that are all alike the lower end is 0, which has no logarithm: half as much stands for it.
  const ends = { low: Math.log(low > 0 ? low : high / 4), high: Math.log(high) };
  return {
    sides: { ...sides, before: logs(before), after: logs(after), ends },
    margin: Math.log1p(margin.value),
    read: Math.exp,
    effect: (contrast) => ({
      value: Math.expm1(contrast.value),
      low: Math.expm1(contrast.low),
      high: Math.expm1(contrast.high),
    }),
  };
}
