import type { CategoryShare } from '../../core/finding.ts';
import { signalWeights } from '../budget.ts';
import { type Comparison, compareSamples, DEFAULT_COMPARE_OPTIONS } from '../compare.ts';
import { sessionsOfSides } from '../drift/session-tally.ts';
import { weightedHolm } from '../stats/holm.ts';
import { type GuardedSignal, judgeSignal, type MeasuredSignal, measureSignal, moreThan } from './guard.ts';
import { badDirection, type Margins } from './margins.ts';
import { type Pair, pairsOf } from './pairs.ts';
import { rowsForAll } from './rows-planned.ts';
import { type GateSide, samplesOf, sessionSumsOf } from './side.ts';

export type GateVerdict = 'better' | 'same' | 'worse' | 'not_enough_data';

/** A family of comparisons beside the guarded signals: what it finds is told, and fails only who asks for it. */
export interface ComparisonFamily {
  readonly name: string;
  compare(
    sides: { readonly baseline: GateSide; readonly candidate: GateSide },
    options: { readonly familyWise: number },
  ): readonly Change[] | Promise<readonly Change[]>;
}

/** A difference as a family tells it: a comparison of a signal, which a family may also give of a group or a topic mix. */
export type Change = Omit<Comparison, 'detector'> & {
  readonly detector: string;
  readonly segment?: string;
  /** Of a mix: the categories that explain its change, the first the most. */
  readonly shares?: readonly CategoryShare[];
};

export interface GateOptions {
  readonly margins: Margins;
  /** Signals that are guarded; null: all that can get worse and that the baseline has. */
  readonly guard: readonly string[] | null;
  /** Chance of "worse" where nothing differs, over all signals together; the same for "better", and for all families together. */
  readonly familyWise: number;
  /** Chance of passing a candidate that is worse by exactly a margin. */
  readonly riskOfPassing: number;
  /** Rows on each side below which a signal that nobody named is not guarded. */
  readonly rowsMin: number;
  readonly families: readonly ComparisonFamily[];
}

export const DEFAULT_GATE_OPTIONS: GateOptions = {
  margins: new Map(),
  guard: null,
  // As for compare: one false call in a hundred is what a person still takes seriously.
  familyWise: 0.01,
  riskOfPassing: 0.05,
  // The normal laws of means are good enough from here on.
  rowsMin: 30,
  families: [],
};

export interface GateResult {
  readonly verdict: GateVerdict;
  /**
   * With `not_enough_data`: about how many more rows on each side, or pairs, show with four chances in five that nothing got worse, if
   * nothing did. Null where no number does: a signal has an `obstacle`, or there is none to guard.
   */
  readonly rowsNeeded: number | null;
  readonly rows: { readonly baseline: number; readonly candidate: number; readonly leftOut: number };
  /** Pairs compared; 0: the sides were compared as they are. */
  readonly pairs: number;
  readonly guarded: readonly GuardedSignal[];
  /** Signals that can get worse and are not guarded, and why. */
  readonly unguarded: readonly { readonly signal: string; readonly reason: 'no_baseline' | 'too_few_rows' }[];
  readonly changes: readonly Change[];
  /** Rows that show the largest regression best, by id. */
  readonly examples: readonly {
    readonly signal: string;
    readonly baseline: string;
    readonly candidate: string;
  }[];
}

/**
 * Judges a candidate against a baseline. "Same" needs every guarded signal shown not worse by its margin (intersection–union:
 * no price for their number); "worse" holds `familyWise` over all of them by weighted Holm.
 *
 * @see Berger & Hsu, Statistical Science 11 (1996); Holm (1979)
 */
export async function gate(
  baseline: GateSide,
  candidate: GateSide,
  options: GateOptions,
): Promise<GateResult> {
  const pairs = pairsOf(baseline, candidate);
  const { chosen, unguarded } = chooseSignals(baseline, candidate, options);
  const measured = chosen.map((signal) => measureSignal(signal, { baseline, candidate, pairs }, options));
  const guarded = judgeAll(measured, options);
  const verdict = verdictOf(guarded);
  const rows = pairs.length > 0 ? pairs.length : Math.min(baseline.rows, candidate.rows);
  return {
    verdict,
    rowsNeeded:
      verdict === 'not_enough_data' ? neededOf(measured, { guarded, rows, rowsMin: options.rowsMin }) : null,
    rows: {
      baseline: baseline.rows,
      candidate: candidate.rows,
      leftOut: baseline.leftOut + candidate.leftOut,
    },
    pairs: pairs.length,
    guarded,
    unguarded,
    changes: await changesOf({ baseline, candidate }, options),
    examples: examplesOf(guarded, { baseline, candidate, pairs }),
  };
}

function chooseSignals(baseline: GateSide, candidate: GateSide, options: GateOptions) {
  const count = (side: GateSide, signal: string): number =>
    side.columns.get(signal)?.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0) ?? 0;
  const named = new Set([...(options.guard ?? []), ...options.margins.keys()]);
  const all = new Set([...named, ...baseline.columns.keys(), ...candidate.columns.keys()]);
  const chosen: string[] = [];
  const unguarded: { signal: string; reason: 'no_baseline' | 'too_few_rows' }[] = [];
  for (const signal of [...all].sort()) {
    if (badDirection(signal) === 0) continue;
    const [before, after] = [count(baseline, signal), count(candidate, signal)];
    if (named.has(signal)) chosen.push(signal);
    else if (options.guard !== null) continue;
    else if (Math.max(before, after) < options.rowsMin) unguarded.push({ signal, reason: 'too_few_rows' });
    else if (before === 0) unguarded.push({ signal, reason: 'no_baseline' });
    else chosen.push(signal);
  }
  return { chosen, unguarded };
}

function judgeAll(measured: readonly MeasuredSignal[], options: GateOptions): GuardedSignal[] {
  const weights = signalWeights(measured.map(({ signal }) => signal));
  const adjust = (logPOf: (one: MeasuredSignal) => number): number[] =>
    weightedHolm(measured.map((one) => ({ logP: logPOf(one), weight: weights.get(one.signal) ?? 1 })));
  const worse = adjust(({ logWorse }) => logWorse);
  const better = adjust(({ logBetter }) => logBetter);
  const level = Math.log(options.familyWise);
  return measured.map((one, index) =>
    judgeSignal(one, {
      isWorse: (worse[index] ?? 0) <= level,
      isBetter: (better[index] ?? 0) <= level,
      p: Math.exp(Math.min(worse[index] ?? 0, better[index] ?? 0)),
    }),
  );
}

function verdictOf(guarded: readonly GuardedSignal[]): GateVerdict {
  const has = (verdict: GateVerdict): boolean => guarded.some((one) => one.verdict === verdict);
  if (has('worse')) return 'worse';
  if (guarded.length === 0 || has('not_enough_data')) return 'not_enough_data';
  return has('better') ? 'better' : 'same';
}

/** All signals must be shown together, so it takes more than the one that takes most. */
function neededOf(
  measured: readonly MeasuredSignal[],
  at: { guarded: readonly GuardedSignal[]; rows: number; rowsMin: number },
): number | null {
  const { guarded, rows, rowsMin } = at;
  if (guarded.some(({ verdict, obstacle }) => verdict === 'not_enough_data' && obstacle !== null))
    return null;
  if (guarded.length === 0) return rows < rowsMin ? rowsMin - rows : null;
  const plans = measured.flatMap(({ plan }) => plan ?? []);
  const open = measured.filter((_, index) => guarded[index]?.verdict === 'not_enough_data');
  const unplanned = open.flatMap(({ plan, rowsMore }) => (plan ? [] : (rowsMore ?? [])));
  const together = open.some(({ plan }) => plan) ? moreThan(rows, rowsForAll(plans)) : 0;
  return Math.max(together, ...unplanned);
}

/** Everything that differs, guarded or not. */
async function changesOf(
  sides: { baseline: GateSide; candidate: GateSide },
  { families, familyWise }: GateOptions,
): Promise<Change[]> {
  const found: Change[] = [];
  const all = [SIGNALS_FAMILY, ...families];
  for (const family of all) {
    const changes = await family.compare(sides, { familyWise: familyWise / all.length });
    found.push(...changes.filter(({ outcome }) => outcome === 'alarm'));
  }
  return found;
}

const SIGNALS_FAMILY: ComparisonFamily = {
  name: 'signals',
  compare({ baseline, candidate }, { familyWise }) {
    const sides = [baseline, candidate].map((side) => ({
      samples: samplesOf(side),
      sums: sessionSumsOf(side),
    }));
    const sessionsOf = (signal: string) =>
      sessionsOfSides(
        sides.map(({ samples, sums }) => ({ sums: sums.get(signal), bins: samples.get(signal)?.bins ?? [] })),
      );
    const [before, after] = sides.map(({ samples }) => samples);
    if (!before || !after) return [];
    return compareSamples(before, after, { ...DEFAULT_COMPARE_OPTIONS, familyWise, sessionsOf }).findings;
  },
};

const EXAMPLES_MAX = 3;
const RANKS: readonly GateVerdict[] = ['worse', 'not_enough_data'];

/** Pairs that moved most the wrong way; without pairs there is nothing to lay side by side. */
function examplesOf(
  guarded: readonly GuardedSignal[],
  { baseline, candidate, pairs }: { baseline: GateSide; candidate: GateSide; pairs: readonly Pair[] },
): GateResult['examples'] {
  const ranked = RANKS.flatMap((verdict) =>
    guarded.filter((one) => one.verdict === verdict && one.regression > 0),
  ).sort((a, b) => Number(b.verdict === 'worse') - Number(a.verdict === 'worse') || a.p - b.p);
  const [worst] = ranked;
  if (!worst) return [];
  const { signal } = worst;
  const read = (side: GateSide, row: number): number => side.columns.get(signal)?.[row] ?? Number.NaN;
  return pairs
    .map(({ baseline: [old = 0], candidate: [now = 0] }) => ({
      moved: badDirection(signal) * (read(candidate, now) - read(baseline, old)),
      example: { signal, baseline: baseline.ids[old] ?? '', candidate: candidate.ids[now] ?? '' },
    }))
    .filter(({ moved }) => moved > 0)
    .sort((a, b) => b.moved - a.moved)
    .slice(0, EXAMPLES_MAX)
    .map(({ example }) => example);
}
