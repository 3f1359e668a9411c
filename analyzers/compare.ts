import type { Finding } from '../core/finding.ts';
import { signalSpec } from '../core/signals.ts';
import type { SignalSummary } from '../core/summary.ts';
import { signalWeights } from './budget.ts';
import { clearestChange, type Pair, proportionOf } from './drift/effect.ts';
import { designEffect } from './drift/inflation.ts';
import { DEFAULT_DETECTOR_OPTIONS, type DetectorOptions } from './drift/options.ts';
import { EMPTY_SAMPLE, kindOf, levelOf, type Sample, sampleOf } from './drift/sample.ts';
import { ofSessions, type Sessions } from './drift/scan.ts';
import { fisherLogP } from './stats/fisher.ts';
import { weightedHolm } from './stats/holm.ts';
import { ksTest } from './stats/ks.ts';
import { normalIsf } from './stats/normal.ts';
import { rankTest } from './stats/rank-test.ts';

export interface CompareOptions {
  /** Chance of calling any difference, over all signals together, when there is none. */
  readonly familyWise: number;
  /** Share of it per signal; by default scores and errors get the larger ones (budget.ts). */
  readonly weights?: ReadonlyMap<string, number>;
  /** How the rows of a signal hang together; without it all are independent. */
  readonly sessionsOf?: (signal: string) => Sessions;
  readonly detector: DetectorOptions;
}

/** One false call in a hundred comparisons is what a person still takes seriously. */
export const DEFAULT_COMPARE_OPTIONS: CompareOptions = {
  familyWise: 0.01,
  detector: DEFAULT_DETECTOR_OPTIONS,
};

/** What a comparison says of one signal: a finding without stream and window. */
export interface Comparison
  extends Pick<
    Finding,
    | 'signal'
    | 'family'
    | 'outcome'
    | 'direction'
    | 'verdict'
    | 'effect'
    | 'before'
    | 'after'
    | 'samples'
    | 'rowsNeeded'
    | 'histograms'
  > {
  readonly detector: 'version_comparison';
  /** familyWise over the p-value adjusted for all signals: 1 and above rejects. */
  readonly evidence: number;
}

export interface CompareResult {
  /** Any regression makes it worse; otherwise any improvement better; otherwise any change changed. */
  readonly verdict: 'worse' | 'better' | 'changed' | 'same' | 'not_enough_data';
  /** One per signal that either side has, in order of the baseline's map. */
  readonly findings: readonly Comparison[];
}

/** Share of a continuous signal's level for its middle; the rest is for its shape. */
const LOCATION_SHARE = 0.6;
/** "Enough rows" means four chances in five to see an effect of this size: δ, or a difference of rates. */
const PLANNED = { power: 0.8, delta: 0.3, rateDifference: 0.15 };

/**
 * Compares two fixed sets of rows at full power, signal by signal: exact tests, the family-wise level held by
 * weighted Holm, and an effect large enough to matter.
 */
export function compareSummaries(
  baseline: ReadonlyMap<string, SignalSummary>,
  current: ReadonlyMap<string, SignalSummary>,
  options: CompareOptions = DEFAULT_COMPARE_OPTIONS,
): CompareResult {
  const asSamples = (side: ReadonlyMap<string, SignalSummary>) =>
    new Map([...side].map(([name, summary]) => [name, sampleOf(summary)]));
  return compareSamples(asSamples(baseline), asSamples(current), options);
}

/** `compareSummaries` for sides that are samples already. */
export function compareSamples(
  baseline: ReadonlyMap<string, Sample>,
  current: ReadonlyMap<string, Sample>,
  options: CompareOptions,
): CompareResult {
  const names = [...new Set([...baseline.keys(), ...current.keys()])];
  const pairs = names.map((name) =>
    exactPair(name, {
      baseline: baseline.get(name),
      current: current.get(name),
      sessions: options.sessionsOf?.(name),
    }),
  );
  return comparePairs(pairs, options);
}

/** The same of pairs that were tested already. */
export function comparePairs(all: readonly ComparedPair[], options: CompareOptions): CompareResult {
  const pairs = all.filter(({ baseline, current }) => baseline.count + current.count > 0);
  const weights = options.weights ?? signalWeights(pairs.map(({ spec }) => spec.name));
  const tests = pairs.flatMap(({ spec, tests: own }) => {
    const weight = weights.get(spec.name) ?? 0;
    if (weight <= 0) return [];
    return own.map(({ logP, share }) => ({ signal: spec.name, weight: weight * share, logP }));
  });
  const adjusted = weightedHolm(tests);
  const findings = pairs.map((pair) => {
    const ownP = adjusted.filter((_, index) => tests[index]?.signal === pair.spec.name);
    return judge(pair, {
      logP: Math.min(0, ...ownP),
      level: options.familyWise * (weights.get(pair.spec.name) ?? 0),
      options,
    });
  });
  return { verdict: verdictOf(findings), findings };
}

/** Two sides of one signal, tested. */
export interface ComparedPair extends Pair {
  /** Shares of the signal's level, which add up to 1; none without rows on both sides. */
  readonly tests: readonly { readonly logP: number; readonly share: number }[];
  /** Rows that tell as much as one that is independent of all others. */
  readonly inflation: number;
}

/** By exact tests; of sessions, their rows hang together that much on both sides. */
export function exactPair(
  name: string,
  sides: {
    readonly baseline?: Sample | undefined;
    readonly current?: Sample | undefined;
    readonly sessions?: Sessions | undefined;
  },
): ComparedPair {
  const { baseline = EMPTY_SAMPLE, current = EMPTY_SAMPLE, sessions = NO_SESSIONS } = sides;
  const kind = kindOf(baseline, current);
  const tests =
    baseline.count === 0 || current.count === 0 ? [] : exactTests({ baseline, current, kind }, sessions);
  return { spec: signalSpec(name), kind, baseline, current, tests, inflation: designEffect(sessions) };
}

const NO_SESSIONS: Sessions = { sessionRows: 1, correlation: 0 };

function exactTests(
  { kind, baseline, current }: Pick<Pair, 'kind' | 'baseline' | 'current'>,
  sessions: Sessions,
): ComparedPair['tests'] {
  if (kind === 'rate') {
    const shares = [proportionOf(baseline), proportionOf(current)] as const;
    // Two-sided, of which one side is what was seen.
    const tail = ofSessions(fisherLogP(...shares) - Math.LN2, sessions, shares);
    return [{ logP: Math.min(0, Math.LN2 + tail), share: 1 }];
  }
  const location = ofSessions(rankTest(baseline.bins, current.bins, 'location').logTail, sessions);
  // As Kolmogorov's law has it for so many fewer rows: log p = log 2 − 2 n D².
  const shape = Math.LN2 + (ksTest(baseline.bins, current.bins).logP - Math.LN2) / designEffect(sessions);
  return [
    { logP: Math.min(0, Math.LN2 + location), share: LOCATION_SHARE },
    { logP: Math.min(0, shape), share: 1 - LOCATION_SHARE },
  ];
}

function judge(pair: ComparedPair, at: { logP: number; level: number; options: CompareOptions }): Comparison {
  const { logP, level, options } = at;
  const { spec, kind, baseline, current } = pair;
  const told = {
    signal: spec.name,
    family: spec.family,
    detector: 'version_comparison',
    before: levelOf(baseline, kind),
    after: levelOf(current, kind),
    evidence: Math.exp(Math.min(700, Math.log(options.familyWise) - logP)),
    samples: { baseline: baseline.count, current: current.count },
    histograms: { before: baseline.bins, after: current.bins },
  } as const;
  const rowsNeeded = rowsMissing(pair, level, options.detector);
  const change = baseline.count > 0 && current.count > 0 ? clearestChange(pair, options.detector) : null;
  const isAlarm = change?.isLarge === true && logP <= Math.log(options.familyWise);
  if (!change || (!isAlarm && rowsNeeded > 0)) {
    const nothing = { direction: null, verdict: null, effect: change?.effect ?? null } as const;
    return { ...told, ...nothing, outcome: 'not_enough_data', rowsNeeded: Math.max(1, rowsNeeded) };
  }
  const { direction, verdict, effect } = change;
  return { ...told, direction, verdict, effect, outcome: isAlarm ? 'alarm' : 'quiet', rowsNeeded: null };
}

/** About how many more current rows the planned effect needs, 0 for none; a small baseline must grow as well. */
function rowsMissing(
  { kind, baseline, current, inflation }: ComparedPair,
  level: number,
  options: DetectorOptions,
): number {
  const z = normalIsf(Math.max(level, 1e-12) / 2) + normalIsf(1 - PLANNED.power);
  const { successes, trials } = proportionOf(baseline);
  const rate = (successes + 0.5) / (trials + 1);
  const towards = rate < 0.5 ? PLANNED.rateDifference : -PLANNED.rateDifference;
  const middle = rate + towards / 2;
  const independent =
    kind === 'rate'
      ? (z * z * middle * (1 - middle)) / PLANNED.rateDifference ** 2
      : (z * z) / (3 * PLANNED.delta ** 2);
  const need = independent * inflation;
  // 1/m + 1/n ≤ 1/need, with n the current rows.
  const rows = baseline.count > need ? 1 / (1 / need - 1 / baseline.count) : 2 * need;
  const missing = Math.ceil(Math.max(rows, options.currentRowsMin) - current.count);
  return baseline.count > need ? Math.max(0, missing) : Math.max(1, missing);
}

function verdictOf(findings: readonly Comparison[]): CompareResult['verdict'] {
  const alarms = findings.filter(({ outcome }) => outcome === 'alarm').map(({ verdict }) => verdict);
  if (alarms.includes('regression')) return 'worse';
  if (alarms.includes('improvement')) return 'better';
  if (alarms.length > 0) return 'changed';
  return findings.some(({ outcome }) => outcome === 'quiet') ? 'same' : 'not_enough_data';
}
