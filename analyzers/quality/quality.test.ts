import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { studentIsf } from '../stats/student.ts';
import { createJudgedFamily } from './judged-family.ts';
import { NO_OBSERVATIONS, observe, sequenceInterval } from './mean-sequence.ts';
import { addMeanEvidence, logMeanEvidence } from './mean-watch.ts';
import { addMoments, type Moments, momentsOf } from './moments.ts';
import { biasObservations, qualityObservations } from './observations.ts';
import { labelledMean, predictionPoweredMean } from './prediction-powered.ts';

type Judge = (y: number, random: () => number) => number;
const fair: Judge = (y, random) => (random() < 0.85 ? y : 1 - y);
const useless: Judge = (_, random) => (random() < 0.5 ? 1 : 0);
const kind: Judge = (y, random) => (y === 1 || random() < 0.6 ? 1 : fair(y, random));

interface Setting {
  readonly truth: number;
  readonly judge: Judge;
  readonly random: () => number;
  readonly labels: number;
  readonly others: number;
}

function rows({ truth, judge, random, labels, others }: Setting) {
  return Array.from({ length: labels + others }, (_, index) => {
    const y = random() < truth ? 1 : 0;
    return { judge: judge(y, random), label: index < labels ? y : null };
  });
}

function bucketsOf(setting: Setting) {
  const buckets = Array.from({ length: 32 }, (): { judge: number; label: number | null }[] => []);
  for (const row of rows(setting)) buckets[Math.floor(setting.random() * 32)]?.push(row);
  return buckets
    .map((some, bucket) => ({ bucket, ...momentsOf(some) }))
    .filter(({ labels, others }) => labels + others > 0);
}

describe('studentIsf', () => {
  // From printed tables (Abramowitz & Stegun, table 26.10).
  it.each([
    [0.025, 1, 12.706],
    [0.025, 2, 4.303],
    [0.025, 3, 3.182],
    [0.025, 5, 2.571],
    [0.025, 10, 2.228],
    [0.025, 30, 2.042],
    [0.025, 120, 1.98],
    [0.005, 4, 4.604],
    [0.005, 20, 2.845],
    [0.05, 8, 1.86],
  ])('P(T > t) = %d with %d degrees: %d', (p, degrees, t) => {
    expect(studentIsf(p, degrees)).toBeCloseTo(t, 2);
  });
});

describe('predictionPoweredMean', () => {
  const halvesOf = (setting: Omit<Setting, 'random'>, random: () => number): [Moments, Moments] => {
    const half = { ...setting, random, labels: setting.labels / 2, others: setting.others / 2 };
    return [momentsOf(rows(half)), momentsOf(rows(half))];
  };

  it('covers the truth as often as it says, and is narrower than the labels alone', () => {
    for (const [judge, ratioMax] of [
      [fair, 0.9],
      [useless, 1.1],
      [kind, 0.95],
    ] as const) {
      const random = seededRandom(3);
      let [hits, width, alone] = [0, 0, 0];
      for (let draw = 0; draw < 400; draw++) {
        const halves = halvesOf({ truth: 0.7, judge, labels: 100, others: 2_000 }, random);
        const mean = predictionPoweredMean(halves, 0.05);
        const labelled = labelledMean(addMoments(...halves), 0.05);
        if (!mean || !labelled) throw new Error('expected both');
        if (mean.low <= 0.7 && 0.7 <= mean.high) hits++;
        width += mean.high - mean.low;
        alone += labelled.high - labelled.low;
      }
      // Four standard errors of 400 draws below .95.
      expect(hits / 400).toBeGreaterThan(0.906);
      expect(width / alone).toBeLessThan(ratioMax);
    }
  });

  it('is not led astray by a judge that is wrong in one direction', () => {
    const random = seededRandom(4);
    const halves = halvesOf({ truth: 0.5, judge: kind, labels: 2_000, others: 20_000 }, random);
    const judged = (halves[0].g + halves[1].g) / (halves[0].others + halves[1].others);
    const mean = predictionPoweredMean(halves, 0.05);
    expect(judged).toBeGreaterThan(0.75);
    expect(Math.abs((mean?.value ?? 0) - 0.5)).toBeLessThan(0.05);
  });

  it('does not claim certainty of a judge that was never seen to be wrong', () => {
    const random = seededRandom(5);
    const halves = halvesOf({ truth: 0.5, judge: (y) => y, labels: 20, others: 400 }, random);
    const mean = predictionPoweredMean(halves, 0.05);
    expect((mean?.high ?? 0) - (mean?.low ?? 0)).toBeGreaterThan(0.05);
  });

  it('says nothing of too few labels', () => {
    const random = seededRandom(6);
    expect(
      predictionPoweredMean(halvesOf({ truth: 0.5, judge: fair, labels: 6, others: 99 }, random), 0.05),
    ).toBeNull();
  });
});

describe('observations', () => {
  it('keep every label, share nothing, and have the mean of people whatever the judge', () => {
    const random = seededRandom(8);
    let [sum, count, bias] = [0, 0, 0];
    for (let window = 0; window < 2_000; window++) {
      const buckets = bucketsOf({ truth: 0.7, judge: kind, random, labels: 5, others: 60 });
      const qualities = qualityObservations(buckets, 0.8);
      expect(qualities.reduce((all, { labels }) => all + labels, 0)).toBe(5);
      for (const { value } of qualities) sum += value;
      count += qualities.length;
      bias += biasObservations(buckets).reduce((all, { value, labels }) => all + value * labels, 0) / 5;
    }
    expect(sum / count).toBeCloseTo(0.7, 1);
    expect(bias / 2_000).toBeGreaterThan(0.1);
  });

  it('are none without a label', () => {
    expect(qualityObservations([momentsOf([{ judge: 1, label: null }])], 0.5)).toEqual([]);
  });
});

describe('the bets on a mean', () => {
  it('have expectation 1 at the limit, by enumeration', () => {
    // One value, 0 or 1 with the limit's chance, from the start: M = 1 + 0 for each stake in both directions.
    const limits = { low: 0.3, high: 0.3 };
    const expectation = [1, 0].reduce(
      (sum, value) =>
        sum + (value === 1 ? 0.3 : 0.7) * Math.exp(logMeanEvidence(addMeanEvidence([], [value], limits))),
      0,
    );
    expect(expectation).toBeCloseTo(1, 12);
  });

  it('add nothing for a window without values', () => {
    const evidence = addMeanEvidence([], [0.2, 0.9], { low: 0.4, high: 0.6 });
    expect(addMeanEvidence(evidence, [], { low: 0.4, high: 0.6 })).toBe(evidence);
  });
});

describe('a confidence sequence', () => {
  it('holds at all times at once, and closes in', () => {
    const random = seededRandom(9);
    let held = 0;
    let width = 0;
    for (let run = 0; run < 200; run++) {
      let sequence = NO_OBSERVATIONS;
      let isHeld = true;
      for (let step = 0; step < 500; step++) {
        sequence = observe(sequence, [random() < 0.8 ? 1 : 0], 0.05);
        const { low, high } = sequenceInterval(sequence, 0.05);
        isHeld &&= low <= 0.8 && 0.8 <= high;
      }
      const { low, high } = sequenceInterval(sequence, 0.05);
      width += (high - low) / 200;
      held += isHeld ? 1 : 0;
    }
    expect(held).toBeGreaterThanOrEqual(184);
    expect(width).toBeLessThan(0.15);
  });

  it('is all of [0, 1] at the start', () => {
    expect(sequenceInterval(NO_OBSERVATIONS, 0.05)).toMatchObject({ low: 0, high: 1 });
  });
});

describe('the family', () => {
  const HOUR = 3_600_000;
  const run = async (settingAt: (window: number) => Omit<Setting, 'random'> | null, windows: number) => {
    const random = seededRandom(12);
    let window = 0;
    const family = createJudgedFamily({
      pairs: [{ judge: 'judge', label: 'human', low: 0, high: 1 }],
      delayMs: HOUR,
      bucketsOf: async () => {
        const setting = settingAt(window);
        return setting ? [bucketsOf({ ...setting, random })] : [];
      },
    });
    let state: unknown = null;
    const seen: Record<string, string[]> = {};
    for (; window < windows; window++) {
      const since = new Date(window * HOUR);
      const step = await family.step(
        // As it comes back from the store.
        JSON.parse(JSON.stringify(state)),
        {
          key: { project: 'p', model: 'm', version: '', segment: '' },
          since,
          until: new Date(since.getTime() + HOUR),
          rows: 100,
          summaries: new Map(),
          categories: new Map(),
        },
        { levelOf: () => 1e-4, versionShare: 1, siblings: [] },
      );
      state = step.state;
      for (const reading of step.readings) {
        seen[reading.signal] ??= [];
        seen[reading.signal]?.push(
          reading.outcome === 'alarm' ? `${reading.direction} ${reading.verdict}` : reading.outcome,
        );
        expect(reading.since).toEqual(since);
      }
    }
    return seen;
  };
  const steady = { truth: 0.8, judge: fair, labels: 10, others: 100 };

  it('says nothing of a stream that no judge scored', async () => {
    expect(await run(() => null, 3)).toEqual({});
  });

  it('learns, keeps quiet, finds a fall, and lets it go', async () => {
    const seen = await run((window) => ({ ...steady, truth: window >= 60 && window < 90 ? 0.4 : 0.8 }), 120);
    const quality = seen['quality:human'] ?? [];
    expect(quality.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 'not_enough_data'));
    expect(quality.slice(12, 60).filter((outcome) => outcome !== 'quiet')).toEqual([]);
    const found = quality.indexOf('down regression');
    expect(found).toBeGreaterThanOrEqual(60);
    expect(found).toBeLessThan(75);
    expect(quality.slice(found, 90).every((outcome) => outcome === 'down regression')).toBe(true);
    expect(quality.slice(105).every((outcome) => outcome === 'quiet')).toBe(true);
    expect(new Set((seen['judge_bias:human'] ?? []).slice(10))).toEqual(new Set(['quiet']));
  });

  it('tells a judge that turned kind from a model that got better', async () => {
    const seen = await run((window) => ({ ...steady, judge: window < 60 ? fair : kind, truth: 0.6 }), 160);
    expect(new Set((seen['quality:human'] ?? []).slice(12))).toEqual(new Set(['quiet']));
    expect(seen['judge_bias:human']).toContain('up change');
  });

  it('has not enough data where people are silent, and goes on after', async () => {
    const seen = await run((window) => ({ ...steady, labels: window >= 20 && window < 30 ? 0 : 10 }), 40);
    const quality = seen['quality:human'] ?? [];
    expect(new Set(quality.slice(20, 30))).toEqual(new Set(['not_enough_data']));
    expect(new Set(quality.slice(30))).toEqual(new Set(['quiet']));
  });
});
