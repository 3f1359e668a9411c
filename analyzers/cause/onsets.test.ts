import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { onsetsNear, type ValueCount } from './onsets.ts';

const HOUR = 3_600_000;
const SINCE = new Date('2026-03-01T00:00:00.000Z');
const BUCKETS = 24;
const options = {
  changedAt: new Date(SINCE.getTime() + 12 * HOUR),
  since: SINCE,
  bucketMs: HOUR,
  totals: Array.from({ length: BUCKETS }, () => 100),
  nearMs: 3 * HOUR,
};

/** An hour's count of one value, from a function of the hour. */
function counts(attribute: string, value: string, of: (hour: number) => number): ValueCount[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => ({
    attribute,
    value,
    bucket,
    count: of(bucket),
    firstAt: new Date(SINCE.getTime() + bucket * HOUR + 90_000),
  })).filter(({ count }) => count > 0);
}

describe('onsetsNear', () => {
  it('names what is new near the change, what it replaced, and how long before', () => {
    const [onset, ...rest] = onsetsNear(
      [
        ...counts('release', '1.4', (hour) => (hour < 11 ? 100 : 0)),
        ...counts('release', '1.5', (hour) => (hour < 11 ? 0 : 100)),
        ...counts('region', 'eu', () => 50),
        ...counts('region', 'us', () => 50),
      ],
      options,
    );
    expect(rest).toEqual([]);
    expect(onset).toEqual({
      attribute: 'release',
      value: '1.5',
      replaced: '1.4',
      shareBefore: 0,
      shareAfter: 1,
      isNew: true,
      at: new Date(SINCE.getTime() + 11 * HOUR + 90_000),
      distanceMs: -HOUR + 90_000,
    });
  });

  it('leaves out what began at another time, what hardly moved, and what comes and goes by chance', () => {
    const random = seededRandom(1);
    const noise = counts('client', 'ios', () => 20 + Math.floor(random() * 30));
    expect(
      onsetsNear(
        [
          ...counts('release', '2', (hour) => (hour < 4 ? 0 : 100)),
          ...counts('tier', 'free', (hour) => (hour < 12 ? 40 : 50)),
          ...noise,
        ],
        options,
      ),
    ).toEqual([]);
  });

  it('puts what people change on purpose before what comes with it', () => {
    const found = onsetsNear(
      [
        ...counts('client', 'cli', (hour) => (hour < 12 ? 0 : 100)),
        ...counts('prompt_version', '7', (hour) => (hour < 12 ? 0 : 60)),
      ],
      options,
    );
    expect(found.map(({ attribute }) => attribute)).toEqual(['prompt_version', 'client']);
  });
});
