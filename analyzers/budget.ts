import { type StreamKey, streamName } from '../core/finding.ts';
import { aspectOf, SCORE_PREFIX } from '../core/signals.ts';
import type { WindowSpec } from '../core/window.ts';

/** A stream that is watched, and what shares its part of the budget. */
export interface WatchedStream {
  readonly key: StreamKey;
  /** Inferences in a time that is the same for all streams, such as the last week. */
  readonly rows: number;
  /** Every signal that any detector looks at in this stream, those of families too. */
  readonly signals: Iterable<string>;
}

/** What the owner says matters more, or less: 1 is as usual, 0 is not watched at all. */
export interface Priorities {
  readonly ofStream?: (key: StreamKey) => number;
  readonly ofSignal?: (signal: string) => number;
}

export interface BudgetPlan {
  readonly window: WindowSpec;
  /** False pages a month, over everything that is watched; of windows of rows, a multiple of one in 10,000 windows. */
  readonly falsePagesPerMonth: number;
  readonly streams: Iterable<WatchedStream>;
  readonly priorities?: Priorities;
}

/** How the one number is spent. */
export interface Budget {
  /** False alarms per window that all streams may give together; of windows of rows, each stream. */
  readonly total: number;
  /**
   * Part of the budget that one signal of one stream holds, in [0, 1]; 0 for what was not in the plan. Adds up to at
   * most 1 over all streams and signals; of windows of rows, over the signals of a stream.
   */
  weightOf(key: StreamKey, signal: string): number;
  /** False alarms per window that a signal of a stream may give, on average: `total` times the weight. */
  levelOf(key: StreamKey, signal: string): number;
  /**
   * Part of what a declared version may be called different by chance for that a stream of it holds, in [0, 1]: the version itself and
   * its segments have their weights; of windows of rows, 1. Adds up to at most 1 over all streams of the version.
   */
  versionShareOf(key: StreamKey): number;
}

/** Share of the false-alarm budget that a kind of signal gets, so that what matters most is seen first. */
const SHARES = {
  // A judgement of quality is what the others only hint at.
  scores: 0.45,
  error: 0.1,
  latency: 0.1,
  // Rare, and told by few rows: a rise from 1 to 2 % takes the more of the budget the sooner it is seen.
  refusal: 0.15,
} as const;
const REST_SHARE = 1 - SHARES.scores - SHARES.error - SHARES.latency - SHARES.refusal;

/** A whole model is what people are woken up for; its segments, however many, have the other half. */
const WHOLE_SHARE = 0.5;
/**
 * Of their half segments spend half: each of a thousand has so small a level that the law of chance is asked far out in its tail, where
 * it is less sure. Measured on 1,000 streams they were called twice as often as their level says (bench calibration).
 */
const SEGMENTS_SPENT = 0.5;

/**
 * Parts of what a declared version may be called different by chance for: its signals, and each of the three other comparisons of it
 * (mixes of categories, topics of texts, cells of topics).
 */
export const VERSION_PARTS = { signals: 1 / 2, comparison: 1 / 6 } as const;

/** 365 days over 12. */
const MONTH_MS = (365 / 12) * 24 * 60 * 60 * 1000;
/** Windows of rows have no rate in time: with 25 rows in each, one false alarm in 250,000 calls of a stream. */
export const ROW_WINDOWS_PER_FALSE_ALARM = 10_000;

/**
 * Shares `falsePagesPerMonth` over all streams and signals, so that watching more never gives more false pages.
 *
 * 1. Whole models hold half, in equal parts; segments the other half, by their rows, of which they spend half. Without one kind the
 *    other has all.
 * 2. Within a stream: scores 0.45, refusals 0.15, errors and latency 0.1 each, the rest 0.2; a kind without a signal
 *    leaves its share to the others, and signals of one kind share equally.
 * 3. The owner's priorities multiply these weights, which are then made to add up again.
 *
 * By the union bound the alarms of all streams together come at most `falsePagesPerMonth` times a month, whatever the
 * dependence between them, as far as each signal keeps its level: that is measured (bench calibration), not bounded. A window of rows
 * closes at the pace of its own stream, so there each stream has the whole. Declared versions are no part of the number: each may be
 * called different with a chance of its own (`StreamOptions.familyWise`).
 */
export function createBudget({ window, falsePagesPerMonth, streams, priorities }: BudgetPlan): Budget {
  const ofStream = (key: StreamKey) => atLeastZero(priorities?.ofStream?.(key) ?? 1);
  const watched = new Map([...streams].map((stream) => [streamName(stream.key), stream]));
  const isTimed = window.kind === 'time';
  const shares = isTimed ? streamShares([...watched.values()], ofStream) : null;
  const total = isTimed
    ? (falsePagesPerMonth * window.ms) / MONTH_MS
    : falsePagesPerMonth / ROW_WINDOWS_PER_FALSE_ALARM;
  const weights = new Map<string, ReadonlyMap<string, number>>();

  function weightOf(key: StreamKey, signal: string): number {
    const name = streamName(key);
    const stream = watched.get(name);
    if (!stream) return 0;
    let ofSignals = weights.get(name);
    if (!ofSignals) {
      ofSignals = signalWeights(stream.signals, priorities?.ofSignal);
      weights.set(name, ofSignals);
    }
    return (shares?.get(name) ?? (isTimed ? 0 : 1)) * (ofSignals.get(signal) ?? 0);
  }
  const ofVersions = shares ? versionShares([...watched.values()], shares) : null;
  return {
    total,
    weightOf,
    levelOf: (key, signal) => total * weightOf(key, signal),
    versionShareOf: (key) => (ofVersions ? (ofVersions.get(streamName(key)) ?? 0) : 1),
  };
}

/** Shares of streams, over those of all streams of the same version. */
function versionShares(
  streams: readonly WatchedStream[],
  shares: ReadonlyMap<string, number>,
): Map<string, number> {
  const versionOf = ({ key }: WatchedStream) => streamName({ ...key, segment: '' });
  const shareOf = ({ key }: WatchedStream) => shares.get(streamName(key)) ?? 0;
  const sums = new Map<string, number>();
  for (const one of streams) sums.set(versionOf(one), (sums.get(versionOf(one)) ?? 0) + shareOf(one));
  return new Map(
    streams.map((one) => {
      const sum = sums.get(versionOf(one)) ?? 0;
      return [streamName(one.key), sum > 0 ? shareOf(one) / sum : 0];
    }),
  );
}

/**
 * How the false-alarm budget is shared among the signals that are there; adds up to 1. A kind without a signal
 * leaves its share to the others.
 */
export function signalWeights(
  signals: Iterable<string>,
  priorityOf: (signal: string) => number = () => 1,
): Map<string, number> {
  const names = [...new Set(signals)].filter((name) => priorityOf(name) > 0);
  const kinds = new Map<string, string[]>();
  for (const name of names) kinds.set(kindOf(name), [...(kinds.get(kindOf(name)) ?? []), name]);
  const shareOf = (kind: string) => (kind in SHARES ? SHARES[kind as keyof typeof SHARES] : REST_SHARE);
  const raw = names.map((name): [string, number] => {
    const kind = kindOf(name);
    return [name, (priorityOf(name) * shareOf(kind)) / (kinds.get(kind)?.length ?? 1)];
  });
  const sum = raw.reduce((total, [, weight]) => total + weight, 0);
  return new Map(raw.map(([name, weight]) => [name, weight / sum]));
}

/** By name of stream; adds up to at most 1. */
function streamShares(
  streams: readonly WatchedStream[],
  priorityOf: (key: StreamKey) => number,
): Map<string, number> {
  const sides = [
    { share: WHOLE_SHARE, spent: 1, of: streams.filter(({ key }) => key.segment === ''), byRows: false },
    {
      share: 1 - WHOLE_SHARE,
      spent: SEGMENTS_SPENT,
      of: streams.filter(({ key }) => key.segment !== ''),
      byRows: true,
    },
  ].map(({ share, spent, of, byRows }) => {
    // One row more: a stream that has just begun has a share, if a small one.
    const weights = of.map(({ key, rows }) => priorityOf(key) * (byRows ? atLeastZero(rows) + 1 : 1));
    return { share, spent, of, weights, sum: weights.reduce((total, weight) => total + weight, 0) };
  });
  const present = sides.filter(({ sum }) => sum > 0);
  const shared = present.reduce((total, { share }) => total + share, 0);
  return new Map(
    present.flatMap(({ share, spent, of, weights, sum }) =>
      of.map(
        ({ key }, index) =>
          [streamName(key), ((share / shared) * spent * (weights[index] ?? 0)) / sum] as const,
      ),
    ),
  );
}

function atLeastZero(value: number): number {
  return Math.max(value, 0);
}

function kindOf(name: string): string {
  if (name.startsWith(SCORE_PREFIX)) return 'scores';
  if (name === 'error' || name === 'refusal') return name;
  return aspectOf(name) === 'speed' ? 'latency' : 'rest';
}
