import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, valueOfBin } from '../../core/grid.ts';
import { signalSpec } from '../../core/signals.ts';
import { summarize } from '../../core/summary.ts';
import { addEvidence, BET_LOG_ODDS, type Bet, logEvidence, logWealth, NO_EVIDENCE } from './bet.ts';
import { betsOn } from './bets-on.ts';
import { monitorSignal, type Reading, type Watch, watchFrom } from './monitor-signal.ts';
import { DEFAULT_DETECTOR_OPTIONS } from './options.ts';
import { rankIn } from './ranks.ts';
import { remember, suffixes } from './recent.ts';
import { kindOf, mergeSamples, type Sample, sampleOf } from './sample.ts';
import { scoreWindow } from './scores.ts';

const OPTIONS = DEFAULT_DETECTOR_OPTIONS;
const LEVEL = 1e-4;
const sample = (values: readonly number[]) => sampleOf(summarize(values));
const repeat = (count: number, valueAt: (index: number) => number) =>
  Array.from({ length: count }, (_, i) => valueAt(i));
/** A fixed spread of values, all different, in an order that does not matter. */
const spread = (count: number, scale = 1) =>
  repeat(count, (i) => scale * Math.exp(Math.sin(i * 12.9898) * 1.5));
const mixed = (ones: number, zeros: number) => [...repeat(ones, () => 1), ...repeat(zeros, () => 0)];

function run(
  baseline: readonly number[],
  windows: readonly (readonly number[])[],
  name = 'latency_ms',
  together = 0,
): Reading[] {
  let state: Watch = watchFrom(sample(baseline));
  return windows.map((values, index) => {
    const window = {
      since: new Date(index * 1000),
      until: new Date((index + 1) * 1000),
      sample: sample(values),
    };
    const settings = { spec: signalSpec(name), level: LEVEL, together, isTimed: false, options: OPTIONS };
    const step = monitorSignal(state, window, settings);
    state = JSON.parse(JSON.stringify(step.state));
    return step.reading;
  });
}

const wealth = (bet: Bet, baseline: Sample, window: Sample['bins'], kind: 'rate' | 'continuous') =>
  logWealth(bet, scoreWindow(baseline.bins, window, kind));

describe('bets', () => {
  it('win at most 1 on average while the rate is at its limit: E[L] = 1, by enumeration', () => {
    const n = 12;
    const baseline = sample(mixed(20, 480));
    for (const bet of betsOn(baseline, 'rate', OPTIONS)) {
      const expected = BET_LOG_ODDS.map(() => 0);
      for (let k = 0; k <= n; k++) {
        // k rows that score 1; for the bet on a fall those are the zeros.
        const values = bet.isRise ? mixed(k, n - k) : mixed(n - k, k);
        const chance = choose(n, k) * bet.limit ** k * (1 - bet.limit) ** (n - k);
        wealth(bet, baseline, sample(values).bins, 'rate').forEach((log, i) => {
          expected[i] = (expected[i] ?? 0) + chance * Math.exp(log);
        });
      }
      for (const value of expected) expect(value).toBeCloseTo(1, 10);
    }
  });

  it('win at most 1 on average on rows of the baseline itself, whatever its ties', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 30 }), { minLength: 20, maxLength: 200 }), (values) => {
        const baseline = sample(values);
        for (const bet of betsOn(baseline, 'continuous', OPTIONS)) {
          const mean = BET_LOG_ODDS.map(() => 0);
          for (const [bin, rows] of baseline.bins) {
            wealth(bet, baseline, [[bin, 1]], 'continuous').forEach((log, i) => {
              mean[i] = (mean[i] ?? 0) + (rows / baseline.count) * Math.exp(log);
            });
          }
          for (const value of mean) expect(value).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it('multiply: a window split in two wins the same', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true })), fc.nat(), (values, at) => {
        const cut = at % (values.length + 1);
        const baseline = sample(spread(100));
        for (const bet of betsOn(baseline, 'continuous', OPTIONS)) {
          const whole = wealth(bet, baseline, sample(values).bins, 'continuous');
          const parts = [values.slice(0, cut), values.slice(cut)].map((part) =>
            wealth(bet, baseline, sample(part).bins, 'continuous'),
          );
          whole.forEach((log, i) => {
            expect((parts[0]?.[i] ?? 0) + (parts[1]?.[i] ?? 0)).toBeCloseTo(log, 8);
          });
        }
      }),
    );
  });

  it('stay finite after any number of lost and won windows', () => {
    const baseline = sample(mixed(5, 495));
    const bets = betsOn(baseline, 'rate', OPTIONS);
    const won = (bin: number) => bets.map((bet) => wealth(bet, baseline, [[bin, 1000]], 'rate'));
    let evidence = NO_EVIDENCE;
    for (let i = 0; i < 300; i++) evidence = addEvidence(evidence, won(binOf(1)));
    expect(Number.isFinite(logEvidence(evidence, bets))).toBe(true);
    for (let i = 0; i < 3000; i++) evidence = addEvidence(evidence, won(0));
    expect(Number.isFinite(logEvidence(evidence, bets))).toBe(true);
  });

  it('rank a value by the share below it and half the share tied with it', () => {
    const rank = rankIn(sample([1, 2, 2, 4]).bins);
    expect([0, 1, 1.5, 2, 3, 4, 9].map((value) => rank(binOf(value)))).toEqual([
      0, 0.125, 0.25, 0.5, 0.75, 0.875, 1,
    ]);
  });
});

describe('recent windows', () => {
  it('keeps few stretches, no row twice, and the last two windows apart', () => {
    let recent: ReturnType<typeof remember> = [];
    for (let i = 1; i <= 500; i++) {
      recent = remember(recent, { since: new Date(i), sample: sample([i]) });
      const whole = [...suffixes(recent)];
      const rows = whole.at(-1)?.sample.count ?? 0;
      expect(rows).toBe(whole.at(-1)?.windows);
      expect(rows).toBeGreaterThanOrEqual(Math.min(i, 31));
      expect(recent.length).toBeLessThanOrEqual(16);
      expect(whole.slice(0, 2).map(({ windows }) => windows)).toEqual(i === 1 ? [1] : [1, 2]);
    }
    const newest = [...suffixes(recent)].at(-1)?.sample.bins ?? [];
    expect(valueOfBin(newest.at(-1)?.[0] ?? 0)).toBeCloseTo(500, -1);
  });
});

describe('monitorSignal', () => {
  it('calls a rise of latency a regression and a fall an improvement', () => {
    const [up] = run(spread(500), [spread(50, 6)]);
    expect(up).toMatchObject({
      outcome: 'alarm',
      direction: 'up',
      verdict: 'regression',
      detector: 'continuous',
    });
    const [down] = run(spread(500), [spread(50, 1 / 6)]);
    expect(down).toMatchObject({ outcome: 'alarm', direction: 'down', verdict: 'improvement' });
    expect(up?.effect?.low).toBeGreaterThan(0);
    expect(up?.after ?? 0).toBeGreaterThan(up?.before ?? 0);
  });

  it('calls a wider spread around the same middle a change of shape', () => {
    const narrow = repeat(500, (i) => 100 + ((i * 7919) % 21) - 10);
    const wide = repeat(75, (i) => (i % 2 === 0 ? 60 : 160));
    const last = run(narrow, [wide, wide], 'response_characters').at(-1);
    expect(last).toMatchObject({ outcome: 'alarm', direction: 'shape', verdict: 'change' });
    expect(last?.effect?.name).toBe('ks_distance');
  });

  it('calls a tail that fills up a change of shape, and a regression where slower is', () => {
    const baseline = repeat(1000, (i) => 100 + i / 10);
    const slow = repeat(100, (i) => (i < 10 ? 5000 : 100 + ((i - 10) * 10) / 9));
    const last = run(baseline, [slow, slow, slow, slow]).at(-1);
    expect(last).toMatchObject({ outcome: 'alarm', direction: 'shape', verdict: 'regression' });
  });

  it('treats zeros and ones as a rate and says so', () => {
    const readings = run(mixed(5, 495), [mixed(1, 24), mixed(9, 16)], 'refusal');
    expect(readings[0]).toMatchObject({ outcome: 'quiet', detector: 'rate' });
    expect(readings[1]).toMatchObject({
      outcome: 'alarm',
      detector: 'rate',
      direction: 'up',
      verdict: 'regression',
    });
    expect(readings[1]?.before).toBeCloseTo(0.01, 10);
    expect(readings[1]?.effect?.name).toBe('rate_difference');
  });

  it('sees a new value against a constant baseline, and nothing in the same constant', () => {
    const same = repeat(30, () => 7);
    const readings = run(
      repeat(200, () => 7),
      [same, same, repeat(30, () => 8)],
    );
    expect(readings.map(({ outcome }) => outcome)).toEqual(['quiet', 'quiet', 'alarm']);
    expect(readings[2]?.direction).toBe('up');
  });

  it('is silent about a change that is certain and too small to matter', () => {
    const shifted = repeat(20_000, (i) => 1.012 * (100 + (i % 101)));
    const readings = run(
      repeat(20_000, (i) => 100 + (i % 101)),
      repeat(6, () => 0).map(() => shifted),
    );
    expect(readings.every(({ outcome }) => outcome === 'quiet')).toBe(true);
  });

  it('calls what all signals together name sooner than by itself, and only if it matters', () => {
    const few = mixed(2, 8);
    const baseline = mixed(40, 1960);
    const [alone] = run(baseline, [few], 'error');
    expect(alone).toMatchObject({ outcome: 'quiet' });
    expect(alone?.evidence).toBeLessThan(1);
    const [named] = run(baseline, [few], 'error', 3);
    expect(named).toMatchObject({ outcome: 'alarm', direction: 'up', evidence: 3 });
    const [small] = run(mixed(400, 19_600), [mixed(420, 19_580)], 'error', 3);
    expect(small).toMatchObject({ outcome: 'quiet', evidence: 3 });
  });

  it('finds a small lasting rise that no single window shows, and dates it', () => {
    const calm = mixed(1, 49);
    const risen = mixed(3, 47);
    const readings = run(
      mixed(40, 1960),
      [...repeat(20, () => 0).map(() => calm), ...repeat(40, () => 0).map(() => risen)],
      'error',
    );
    expect(readings.slice(0, 21).every(({ outcome }) => outcome === 'quiet')).toBe(true);
    const alarm = readings.find(({ outcome }) => outcome === 'alarm');
    expect(alarm?.direction).toBe('up');
    expect(alarm?.changedSince.getTime()).toBeGreaterThanOrEqual(12_000);
    expect(alarm?.changedSince.getTime()).toBeLessThanOrEqual(28_000);
  });

  it('stands while the change lasts, goes quiet when it is over, and can alarm again', () => {
    const [old, bad] = [spread(40), spread(40, 8)];
    const windows = [...repeat(4, () => 0).map(() => bad), ...repeat(8, () => 0).map(() => old), bad];
    const outcomes = run(spread(500), windows).map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 4)).toEqual(['alarm', 'alarm', 'alarm', 'alarm']);
    expect(outcomes.slice(7, 12).every((outcome) => outcome === 'quiet')).toBe(true);
    expect(outcomes[12]).toBe('alarm');
  });

  it('neither learns nor recovers from an empty window', () => {
    const readings = run(spread(500), [spread(40, 8), [], [], [], [], spread(40, 8)]);
    expect(readings.map(({ outcome }) => outcome)).toEqual([
      'alarm',
      ...repeat(4, () => 0).map(() => 'not_enough_data'),
      'alarm',
    ]);
    expect(readings[1]?.rowsNeeded).toBeGreaterThan(0);
  });

  it('says the same in another unit, within the width of a bin', () => {
    const windows = [spread(40, 1.1), spread(40, 2), spread(40, 2)];
    const inSeconds = run(spread(500), windows);
    const power = 1.01 ** 700;
    const scaled = run(
      spread(500, power),
      windows.map((values) => values.map((value) => value * power)),
    );
    scaled.forEach((reading, index) => {
      expect(reading.outcome).toBe(inSeconds[index]?.outcome);
      expect(reading.effect?.value).toBeCloseTo(inSeconds[index]?.effect?.value ?? Number.NaN, 1);
    });
  });

  it('never says NaN, whatever the rows', () => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, 7, 1e300, -1e300, 1e-300),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    const rows = fc.array(value, { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 10, maxLength: 60 }),
        fc.array(rows, { maxLength: 5 }),
        (baseline, windows) => {
          for (const reading of run(baseline, windows)) {
            const { effect, evidence, before, after } = reading;
            const numbers = [evidence, before, after, effect?.value, effect?.low, effect?.high];
            for (const number of numbers) expect(Number.isNaN(number ?? 0)).toBe(false);
            if (!effect) continue;
            expect(effect.low).toBeLessThanOrEqual(effect.value + 1e-9);
            expect(effect.high).toBeGreaterThanOrEqual(effect.value - 1e-9);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('does not care about the order of rows or of merging', () => {
    const values = spread(60, 1.3);
    const merged = mergeSamples(sample(values.slice(0, 17)), sample(values.slice(17)));
    expect(merged.bins).toEqual(sample(values.toReversed()).bins);
    expect(kindOf(sample([0, 1]), sample([]))).toBe('rate');
    expect(kindOf(sample([0, 1]), sample([0.5]))).toBe('continuous');
  });
});

function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return ways;
}
