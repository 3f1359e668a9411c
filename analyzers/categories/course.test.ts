import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import type { StreamWindow } from '../../core/window.ts';
import type { FamilyContext } from '../family.ts';
import type { CategoryWatch } from './category-state.ts';
import { deseasoned } from './course.ts';
import { categoryFamily } from './family.ts';
import { DEFAULT_CATEGORY_OPTIONS } from './options.ts';
import { signalsState } from './step-signals.ts';

const HOUR = 3_600_000;
const WEEK = 168;
/** A Monday. */
const START = Date.UTC(2026, 0, 5);
/** The first hours are those in which the least German is written. */
const PHASE = 16;
const CONTEXT: FamilyContext = { levelOf: () => 1e-5, versionShare: 1, siblings: [] };

/** A window of 200 inferences: who writes German depends on the hour and on the day; French is new, and a share of them all. */
function windowOf(hour: number, french: number, random: () => number): StreamWindow {
  const weekend = Math.floor(hour / 24) % 7 >= 5 ? 0.4 : 0;
  const logOdds = Math.log(0.3 / 0.7) + 0.6 * Math.sin((2 * Math.PI * (hour + PHASE)) / 24) + weekend;
  const german = 1 / (1 + Math.exp(-logOdds));
  const counts = new Map([
    ['de', 0],
    ['en', 0],
    ['fr', 0],
  ]);
  for (let row = 0; row < 200; row++) {
    const language = random() < french ? 'fr' : random() < german ? 'de' : 'en';
    counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  return {
    key: { project: 'p', model: 'm', version: '', segment: '' },
    since: new Date(START + hour * HOUR),
    until: new Date(START + (hour + 1) * HOUR),
    rows: 200,
    summaries: new Map(),
    categories: new Map([['language', counts]]),
  };
}

async function run(at: {
  isTimed: boolean;
  hours: number;
  changed?: number;
  seed: number;
  state?: unknown;
  from?: number;
}) {
  const family = categoryFamily({ ...DEFAULT_CATEGORY_OPTIONS, isTimed: at.isTimed });
  const random = seededRandom(at.seed);
  let state = at.state ?? null;
  const alarms: number[] = [];
  const from = at.from ?? 0;
  for (let hour = from; hour < from + at.hours; hour++) {
    const window = windowOf(hour, hour >= (at.changed ?? Number.POSITIVE_INFINITY) ? 0.05 : 0, random);
    const stepped = await family.step(state, window, CONTEXT);
    state = JSON.parse(JSON.stringify(stepped.state));
    if (stepped.readings.some(({ outcome }) => outcome === 'alarm')) alarms.push(hour);
  }
  return { state, alarms };
}

const languageOf = (state: unknown) => signalsState(state).signals['language'] as CategoryWatch;

describe('a mix in windows of time', () => {
  it('follows the hours of a day: without that, every day is a change', async () => {
    let called = 0;
    for (const seed of [1, 2, 3, 4]) {
      expect((await run({ isTimed: true, hours: 5 * WEEK, seed })).alarms).toEqual([]);
      if ((await run({ isTimed: false, hours: 2 * WEEK, seed })).alarms.length > 0) called++;
    }
    expect(called).toBeGreaterThanOrEqual(3);
  });

  it('finds a new category of one in twenty within hours, young and old', async () => {
    for (const changed of [60, 2 * WEEK + 3, 5 * WEEK]) {
      const { alarms } = await run({ isTimed: true, hours: changed + 12, changed, seed: changed });
      expect(alarms[0]).toBeGreaterThanOrEqual(changed);
      expect(alarms[0]).toBeLessThan(changed + 10);
    }
  });

  it('matures for four weeks and no longer', async () => {
    const young = await run({ isTimed: true, hours: 3 * WEEK, seed: 5 });
    expect(languageOf(young.state).course?.windows).toBeGreaterThan(2 * WEEK);
    const old = await run({ isTimed: true, hours: 2 * WEEK, seed: 6, state: young.state, from: 3 * WEEK });
    const { course, reference } = languageOf(old.state);
    expect(course).toBeUndefined();
    expect(reference.spanMs).toBe(4 * WEEK * HOUR);
    // At 14 of a weekday most write German, at 2 the fewest (bins are by size: English, German).
    expect(reference.season?.['14']?.[1]).toBeLessThan(0.8);
    expect(reference.season?.['2']?.[1]).toBeGreaterThan(1.3);
    const later = await run({ isTimed: true, hours: 24, seed: 7, state: old.state, from: 5 * WEEK });
    expect(languageOf(later.state).reference).toEqual(reference);
  });
});

describe('a declared version', () => {
  it('is compared with the mix of the hours that it ran in', async () => {
    const { state } = await run({ isTimed: true, hours: 4 * WEEK, seed: 8 });
    const key = { project: 'p', model: 'm', version: '0', segment: '' };
    const blind = structuredClone(state) as { signals: { language: { reference: { season?: unknown } } } };
    delete blind.signals.language.reference.season;
    const called = async (before: unknown, french: number) => {
      const siblings = [{ key, state: before, until: START + 4 * WEEK * HOUR }];
      let count = 0;
      for (let version = 0; version < 24; version++) {
        const family = categoryFamily({ ...DEFAULT_CATEGORY_OPTIONS, isTimed: true });
        const random = seededRandom(version + 100);
        let own: unknown = null;
        for (let hour = 0; hour < 6; hour++) {
          const window = windowOf(4 * WEEK + version + hour, french, random);
          const stepped = await family.step(own, window, { ...CONTEXT, siblings });
          own = stepped.state;
          if (
            stepped.readings.some(
              ({ outcome, baselineVersion }) => outcome === 'alarm' && baselineVersion === '0',
            )
          )
            count++;
        }
      }
      return count;
    };
    expect(await called(state, 0)).toBe(0);
    expect(await called(blind, 0)).toBeGreaterThan(8);
    expect(await called(state, 0.1)).toBe(24);
  });
});

describe('deseasoned', () => {
  it('keeps the sum, and rows of which no season is known', () => {
    const window = { since: new Date(START), until: new Date(START + HOUR) };
    fc.assert(
      fc.property(
        fc.array(fc.record({ rows: fc.nat(1000), factor: fc.double({ min: 0.25, max: 4, noNaN: true }) }), {
          minLength: 1,
        }),
        (bins) => {
          const rows = bins.map((bin) => bin.rows);
          const season = { '0': bins.map(({ factor }) => factor) };
          const sum = deseasoned({ season }, window, rows).reduce((total, count) => total + count, 0);
          expect(sum).toBeCloseTo(
            rows.reduce((total, count) => total + count, 0),
            1,
          );
          expect(deseasoned({}, window, rows)).toEqual(rows);
        },
      ),
    );
  });
});
