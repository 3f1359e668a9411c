import fc from 'fast-check';
import { expect, it } from 'vitest';
import { alignedRange, timeRange } from './time-range.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const now = new Date('2026-11-22T14:40:30.000Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);

it('covers what was asked for, on whole steps, in about as many buckets as wanted', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2e12 }),
      fc.integer({ min: 1, max: 1100 * DAY }),
      fc.integer({ min: 40, max: 400 }),
      (sinceMs, spanMs, bucketsMax) => {
        const untilMs = sinceMs + spanMs;
        const { since, until, stepMs } = alignedRange({ sinceMs, untilMs, bucketsMax });
        expect(since.getTime()).toBeLessThanOrEqual(sinceMs);
        expect(until.getTime()).toBeGreaterThanOrEqual(untilMs);
        expect(since.getTime() % stepMs).toBe(0);
        expect(until.getTime() % stepMs).toBe(0);
        expect((until.getTime() - since.getTime()) / stepMs).toBeLessThanOrEqual(bucketsMax + 2);
      },
    ),
  );
});

it.each([
  ['ends now while inferences arrive', '6h', ago(30 * DAY), ago(MINUTE), ago(6 * HOUR), now],
  [
    'ends at the last inference of a silent stream',
    '1h',
    ago(30 * DAY),
    ago(5 * HOUR),
    ago(6 * HOUR),
    ago(5 * HOUR),
  ],
  ['begins no earlier than the stream', '24h', ago(2 * HOUR), ago(MINUTE), ago(2 * HOUR), now],
  ['is the whole stream', 'all', ago(3 * HOUR), ago(2 * HOUR), ago(3 * HOUR), ago(2 * HOUR)],
] as const)('a range %s', (_, range, firstSeen, lastSeen, since, until) => {
  const found = timeRange(range, { firstSeen, lastSeen, now, bucketsMax: 120 });
  const { stepMs } = found;
  expect(found.since.getTime()).toBe(Math.floor(since.getTime() / stepMs) * stepMs);
  expect(found.until.getTime()).toBe(
    Math.ceil((until.getTime() + (until === now ? 0 : 1)) / stepMs) * stepMs,
  );
});
