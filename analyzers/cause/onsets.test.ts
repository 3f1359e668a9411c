import { describe, expect, it } from 'vitest';
import { groupBy } from '../../core/group-by.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { onsetsNear, type ValueCount, type ValueUnits } from './onsets.ts';

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
/** Of inferences that stand alone. */
const near = (all: readonly ValueCount[]) => onsetsNear(all, { ...options, units: alone(all) });

function alone(all: readonly ValueCount[]): ValueUnits[] {
  const byValue = groupBy(all, ({ attribute, value }) => `${attribute}=${value}`);
  return [...byValue.values()].map((some) => {
    const sum = some.reduce((rows, { count }) => rows + count, 0);
    return { attribute: some[0]?.attribute ?? '', value: some[0]?.value ?? '', squares: sum, products: sum };
  });
}

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
    const [onset, ...rest] = near([
      ...counts('release', '1.4', (hour) => (hour < 11 ? 100 : 0)),
      ...counts('release', '1.5', (hour) => (hour < 11 ? 0 : 100)),
      ...counts('region', 'eu', () => 50),
      ...counts('region', 'us', () => 50),
    ]);
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
      near([
        ...counts('release', '2', (hour) => (hour < 4 ? 0 : 100)),
        ...counts('tier', 'free', (hour) => (hour < 12 ? 40 : 50)),
        ...noise,
      ]),
    ).toEqual([]);
  });

  it('tells of a value that is gone, unless another one took its place', () => {
    const gone = counts('legacy', 'x', (hour) => (hour < 12 ? 50 : 0));
    expect(near(gone)).toEqual([
      {
        ...{ attribute: 'legacy', value: 'x', replaced: '', shareBefore: 0.5, shareAfter: 0, isNew: false },
        ...{ at: options.changedAt, distanceMs: 0 },
      },
    ]);
    const replaced = [...gone, ...counts('legacy', 'y', (hour) => (hour < 12 ? 0 : 50))];
    expect(near(replaced).map(({ value, replaced: old }) => [value, old])).toEqual([['y', 'x']]);
    expect(near(counts('legacy', 'x', (hour) => (hour < 12 ? 90 : 30)))).toEqual([]);
  });

  it('puts what people change on purpose before what comes with it', () => {
    const found = near([
      ...counts('client', 'cli', (hour) => (hour < 12 ? 0 : 100)),
      ...counts('prompt_version', '7', (hour) => (hour < 12 ? 0 : 60)),
    ]);
    expect(found.map(({ attribute }) => attribute)).toEqual(['prompt_version', 'client']);
  });
});

/** Seventy buckets of two minutes: sessions of calls over some of them; `valueAt` says what each call has. */
function sessionsIn(
  { sessions, calls, perBucket }: { sessions: number; calls: number; perBucket: number },
  random: () => number,
  valueAt: (session: number, bucket: number) => string,
) {
  const [buckets, bucketMs] = [70, 120_000];
  const cells = new Map<string, ValueCount & { count: number }>();
  const units = new Map<string, ValueUnits & { squares: number; products: number }>();
  const totals = Array.from({ length: buckets }, () => 0);
  const add = (attribute: string, value: string, own: number, of: number): void => {
    const known = units.get(`${attribute}=${value}`) ?? { attribute, value, squares: 0, products: 0 };
    known.squares += own * own;
    known.products += own * of;
    units.set(`${attribute}=${value}`, known);
  };
  for (let session = 0; session < sessions; session++) {
    const start = Math.floor(random() * buckets);
    const own = new Map<string, number>();
    let size = 0;
    for (let call = 0; call < calls; call++) {
      const bucket = start + Math.floor(call / perBucket);
      if (bucket >= buckets) continue;
      const value = valueAt(session, bucket);
      const firstAt = new Date(SINCE.getTime() + bucket * bucketMs);
      const cell = cells.get(`${value} ${bucket}`) ?? {
        attribute: 'client',
        value,
        bucket,
        count: 0,
        firstAt,
      };
      cell.count++;
      cells.set(`${value} ${bucket}`, cell);
      totals[bucket] = (totals[bucket] ?? 0) + 1;
      own.set(value, (own.get(value) ?? 0) + 1);
      size++;
    }
    add('', '', size, size);
    for (const [value, count] of own) add('client', value, count, size);
  }
  const changedAt = new Date(SINCE.getTime() + 60 * bucketMs);
  return onsetsNear([...cells.values()], {
    ...{ changedAt, since: SINCE, bucketMs, totals, nearMs: 900_000 },
    units: [...units.values()],
  });
}

const SHAPES = [
  { sessions: 60, calls: 20, perBucket: 4 },
  { sessions: 200, calls: 10, perBucket: 4 },
  { sessions: 1_200, calls: 1, perBucket: 1 },
];

describe('onsetsNear, where sessions share their attributes', () => {
  it.each(SHAPES)('finds nothing where nothing began: $sessions sessions of $calls calls', (shape) => {
    const random = seededRandom(9);
    let found = 0;
    for (let run = 0; run < 100; run++) {
      const names = Array.from({ length: shape.sessions }, () => 'abc'[Math.floor(random() * 3)] ?? '');
      if (sessionsIn(shape, random, (session) => names[session] ?? '').length > 0) found++;
    }
    // One in a hundred is allowed. By rows it is every third, and every fifth.
    expect(found).toBeLessThanOrEqual(4);
  });

  it.each(SHAPES)(
    'finds a release, whether sessions go on through it or not: $sessions sessions',
    (shape) => {
      const random = seededRandom(3);
      let [through, anew] = [0, 0];
      for (let run = 0; run < 10; run++) {
        if (sessionsIn(shape, random, (_, bucket) => (bucket < 58 ? '1' : '2')).length > 0) through++;
        const born = new Map<number, string>();
        const ofSession = (session: number, bucket: number): string => {
          const value = born.get(session) ?? (bucket < 56 ? '1' : '2');
          born.set(session, value);
          return value;
        };
        if (sessionsIn(shape, random, ofSession).length > 0) anew++;
      }
      expect([through, anew]).toEqual([10, 10]);
    },
  );
});
