import { betAgainst, type Capital, evidenceOf, newCapital } from './capital.ts';
import { type FrozenScale, freezeScale, placeOf } from './frozen-scale.ts';
import { badDirection, defaultMargin, type Margin, type Margins } from './margins.ts';

export type CanaryVerdict = 'continue' | 'promote' | 'roll_back' | 'not_enough_data';

/** One session (or user, or row) of one side: the mean of each of its signals. */
export interface CanaryUnit {
  readonly pair: string | null;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Units that came since the last look, in order of their first row. */
export interface CanaryBatch {
  readonly baseline: readonly CanaryUnit[];
  readonly candidate: readonly CanaryUnit[];
}

export interface CanaryOptions {
  readonly margins: Margins;
  readonly guard: readonly string[] | null;
  /** Chance of ever rolling back where nothing got worse, however often one looks. */
  readonly familyWise: number;
  /** Chance of ever promoting a candidate that is worse by a margin. */
  readonly riskOfPassing: number;
  /** Matches after which it is given up. */
  readonly matchesMax: number;
}

export const DEFAULT_CANARY_OPTIONS: CanaryOptions = {
  margins: new Map(),
  guard: null,
  familyWise: 0.01,
  riskOfPassing: 0.05,
  matchesMax: 100_000,
};

/** All that is remembered of a canary; plain JSON, of bounded size. */
export interface CanaryState {
  readonly verdict: CanaryVerdict;
  /** One candidate unit set against as many baseline units as came with it. */
  readonly matches: number;
  readonly signals: readonly CanarySignal[];
  /** Signals that no promotion looks at; one that was asked for is never among those without values. */
  readonly unguarded: readonly UnguardedSignal[];
  /** Units that still wait for the other side. */
  readonly waiting: CanaryBatch;
}

export interface UnguardedSignal {
  readonly signal: string;
  /** Of too few baseline units before the start; or no match of the first hundred had it on both sides, as with scores that come late. */
  readonly reason: 'too_few_rows' | 'no_values';
}

export interface CanarySignal {
  readonly signal: string;
  readonly margin: Margin;
  readonly scale: FrozenScale;
  /** The margin on the frozen scale, in (0, 1). */
  readonly place: number;
  readonly matches: number;
  /** Sum over matches of how much worse the candidate was, on the frozen scale. */
  readonly sum: number;
  readonly worse: Capital;
  readonly notWorse: Capital;
}

/** Baseline units that a scale is made of: enough for a quantile to be good to a few points. */
export const WARM_UP_UNITS_MIN = 100;
/** By then a signal has come, or comes too late for a canary. */
const VALUES_WITHIN_MATCHES = 100;
const WAITING_MAX = 2_000;
/** The longer side's units that one of the other is set against: their mean is less noisy, ten times less at most. */
const MATCH_MAX = 10;

/**
 * A canary at its start. The scales come from baseline units of before, so nothing of the canary decides on its own measure.
 *
 * @param warmUp at least WARM_UP_UNITS_MIN, else signals are unguarded that have too few
 */
export function startCanary(warmUp: readonly CanaryUnit[], options: CanaryOptions): CanaryState {
  const named = namedIn(options);
  const names = new Set([...named, ...warmUp.flatMap(({ numbers }) => Object.keys(numbers))]);
  const [signals, unguarded]: [CanarySignal[], UnguardedSignal[]] = [[], []];
  for (const signal of [...names].sort()) {
    if (badDirection(signal) === 0 || (options.guard !== null && !named.has(signal))) continue;
    const values = warmUp.flatMap(({ numbers }) => numbers[signal] ?? []);
    if (values.length < WARM_UP_UNITS_MIN) unguarded.push({ signal, reason: 'too_few_rows' });
    else signals.push(newSignal(signal, values, options));
  }
  return { verdict: 'continue', matches: 0, signals, unguarded, waiting: { baseline: [], candidate: [] } };
}

/** Signals that were asked for: without evidence on each of them nothing is promoted. */
const namedIn = ({ guard, margins }: CanaryOptions): ReadonlySet<string> =>
  new Set([...(guard ?? []), ...margins.keys()]);

function newSignal(signal: string, values: readonly number[], { margins }: CanaryOptions): CanarySignal {
  const scale = freezeScale(values);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const isRate = scale.kind === 'rate';
  const margin = margins.get(signal) ?? defaultMargin(signal, { isRate, mean, deviation: Math.sqrt(square) });
  const moved = (value: number): number => {
    const bad = badDirection(signal);
    return margin.kind === 'ratio' ? value * (1 + margin.value) ** bad : value + bad * margin.value;
  };
  const shift = isRate
    ? margin.kind === 'ratio'
      ? margin.value * mean
      : margin.value
    : Math.abs(
        values.reduce((sum, value) => sum + placeOf(scale, moved(value)) - placeOf(scale, value), 0) /
          values.length,
      );
  const place = Math.min(0.9, Math.max(1e-3, shift));
  return { signal, margin, scale, place, matches: 0, sum: 0, worse: newCapital(), notWorse: newCapital() };
}

/**
 * The canary after one more look. Looking costs nothing: each match multiplies capitals that are fair bets under what they
 * speak against, so the chance that one ever reaches 1/α is at most α (Ville). Roll-back takes the mean of the capitals over
 * signals; a promotion takes each of them. What was decided stays so.
 *
 * A signal that nobody asked for and of which no value has come is left out. That rests on whether values are there, never on
 * what they are; its capital, 1 since it was never bet, stays in the mean. So both errors are what they were, whatever it is that
 * keeps the values away; but of what is left out a promotion says nothing.
 *
 * @see Waudby-Smith & Ramdas, JRSS B 86 (2024); Vovk & Wang, Annals of Statistics 49 (2021), for the mean
 */
export function stepCanary(state: CanaryState, batch: CanaryBatch, options: CanaryOptions): CanaryState {
  if (state.verdict !== 'continue') return state;
  const { matches, waiting } = matched({
    baseline: [...state.waiting.baseline, ...batch.baseline],
    candidate: [...state.waiting.candidate, ...batch.candidate],
  });
  let next = state;
  // One match after the other, so that the answer does not depend on how often one looked.
  for (const match of matches) {
    next = {
      ...next,
      matches: next.matches + 1,
      signals: next.signals.map((signal) => bet(signal, match)),
    };
    if (next.matches === VALUES_WITHIN_MATCHES) next = withoutAbsent(next, options);
    const verdict = verdictOf(next, options);
    if (verdict !== 'continue') return { ...next, verdict, waiting: { baseline: [], candidate: [] } };
  }
  return { ...next, waiting };
}

function withoutAbsent(state: CanaryState, options: CanaryOptions): CanaryState {
  const named = namedIn(options);
  const isAbsent = ({ signal, matches }: CanarySignal): boolean => matches === 0 && !named.has(signal);
  const absent = state.signals
    .filter(isAbsent)
    .map(({ signal }): UnguardedSignal => ({ signal, reason: 'no_values' }));
  return {
    ...state,
    signals: state.signals.filter((signal) => !isAbsent(signal)),
    unguarded: [...state.unguarded, ...absent],
  };
}

interface Match {
  readonly baseline: readonly CanaryUnit[];
  readonly candidate: readonly CanaryUnit[];
}

/** Same pair first, then in order of arrival; the longer side in groups. */
function matched({ baseline, candidate }: CanaryBatch): { matches: Match[]; waiting: CanaryBatch } {
  const matches: Match[] = [];
  const byPair = new Map<string, CanaryUnit>();
  for (const unit of baseline) if (unit.pair !== null) byPair.set(unit.pair, unit);
  const [used, left]: [Set<CanaryUnit>, CanaryUnit[]] = [new Set(), []];
  for (const unit of candidate) {
    const other = unit.pair === null ? undefined : byPair.get(unit.pair);
    if (!other || used.has(other)) left.push(unit);
    else {
      used.add(other);
      matches.push({ baseline: [other], candidate: [unit] });
    }
  }
  const others = baseline.filter((unit) => !used.has(unit));
  const [many, few] = others.length >= left.length ? [others, left] : [left, others];
  const size = few.length === 0 ? 0 : Math.min(MATCH_MAX, Math.floor(many.length / few.length));
  few.forEach((unit, index) => {
    const group = many.slice(index * size, (index + 1) * size);
    matches.push(
      many === others ? { baseline: group, candidate: [unit] } : { baseline: [unit], candidate: group },
    );
  });
  const rest = many.slice(few.length * size).slice(-WAITING_MAX);
  return {
    matches,
    waiting: many === others ? { baseline: rest, candidate: [] } : { baseline: [], candidate: rest },
  };
}

function bet(one: CanarySignal, match: Match): CanarySignal {
  const meanPlace = (units: readonly CanaryUnit[]): number => {
    const places = units.flatMap(({ numbers }) => {
      const value = numbers[one.signal];
      return value === undefined ? [] : [placeOf(one.scale, value)];
    });
    return places.reduce((sum, place) => sum + place, 0) / places.length;
  };
  const moved = badDirection(one.signal) * (meanPlace(match.candidate) - meanPlace(match.baseline));
  if (Number.isNaN(moved)) return one;
  return {
    ...one,
    matches: one.matches + 1,
    sum: one.sum + moved,
    // Not worse: the mean of `moved` is at most 0. Worse by a margin: that of `place − moved` is.
    worse: betAgainst(one.worse, moved),
    notWorse: betAgainst(one.notWorse, one.place - moved),
  };
}

function verdictOf({ signals, unguarded, matches }: CanaryState, options: CanaryOptions): CanaryVerdict {
  const isOver = matches >= options.matchesMax;
  if (signals.length === 0) return isOver ? 'not_enough_data' : 'continue';
  const named = namedIn(options);
  const isAllThere = !unguarded.some(({ signal }) => named.has(signal));
  if (isAllThere && signals.every(({ notWorse }) => evidenceOf(notWorse) >= 1 / options.riskOfPassing))
    return 'promote';
  const absent = unguarded.filter(({ reason }) => reason === 'no_values').length;
  const sum = signals.reduce((before, { worse }) => before + evidenceOf(worse), absent);
  if (sum / (signals.length + absent) >= 1 / options.familyWise) return 'roll_back';
  return isOver ? 'not_enough_data' : 'continue';
}

/** A canary whose time is up. */
export function endCanary(state: CanaryState): CanaryState {
  return state.verdict === 'continue' ? { ...state, verdict: 'not_enough_data' } : state;
}
