import { describe, expect, it } from 'vitest';
import { defaultMonitors } from '../../analyzers/monitors-file.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { HOUR, START } from '../../test/support/hourly-world.ts';
import { createStep } from '../analysis.ts';
import { mixFamilies } from '../watch-settings.ts';
import { calibrateSignal, isInRollups } from './calibrate.ts';
import type { ReplayedWindow } from './changed-window.ts';

const WINDOW = { kind: 'time', ms: HOUR } as const;
const KEY = { project: 'p', model: 'm', version: '', segment: '' };
const HOURS = 28 * 24;

/** One false alarm in so many windows. */
function calibrate(signal: string, history: readonly ReplayedWindow[], { level = 1e-3, months = 1 } = {}) {
  const step = createStep({
    window: WINDOW,
    baselineRows: 500,
    baselineFor: async () => null,
    monitors: defaultMonitors,
    families: mixFamilies(WINDOW, async () => []),
  });
  const budget = { total: level, weightOf: () => 1, levelOf: () => level, versionShareOf: () => 1 };
  return calibrateSignal(
    { key: KEY, signal, history },
    {
      ...{ windowMs: HOUR, step, budget, monitors: defaultMonitors(), months, windowsMax: 24 },
      random: seededRandom(1),
    },
  );
}

/** Hours of 100 inferences, of which a share is of the first category. */
function mixOf(
  shareAt: (hour: number) => number,
  [first, second]: readonly [string, string],
  hours = HOURS,
): ReplayedWindow[] {
  const random = seededRandom(3);
  return Array.from({ length: hours }, (_, hour) => {
    const count = 100;
    const ofFirst = Array.from({ length: count }, () => random() < shareAt(hour)).filter(Boolean).length;
    return {
      sinceMs: START + hour * HOUR,
      summary: { count, sum: 0, sumSquares: 0, bins: new Map() },
      categories: new Map([
        [first, ofFirst],
        [second, count - ofFirst],
      ]),
    };
  });
}

const REASONS = ['stop', 'length'] as const;
/** Calm for three days of four, and another mix on the fourth. */
const restless = (hour: number) => (Math.floor(hour / 24) % 4 === 3 ? 0.3 : 0.9);

describe('calibrateSignal', () => {
  it('counts the alarms of a mix that changes again and again', async () => {
    const found = await calibrate('finish_reason', mixOf(restless, REASONS));
    expect(found?.kind).toBe('mix');
    expect(found?.alarms).toBeGreaterThan(3 * (found?.allowed ?? 0));
  }, 120_000);

  it('counts none of a mix that stays, and says which change it would see', async () => {
    const found = await calibrate(
      'finish_reason',
      mixOf(() => 0.9, REASONS),
    );
    // .7 are allowed in the month.
    expect(found?.alarms).toBeLessThanOrEqual(2);
    expect(found?.alarmsUnchanged).toBe(false);
    // Seventy in a hundred instead of ninety is called after some three such hours.
    expect(found?.smallestSeen).toBeLessThanOrEqual(0.2);
  }, 120_000);

  it('replays of a reference map what lay on the last one', async () => {
    const of = (map: string) => mixOf(() => 0.9, [`${map}:0 money`, `${map}:1 travel`], 14 * 24);
    const before = of('aaaaaaaa');
    const after = of('bbbbbbbb').map((past) => ({ ...past, sinceMs: past.sinceMs + 14 * 24 * HOUR }));
    // Days of both maps in turn would start the detector anew with each, and it would see nothing.
    const found = await calibrate('prompt_topic', [...before, ...after]);
    expect(found?.smallestSeen).toBeLessThanOrEqual(0.2);
  }, 120_000);
});

describe('isInRollups', () => {
  it('knows the signals of inferences and scores, and not what is read from inferences themselves', () => {
    expect(['refusal', 'finish_reason', 'prompt_topic', 'score:thumbs'].every(isInRollups)).toBe(true);
    expect(['disparity:refusal', 'quality:thumbs', 'judge_bias:thumbs'].some(isInRollups)).toBe(false);
  });
});
