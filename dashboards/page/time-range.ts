import type { Range } from './api.ts';

/** A stretch of time cut into equal buckets. */
export interface TimeRange {
  /** Half-open [since, until); both are multiples of the step. */
  readonly since: Date;
  readonly until: Date;
  readonly stepMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Steps that people read without counting. With the last, 120 buckets are nine years; more time gets more buckets. */
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 28].map((days) => days * DAY_MS),
];

const RANGE_MS: Readonly<Record<Exclude<Range, 'all'>, number>> = {
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': DAY_MS,
  '7d': 7 * DAY_MS,
};

/**
 * The range of a stream to be shown. It ends now, unless nothing arrived in it: then it ends at the last inference,
 * so that a stream that has fallen silent is still seen. It never begins before the stream.
 */
export function timeRange(
  range: Range,
  {
    firstSeen,
    lastSeen,
    now,
    bucketsMax,
  }: { firstSeen: Date; lastSeen: Date; now: Date; bucketsMax: number },
): TimeRange {
  const [firstMs, lastMs, nowMs] = [firstSeen.getTime(), lastSeen.getTime(), now.getTime()];
  if (range === 'all') return alignedRange({ sinceMs: firstMs, untilMs: lastMs + 1, bucketsMax });
  const spanMs = RANGE_MS[range];
  const untilMs = lastMs < nowMs - spanMs ? lastMs + 1 : nowMs;
  return alignedRange({ sinceMs: Math.max(untilMs - spanMs, firstMs), untilMs, bucketsMax });
}

/** The smallest range on whole steps that covers [sinceMs, untilMs) in at most `bucketsMax` buckets, give or take two. */
export function alignedRange(input: { sinceMs: number; untilMs: number; bucketsMax: number }): TimeRange {
  const { sinceMs, untilMs, bucketsMax } = input;
  const wanted = (untilMs - sinceMs) / bucketsMax;
  const stepMs = STEPS_MS.find((step) => step >= wanted) ?? 28 * DAY_MS;
  const since = Math.floor(sinceMs / stepMs) * stepMs;
  const until = Math.max(Math.ceil(untilMs / stepMs) * stepMs, since + stepMs);
  return { since: new Date(since), until: new Date(until), stepMs };
}
