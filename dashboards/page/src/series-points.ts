import type { BaselineBand, Series, SeriesAnswer } from '../api.ts';

/** One bucket of one signal, as it is drawn. */
export interface SeriesPoint {
  /** Middle of the bucket, in seconds since 1970. */
  readonly seconds: number;
  readonly count: number;
  /** Mean of a rate, median otherwise; null marks a pause, where the line breaks. */
  readonly line: number | null;
  /** Where the middle nine tenths of the bucket's values lie; the same as `line` for a rate. */
  readonly low: number | null;
  readonly high: number | null;
  /** What was to be expected of the bucket, had nothing changed; null without a baseline. */
  readonly expectedLow: number | null;
  readonly expectedHigh: number | null;
}

/** A pause this many times as long as the usual distance between buckets breaks the line. */
const PAUSE = 6;

/** Points of one signal in order of time, with an empty one in every long pause. */
export function seriesPoints(
  series: Series,
  { since, stepMs }: Pick<SeriesAnswer, 'since' | 'stepMs'>,
  reading: { isRate: boolean; baseline: BaselineBand | null },
): SeriesPoint[] {
  const startMs = new Date(since).getTime();
  const secondsOf = (bucket: number): number => (startMs + (bucket + 0.5) * stepMs) / 1000;
  const pause = PAUSE * usualStep(series.bucket);
  return series.bucket.flatMap((bucket, index) => {
    const last = series.bucket[index - 1] ?? bucket;
    const point = { seconds: secondsOf(bucket), ...pointAt(series, index, reading) };
    return bucket - last > pause ? [emptyPoint(secondsOf((last + bucket) / 2)), point] : [point];
  });
}

function pointAt(
  series: Series,
  index: number,
  { isRate, baseline }: { isRate: boolean; baseline: BaselineBand | null },
): Omit<SeriesPoint, 'seconds'> {
  const at = (column: readonly number[]): number | null => column[index] ?? null;
  const count = at(series.count) ?? 0;
  const line = at(isRate ? series.mean : series.median);
  const [expectedLow, expectedHigh] = expectedOf(baseline, isRate, count) ?? [null, null];
  const [low, high] = isRate ? [line, line] : [at(series.p05), at(series.p95)];
  return { count, line, low, high, expectedLow, expectedHigh };
}

function emptyPoint(seconds: number): SeriesPoint {
  return { seconds, count: 0, line: null, low: null, high: null, expectedLow: null, expectedHigh: null };
}

/** Median distance between neighbouring buckets, at least 1. */
function usualStep(buckets: readonly number[]): number {
  const steps = buckets.slice(1).map((bucket, index) => bucket - (buckets[index] ?? bucket));
  return Math.max(1, steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 1);
}

const Z95 = 1.96;

/**
 * Values: where nine tenths of the baseline lie. A rate: the 95 % range of a bucket of this size, so that few rows
 * make a wide band (Wilson's interval around the baseline's rate).
 */
function expectedOf(
  baseline: BaselineBand | null,
  isRate: boolean,
  count: number,
): readonly [number, number] | null {
  if (!baseline) return null;
  if (!isRate) return [baseline.p05, baseline.p95];
  if (count === 0) return null;
  const square = Z95 ** 2 / count;
  const middle = (baseline.mean + square / 2) / (1 + square);
  const half =
    (Z95 / (1 + square)) * Math.sqrt((baseline.mean * (1 - baseline.mean)) / count + square / (4 * count));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
