import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRID_ONE } from '../../core/grid.ts';
import type { GroupTable } from '../../core/group-table.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import type { Histogram } from '../../core/summary.ts';
import { type GroupRow, groupTable } from '../../test/support/group-rows.ts';
import type { FamilyReading } from '../family.ts';
import { BET_LOG_ODDS, logRankBets, logRateBets } from './bets.ts';
import { compareGroups } from './compare-groups.ts';
import { designEffectOf, NO_SCATTER, scatterOf } from './design-effect.ts';
import { createDisparities } from './disparities.ts';
import { disparitiesOf } from './disparities-of.ts';
import { oddsOf } from './equalised-odds.ts';
import { DEFAULT_FAIRNESS_OPTIONS as FAIRNESS, logOddsTolerance } from './options.ts';
import { shrunk } from './shrink.ts';
import type { Stratum } from './strata.ts';

const SETTINGS = { familyWise: 0.05, fairness: FAIRNESS };
const NO_TABLE: GroupTable = { tallies: [], pairs: [] };
const rate = (events: number, rows: number): Histogram => [
  [0, rows - events],
  [GRID_ONE, events],
];
const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/** Inferences of two genders, or more, with a rate of refusals for each. */
function refusals(
  rates: Readonly<Record<string, number>>,
  { rows, random, strata = 1 }: { rows: number; random: () => number; strata?: number },
): GroupRow[] {
  const values = Object.keys(rates);
  return Array.from({ length: rows }, (_, i) => {
    const gender = values[i % values.length] ?? '';
    const refusal = random() < (rates[gender] ?? 0) ? 1 : 0;
    return { groups: { gender }, stratum: `${Math.floor(i / values.length) % strata}`, signals: { refusal } };
  });
}

/** E[L] per size of bet over all tables with the margins, when the group's odds are `odds` times the rest's. */
function meanWealth(
  [group, rest, events]: readonly [number, number, number],
  odds: number,
  { tolerance, side }: { tolerance: number; side: 'up' | 'down' },
): number[] {
  const mean = BET_LOG_ODDS.map(() => 0);
  const support = Array.from({ length: Math.min(group, events) + 1 }, (_, k) => k).filter(
    (k) => events - k <= rest,
  );
  const weight = (k: number) => choose(group, k) * choose(rest, events - k) * odds ** k;
  const all = support.reduce((sum, k) => sum + weight(k), 0);
  for (const k of support) {
    const stratum = { name: '', group: rate(k, group), rest: rate(events - k, rest), times: 1 };
    logRateBets([stratum], tolerance, side).forEach((logL, i) => {
      mean[i] = (mean[i] ?? 0) + (weight(k) / all) * Math.exp(logL);
    });
  }
  return mean;
}

describe('bets on a rate', () => {
  it.each([
    [1, 1, 1],
    [4, 9, 5],
    [12, 3, 7],
    [20, 30, 3],
    [30, 200, 24],
  ] as const)(
    'win at most 1 on average within the tolerance, by enumeration: %i and %i, %i events',
    (...margins) => {
      const tolerance = Math.log(1.25);
      for (const odds of [1 / 1.25, 1, 1.1, 1.25]) {
        const up = meanWealth(margins, odds, { tolerance, side: 'up' });
        const down = meanWealth(margins, odds, { tolerance, side: 'down' });
        expect(Math.max(...up, ...down)).toBeLessThanOrEqual(1 + 1e-9);
        // At the end of the tolerance nothing is given away.
        if (odds === 1.25) expect(Math.min(...up)).toBeCloseTo(1, 9);
        if (odds === 1 / 1.25) expect(Math.min(...down)).toBeCloseTo(1, 9);
      }
    },
  );

  it('multiply over strata, and over pairs of the same kind', () => {
    const one: Stratum = { name: 'a', group: rate(3, 10), rest: rate(2, 20), times: 1 };
    const other: Stratum = { name: 'b', group: rate(0, 1), rest: rate(1, 1), times: 1 };
    const [a, b] = [logRateBets([one], 0.2, 'up'), logRateBets([other], 0.2, 'up')];
    const both = logRateBets([one, { ...other, times: 3 }], 0.2, 'up');
    both.forEach((log, i) => {
      expect(log).toBeCloseTo((a[i] ?? 0) + 3 * (b[i] ?? 0), 9);
    });
  });

  it('keep both outcomes within four fifths, whatever the rate', () => {
    for (let lower = 0.001; lower < 1; lower += 0.001) {
      const upper = Math.min(1.25 * lower, 1 - (1 - lower) / 1.25);
      const odds = Math.log((upper * (1 - lower)) / ((1 - upper) * lower));
      expect(logOddsTolerance({ low: lower, high: upper }, 1.25)).toBeGreaterThanOrEqual(odds - 1e-12);
    }
    expect(logOddsTolerance({ low: 0.001, high: 0.001 }, 1.25)).toBeCloseTo(Math.log(1.25), 3);
    expect(logOddsTolerance({ low: 0, high: 1 }, 1.25)).toBeCloseTo(2 * Math.log(1.25), 9);
  });
});

describe('bets on a number', () => {
  it('win 1 on average at the end of the tolerance: all samples of a small law, dealt in every way', () => {
    const law = [0.5, 0.3, 0.2];
    const expected = BET_LOG_ODDS.map(() => 0);
    const histogram = (values: readonly number[]): Histogram =>
      law.flatMap((_, value) => {
        const rows = values.filter((one) => one === value).length;
        return rows > 0 ? [[value, rows] as const] : [];
      });
    const seeds = 1000;
    for (let outcome = 0; outcome < 3 ** 5; outcome++) {
      const values = [0, 1, 2, 3, 4].map((place) => Math.floor(outcome / 3 ** place) % 3);
      const chance = values.reduce((product, value) => product * (law[value] ?? 0), 1);
      const [group, rest] = [histogram(values.slice(0, 2)), histogram(values.slice(2))];
      for (let seed = 0; seed < seeds; seed++) {
        const at = { tolerance: 0, side: 'up', seed: seed * 7919 + outcome } as const;
        logRankBets([{ name: '', group, rest, times: 1 }], at).forEach((log, place) => {
          expected[place] = (expected[place] ?? 0) + (chance * Math.exp(log)) / seeds;
        });
      }
    }
    for (const value of expected) expect(Math.abs(value - 1)).toBeLessThan(0.01);
  });

  it('win when the group lies above the rest, and say the same when asked again', () => {
    const at = { tolerance: 0.1, side: 'up', seed: 7 } as const;
    const spread = (from: number): Histogram => Array.from({ length: 200 }, (_, i) => [from + i, 1] as const);
    const strata = [{ name: '', group: spread(100), rest: spread(0), times: 1 }];
    const first = logRankBets(strata, at);
    expect(Math.max(...first)).toBeGreaterThan(10);
    expect(logRankBets(strata, at)).toEqual(first);
    expect(Math.max(...logRankBets(strata, { ...at, side: 'down' }))).toBeLessThan(0);
  });
});

const askedFor = (gender: string, stratum: string, isRefused: boolean): GroupRow => ({
  groups: { gender },
  stratum,
  signals: { refusal: isRefused ? 1 : 0 },
});

describe('disparitiesOf', () => {
  it('finds what is surely beyond four fifths, and says it of both sides', () => {
    const found = disparitiesOf(
      groupTable(refusals({ f: 0.081, m: 0.032 }, { rows: 6000, random: seededRandom(1), strata: 3 })),
      SETTINGS,
    );
    const f = found.find(({ value }) => value === 'f');
    expect(f).toMatchObject({ signal: 'disparity:refusal', outcome: 'alarm', rowsNeeded: null });
    expect(f?.gap?.effect.name).toBe('rate_ratio');
    expect(f?.gap?.effect.low).toBeGreaterThan(1.25);
    expect(f?.gap?.side).toBe('up');
  });

  it('is not misled by groups that ask for different things (Simpson)', () => {
    const random = seededRandom(2);
    const asks = { f: { hard: 3200, easy: 800 }, m: { hard: 800, easy: 3200 } };
    const rows = Object.entries(asks).flatMap(([gender, { hard, easy }]) => [
      ...Array.from({ length: hard }, () => askedFor(gender, 'hard', random() < 0.3)),
      ...Array.from({ length: easy }, () => askedFor(gender, 'easy', random() < 0.03)),
    ]);
    expect(disparitiesOf(groupTable(rows), SETTINGS).map(({ outcome }) => outcome)).toEqual([
      'quiet',
      'quiet',
    ]);
    const pooled = disparitiesOf(groupTable(rows.map((row) => ({ ...row, stratum: '' }))), SETTINGS);
    expect(pooled[0]?.outcome).toBe('alarm');
  });

  it('says how many more a small group needs, and nothing of a group without a rest', () => {
    const few = disparitiesOf(
      groupTable(refusals({ f: 0.1, m: 0.1 }, { rows: 200, random: seededRandom(3) })),
      SETTINGS,
    );
    expect(few[0]?.outcome).toBe('not_enough_data');
    expect(few[0]?.rowsNeeded).toBeGreaterThan(200);
    const alone = disparitiesOf(
      groupTable(refusals({ f: 0.5 }, { rows: 900, random: seededRandom(3) })),
      SETTINGS,
    );
    expect(alone).toMatchObject([{ outcome: 'not_enough_data', gap: null }]);
    expect(disparitiesOf(NO_TABLE, SETTINGS)).toEqual([]);
  });

  it('counts a talkative session once: the same rows in sessions of ten that all agree', () => {
    const random = seededRandom(4);
    const rows = Array.from({ length: 300 }, (_, unit) => {
      const refusal = random() < (unit % 2 === 0 ? 0.5 : 0.2) ? 1 : 0;
      return Array.from(
        { length: 10 },
        (): GroupRow => ({
          groups: { gender: unit % 2 === 0 ? 'f' : 'm' },
          unit: `${unit}`,
          signals: { refusal },
        }),
      );
    }).flat();
    const clustered = disparitiesOf(groupTable(rows), SETTINGS)[0];
    expect(clustered?.designEffect).toBeCloseTo(10, 0);
    const naive = disparitiesOf(groupTable(rows.map(({ unit: _, ...row }) => row)), SETTINGS)[0];
    expect(naive?.designEffect).toBe(1);
    expect(clustered?.logP ?? 0).toBeGreaterThan(naive?.logP ?? 0);
  });

  it('does not depend on order, on names, or on strata that are empty on one side', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 2 }), fc.boolean()), {
          minLength: 1,
          maxLength: 80,
        }),
        (cases) => {
          const rowsNamed = (names: readonly [string, string]) =>
            cases.map(
              ([isF, stratum, isEvent]): GroupRow => ({
                groups: { gender: names[isF ? 0 : 1] },
                stratum: `${stratum}`,
                signals: { refusal: isEvent ? 1 : 0 },
              }),
            );
          const of = (rows: readonly GroupRow[], value: string) =>
            disparitiesOf(groupTable(rows), SETTINGS).find((one) => one.value === value)?.gap;
          const gap = of(rowsNamed(['f', 'm']), 'f');
          expect(of(rowsNamed(['f', 'm']).toReversed(), 'f')).toEqual(gap);
          expect(of(rowsNamed(['z', 'a']), 'z')).toEqual(gap);
          const idle: GroupRow = { groups: { gender: 'f' }, stratum: 'only f', signals: { refusal: 1 } };
          const more = of([...rowsNamed(['f', 'm']), idle], 'f');
          if (gap) expect(more?.group).toBeCloseTo(gap.group, 12);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('judges pairs by those that disagree alone', () => {
    const pairs = (groupOnly: number, restOnly: number) => ({
      tallies: [],
      pairs: [
        { attribute: 'gender', value: 'f', signal: 'refusal', both: 40, neither: 800, groupOnly, restOnly },
      ],
    });
    expect(disparitiesOf(pairs(70, 6), SETTINGS)[0]).toMatchObject({ outcome: 'alarm' });
    expect(disparitiesOf(pairs(38, 38), SETTINGS)[0]).toMatchObject({ outcome: 'quiet', logP: 0 });
  });
});

describe('replays in which nobody is treated otherwise', () => {
  it.each([30, 100, 1000, 10_000])(
    'reject at most as often as said: %i rows in each of three groups',
    (rows) => {
      const random = seededRandom(rows);
      let [rejected, called] = [0, 0];
      for (let replay = 0; replay < 200; replay++) {
        const cells = ['a', 'b', 'c'].map((value) => {
          let events = 0;
          for (let i = 0; i < rows; i++) if (random() < 0.1) events++;
          const alone = { units: rows, unitRowSquares: rows, unitCross: events, unitSumSquares: events };
          const names = { attribute: 'g', value, stratum: '', signal: 'refusal' };
          return {
            ...names,
            ...alone,
            count: rows,
            sum: events,
            sumSquares: events,
            bins: rate(events, rows),
          };
        });
        const found = disparitiesOf({ tallies: cells, pairs: [] }, SETTINGS);
        if (found.some(({ logP }) => logP <= Math.log(0.05))) rejected++;
        if (found.some(({ outcome }) => outcome === 'alarm')) called++;
      }
      // 10 of 200 are allowed; more than 19 has a chance of 0.3 %.
      expect(rejected).toBeLessThanOrEqual(19);
      expect(called).toBeLessThanOrEqual(rejected);
    },
    60_000,
  );
});

describe('equalised odds', () => {
  it('finds who is passed over though the answer ought to be yes', () => {
    const random = seededRandom(9);
    const rows = Array.from({ length: 6000 }, (_, i): GroupRow => {
      const [gender, label] = [i % 2 === 0 ? 'f' : 'm', (i >> 1) % 2];
      const chance = label === 0 ? 0.1 : gender === 'f' ? 0.5 : 0.8;
      return {
        groups: { gender },
        stratum: `${label}\nsame`,
        signals: { 'score:approved': random() < chance ? 1 : 0 },
      };
    });
    const odds = oddsOf(groupTable(rows), 'score:approved');
    expect(odds.lacks).toBe(null);
    const found = disparitiesOf({ tallies: odds.tallies, pairs: [] }, SETTINGS);
    const alarms = found.filter(({ outcome }) => outcome === 'alarm');
    expect(alarms.map(({ value, signal }) => `${value} ${signal}`)).toEqual([
      'f disparity:true_positive_rate:score:approved',
      'm disparity:true_positive_rate:score:approved',
    ]);
  });

  it('says what it lacks: the decision, a label, or that the decision is no yes or no', () => {
    const row = (stratum: string, approved: number): GroupRow => ({
      groups: { gender: 'f' },
      stratum,
      signals: { 'score:approved': approved },
    });
    const lacks = (rows: readonly GroupRow[]) => oddsOf(groupTable(rows), 'score:approved').lacks;
    expect(lacks([])).toBe('prediction');
    expect(lacks([row('unlabelled\n', 1)])).toBe('labels');
    expect(lacks([row('1\n', 1), row('0\n', 0.4)])).toBe('rate');
  });
});

describe('shrinkage', () => {
  it('draws the largest of many noisy groups to nothing, and leaves one that is real', () => {
    const noise = Array.from({ length: 20 }, (_, i) => ({ effect: 0.4 * Math.cos(i * 2.4), error: 0.4 }));
    expect(Math.max(...shrunk(noise).map(Math.abs))).toBeLessThan(0.1);
    const real = shrunk([...noise, { effect: 0.9, error: 0.1 }]).at(-1);
    expect(real).toBeGreaterThan(0.75);
  });
});

describe('the design effect', () => {
  it('is 1 for single rows, whatever their number', () => {
    const scatter = scatterOf(
      groupTable(refusals({ f: 0.2, m: 0.1 }, { rows: 500, random: seededRandom(5) })),
    );
    expect(designEffectOf(scatter.get('refusal') ?? NO_SCATTER)).toBe(1);
  });
});

describe('compareGroups', () => {
  const tableOf = (f: number, m: number, seed: number) =>
    groupTable(refusals({ f, m }, { rows: 8000, random: seededRandom(seed) }));

  it('calls a candidate that is harder on a group worse, and the other way round better', () => {
    const [fair, unfair] = [tableOf(0.05, 0.05, 1), tableOf(0.12, 0.05, 2)];
    const of = (a: GroupTable, b: GroupTable) =>
      compareGroups(a, b, SETTINGS).find(({ value }) => value === 'f')?.outcome;
    expect(of(fair, unfair)).toBe('worse');
    expect(of(unfair, fair)).toBe('better');
    expect(of(unfair, tableOf(0.12, 0.05, 3))).toBe('same');
    expect(of(fair, NO_TABLE)).toBe('not_enough_data');
  });

  it('is silent where nothing changed', () => {
    let wrong = 0;
    for (let seed = 0; seed < 40; seed++) {
      const both = [tableOf(0.1, 0.06, 2 * seed), tableOf(0.1, 0.06, 2 * seed + 1)] as const;
      if (compareGroups(...both, SETTINGS).some(({ outcome }) => outcome !== 'same')) wrong++;
    }
    // 2 in 40 are allowed; more than 6 has a chance of 0.3 %.
    expect(wrong).toBeLessThanOrEqual(6);
  }, 60_000);
});

describe('the family', () => {
  const KEY = { project: 'p', model: 'm', version: '1', segment: '' };
  const context = { levelOf: () => 1e-4, versionShare: 1, siblings: [] };

  async function run(tables: readonly GroupTable[], level = 1e-4): Promise<FamilyReading[][]> {
    let at = 0;
    const family = createDisparities({ read: async () => tables[at] ?? NO_TABLE });
    let state: unknown = null;
    const all: FamilyReading[][] = [];
    for (; at < tables.length; at++) {
      const window = {
        key: KEY,
        since: new Date(at * 3_600_000),
        until: new Date((at + 1) * 3_600_000),
        rows: 1,
        summaries: new Map(),
        categories: new Map(),
      };
      const stepped = await family.step(state, window, { ...context, levelOf: () => level });
      state = JSON.parse(JSON.stringify(stepped.state));
      all.push([...stepped.readings]);
    }
    return all;
  }
  const windows = (
    count: number,
    rates: Readonly<Record<string, number>>,
    options: { rows: number; random: () => number },
  ) => Array.from({ length: count }, () => groupTable(refusals(rates, options)));
  const alarms = (readings: readonly FamilyReading[][]) =>
    readings.flatMap((ofWindow, window) =>
      ofWindow
        .filter(({ outcome }) => outcome === 'alarm')
        .map(({ segment, signal, direction, verdict }) => ({ window, segment, signal, direction, verdict })),
    );

  it('finds what was unfair from the first day, of the group that is worse off', async () => {
    const readings = await run(windows(40, { f: 0.081, m: 0.032 }, { rows: 400, random: seededRandom(1) }));
    const [first, ...more] = alarms(readings);
    expect(first).toMatchObject({
      segment: 'gender=f',
      signal: 'disparity:refusal',
      direction: 'up',
      verdict: 'regression',
    });
    expect(first?.window).toBeLessThan(20);
    expect(new Set(more.map(({ segment }) => segment))).toEqual(new Set(['gender=f']));
    const told = readings.at(-1)?.find(({ outcome }) => outcome === 'alarm');
    expect(told).toMatchObject({ family: 'bias', detector: 'disparity', effect: { name: 'rate_ratio' } });
    expect(told?.before).toBeLessThan(told?.after ?? 0);
  });

  it('closes when the groups are served alike again', async () => {
    const random = seededRandom(3);
    const readings = await run([
      ...windows(25, { f: 0.12, m: 0.04 }, { rows: 400, random }),
      ...windows(25, { f: 0.04, m: 0.04 }, { rows: 400, random }),
    ]);
    expect(alarms(readings.slice(20, 25)).length).toBeGreaterThan(0);
    expect(alarms(readings.slice(40))).toEqual([]);
  });

  it('finds a group that waits longer, by rank', async () => {
    const random = seededRandom(4);
    const slower = () =>
      groupTable(
        Array.from({ length: 200 }, (_, i): GroupRow => {
          const spread = Math.exp(0.6 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(6.28 * random()));
          const isSlow = i % 4 === 0;
          return {
            groups: { tier: isSlow ? 'a' : i % 4 === 1 ? 'b' : 'c' },
            signals: { latency_ms: (isSlow ? 1500 : 900) * spread },
          };
        }),
      );
    const found = alarms(await run(Array.from({ length: 12 }, slower)));
    expect(found[0]).toMatchObject({ segment: 'tier=a', signal: 'disparity:latency_ms', direction: 'up' });
  });

  it('judges at most twenty values, the rest together and not at all', async () => {
    const names = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`v${i}`, 0.3]));
    const [, last = []] = await run(windows(2, names, { rows: 6000, random: seededRandom(5) }));
    expect(new Set(last.map(({ segment }) => segment)).size).toBe(20);
    expect(last.every(({ segment }) => segment !== 'gender=(other)')).toBe(true);
  });

  it('says of a group that is absent, of one alone, and of nobody what is so', async () => {
    const random = seededRandom(6);
    const [, absent = [], , none = []] = await run([
      ...windows(1, { f: 0.3, m: 0.3 }, { rows: 800, random }),
      ...windows(1, { f: 0.3 }, { rows: 400, random }),
      NO_TABLE,
      NO_TABLE,
    ]);
    expect(absent.map(({ segment, outcome }) => [segment, outcome])).toContainEqual([
      'gender=m',
      'not_enough_data',
    ]);
    expect(none.every(({ outcome }) => outcome === 'not_enough_data')).toBe(true);
    expect(await run([NO_TABLE])).toEqual([[]]);
  });

  it('counts sessions, not their rows: ten that agree more than chance has it do not alarm', async () => {
    const random = seededRandom(0);
    // Each row copies its session's own draw with a chance of .55: a correlation of .3 within sessions.
    const session = (gender: string, unit: string): GroupRow[] => {
      const common = random() < 0.1 ? 1 : 0;
      return Array.from({ length: 10 }, () => {
        const own = random() < 0.1 ? 1 : 0;
        return { groups: { gender }, unit, signals: { refusal: random() < 0.55 ? common : own } };
      });
    };
    const hour = Array.from({ length: 24 }, (_, i) => [['a', 'b', 'c'][i % 3] ?? '', `${i}`] as const);
    const streamsThatAlarm = async (asTheyAre: (rows: GroupRow[]) => GroupRow[]) => {
      let streams = 0;
      for (let stream = 0; stream < 10; stream++) {
        const tables = Array.from({ length: 150 }, () =>
          groupTable(asTheyAre(hour.flatMap((names) => session(...names)))),
        );
        if (alarms(await run(tables, 1 / 720)).length > 0) streams++;
      }
      return streams;
    };
    expect(await streamsThatAlarm((rows) => rows)).toBeLessThanOrEqual(2);
    expect(await streamsThatAlarm((rows) => rows.map(({ unit: _, ...row }) => row))).toBeGreaterThanOrEqual(
      5,
    );
  }, 60_000);

  it.each([30, 100, 1000])(
    'is silent on equal groups: %i rows a window',
    async (rows) => {
      // 20 streams × 100 windows × 3 groups at a level of 1 in 1,000 a stream and window: at most 2 are expected.
      let false_ = 0;
      for (let seed = 0; seed < 20; seed++) {
        const random = seededRandom(1000 * rows + seed);
        const readings = await run(windows(100, { a: 0.1, b: 0.1, c: 0.1 }, { rows, random }), 1e-3);
        false_ += new Set(alarms(readings).map(({ segment }) => segment)).size;
      }
      expect(false_).toBeLessThanOrEqual(6);
    },
    60_000,
  );
});
